// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run a command under a limit: in a scope where systemd is the writer of the hierarchy,
 * elsewhere in a cgroup that is made for it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "ioasids.h"

static bool gives_ioasids(const char *cgroup)
{
	char *dir = format(".%s", cgroup), enabled[4096];
	bool gives = slurp(mounted.fd, dir, "cgroup.subtree_control", enabled, sizeof(enabled)) &&
		has_word(enabled, "ioasids", " ");

	free(dir);
	return gives;
}

/* What search() has found, from the root of the mount. */
static char *found;

static int search(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *name = path + ftw->base;
	FILE *file;
	int pid;

	(void)st;
	file = type == FTW_F && !strcmp(name, "cgroup.procs") ? fopen(path, "re") : NULL;
	while (file && !found && fscanf(file, "%d", &pid) == 1) {
		if (pid == getpid())
			found = format("%.*s", (int)(name - path - 1 - strlen(mounted.dir)),
				       path + strlen(mounted.dir));
	}
	if (file)
		fclose(file);
	return !!found;
}

/*
 * The caller's own cgroup: "" or "/a/b". In a cgroup namespace its path does not say how
 * it goes from the root of a mount that is outside of the namespace.
 */
static char *own_cgroup(void)
{
	char *own = process_cgroup(0);

	if (!own && !strncmp(mounted.root, "/..", 3)) {
		nftw(mounted.dir, search, 16, FTW_PHYS);
		own = found;
	}
	if (!own)
		fail("the cgroup of the caller is not below %s: its limits would not hold",
		     mounted.dir);
	if (!own[1])
		*own = '\0';
	return own;
}

/* A limit that the caller is under, and that would not hold below @parent, is an error. */
static void keep_limits(const char *own, const char *parent)
{
	char *cgroup = format("%s", own), limit[64];

	for (; !is_within(parent, cgroup); *strrchr(cgroup, '/') = '\0') {
		if (slurp(mounted.fd, cgroup + 1, "ioasids.max", limit, sizeof(limit)) &&
		    strcmp(limit, "max"))
			fail("the caller's limit of %s in %s would not hold for the command, %s",
			     limit, cgroup, "which cannot run below a cgroup with processes");
	}
	free(cgroup);
}

/*
 * Where the new cgroup goes. On v1 that is below the caller's own. On v2 a cgroup with
 * processes, the root aside, gives no controller to those below, and the caller is a
 * process in its own. So it is the nearest one, from the caller's up, that gives ioasids
 * to those below: most often the new one is beside the caller's.
 */
static char *parent_cgroup(const char *own)
{
	char *parent = format("%s", own), *slash;

	while (!mounted.v1 && !gives_ioasids(parent)) {
		slash = strrchr(parent, '/');
		if (!slash)
			fail("ioasids is enabled nowhere: echo +ioasids >%s/cgroup.subtree_control",
			     mounted.dir);
		*slash = '\0';
	}
	return parent;
}

/* Have a cgroup give ioasids to those below it. */
static void enable_in(const char *cgroup)
{
	char *name = format("%s%s/cgroup.subtree_control", mounted.dir, cgroup);
	int fd = open(name, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "+ioasids", 8) < 0)
		fail("ioasids cannot be enabled: %s; as root: echo +ioasids >%s",
		     strerror(errno), name);
	close(fd);
	free(name);
}

/* The same, from the root down to it. */
static void enable_down_to(const char *cgroup)
{
	for (size_t len = 0; len <= strlen(cgroup); len++) {
		char *above = format("%.*s", (int)len, cgroup);

		if ((cgroup[len] == '/' || !cgroup[len]) && !gives_ioasids(above))
			enable_in(above);
		free(above);
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_DP)
		rmdir(path);
	return 0;
}

/* On v1, where there is no cgroup.kill. */
static int kill_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	FILE *file = NULL;
	int pid;

	(void)st;
	if (type == FTW_F && !strcmp(path + ftw->base, "cgroup.procs"))
		file = fopen(path, "re");
	/* A process that is in no PID namespace of ours is 0. */
	while (file && fscanf(file, "%d", &pid) == 1) {
		if (pid > 0)
			kill(pid, SIGKILL);
	}
	if (file)
		fclose(file);
	return 0;
}

/* Kill all that is in a cgroup of v2, and wait until it has ended. */
static void empty(const char *dir)
{
	char *name = format("%s/cgroup.kill", dir), content[256] = "";
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	struct pollfd events = { .events = POLLPRI };

	free(name);
	if (fd < 0 || write(fd, "1", 1) < 0)
		warn("%s: what is left there cannot be killed", dir);
	if (fd >= 0)
		close(fd);
	name = format("%s/cgroup.events", dir);
	events.fd = open(name, O_RDONLY | O_CLOEXEC);
	while (pread(events.fd, content, sizeof(content) - 1, 0) > 0 &&
	       !strstr(content, "populated 0"))
		poll(&events, 1, -1);
	if (events.fd >= 0)
		close(events.fd);
	free(name);
}

/* What the command has left behind goes with its cgroup. */
static void remove_cgroup(const char *dir)
{
	const struct timespec moment = { 0, 1000000 };

	if (!mounted.v1)
		empty(dir);
	/* v1 does not say when a cgroup is empty. */
	for (int i = 0; i < 10000; i++) {
		nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		if (!mounted.v1 || access(dir, F_OK))
			break;
		nftw(dir, kill_one, 16, FTW_PHYS);
		nanosleep(&moment, NULL);
	}
	if (!access(dir, F_OK))
		warnx("%s cannot be removed", dir);
}

/* What the terminal sends, it sends to the command too. A timer's signal is ours alone. */
static bool is_terminals(const siginfo_t *info)
{
	return info->si_code == SI_KERNEL && (info->si_signo == SIGINT ||
		info->si_signo == SIGQUIT || info->si_signo == SIGHUP);
}

/* The status of a command, as the shell gives it. */
static int wait_for(pid_t pid, const sigset_t *signals)
{
	siginfo_t info;
	int status;

	for (;;) {
		if (sigwaitinfo(signals, &info) < 0)
			continue;
		if (info.si_signo != SIGCHLD) {
			if (!is_terminals(&info))
				kill(pid, info.si_signo);
			continue;
		}
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
}

/* The new cgroup, from the root of the mount. Its name is one that nobody else has. */
static char *make_cgroup(void)
{
	char *own = own_cgroup(), *parent = parent_cgroup(own);
	char *dir = format("%s%s/ioasids-run-XXXXXX", mounted.dir, parent), *cgroup;

	keep_limits(own, parent);
	if (!mkdtemp(dir) || chmod(dir, 0755))
		fail_errno("%s", dir);
	cgroup = format("%s", dir + strlen(mounted.dir));
	free(dir);
	free(parent);
	free(own);
	return cgroup;
}

/* In the child: be in the cgroup, under the limit. */
static void enter_cgroup(const char *cgroup, const char *limit)
{
	char *procs = format("%s%s/cgroup.procs", mounted.dir, cgroup);
	int fd;

	if (set_limit(cgroup, limit))
		_exit(EXIT_NOT_RUN);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) < 0)
		fail_errno("%s", procs);
	free(procs);
}

/* In the child: be in a scope, under the limit. @made is told that there is one. */
static void enter_scope(const struct scope *scope, const char *own, const char *limit, int made)
{
	char *cgroup = start_scope(scope), *parent = format("%s", cgroup);

	if (write(made, "", 1) != 1)
		fail_errno("pipe");
	*strrchr(parent, '/') = '\0';
	/* Who names a slice wants to be there. */
	if (!scope->slice)
		keep_limits(own, parent);
	enable_down_to(parent);
	if (set_limit(cgroup, limit))
		_exit(EXIT_NOT_RUN);
	free(parent);
	free(cgroup);
}

static char *scope_name(const char *name)
{
	unsigned int number;

	if (name)
		return format("%s%s", name, is_unit(name) ? "" : ".scope");
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		fail_errno("getrandom");
	return format("ioasids-run-%08x.scope", number);
}

/**
 * run_command() - run a command under a limit
 * @scope: how the scope is to be, where there is systemd
 * @limit: its limit
 * @command: what to run
 *
 * When it has ended, what it has left running is killed.
 *
 * Return: the exit status of the command as the shell gives it, or of env and the like
 * where it was not run.
 */
int run_command(struct scope *scope, const char *limit, char **command)
{
	bool systemd = !mounted.v1 && sd_booted() > 0;
	char *cgroup = NULL, *own = NULL, *dir, byte;
	sigset_t signals, before;
	int status = EXIT_NOT_RUN, error, made[2];
	pid_t pid;

	if (!systemd && (scope->unit || scope->slice || scope->collect))
		fail("--unit, --slice and --collect want systemd and cgroup v2");
	/* From here on none of them ends this before the cgroup is removed. */
	signal(SIGCHLD, SIG_DFL);
	block_signals(&signals, SIGCHLD, &before);

	if (systemd) {
		scope->unit = scope_name(scope->unit);
		own = own_cgroup();
		if (pipe2(made, O_CLOEXEC | O_NONBLOCK))
			fail_errno("pipe");
	} else {
		cgroup = make_cgroup();
	}
	pid = fork();
	if (pid < 0)
		warn("fork");
	if (!pid) {
		if (systemd)
			enter_scope(scope, own, limit, made[1]);
		else
			enter_cgroup(cgroup, limit);
		sigprocmask(SIG_SETMASK, &before, NULL);
		execvp(command[0], command);
		error = errno;
		warn("%s", command[0]);
		_exit(error == ENOENT ? 127 : 126);
	}
	if (pid > 0)
		status = wait_for(pid, &signals);
	if (systemd) {
		/* A scope of that name may be somebody else's. */
		if (read(made[0], &byte, 1) == 1)
			stop_scope(scope);
		return status;
	}
	dir = format("%s%s", mounted.dir, cgroup);
	remove_cgroup(dir);
	free(dir);
	free(cgroup);
	return status;
}
