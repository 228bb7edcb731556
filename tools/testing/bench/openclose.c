// SPDX-License-Identifier: GPL-2.0-only
/*
 * openclose DEVICE ROUNDS N: fresh processes, N a round, open a device that shares
 * their address space, close it and end, one after the other. Prints two numbers
 * for each round, nanoseconds: what open and close took, and the whole life of a
 * process, from fork() until it has been reaped. Each is the mean of the middle half
 * of the N, as the clock of a guest is too coarse for a median.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static void open_and_close(const char *device, long *took)
{
	long start = now();
	int fd = open(device, O_RDWR);

	if (fd < 0)
		err(1, "%s", device);
	close(fd);
	*took = now() - start;
	_exit(0);
}

static int compare(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static long middle(long *values, int n)
{
	long sum = 0;

	qsort(values, n, sizeof(*values), compare);
	for (int i = n / 4; i < n - n / 4; i++)
		sum += values[i];
	return sum / (n - n / 4 * 2);
}

static long life(const char *device, long *opened)
{
	long start = now();
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "fork");
	if (!pid)
		open_and_close(device, opened);
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "a process did not get the device");
	return now() - start;
}

int main(int argc, char **argv)
{
	int rounds = argc == 4 ? atoi(argv[2]) : 0;
	int n = argc == 4 ? atoi(argv[3]) : 0;
	long *opened, *lived;

	if (rounds < 1 || n < 1)
		errx(2, "usage: openclose DEVICE ROUNDS N");

	opened = mmap(NULL, n * sizeof(*opened), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	lived = calloc(n, sizeof(*lived));
	if (opened == MAP_FAILED || !lived)
		err(1, "memory");

	/* The first round warms up. */
	for (int round = 0; round <= rounds; round++) {
		for (int i = 0; i < n; i++)
			lived[i] = life(argv[1], &opened[i]);
		if (round)
			printf("%ld %ld\n", middle(opened, n), middle(lived, n));
	}
	return 0;
}
