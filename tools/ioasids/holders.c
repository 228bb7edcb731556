// SPDX-License-Identifier: GPL-2.0-only
/* Which processes hold PASIDs: the table in debugfs. */
#define _GNU_SOURCE
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "ioasids.h"

#define TABLE		"/sys/kernel/debug/ioasids"
/* The kernel's numbers of its first namespaces. */
#define INITIAL_CGROUP	0xEFFFFFFBUL
#define INITIAL_PID	0xEFFFFFFCUL

/* How the paths in the table, which begin at the root of the hierarchy, are matched. */
enum match {
	BY_PATH,		/* they are ours, too */
	BY_PROCESS,		/* what they begin with is not known here: ask /proc */
	NOT,			/* nor are the processes */
};

static enum match how_to_match(void)
{
	if (mounted.whole || in_initial_namespace("cgroup", INITIAL_CGROUP))
		return BY_PATH;
	return in_initial_namespace("pid", INITIAL_PID) ? BY_PROCESS : NOT;
}

/* The cgroup of a line, as mount and view have it, or NULL. */
static struct cgroup *match(struct cgroup **sorted, size_t nr, enum match how, char *path, int tgid)
{
	const char *below = mounted.whole ? path : below_mount(path);
	struct cgroup *cgroup;
	char *own;

	if (how == BY_PATH)
		return below ? find_cgroup(sorted, nr, below) : NULL;
	own = process_cgroup(tgid);
	if (!own)
		return NULL;
	/* It counts in the nearest one, from its own up, that has the controller. */
	for (;;) {
		cgroup = find_cgroup(sorted, nr, *own ? own : "/");
		if (cgroup || !*own)
			break;
		*strrchr(own, '/') = '\0';
	}
	free(own);
	return cgroup;
}

static int by_cgroup(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	if (x->cgroup != y->cgroup)
		return x->cgroup < y->cgroup ? -1 : 1;
	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	return strcmp(x->user, y->user);
}

/* The table has a line for each PASID; add them up by process and use. */
static void add_up(struct view *view)
{
	size_t n = 0;

	if (!view->nr_holders)
		return;
	qsort(view->holders, view->nr_holders, sizeof(*view->holders), by_cgroup);
	for (size_t i = 0; i < view->nr_holders; i++) {
		struct holder *holder = view->holders + i;
		struct cgroup *cgroup = view->cgroups + holder->cgroup;

		if (n && !by_cgroup(holder, view->holders + n - 1)) {
			view->holders[n - 1].pasids++;
			continue;
		}
		if (!cgroup->nr_holders++)
			cgroup->holders = n;
		view->holders[n++] = *holder;
	}
	view->nr_holders = n;
}

/**
 * read_holders() - read who holds PASIDs
 * @view: whose cgroups get their holders
 *
 * Without debugfs there are none. Shows only those that count below the mount.
 */
void read_holders(struct view *view)
{
	static bool said;
	FILE *file = fopen(TABLE, "re");
	enum match how = how_to_match();
	struct cgroup **sorted;
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return;
	if (how == NOT) {
		if (!said)
			warnx("who holds PASIDs is not shown: the processes of %s are not ours",
			      TABLE);
		said = true;
		fclose(file);
		return;
	}
	sorted = sort_by_path(view);
	while (getline(&line, &size, file) > 0) {
		struct holder holder = { .pasids = 1 };
		struct cgroup *cgroup;
		char *path;

		/* Not the heading, nor a line without a process. */
		if (sscanf(line, "%*u %15s %d %63s %ms", holder.user, &holder.tgid,
			   holder.comm, &path) != 4)
			continue;
		unescape(holder.comm);
		cgroup = match(sorted, view->nr_cgroups, how, unescape(path), holder.tgid);
		free(path);
		if (!cgroup)
			continue;
		holder.cgroup = cgroup - view->cgroups;
		view->holders = grow(view->holders, view->nr_holders, sizeof(holder));
		view->holders[view->nr_holders++] = holder;
	}
	free(line);
	free(sorted);
	fclose(file);
	add_up(view);
}
