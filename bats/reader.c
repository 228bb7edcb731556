// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader FILE: read from a file, and be held in the midst of it.
 *
 * The page that is read into is not there. The kernel finds out when it has
 * something to write to it, and waits in the read() until there is a page: this
 * says "reading" then, and lets it go on when it is sent a line. It says "done" once
 * read() has returned.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *page;
static long page_size;

static void *read_it(void *fd)
{
	if (read(*(int *)fd, page, page_size) <= 0)
		err(1, "read");
	return NULL;
}

int main(int argc, char **argv)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register missing = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_zeropage zero = { 0 };
	struct uffd_msg fault;
	pthread_t thread;
	char line[16];
	int fd, uffd;

	if (argc != 2)
		errx(2, "usage: reader FILE");
	fd = open(argv[1], O_RDONLY);
	if (fd < 0)
		err(2, "%s", argv[1]);

	page_size = sysconf(_SC_PAGESIZE);
	page = mmap(NULL, page_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		err(2, "mmap");
	missing.range.start = (unsigned long)page;
	missing.range.len = page_size;
	zero.range = missing.range;
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &missing))
		err(2, "userfaultfd");

	errno = pthread_create(&thread, NULL, read_it, &fd);
	if (errno)
		err(2, "pthread_create");
	if (read(uffd, &fault, sizeof(fault)) != sizeof(fault))
		err(2, "no fault");
	setlinebuf(stdout);
	puts("reading");

	if (!fgets(line, sizeof(line), stdin))
		errx(2, "nobody lets it go on");
	if (ioctl(uffd, UFFDIO_ZEROPAGE, &zero))
		err(2, "no page");
	errno = pthread_join(thread, NULL);
	if (errno)
		err(2, "pthread_join");
	puts("done");
	return 0;
}
