// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's init: sets the guest up, runs one command, says how it ended, and
 * powers the guest off.
 *
 *	init OUTPUT STATUS JOB SOURCE hostfs|9p
 *
 * OUTPUT and STATUS are character devices: the first is given to the command as
 * its standard output and error, on the second its exit status is written, as
 * the shell would give it. JOB is a directory with two files of NUL-separated
 * strings: "command" and "environment". SOURCE is the repository. They are
 * directories of the host, seen through hostfs, or the tags of two 9p shares.
 * What the kernel adds to its command line may follow and is left alone.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MAX_STRINGS	4096

/* Where the guest sees the two directories, whatever it mounts over /tmp. */
#define JOB	"/media"
#define SOURCE	"/mnt"

static void mount_at(const char *source, const char *target, const char *type,
		     unsigned long flags, const char *data)
{
	if (mount(source, target, type, flags, data))
		err(1, "mount %s on %s", source, target);
}

static void mount_share(const char *name, const char *target, bool p9)
{
	if (p9)
		mount_at(name, target, "9p", MS_RDONLY,
			 "trans=virtio,version=9p2000.L,msize=262144,cache=loose");
	else
		mount_at(name, target, NULL, MS_BIND, NULL);
}

static void mount_all(void)
{
	mount_at("proc", "/proc", "proc", 0, NULL);
	mount_at("sysfs", "/sys", "sysfs", 0, NULL);
	mount_at("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	if (mkdir("/dev/pts", 0755) || mkdir("/dev/shm", 01777))
		err(1, "mkdir in /dev");
	mount_at("devpts", "/dev/pts", "devpts", 0, NULL);
	mount_at("shm", "/dev/shm", "tmpfs", 0, NULL);
	mount_at("tmp", "/tmp", "tmpfs", 0, NULL);
	mount_at("run", "/run", "tmpfs", 0, NULL);
	mount_at("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL);
	mount_at("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	mount_at("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	if (symlink("/proc/self/fd", "/dev/fd") ||
	    symlink("/proc/self/fd/0", "/dev/stdin") ||
	    symlink("/proc/self/fd/1", "/dev/stdout") ||
	    symlink("/proc/self/fd/2", "/dev/stderr"))
		err(1, "symlink in /dev");
}

/* The bytes that are written are the bytes that arrive. */
static int open_channel(const char *path)
{
	struct termios termios;
	int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	if (!tcgetattr(fd, &termios)) {
		cfmakeraw(&termios);
		tcsetattr(fd, TCSANOW, &termios);
	}

	return fd;
}

static char **read_strings(const char *path)
{
	static char *strings[MAX_STRINGS + 1];
	char **list, *line = NULL;
	FILE *file = fopen(path, "r");
	size_t n = 0, size = 0;

	if (!file)
		err(1, "%s", path);
	while (n < MAX_STRINGS && getdelim(&line, &size, '\0', file) > 0)
		strings[n++] = strdup(line);
	strings[n] = NULL;
	fclose(file);

	list = malloc((n + 1) * sizeof(*list));
	if (!list)
		err(1, "malloc");
	return memcpy(list, strings, (n + 1) * sizeof(*list));
}

static pid_t start(char **argv, char **env, int output)
{
	int null = open("/dev/null", O_RDONLY);
	pid_t pid = fork();

	if (pid)
		return pid;

	setsid();
	if (chdir("/tmp") || dup2(null, 0) < 0 || dup2(output, 1) < 0 ||
	    dup2(output, 2) < 0)
		_exit(126);
	close(null);
	clearenv();
	while (*env)
		putenv(*env++);
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Until @pid has ended, reap whatever has lost its parent. */
static int wait_for(pid_t pid)
{
	int status;

	for (;;) {
		pid_t reaped = waitpid(-1, &status, 0);

		if (reaped == pid)
			break;
		if (reaped < 0 && errno != EINTR)
			err(1, "waitpid");
	}

	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	char **command, **environment;
	int output, status;
	bool p9;

	if (getpid() != 1 || argc < 6)
		errx(1, "this is the init of a guest");
	p9 = !strcmp(argv[5], "9p");

	/* Whatever fails here ends process 1, and the guest without a status. */
	mount_share(argv[3], JOB, p9);
	mount_share(argv[4], SOURCE, p9);
	mount_all();
	command = read_strings(JOB "/command");
	environment = read_strings(JOB "/environment");
	output = open_channel(argv[1]);
	status = open_channel(argv[2]);

	dprintf(status, "%d\n", wait_for(start(command, environment, output)));
	tcdrain(output);
	tcdrain(status);
	sync();
	return reboot(RB_POWER_OFF);
}
