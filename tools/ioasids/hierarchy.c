// SPDX-License-Identifier: GPL-2.0-only
/* Where the hierarchy is mounted, and what the files of its cgroups say. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ioasids.h"

struct mount mounted = { .fd = -1 };

/* @dir: where a v2 hierarchy with the controller is mounted, or NULL. */
static void not_there(const char *dir)
{
	FILE *file = fopen("/proc/cgroups", "re");
	char line[256];
	int enabled = -1;

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "ioasids %*d %*d %d", &enabled);
	if (enabled < 0)
		fail("this kernel has no ioasids controller (CONFIG_CGROUP_IOASIDS)");
	if (!enabled)
		fail("the ioasids controller is disabled (%s)",
		     "cgroup_disable=ioasids on the kernel's command line");
	/* A cgroup that is no root has its files once it has been given the controller. */
	if (dir)
		fail("ioasids is enabled for no cgroup: echo +ioasids >%s/%s", dir,
		     "cgroup.subtree_control");
	fail("no cgroup hierarchy with ioasids is mounted (%s)",
	     "mount -t cgroup2 none /sys/fs/cgroup, or -t cgroup -o ioasids");
}

static bool offers_ioasids(int fd)
{
	char content[4096];

	return slurp(fd, ".", "cgroup.controllers", content, sizeof(content)) &&
		has_word(content, "ioasids", " ");
}

static bool is_ours(struct libmnt_fs *fs)
{
	const char *options = mnt_fs_get_fs_options(fs);

	return mnt_fs_match_fstype(fs, "cgroup2") ||
		(mnt_fs_match_fstype(fs, "cgroup") && options &&
		 has_word(options, "ioasids", ","));
}

/**
 * find_mount() - find where the hierarchy is mounted, and set mounted
 *
 * A mount of the whole hierarchy comes before one of a part. Ends with an error if there
 * is none.
 */
void find_mount(void)
{
	struct libmnt_table *table = mnt_new_table_from_file("/proc/self/mountinfo");
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	char *bare = NULL;

	if (!table || !iter)
		fail_errno("/proc/self/mountinfo");
	while (!mnt_table_next_fs(table, iter, &fs)) {
		const char *dir = mnt_fs_get_target(fs);
		bool whole;
		int fd;

		if (!is_ours(fs) || mounted.whole)
			continue;
		fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		whole = faccessat(fd, "ioasids.max", F_OK, 0);
		if (!faccessat(fd, "ioasids.current", F_OK, 0) && (mounted.fd < 0 || whole)) {
			mounted.fd = fd;
			mounted.dir = format("%s", dir);
			mounted.root = format("%s", mnt_fs_get_root(fs));
			mounted.v1 = mnt_fs_match_fstype(fs, "cgroup");
			mounted.whole = whole;
			continue;
		}
		if (!bare && offers_ioasids(fd))
			bare = format("%s", dir);
		close(fd);
	}
	mnt_free_iter(iter);
	mnt_unref_table(table);
	if (mounted.fd < 0)
		not_there(bare);
	free(bare);
}

/**
 * below_mount() - the path of a cgroup from the root of the mount
 * @path: its path in our cgroup namespace
 *
 * Return: a part of @path, or NULL if it is not below the mount.
 */
const char *below_mount(const char *path)
{
	size_t len = strlen(mounted.root);

	if (len == 1)
		return strncmp(path, "/..", 3) ? path : NULL;
	if (strncmp(path, mounted.root, len))
		return NULL;
	return !path[len] ? "/" : path[len] == '/' ? path + len : NULL;
}

/**
 * process_cgroup() - the cgroup of a process
 * @pid: the process; 0: our own
 *
 * Return: its path from the root of the mount, to be freed; NULL if that is not known.
 */
char *process_cgroup(int pid)
{
	char *name = pid ? format("/proc/%d/cgroup", pid) : format("/proc/self/cgroup");
	FILE *file = fopen(name, "re");
	char *line = NULL, *found = NULL;
	size_t size = 0;

	free(name);
	while (file && !found && getline(&line, &size, file) > 0) {
		char *controllers = strchr(line, ':'), *path;
		const char *below;

		path = controllers ? strchr(++controllers, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		if (mounted.v1 ? !has_word(controllers, "ioasids", ",") : !!*controllers)
			continue;
		below = below_mount(path);
		if (!below)
			break;
		found = format("%s", below);
	}
	if (file)
		fclose(file);
	free(line);
	return found;
}

static bool slurp_number(int dirfd, const char *dir, const char *name, unsigned long long *number)
{
	char content[64];

	if (!slurp(dirfd, dir, name, content, sizeof(content)))
		return false;
	*number = strcmp(content, "max") ? strtoull(content, NULL, 10) : NO_LIMIT;
	return true;
}

/**
 * slurp_events() - read a file of events
 * @dirfd: where @dir is
 * @dir: the cgroup
 * @name: the file
 * @count: gets max and alloc_fail
 *
 * Return: false if it cannot be read.
 */
bool slurp_events(int dirfd, const char *dir, const char *name, unsigned long long *count)
{
	char events[128];

	return slurp(dirfd, dir, name, events, sizeof(events)) &&
		sscanf(events, "max %llu alloc_fail %llu", count, count + 1) == 2;
}

/*
 * Read its files. A count includes those of all below: where that of @parent is 0 it
 * need not be read. That saves most of the time on a machine of many cgroups.
 */
static bool read_numbers(int dirfd, const char *name, const struct cgroup *parent,
			 struct cgroup *cgroup)
{
	unsigned long long *number = cgroup->number;

	cgroup->limited = slurp_number(dirfd, name, "ioasids.max", number + MAX);
	if (parent && !cgroup->limited)
		return false;
	if ((!parent || parent->number[PEAK]) &&
	    (!slurp_number(dirfd, name, "ioasids.current", number + CURRENT) ||
	     !slurp_number(dirfd, name, "ioasids.peak", number + PEAK)))
		return false;
	if (!cgroup->limited ||
	    (parent && parent->limited && !parent->number[MAX_EVENTS] &&
	     !parent->number[ALLOC_FAIL]))
		return true;
	if (!slurp_events(dirfd, name, "ioasids.events", number + MAX_EVENTS))
		return false;
	if (!number[MAX_EVENTS] && !number[ALLOC_FAIL])
		return true;
	return slurp_events(dirfd, name, "ioasids.events.local", number + LOCAL_MAX);
}

/* "c2" comes before "c10". */
static int by_name(const void *a, const void *b)
{
	return strverscmp(*(char * const *)a, *(char * const *)b);
}

/* The names of the cgroups right below, in order; how many there are. */
static size_t list_below(DIR *stream, char ***names)
{
	struct dirent *entry;
	size_t nr = 0;

	*names = NULL;
	while ((entry = readdir(stream))) {
		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, ".."))
			continue;
		*names = grow(*names, nr, sizeof(**names));
		(*names)[nr++] = format("%s", entry->d_name);
	}
	if (nr)
		qsort(*names, nr, sizeof(**names), by_name);
	return nr;
}

/* A cgroup that goes away while it is read is left out. @path is taken. */
static bool scan(struct view *view, int dirfd, const char *name, char *path,
		 const struct cgroup *parent)
{
	struct cgroup cgroup = { .path = path, .depth = parent ? parent->depth + 1 : 0 };
	char **names;
	struct stat st;
	DIR *stream;
	size_t nr;
	int fd;

	if (!read_numbers(dirfd, name, parent, &cgroup)) {
		free(path);
		return false;
	}
	view->cgroups = grow(view->cgroups, view->nr_cgroups, sizeof(cgroup));
	view->cgroups[view->nr_cgroups++] = cgroup;

	/* One without any below has two links: its name, and ".". */
	if (fstatat(dirfd, name, &st, 0) || st.st_nlink == 2)
		return true;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stream = fd < 0 ? NULL : fdopendir(fd);
	if (!stream) {
		if (errno == EMFILE || errno == ENFILE)
			fail_errno("cgroups so deep");
		return true;
	}
	nr = list_below(stream, &names);
	for (size_t i = 0; i < nr; i++) {
		scan(view, fd, names[i], format("%s/%s", path[1] ? path : "", names[i]), &cgroup);
		free(names[i]);
	}
	free(names);
	closedir(stream);
	return true;
}

static int by_path(const void *a, const void *b)
{
	return strcmp((*(struct cgroup * const *)a)->path, (*(struct cgroup * const *)b)->path);
}

/**
 * sort_by_path() - an index for find_cgroup()
 * @view: whose cgroups
 *
 * Return: pointers to them, to be freed.
 */
struct cgroup **sort_by_path(const struct view *view)
{
	struct cgroup **sorted = calloc(view->nr_cgroups + 1, sizeof(*sorted));

	if (!sorted)
		fail_errno("memory");
	for (size_t i = 0; i < view->nr_cgroups; i++)
		sorted[i] = view->cgroups + i;
	qsort(sorted, view->nr_cgroups, sizeof(*sorted), by_path);
	return sorted;
}

/**
 * find_cgroup() - find a cgroup by its path
 * @sorted: from sort_by_path()
 * @nr: how many there are
 * @path: from the root of the mount
 *
 * Return: the cgroup, or NULL.
 */
struct cgroup *find_cgroup(struct cgroup **sorted, size_t nr, const char *path)
{
	struct cgroup key = { .path = (char *)path }, *pointer = &key, **found;

	found = bsearch(&pointer, sorted, nr, sizeof(*sorted), by_path);
	return found ? *found : NULL;
}

static bool matches(const struct view *view, const struct cgroup *cgroup,
		    const struct request *request)
{
	bool refused = cgroup->number[MAX_EVENTS] || cgroup->number[ALLOC_FAIL];
	bool quiet = cgroup->limited && cgroup->number[MAX] == NO_LIMIT &&
		!cgroup->number[PEAK] && !refused && !cgroup->nr_holders;

	if (!request->all && (request->events ? !refused : quiet))
		return false;
	if (!request->filter || strstr(cgroup->path, request->filter))
		return true;
	for (size_t h = 0; h < cgroup->nr_holders; h++) {
		if (strstr(view->holders[cgroup->holders + h].comm, request->filter))
			return true;
	}
	return false;
}

/* Those that are asked for, and who is above them. */
static void choose(struct view *view, const struct request *request)
{
	int parent = 0;		/* the depth of the parent of what was shown last */

	for (size_t i = view->nr_cgroups; i--; ) {
		struct cgroup *cgroup = view->cgroups + i;

		cgroup->shown = !cgroup->depth || cgroup->depth == parent ||
			matches(view, cgroup, request);
		if (cgroup->shown)
			parent = cgroup->depth - 1;
	}
}

/**
 * allow_depth() - allow as many open files as can be: one is open for each level
 */
void allow_depth(void)
{
	struct rlimit files;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

/**
 * look() - read the hierarchy, or parts of it
 * @view: gets what there is, to be given to forget()
 * @request: which parts, and what is shown
 *
 * Ends with an error if a part is not there.
 */
void look(struct view *view, const struct request *request)
{
	memset(view, 0, sizeof(*view));
	allow_depth();
	for (size_t i = 0; i < request->nr_parts; i++) {
		const char *part = request->parts[i];

		if (!scan(view, mounted.fd, part[1] ? part + 1 : ".", format("%s", part), NULL))
			fail("%s", why_missing(part));
	}
	if (!request->nr_parts && !scan(view, mounted.fd, ".", format("/"), NULL))
		fail("%s: ioasids has gone", mounted.dir);
	view->has_capacity = slurp_number(mounted.fd, ".", "ioasids.capacity", &view->capacity);
	if (!request->no_holders)
		read_holders(view);
	choose(view, request);
}

/**
 * forget() - free what look() has read
 * @view: the view
 */
void forget(struct view *view)
{
	for (size_t i = 0; i < view->nr_cgroups; i++)
		free(view->cgroups[i].path);
	free(view->cgroups);
	free(view->holders);
}
