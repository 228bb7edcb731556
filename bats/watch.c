// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch poll|inotify FILE: print what FILE says, on one line; and again each time
 * that poll() or inotify tells of a change in it.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static void print(int fd)
{
	char content[256];
	ssize_t len = pread(fd, content, sizeof(content) - 1, 0);

	if (len < 0)
		err(2, "read");
	for (ssize_t i = 0; i < len - 1; i++) {
		if (content[i] == '\n')
			content[i] = ' ';
	}
	if (write(STDOUT_FILENO, content, len) != len)
		err(2, "write");
}

static void await_poll(int fd)
{
	struct pollfd change = { .fd = fd, .events = POLLPRI };

	if (poll(&change, 1, -1) != 1 || !(change.revents & POLLPRI))
		err(2, "poll");
}

static void await_inotify(int inotify)
{
	char event[sizeof(struct inotify_event) + 256];

	if (read(inotify, event, sizeof(event)) < 0)
		err(2, "inotify");
}

int main(int argc, char **argv)
{
	int fd, inotify;

	if (argc != 3)
		errx(2, "usage: watch poll|inotify FILE");
	fd = open(argv[2], O_RDONLY);
	inotify = inotify_init();
	if (fd < 0 || inotify < 0 ||
	    inotify_add_watch(inotify, argv[2], IN_MODIFY) < 0)
		err(2, "%s", argv[2]);

	for (;;) {
		print(fd);
		if (!strcmp(argv[1], "poll"))
			await_poll(fd);
		else
			await_inotify(inotify);
	}
}
