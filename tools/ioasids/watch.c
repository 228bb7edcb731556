// SPDX-License-Identifier: GPL-2.0-only
/*
 * Say who is refused. The counts in ioasids.events include those of all below, so the
 * files of the topmost cgroups tell of a refusal anywhere, and those that have changed
 * lead to where it was. The kernel counts in events.local first, and then in events, from
 * the cgroup of the process up: what has changed there can be read in events.local.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "ioasids.h"

/* A cgroup with refusals. */
struct node {
	char *path, *name;
	ino_t inode;
	unsigned long long events[2], local[2];	/* max and alloc_fail, when last read */
	unsigned long long limit, payer;	/* refusals that no line has told of */
	struct node *parent, *below, *next;
	bool seen;
};

static struct node *new_node(struct node *parent, const char *name, ino_t inode)
{
	struct node *node = grow(NULL, 0, sizeof(*node));

	memset(node, 0, sizeof(*node));
	node->parent = parent;
	node->path = format("%s/%s", parent && parent->path[1] ? parent->path : "", name);
	node->name = strrchr(node->path, '/') + 1;
	node->inode = inode;
	if (parent) {
		node->next = parent->below;
		parent->below = node;
	}
	return node;
}

/* The one of that name; another one that had the name is forgotten. */
static struct node *child(struct node *parent, const char *name, ino_t inode)
{
	struct node *node = parent->below;

	while (node && strcmp(node->name, name))
		node = node->next;
	if (!node)
		node = new_node(parent, name, inode);
	node->seen = true;
	if (node->inode != inode) {
		memset(node->events, 0, sizeof(node->events));
		memset(node->local, 0, sizeof(node->local));
		node->inode = inode;
	}
	return node;
}

/* Forget those below whose cgroup is gone; with @all every one. */
static void prune(struct node *node, bool all)
{
	struct node **link = &node->below;

	while (*link) {
		struct node *below = *link;

		if (below->seen && !all) {
			below->seen = false;
			link = &below->next;
			continue;
		}
		*link = below->next;
		prune(below, true);
		free(below->path);
		free(below);
	}
}

/* Read what has changed in a cgroup and below; @dirfd is closed. */
static void update(struct node *node, int dirfd)
{
	DIR *stream = fdopendir(dirfd);
	unsigned long long now[2];
	struct dirent *entry;

	if (!stream)
		fail_errno("%s", node->path);
	if (slurp_events(dirfd, ".", "ioasids.events", now)) {
		if (!memcmp(now, node->events, sizeof(now)))
			goto out;
		memcpy(node->events, now, sizeof(now));
		if (slurp_events(dirfd, ".", "ioasids.events.local", now)) {
			node->limit += now[0] - node->local[0];
			node->payer += now[1] - node->local[1];
			memcpy(node->local, now, sizeof(now));
		}
	} else if (node->parent) {
		goto out;
	}
	while ((entry = readdir(stream))) {
		int fd;

		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, ".."))
			continue;
		fd = openat(dirfd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			update(child(node, entry->d_name, entry->d_ino), fd);
	}
	prune(node, false);
out:
	closedir(stream);
}

static bool is_asked_for(const struct node *node, const struct request *request)
{
	for (size_t i = 0; node && i < request->nr_parts; i++) {
		const char *part = request->parts[i];

		if (is_within(node->path, part[1] ? part : ""))
			return true;
	}
	return !request->nr_parts;
}

static void run_hook(const char *command, const struct node *limit, const struct node *payer,
		     const char *count)
{
	setenv("IOASIDS_LIMIT", limit ? limit->path : "", 1);
	setenv("IOASIDS_FOR", payer ? payer->path : "", 1);
	setenv("IOASIDS_COUNT", count, 1);
	if (system(command) < 0)
		fail_errno("%s", command);
}

/*
 * Whose limit, and for whom: NULL where the cgroup is gone or not below the mount. Without
 * a request it is passed over.
 */
static void tell(const struct node *limit, const struct node *payer, unsigned long long nr,
		 const struct request *request, const char *command)
{
	char *of, *to, *count, moment[64];
	time_t now = time(NULL);

	if (!request || (!is_asked_for(limit, request) && !is_asked_for(payer, request)))
		return;
	of = printable(limit ? limit->path : "-", request->json);
	to = printable(payer ? payer->path : "-", request->json);
	count = format("%llu", nr);
	strftime(moment, sizeof(moment), "%FT%T%z", localtime(&now));
	printf(request->json ?
	       "{\"time\":\"%s\",\"limit\":\"%s\",\"for\":\"%s\",\"count\":%s}\n" :
	       "%s the limit of %s refused %s: %s\n", moment, of, to, count);
	if (fflush(stdout))
		fail_errno("standard output");
	if (command)
		run_hook(command, limit, payer, count);
	free(of);
	free(to);
	free(count);
}

/*
 * Tell of the refusals below @node. The limit that refused is the nearest one from the
 * cgroup of the process up.
 */
static void tell_matched(struct node *node, const struct request *request, const char *command)
{
	for (struct node *below = node->below; below; below = below->next)
		tell_matched(below, request, command);
	for (struct node *limit = node; limit && node->payer; limit = limit->parent) {
		unsigned long long nr = node->payer < limit->limit ? node->payer : limit->limit;

		if (!nr)
			continue;
		node->payer -= nr;
		limit->limit -= nr;
		tell(limit, node, nr, request, command);
	}
}

/* Then tell of the others. */
static void tell_rest(struct node *node, const struct request *request, const char *command)
{
	for (struct node *below = node->below; below; below = below->next)
		tell_rest(below, request, command);
	if (node->payer)
		tell(NULL, node, node->payer, request, command);
	if (node->limit)
		tell(node, NULL, node->limit, request, command);
	node->payer = 0;
	node->limit = 0;
}

static void update_all(struct node *root)
{
	int fd = openat(mounted.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		fail_errno("%s", mounted.dir);
	update(root, fd);
}

/* Those that are watched already stay so. */
static void add_watches(int inotify)
{
	char *all = format("%s/cgroup.subtree_control", mounted.dir), *file;
	struct dirent *entry;
	DIR *stream = opendir(mounted.dir);

	if (!stream || inotify_add_watch(inotify, mounted.dir, IN_CREATE | IN_ONLYDIR) < 0)
		fail_errno("%s", mounted.dir);
	/* On v1 there is none. */
	inotify_add_watch(inotify, all, IN_MODIFY);
	free(all);
	while ((entry = readdir(stream))) {
		/* "." is the root of a part of the hierarchy. */
		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".."))
			continue;
		file = format("%s/%s/ioasids.events", mounted.dir, entry->d_name);
		inotify_add_watch(inotify, file, IN_MODIFY);
		free(file);
	}
	closedir(stream);
}

/**
 * watch_refusals() - print a line for each refusal, as they come
 * @request: for which cgroups, in which format
 * @command: what the shell is to run for each, or NULL
 *
 * Does not return but with an error.
 */
void watch_refusals(const struct request *request, const char *command)
{
	struct node *root = new_node(NULL, "", 0);
	int inotify = inotify_init1(IN_CLOEXEC);
	char events[4096];

	if (inotify < 0)
		fail_errno("inotify");
	allow_depth();
	add_watches(inotify);
	update_all(root);
	tell_rest(root, NULL, NULL);
	sd_notify(0, "READY=1");
	for (;;) {
		if (read(inotify, events, sizeof(events)) < 0)
			fail_errno("inotify");
		add_watches(inotify);
		update_all(root);
		tell_matched(root, request, command);
		/* A count that changed while they were read has its other one by now. */
		update_all(root);
		tell_matched(root, request, command);
		tell_rest(root, request, command);
	}
}
