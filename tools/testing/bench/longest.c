// SPDX-License-Identifier: GPL-2.0-only
/*
 * longest DEVICE: fresh processes, one after the other, open a device that shares
 * their address space, and end. On SIGTERM two numbers are printed: how many there
 * were, and the milliseconds that the longest open took.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool told_to_stop(void)
{
	sigset_t pending;

	return !sigpending(&pending) && sigismember(&pending, SIGTERM);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

static void open_once(const char *device, double *longest)
{
	double start = now();

	if (open(device, O_RDWR) < 0)
		err(1, "%s", device);
	if (now() - start > *longest)
		*longest = now() - start;
	_exit(0);
}

int main(int argc, char **argv)
{
	unsigned long opens = 0;
	double *longest;
	sigset_t term;
	int status;

	if (argc != 2)
		errx(2, "usage: longest DEVICE");
	longest = mmap(NULL, sizeof(*longest), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (longest == MAP_FAILED)
		err(1, "mmap");
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);

	for (; !told_to_stop(); opens++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (!pid)
			open_once(argv[1], longest);
		if (waitpid(pid, &status, 0) != pid || status)
			errx(1, "a process did not get the device");
	}
	printf("%lu %.1f\n", opens, *longest);
	return 0;
}
