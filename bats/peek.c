// SPDX-License-Identifier: GPL-2.0-only
/*
 * peek FILE: read the number in FILE, over and over, as fast as it goes, until
 * SIGTERM; then print the lowest and the highest that were seen, and how often
 * it was read.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

int main(int argc, char **argv)
{
	unsigned long lowest = ~0UL, highest = 0, reads = 0;
	char buf[32];
	ssize_t len;
	int fd;

	if (argc != 2)
		errx(2, "usage: peek FILE");
	fd = open(argv[1], O_RDONLY);
	if (fd < 0)
		err(2, "%s", argv[1]);
	signal(SIGTERM, on_term);
	puts("reading");
	fflush(stdout);

	while (!stop) {
		unsigned long value;

		len = pread(fd, buf, sizeof(buf) - 1, 0);
		if (len <= 0)
			err(2, "%s", argv[1]);
		buf[len] = '\0';
		value = strtoul(buf, NULL, 10);
		if (value < lowest)
			lowest = value;
		if (value > highest)
			highest = value;
		reads++;
	}

	printf("%lu %lu %lu\n", lowest, highest, reads);
	return 0;
}
