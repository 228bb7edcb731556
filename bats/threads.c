// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads DEVICE N [leader-exits] [bind-on-usr1] [exec PROGRAM ARG...]: a process
 * of N threads beside its leader, the last of which opens DEVICE, says "bound",
 * and stays with the others until the process is killed.
 *
 * With leader-exits the leader has exited before that. With bind-on-usr1 the
 * thread says "ready" first, and opens DEVICE once it gets SIGUSR1. With exec it
 * executes PROGRAM when it gets SIGUSR1 after that, and hands the device on.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *device;
static bool leader_exits, bind_on_usr1;
static char **program;

static void say(const char *line)
{
	puts(line);
	fflush(stdout);
}

/* Until the leader is a zombie: its state is the word after "(threads) ". */
static void await_leader(void)
{
	char path[64], state = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	while (state != 'Z') {
		FILE *stat = fopen(path, "r");

		if (!stat || fscanf(stat, "%*d %*s %c", &state) != 1)
			err(2, "%s", path);
		fclose(stat);
	}
}

static void *binder(void *unused)
{
	sigset_t usr1;
	int sig;

	(void)unused;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	if (leader_exits)
		await_leader();
	if (bind_on_usr1) {
		say("ready");
		sigwait(&usr1, &sig);
	}
	if (open(device, O_RDWR) < 0)
		err(1, "%s", device);
	/* Who waited for "ready" may have stopped listening. */
	if (!bind_on_usr1)
		say("bound");
	if (program) {
		sigwait(&usr1, &sig);
		execv(program[0], program);
		err(1, "%s", program[0]);
	}
	for (;;)
		pause();
}

static void *idler(void *unused)
{
	for (;;)
		pause();
	return unused;
}

int main(int argc, char **argv)
{
	sigset_t usr1;
	pthread_t thread;
	int nr;

	if (argc < 3)
		errx(2, "usage: threads DEVICE N [FLAG...] [exec PROGRAM ARG...]");
	device = argv[1];
	nr = atoi(argv[2]);
	for (int i = 3; i < argc && !program; i++) {
		leader_exits |= !strcmp(argv[i], "leader-exits");
		bind_on_usr1 |= !strcmp(argv[i], "bind-on-usr1");
		if (!strcmp(argv[i], "exec"))
			program = argv + i + 1;
	}

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	/* All are there when it says so. */
	while (nr--) {
		if (pthread_create(&thread, NULL, nr ? idler : binder, NULL))
			errx(2, "pthread_create");
	}
	if (leader_exits)
		pthread_exit(NULL);
	for (;;)
		pause();
}
