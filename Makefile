# SPDX-License-Identifier: GPL-2.0-only
# The work is under tools/testing/; what is fetched or built goes to build/.

# What may be set on the command line:
ARCH ?= um
KSRC ?=
export KSRC
DESTDIR ?=
prefix ?= /usr/local
SHELL := bash

VM := tools/testing/vm
HELPERS := $(patsubst bats/%.c,build/bin/%,$(wildcard bats/*.c))
COMMAND := build/bin/ioasids
GUEST_COMMAND := build/debian12/ioasids
BIN := build/bin/init build/bin/endpoint $(HELPERS)
BIN_ARM64 := $(patsubst build/bin/%,build/bin/arm64/%,build/bin/init $(HELPERS))

.PHONY: help demo check check-vtd check-smmu check-clients check-debian12 check-debian13 check-configs check-native bench ioasids install uninstall kernel root series check-series clean FORCE

help: ## this list
	@echo 'make TARGET [ARCH=um|x86_64|arm64] [KSRC=kernel tree, instead of Debian'\''s]'
	@sed -n 's/^\([a-z0-9-]* \)*\([a-z0-9-]*\):.*## /  \2\t/p' $(MAKEFILE_LIST) | expand -t 18

ioasids: $(COMMAND) ## build the command that shows and sets the limits, for this machine

demo: kernel-um $(addprefix build/bin/,init bind vmm) ## see limits at work on real processes, in a guest
	@$(VM)/demo

check: kernel-um kernel-x86_64 $(BIN) $(COMMAND) root ## run all tests; the last line counts them
	@tools/testing/check

check-vtd: kernel-x86_64 $(BIN) root ## run the tests over VT-d, as QEMU has it
	@tools/testing/check vtd

check-smmu: kernel-arm64 $(BIN_ARM64) root-arm64 ## run the tests over SMMUv3, as QEMU has it
	@tools/testing/check smmu

check-clients: kernel-distro $(BIN) build/install/debian12 root-debian12 root-debian13 ## run the tests under systemd and what else writes limits, on Debian 12 and 13
	@tools/testing/check clients

check-debian12 check-debian13: check-debian%: kernel-distro $(BIN) build/install/debian12 root-debian% ## the same on Debian 13 alone, or as check-debian12 on 12
	@tools/testing/check debian$*

check-configs: $(BIN) root ## run tests on kernels in other configurations: 32 bits, clang, PREEMPT_RT, ...
	@tools/testing/check configs

check-native: ## the same C code in user space, under sanitizers and a fuzzer
	@tools/testing/bench/check

bench: build/bin/init ## measure what accounting costs, beside its peers
	@tools/testing/bench/bench

kernel: kernel-$(ARCH) ## build the guest kernel for ARCH

kernel-%: FORCE
	@$(VM)/kernel $* >/dev/null

series: ## write the two patch series that git am takes, to build/series
	@$(VM)/series

check-series: $(BIN) root ## apply both series, build and boot after each patch: takes long
	@$(VM)/check-series

root: build/bin/init FORCE
	@$(VM)/root

root-arm64: build/bin/arm64/init FORCE
	@$(VM)/root arm64

root-debian%: FORCE
	@$(VM)/distro debian$* >/dev/null

build/bin/init build/bin/arm64/init: $(VM)/init.c
build/bin/endpoint: $(addprefix $(VM)/endpoint/,endpoint.c device.c endpoint.h)
$(HELPERS): build/bin/%: bats/%.c
build/bin/failnth build/bin/vmm build/bin/arm64/failnth build/bin/arm64/vmm: bats/failnth.h
build/bin/model build/bin/vmm build/bin/vfio build/bin/arm64/model build/bin/arm64/vmm build/bin/arm64/vfio: bats/guest.h \
	build/include/linux/iommufd.h build/include/linux/iommufd_test.h
$(filter-out %/init,$(BIN_ARM64)): build/bin/arm64/%: bats/%.c
build/bin/vfio build/bin/arm64/vfio: build/include/linux/iommufd.h build/include/linux/vfio.h
$(BIN_ARM64): cross := aarch64-linux-gnu-
$(BIN) $(BIN_ARM64): Makefile
	@$(VM)/packages $(if $(cross),gcc-$(cross:-=) libc6-dev-arm64-cross,gcc libc6-dev)
	@mkdir -p $(@D)
	@$(cross)gcc -O2 -Wall -Wextra -Werror -static -pthread -Ibuild/include -o $@ $(filter %.c,$^)

# The one for the guests is compiled with the libraries of the oldest of them.
$(COMMAND) $(GUEST_COMMAND): $(wildcard tools/ioasids/*.c) tools/ioasids/ioasids.h Makefile
	@$(VM)/packages gcc libc6-dev libmount-dev libncurses-dev libsmartcols-dev libsystemd-dev pkg-config
	@mkdir -p $(@D)
	@sysroot=$(if $(filter $(GUEST_COMMAND),$@),$$($(VM)/sysroot)) && \
		export PKG_CONFIG_SYSROOT_DIR=$$sysroot && \
		gcc --sysroot="$$sysroot" -O2 -Wall -Wextra -Werror $(CFLAGS) -o $@ $(filter %.c,$^) \
			$$(pkg-config --cflags --libs libsystemd mount ncursesw smartcols)

# What make install installs: MODE:FILE:WHERE, from prefix
INSTALLED := 755:$(or $(BUILT),$(COMMAND)):bin/ioasids \
	644:tools/ioasids/ioasids.8:share/man/man8/ioasids.8 \
	644:tools/ioasids/ioasids.bash:share/bash-completion/completions/ioasids \
	644:tools/ioasids/_ioasids:share/zsh/$(if $(filter /usr,$(prefix)),vendor-completions,site-functions)/_ioasids

install: $(or $(BUILT),$(COMMAND)) ## install the command, its manual and completions: DESTDIR= prefix=
	@for line in $(INSTALLED); do \
		IFS=: read -r mode file where <<<"$$line" && \
		install -D -m "$$mode" "$$file" "$(DESTDIR)$(prefix)/$$where" || exit; \
	done

uninstall: ## remove what make install has installed there
	@for line in $(INSTALLED); do rm -f "$(DESTDIR)$(prefix)/$${line##*:}"; done

# As make install lays it out for the guests.
build/install/debian12: $(GUEST_COMMAND) FORCE
	@$(MAKE) --no-print-directory install BUILT=$(GUEST_COMMAND) DESTDIR=$@ prefix=/usr

build/include/linux/%.h: FORCE
	@$(VM)/headers

clean: ## remove what was built, but not the kernel's source
	rm -rf build/kernel build/bin build/debian12 build/install build/include build/root build/log build/docs build/fuzz build/selftests build/series* build/bench
