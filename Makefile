# SPDX-License-Identifier: GPL-2.0-only
# The work is under tools/testing/; what is fetched or built goes to build/.

# What may be set on the command line:
ARCH ?= um
KSRC ?=
export KSRC

VM := tools/testing/vm
HELPERS := $(patsubst bats/%.c,build/bin/%,$(wildcard bats/*.c))
BIN := build/bin/init $(HELPERS)

.PHONY: help demo check bench check-native kernel root series check-series clean FORCE

help: ## this list
	@echo 'make TARGET [ARCH=um|x86_64] [KSRC=kernel tree, instead of Debian'\''s]'
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: kernel-um $(BIN) ## see limits at work on real processes, in a guest
	@$(VM)/demo

check: kernel-um kernel-x86_64 $(BIN) root ## run all tests; the last line counts them
	@tools/testing/check

check-native: ## the same C code in user space, under sanitizers and a fuzzer
	@tools/testing/bench/check

bench: build/bin/init ## measure what accounting costs, beside its peers
	@tools/testing/bench/bench

kernel: kernel-$(ARCH) ## build the guest kernel for ARCH

kernel-%: FORCE
	@$(VM)/kernel $* >/dev/null

series: ## write the patches that git am takes, to build/series
	@$(VM)/series

check-series: $(BIN) ## apply the series, build after each patch, boot after the last: takes long
	@$(VM)/check-series

root: build/bin/init FORCE
	@$(VM)/root

build/bin/init: $(VM)/init.c
$(HELPERS): build/bin/%: bats/%.c
$(BIN): Makefile
	@$(VM)/packages gcc libc6-dev
	@mkdir -p $(@D)
	@gcc -O2 -Wall -Wextra -Werror -static -pthread -o $@ $(filter %.c,$^)

clean: ## remove what was built, but not the kernel's source
	rm -rf build/kernel build/bin build/root build/log build/docs build/selftests build/series* build/bench
