// SPDX-License-Identifier: GPL-2.0-only
/*
 * failnth DEVICE: open DEVICE while the first memory allocation in the kernel
 * fails, then while the second does, and so on until an open needs no more.
 * Prints what each open met. Each is made by a process of its own.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failnth.h"

static int open_device(const void *device)
{
	return open(device, O_RDWR);
}

/* 0 while there was an allocation left to fail, 1 after that. */
static int open_with_failure(const char *device, int nth)
{
	int error;
	bool failed = fail_nth(nth, open_device, device, &error);

	printf("allocation %d: %s\n", nth, error ? strerrorname_np(error) : "open");
	return !failed;
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc != 2)
		errx(2, "usage: failnth DEVICE");

	for (int nth = 1; !status; nth++) {
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (pid < 0)
			err(2, "fork");
		if (!pid)
			exit(open_with_failure(argv[1], nth));
		if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
			errx(2, "a child died");
	}

	return WEXITSTATUS(status) == 1 ? 0 : 2;
}
