// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone DEVICE into CGROUP: a child that is made right in CGROUP opens DEVICE.
 * clone DEVICE vm CGROUP: a child that shares the address space goes to CGROUP and
 *	opens DEVICE; after it, so does the parent.
 * clone DEVICE vfork CGROUP: the same, and the child has ended before the parent
 *	goes on.
 *
 * Says "bound" once all is open, and stays; so does the child, but for vfork.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_SIZE	65536

static const char *device, *cgroup;
static bool stay;
static int opened[2];

static void open_device(void)
{
	if (open(device, O_RDWR) < 0)
		err(1, "%s", device);
}

static void tell(void)
{
	if (write(opened[1], "", 1) != 1)
		err(2, "write");
}

static int sharing_child(void *unused)
{
	char path[256];
	int procs;

	(void)unused;
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	procs = open(path, O_WRONLY);
	if (procs < 0 || write(procs, "0", 1) != 1)
		err(2, "%s", path);
	open_device();
	tell();
	while (stay)
		pause();
	_exit(0);
}

static void clone_sharing(int flags)
{
	char *stack = malloc(STACK_SIZE);

	if (!stack || clone(sharing_child, stack + STACK_SIZE,
			    CLONE_VM | flags | SIGCHLD, NULL) < 0)
		err(2, "clone");
}

static void clone_into(void)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = open(cgroup, O_PATH | O_DIRECTORY),
	};
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		err(2, "clone3 into %s", cgroup);
	if (pid)
		return;
	open_device();
	tell();
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	char byte;

	if (argc != 4 || pipe(opened))
		errx(2, "usage: clone DEVICE into|vm|vfork CGROUP");
	device = argv[1];
	cgroup = argv[3];
	stay = strcmp(argv[2], "vfork");

	if (!strcmp(argv[2], "into"))
		clone_into();
	else
		clone_sharing(stay ? 0 : CLONE_VFORK);
	if (read(opened[0], &byte, 1) != 1)
		errx(2, "the child has failed");
	if (strcmp(argv[2], "into"))
		open_device();

	puts("bound");
	fclose(stdout);
	for (;;)
		pause();
}
