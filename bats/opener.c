// SPDX-License-Identifier: GPL-2.0-only
/*
 * opener DEVICE: a process that opens a device when it is told to.
 *
 * It says "ready", and then does what it is told on standard input, with a line
 * of answer for each:
 *
 *	open	open the device once more: "bound", or the errno that was met
 *	close	close it as often as it is open: "closed"
 *	exec	execute itself anew: "ready"
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char line[16];

	if (argc != 2)
		errx(2, "usage: opener DEVICE");

	setlinebuf(stdout);
	puts("ready");
	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, "open\n")) {
			int fd = open(argv[1], O_RDWR | O_CLOEXEC);

			puts(fd < 0 ? strerrorname_np(errno) : "bound");
		} else if (!strcmp(line, "close\n")) {
			if (close_range(STDERR_FILENO + 1, ~0U, 0))
				err(2, "close_range");
			puts("closed");
		} else if (!strcmp(line, "exec\n")) {
			execv("/proc/self/exe", argv);
			err(2, "exec");
		} else {
			errx(2, "%s: no such command", line);
		}
	}

	return 0;
}
