// SPDX-License-Identifier: GPL-2.0-only
/*
 * bind DEVICE: open a device that shares the address space of the process, say
 * "bound", and stay; or say which errno was met, and exit with it.
 *
 * bind DEVICE N: N children open it at the same moment. A line is printed for
 * each outcome, "50 bound", "150 EAGAIN"; those who are bound stay until this
 * process is killed.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ERRNO	4096

/* How many processes met each errno; 0 is a success. */
static int *outcomes;

static int bind_device(const char *device)
{
	return open(device, O_RDWR | O_CLOEXEC) < 0 ? errno : 0;
}

static const char *outcome(int result)
{
	return result ? strerrorname_np(result) : "bound";
}

static void racer(const char *device, int go, int done)
{
	char byte;
	int result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(STDOUT_FILENO);
	/* End of file is the starting gun: it is heard by all at once. */
	if (read(go, &byte, 1))
		_exit(1);
	result = bind_device(device);
	__atomic_add_fetch(&outcomes[result], 1, __ATOMIC_RELAXED);
	close(done);
	if (result)
		_exit(0);
	pause();
}

static void race(const char *device, int racers)
{
	int go[2], done[2];
	char byte;

	outcomes = mmap(NULL, MAX_ERRNO * sizeof(int), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcomes == MAP_FAILED || pipe(go) || pipe(done))
		err(2, "set up");

	for (int i = 0; i < racers; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(2, "fork");
		if (!pid) {
			close(go[1]);
			close(done[0]);
			racer(device, go[0], done[1]);
		}
	}
	close(done[1]);
	close(go[1]);

	/* End of file again: the last one has its outcome. */
	if (read(done[0], &byte, 1))
		err(2, "read");
	for (int i = 0; i < MAX_ERRNO; i++) {
		if (outcomes[i])
			printf("%d %s\n", outcomes[i], outcome(i));
	}
	fclose(stdout);

	/* Reap those who were refused; the others stay, and so does this. */
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	int racers = argc == 3 ? atoi(argv[2]) : 0;
	int result;

	if (argc < 2 || argc > 3 || (argc == 3 && racers < 1))
		errx(2, "usage: bind DEVICE [N]");

	if (racers) {
		race(argv[1], racers);
		return 0;
	}

	result = bind_device(argv[1]);
	puts(outcome(result));
	fclose(stdout);
	if (!result)
		pause();
	return result;
}
