// SPDX-License-Identifier: GPL-2.0-only
/*
 * put FILE VALUE...: write each VALUE to FILE with one write(). Prints a line for
 * each: "taken", or the errno that was met, and what the file says after that.
 *
 * put FILE -: the same with what stands on standard input, NUL bytes and all.
 * put FILE @OFFSET VALUE...: the writes are made at that offset.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put(int fd, const char *value, size_t len, off_t offset)
{
	char content[64] = "";
	ssize_t written = pwrite(fd, value, len, offset);
	int error = errno;

	if (written >= 0 && (size_t)written != len)
		errx(2, "%zd of %zu bytes were written", written, len);
	if (pread(fd, content, sizeof(content) - 1, 0) < 0)
		err(2, "read");
	printf("%s %s", written < 0 ? strerrorname_np(error) : "taken", content);
}

int main(int argc, char **argv)
{
	static char input[1 << 16];
	off_t offset = 0;
	int fd, i = 2;

	if (argc < 3)
		errx(2, "usage: put FILE [@OFFSET] VALUE...|-");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(2, "%s", argv[1]);

	if (!strcmp(argv[2], "-")) {
		size_t len = fread(input, 1, sizeof(input), stdin);

		put(fd, input, len, 0);
		return 0;
	}
	if (argv[2][0] == '@') {
		offset = atol(argv[2] + 1);
		i++;
	}
	for (; i < argc; i++)
		put(fd, argv[i], strlen(argv[i]), offset);
	return 0;
}
