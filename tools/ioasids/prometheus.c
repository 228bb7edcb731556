// SPDX-License-Identifier: GPL-2.0-only
/* The text format of Prometheus, which has no library in C. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ioasids.h"

static const struct {
	enum number number;
	const char *name, *type, *help;
} metrics[] = {
	{ CURRENT, "ioasids_current", "gauge", "PASIDs held in the cgroup and below." },
	{ PEAK, "ioasids_peak", "gauge", "The highest that ioasids_current has been." },
	{ MAX, "ioasids_max", "gauge", "The limit on ioasids_current, +Inf for none." },
	{ MAX_EVENTS, "ioasids_max_events_total", "counter",
	  "Allocations that a limit in the cgroup or below refused." },
	{ ALLOC_FAIL, "ioasids_alloc_fail_total", "counter",
	  "Allocations in the cgroup or below that a limit refused." },
};

static void put_metrics(FILE *out, const struct view *view)
{
	if (view->has_capacity)
		fprintf(out, "# HELP ioasids_capacity How many PASIDs there are to allocate.\n"
			"# TYPE ioasids_capacity gauge\nioasids_capacity %llu\n", view->capacity);
	for (size_t m = 0; m < sizeof(metrics) / sizeof(*metrics); m++) {
		fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metrics[m].name, metrics[m].help,
			metrics[m].name, metrics[m].type);
		for (size_t i = 0; i < view->nr_cgroups; i++) {
			const struct cgroup *cgroup = view->cgroups + i;
			unsigned long long number = cgroup->number[metrics[m].number];
			char *path;

			if (!cgroup->limited && metrics[m].number != CURRENT &&
			    metrics[m].number != PEAK)
				continue;
			path = printable(cgroup->path, true);
			fprintf(out, "%s{cgroup=\"%s\"} ", metrics[m].name, path);
			if (number == NO_LIMIT)
				fputs("+Inf\n", out);
			else
				fprintf(out, "%llu\n", number);
			free(path);
		}
	}
}

/* Whoever reads the file, as the node exporter does, has the old or the new one. */
static void replace(const struct view *view, const char *name)
{
	char *temporary = format("%s.XXXXXX", name);
	struct stat st;
	FILE *out;
	bool written;
	int fd;

	/* A device or a link would be replaced by a file. */
	if (!lstat(name, &st) && !S_ISREG(st.st_mode))
		fail("%s: not a regular file", name);
	fd = mkostemp(temporary, O_CLOEXEC);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		fail_errno("%s", temporary);
	put_metrics(out, view);
	/* The exporter is another user. */
	written = !fflush(out) && !ferror(out) && !fchmod(fd, 0644) && !fsync(fd);
	if (fclose(out) || !written || rename(temporary, name)) {
		int error = errno;

		unlink(temporary);
		errno = error;
		fail_errno("%s", name);
	}
	free(temporary);
}

/**
 * print_prometheus() - give Prometheus all numbers
 * @name: the file to replace; NULL: standard output
 * @request: which cgroups
 */
void print_prometheus(const char *name, const struct request *request)
{
	struct view view;

	look(&view, request);
	if (name)
		replace(&view, name);
	else
		put_metrics(stdout, &view);
	forget(&view);
}
