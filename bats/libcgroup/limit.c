// SPDX-License-Identifier: GPL-2.0-only
/*
 * limit GROUP N COMMAND...: a program against libcgroup's API. It makes the group
 * with that limit, says what the limit is then, runs COMMAND in it, says how many
 * allocations of it were refused, and removes the group. Exits as COMMAND does.
 */
#include <err.h>
#include <errno.h>
#include <libcgroup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(int error, const char *what)
{
	if (error == ECGOTHER) {
		errno = cgroup_get_last_errno();
		err(125, "%s", what);
	}
	if (error)
		errx(125, "%s: %s", what, cgroup_strerror(error));
}

/* What one of its files says, as the kernel has it now. */
static char *get(const char *name, const char *file)
{
	struct cgroup *group = cgroup_new_cgroup(name);
	char *value;

	if (!group)
		errx(125, "memory");
	check(cgroup_get_cgroup(group), name);
	check(cgroup_get_value_string(cgroup_get_controller(group, "ioasids"), file, &value),
	      file);
	cgroup_free(&group);
	return value;
}

int main(int argc, char **argv)
{
	struct cgroup *group;
	struct cgroup_controller *ioasids;
	char *value;
	int status;
	pid_t pid;

	if (argc < 4)
		errx(125, "usage: limit GROUP N COMMAND...");
	check(cgroup_init(), "cgroup_init");
	group = cgroup_new_cgroup(argv[1]);
	ioasids = group ? cgroup_add_controller(group, "ioasids") : NULL;
	if (!ioasids)
		errx(125, "%s: no such group can be made", argv[1]);
	check(cgroup_set_value_string(ioasids, "ioasids.max", argv[2]), "ioasids.max");
	check(cgroup_create_cgroup(group, 0), argv[1]);
	value = get(argv[1], "ioasids.max");
	printf("limit %s\n", value);
	free(value);
	fflush(stdout);

	pid = fork();
	if (pid < 0)
		err(125, "fork");
	if (!pid) {
		check(cgroup_attach_task(group), argv[1]);
		execvp(argv[3], argv + 3);
		err(127, "%s", argv[3]);
	}
	if (waitpid(pid, &status, 0) != pid)
		err(125, "waitpid");

	value = get(argv[1], "ioasids.events.local");
	printf("%s\n", value);
	free(value);
	check(cgroup_delete_cgroup(group, 0), argv[1]);
	cgroup_free(&group);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
