// SPDX-License-Identifier: GPL-2.0-only
/*
 * uring DEVICE: open a device that shares the address space of the process through
 * io_uring, say "bound", and stay; or say which errno was met, and exit with it.
 *
 * uring DEVICE worker: a worker thread of io_uring opens it, not this one.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/io_uring.h>

static void *map(int ring, off_t what, size_t size)
{
	void *address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, what);

	if (address == MAP_FAILED)
		err(2, "mmap");
	return address;
}

/* Have the kernel do what one entry says, and wait for its result. */
static int submit(const struct io_uring_sqe *entry)
{
	struct io_uring_params params = { };
	int ring = syscall(SYS_io_uring_setup, 1, &params);
	const struct io_uring_cqe *done;
	struct io_uring_sqe *entries;
	char *submissions, *completions;

	if (ring < 0)
		err(2, "io_uring_setup");
	entries = map(ring, IORING_OFF_SQES, sizeof(*entry));
	submissions = map(ring, IORING_OFF_SQ_RING, params.sq_off.array + sizeof(__u32));
	completions = map(ring, IORING_OFF_CQ_RING, params.cq_off.cqes + sizeof(*done));

	*entries = *entry;
	*(__u32 *)(submissions + params.sq_off.array) = 0;
	__atomic_store_n((__u32 *)(submissions + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		err(2, "io_uring_enter");
	done = (struct io_uring_cqe *)(completions + params.cq_off.cqes);
	return done->res;
}

int main(int argc, char **argv)
{
	struct io_uring_sqe entry = {
		.opcode = IORING_OP_OPENAT,
		.fd = AT_FDCWD,
		.open_flags = O_RDWR | O_CLOEXEC,
	};
	int result;

	if (argc == 3 && !strcmp(argv[2], "worker"))
		entry.flags = IOSQE_ASYNC;
	else if (argc != 2)
		errx(2, "usage: uring DEVICE [worker]");

	entry.addr = (unsigned long)argv[1];
	result = submit(&entry);
	puts(result < 0 ? strerrorname_np(-result) : "bound");
	fclose(stdout);
	if (result >= 0)
		pause();
	return -result;
}
