// SPDX-License-Identifier: GPL-2.0-only
/* Cgroups by name, and their limits. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "ioasids.h"

/* As openat() at the mount takes it. */
static const char *relative(const char *cgroup)
{
	return cgroup[1] ? cgroup + 1 : ".";
}

/**
 * named_cgroup() - find what a user has named
 * @word: a unit of systemd's, a path from the root of the hierarchy, or a directory
 *
 * Ends with an error if it is a unit that has no cgroup.
 *
 * Return: its path from the root of the mount, "/a/b", to be freed. It may not be there.
 */
char *named_cgroup(const char *word)
{
	size_t len = strlen(mounted.dir);
	char *path;

	if (has_word(word, "..", "/"))
		fail("%s: '..' has no meaning in the path of a cgroup", word);
	if (is_unit(word) && sd_booted() > 0)
		return unit_cgroup(word);
	if (!strncmp(word, mounted.dir, len) && (word[len] == '/' || !word[len]))
		word += len;
	word += strspn(word, "/");
	path = format("/%s", word);
	for (len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
		path[len - 1] = '\0';
	return path;
}

/**
 * is_there() - whether ioasids counts in a cgroup
 * @cgroup: its path
 *
 * Return: true if it has our files.
 */
bool is_there(const char *cgroup)
{
	char *name = format("%s/ioasids.current", relative(cgroup));
	bool there = !faccessat(mounted.fd, name, F_OK, 0);

	free(name);
	return there;
}

/**
 * why_missing() - why a cgroup has no file ioasids.max
 * @cgroup: its path
 *
 * Return: an error, with what to do, to be freed.
 */
char *why_missing(const char *cgroup)
{
	struct stat st;

	if (fstatat(mounted.fd, relative(cgroup), &st, 0))
		return format("%s: there is no such cgroup", cgroup);
	if (!cgroup[1])
		return format("/: the root cannot be limited");
	return format("%s: ioasids is not enabled for it (%s)", cgroup,
		      "+ioasids in cgroup.subtree_control of its parent");
}

/**
 * set_limit() - set the limit of a cgroup
 * @cgroup: its path
 * @limit: as the kernel takes it
 *
 * Says what is wrong where it cannot be set.
 *
 * Return: 0, or an errno.
 */
int set_limit(const char *cgroup, const char *limit)
{
	char *name = format("%s/ioasids.max", relative(cgroup)), *why;
	int fd = openat(mounted.fd, name, O_WRONLY | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		error = errno;
	else if (!*limit)	/* a write of nothing would do nothing */
		error = EINVAL;
	else if (write(fd, limit, strlen(limit)) < 0)
		error = errno;
	free(name);

	if (fd < 0 && error == ENOENT) {
		why = why_missing(cgroup);
		warnx("%s", why);
		free(why);
	} else if (error == EINVAL) {
		warnx("%s: '%s' is no limit: a number from 0 up, or max: %s", cgroup, limit,
		      strerror(error));
	} else if (error == ERANGE) {
		warnx("%s: %s is too large: %s", cgroup, limit, strerror(error));
	} else if (error) {
		warnx("%s: the limit cannot be set: %s", cgroup, strerror(error));
	}
	if (fd >= 0)
		close(fd);
	return error;
}
