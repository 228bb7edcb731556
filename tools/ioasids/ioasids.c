// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioasids: see who holds PASIDs, under which limits, and set these. The manual is
 * ioasids.8, beside this file.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define TABLE		"/sys/kernel/debug/ioasids"
#define NO_LIMIT	ULLONG_MAX
#define MIN_NAME	12
#define MIN_BAR		6
#define MAX_BAR		24
#define EXIT_NOT_RUN	125	/* what env, nice and timeout give */

enum number { MAX, CURRENT, PEAK, MAX_EVENTS, ALLOC_FAIL, NR_NUMBERS };

struct cgroup {
	char *path;		/* "/a/b" */
	int depth;
	bool limited;		/* a root has neither a limit nor events */
	bool shown;		/* in the tree */
	unsigned long long number[NR_NUMBERS];
	size_t holders;		/* where in view.holders its own begin */
	size_t nr_holders;
};

struct holder {
	size_t cgroup;
	int tgid;
	char user[16];
	char comm[64];
	unsigned long long pasids;
};

/* What there is at one moment. */
struct view {
	struct cgroup *cgroups;	/* each followed by what is below it */
	size_t nr_cgroups;
	struct holder *holders;
	size_t nr_holders;
	bool has_holders;	/* the table could be read */
	bool has_capacity;
	unsigned long long capacity;
};

/* The hierarchy that the controller is on. */
static struct {
	char *dir;		/* where it is mounted */
	char *root;		/* which cgroup is seen there */
	bool v1;
	int fd;
} mounted;

/* How this ends where it cannot go on: for run, not as a command could. */
static int failure = 1;

static void *grow(void *array, size_t nr, size_t size)
{
	/* Twice as much each time that a power of two is full. */
	if (nr & (nr - 1))
		return array;
	array = reallocarray(array, nr ? 2 * nr : 1, size);
	if (!array)
		err(failure, "memory");
	return array;
}

static char *format(const char *fmt, ...)
{
	va_list args;
	char *string;

	va_start(args, fmt);
	if (vasprintf(&string, fmt, args) < 0)
		err(failure, "memory");
	va_end(args);
	return string;
}

/* Whether there is a byte in octal, as "\040" is a space. */
static bool is_octal(const char *s)
{
	return *s == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		s[3] >= '0' && s[3] <= '7';
}

/* As bytes are written in mountinfo and in the table of PASIDs. */
static char *unescape(char *string)
{
	char *to = string;

	for (const char *s = string; *s; to++) {
		if (is_octal(s)) {
			*to = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
	return string;
}

/*
 * How many bytes the character at @s has, and how many columns it takes; 0 where it
 * is no text, or takes none, as what turns the direction of a line does.
 */
static int character(const char *s, int *columns)
{
	wchar_t c;
	int len = mbtowc(&c, s, MB_CUR_MAX);

	*columns = len > 0 ? wcwidth(c) : 0;
	return *columns > 0 ? len : 0;
}

/*
 * A name as it can be shown: what is no text is written in octal, so that no name
 * can play with a terminal or spoil a file, and so is a backslash that could be
 * taken for that. With @quotes also fit to stand in quotes, for JSON and Prometheus
 * alike.
 */
static char *printable(const char *string, bool quotes)
{
	const char *backslash = quotes ? "\\\\" : "\\";
	char *result = malloc(5 * strlen(string) + 1);
	char *to = result;

	if (!result)
		err(failure, "memory");
	while (*string) {
		int columns, len = character(string, &columns);

		if (!len || is_octal(string))
			to += sprintf(to, "%s%03o", backslash, (unsigned char)*string++);
		else if (quotes && (*string == '\\' || *string == '"'))
			to += sprintf(to, "\\%c", *string++);
		else
			while (len--)
				*to++ = *string++;
	}
	*to = '\0';
	return result;
}

/* How many columns it takes, up to @end, or all of it. */
static int width(const char *string, const char *end)
{
	int n = 0, columns;

	while (string != end && *string) {
		string += character(string, &columns);
		n += columns;
	}
	return n;
}

/* What is at that column, or at the next where a character is across it. */
static const char *column(const char *string, int n)
{
	int columns, len;

	while (n > 0) {
		len = character(string, &columns);
		string += len;
		n -= columns;
	}
	return string;
}

/* The terminal as top has found it, while top has it. */
static struct termios terminal;
static bool has_terminal;

static void restore(void)
{
	if (!has_terminal)
		return;
	has_terminal = false;
	fputs("\033[?7h\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
}

/* What there are too many files for is not to look like what has gone. */
static void no_files_left(void)
{
	if (errno == EMFILE || errno == ENFILE) {
		restore();
		err(failure, "cgroups so deep");
	}
}

/* Read a whole small file of the cgroup @dir, without its last newline. */
static bool slurp(int dirfd, const char *dir, const char *name, char *content, size_t size)
{
	char *path = format("%s/%s", dir, name);
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, content, size - 1);

	if (fd < 0)
		no_files_left();
	else
		close(fd);
	free(path);
	if (len < 0)
		return false;
	content[len] = '\0';
	if (len && content[len - 1] == '\n')
		content[len - 1] = '\0';
	return true;
}

static bool slurp_number(int dirfd, const char *dir, const char *name, unsigned long long *number)
{
	char content[64];

	if (!slurp(dirfd, dir, name, content, sizeof(content)))
		return false;
	*number = strcmp(content, "max") ? strtoull(content, NULL, 10) : NO_LIMIT;
	return true;
}

/* Why there is nothing to see; @dir is where v2 is mounted, if it is. */
static void not_there(const char *dir)
{
	FILE *file = fopen("/proc/cgroups", "re");
	char line[256];
	int enabled = -1;

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "ioasids %*d %*d %d", &enabled);
	if (enabled < 0)
		errx(failure, "this kernel has no ioasids controller (CONFIG_CGROUP_IOASIDS)");
	if (!enabled)
		errx(failure, "the ioasids controller is disabled (%s)",
		     "cgroup_disable=ioasids on the kernel's command line");
	/* The root has its files once they are enabled for those below it. */
	if (dir)
		errx(failure, "ioasids is enabled for no cgroup: echo +ioasids >%s/%s", dir,
		     "cgroup.subtree_control");
	errx(failure, "no cgroup hierarchy with ioasids is mounted (%s)",
	     "mount -t cgroup2 none /sys/fs/cgroup, or -t cgroup -o ioasids");
}

static bool has_word(const char *list, const char *word, const char *separators)
{
	size_t len = strlen(word);

	while (*list) {
		size_t n = strcspn(list, separators);

		if (n == len && !memcmp(list, word, len))
			return true;
		list += n + !!list[n];
	}
	return false;
}

static bool offers_ioasids(int fd)
{
	char content[4096];

	return slurp(fd, ".", "cgroup.controllers", content, sizeof(content)) &&
		has_word(content, "ioasids", " ");
}

/* One that shows the whole hierarchy is better than one that shows a part. */
static void find_mount(void)
{
	char *line = NULL, *end, *bare = NULL;
	size_t size = 0;
	FILE *file = fopen("/proc/self/mountinfo", "re");

	if (!file)
		err(failure, "/proc/self/mountinfo");
	mounted.fd = -1;
	while (getline(&line, &size, file) > 0) {
		char *root, *dir, type[16], options[4096] = "";
		int fd;

		end = strstr(line, " - ");
		if (!end || sscanf(end, " - %15s %*s %4095s", type, options) < 1 ||
		    sscanf(line, "%*s %*s %*s %ms %ms", &root, &dir) != 2)
			continue;
		unescape(root);
		unescape(dir);
		if ((!strcmp(type, "cgroup2") ||
		     (!strcmp(type, "cgroup") && has_word(options, "ioasids", ","))) &&
		    (mounted.fd < 0 || (strcmp(mounted.root, "/") && !strcmp(root, "/")))) {
			fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
			if (fd >= 0 && !faccessat(fd, "ioasids.current", F_OK, 0)) {
				mounted.fd = fd;
				mounted.dir = dir;
				mounted.root = root;
				mounted.v1 = !strcmp(type, "cgroup");
				continue;
			}
			if (fd >= 0 && !bare && offers_ioasids(fd))
				bare = format("%s", dir);
			if (fd >= 0)
				close(fd);
		}
		free(root);
		free(dir);
	}
	free(line);
	fclose(file);
	if (mounted.fd < 0)
		not_there(bare);
	free(bare);
}

/* "c2" comes before "c10". */
static int by_name(const void *a, const void *b)
{
	return strverscmp(*(char * const *)a, *(char * const *)b);
}

/* The names of those right below @stream's, in order; how many there are. */
static size_t list(DIR *stream, char ***names)
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

/*
 * What its files say. A count includes those of all below: where that of @parent
 * is 0 it need not be read, which most need not on a machine of many cgroups.
 */
static bool read_numbers(int dirfd, const char *name, const struct cgroup *parent,
			 struct cgroup *cgroup)
{
	unsigned long long *number = cgroup->number;
	char events[256];

	cgroup->limited = slurp_number(dirfd, name, "ioasids.max", number + MAX);
	if (parent && !cgroup->limited)
		return false;
	if ((!parent || parent->number[PEAK]) &&
	    (!slurp_number(dirfd, name, "ioasids.current", number + CURRENT) ||
	     !slurp_number(dirfd, name, "ioasids.peak", number + PEAK)))
		return false;
	if (!cgroup->limited || (parent && parent->limited && !parent->number[MAX_EVENTS] &&
				 !parent->number[ALLOC_FAIL]))
		return true;
	return slurp(dirfd, name, "ioasids.events", events, sizeof(events)) &&
		sscanf(events, "max %llu alloc_fail %llu", number + MAX_EVENTS,
		       number + ALLOC_FAIL) == 2;
}

/* A cgroup that goes away while it is looked at is left out. */
static void scan(struct view *view, int dirfd, const char *name, const struct cgroup *parent)
{
	struct cgroup cgroup = { .depth = parent ? parent->depth + 1 : 0 };
	char **names;
	struct stat st;
	DIR *stream;
	size_t nr;
	int fd;

	if (!read_numbers(dirfd, name, parent, &cgroup))
		return;
	cgroup.path = !parent ? format("/") :
		format("%s/%s", parent->depth ? parent->path : "", name);
	view->cgroups = grow(view->cgroups, view->nr_cgroups, sizeof(cgroup));
	view->cgroups[view->nr_cgroups++] = cgroup;

	/* Where there is none below, its two links are "." and its name. */
	if (fstatat(dirfd, name, &st, 0) || st.st_nlink == 2)
		return;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stream = fd < 0 ? NULL : fdopendir(fd);
	if (!stream) {
		no_files_left();
		return;
	}
	nr = list(stream, &names);
	for (size_t i = 0; i < nr; i++) {
		scan(view, fd, names[i], &cgroup);
		free(names[i]);
	}
	free(names);
	closedir(stream);
}

static int by_path(const void *a, const void *b)
{
	return strcmp((*(struct cgroup * const *)a)->path, (*(struct cgroup * const *)b)->path);
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

/* The same path as it is below the mount; NULL where it is not. */
static const char *below_mount(const char *path)
{
	size_t len = strlen(mounted.root);

	if (len == 1)
		return path;
	if (strncmp(path, mounted.root, len))
		return NULL;
	return !path[len] ? "/" : path[len] == '/' ? path + len : NULL;
}

/* NULL where it is newer than the tree. */
static const struct cgroup *find_cgroup(struct cgroup **sorted, size_t nr, const char *path)
{
	struct cgroup key = { .path = (char *)path }, *pointer = &key, **found;

	found = bsearch(&pointer, sorted, nr, sizeof(*sorted), by_path);
	return found ? *found : NULL;
}

static void read_table(struct view *view)
{
	FILE *file = fopen(TABLE, "re");
	struct cgroup **sorted;
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return;
	view->has_holders = true;
	sorted = calloc(view->nr_cgroups, sizeof(*sorted));
	if (!sorted)
		err(failure, "memory");
	for (size_t i = 0; i < view->nr_cgroups; i++)
		sorted[i] = view->cgroups + i;
	qsort(sorted, view->nr_cgroups, sizeof(*sorted), by_path);

	while (getline(&line, &size, file) > 0) {
		struct holder holder = { .pasids = 1 };
		const struct cgroup *cgroup;
		const char *below;
		char *path;

		/* Not the heading, nor one whose payer is not known. */
		if (sscanf(line, "%*u %15s %d %63s %ms", holder.user, &holder.tgid,
			   holder.comm, &path) != 4)
			continue;
		unescape(holder.comm);
		below = below_mount(unescape(path));
		cgroup = below ? find_cgroup(sorted, view->nr_cgroups, below) : NULL;
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

static bool is_quiet(const struct cgroup *cgroup)
{
	return cgroup->limited && cgroup->number[MAX] == NO_LIMIT && !cgroup->number[PEAK] &&
		!cgroup->number[MAX_EVENTS] && !cgroup->number[ALLOC_FAIL] && !cgroup->nr_holders;
}

/* Those that something can be said of, and who is above them. */
static void choose(struct view *view)
{
	int parent = 0;		/* at this depth, of what was shown last: the root is always */

	for (size_t i = view->nr_cgroups; i--; ) {
		struct cgroup *cgroup = view->cgroups + i;

		cgroup->shown = cgroup->depth == parent || !is_quiet(cgroup);
		if (cgroup->shown)
			parent = cgroup->depth - 1;
	}
}

static void look(struct view *view)
{
	struct rlimit files;

	memset(view, 0, sizeof(*view));
	/* One is open for each level. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	scan(view, mounted.fd, ".", NULL);
	if (!view->nr_cgroups) {
		restore();
		errx(failure, "%s: ioasids has gone", mounted.dir);
	}
	view->has_capacity = slurp_number(mounted.fd, ".", "ioasids.capacity",
					  &view->capacity);
	read_table(view);
	choose(view);
}

static void forget(struct view *view)
{
	for (size_t i = 0; i < view->nr_cgroups; i++)
		free(view->cgroups[i].path);
	free(view->cgroups);
	free(view->holders);
}

static const char *const headings[NR_NUMBERS] = {
	[MAX] = "MAX", [CURRENT] = "CURRENT", [PEAK] = "PEAK", [ALLOC_FAIL] = "ALLOC_FAIL",
};

struct layout {
	int name;		/* columns of the names */
	int number[NR_NUMBERS];
	int bar;
	bool shorten;
};

static char *number_text(const struct cgroup *cgroup, int i)
{
	if (!cgroup->limited && (i == MAX || i == ALLOC_FAIL))
		return format("-");
	if (cgroup->number[i] == NO_LIMIT)
		return format("max");
	return format("%llu", cgroup->number[i]);
}

static char *name_text(const struct cgroup *cgroup)
{
	return printable(cgroup->depth ? strrchr(cgroup->path, '/') + 1 : "/", false);
}

/* What stands at the end of the line of a root. */
static char *root_text(const struct view *view)
{
	if (!view->has_capacity)
		return format("%s", "");
	return format("%llu of %llu", view->cgroups->number[CURRENT], view->capacity);
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

/*
 * Numbers and names get what they need, the bar what is left. Where that is too
 * little the bar goes, and then, on a terminal, the middles of the names.
 */
static void lay_out(struct layout *layout, const struct view *view, int columns, bool shorten)
{
	int rest = columns, tail;
	char *last = root_text(view);

	tail = width(last, NULL) + 2;
	free(last);
	memset(layout, 0, sizeof(*layout));
	layout->name = strlen("CGROUP");
	for (int i = 0; i < NR_NUMBERS; i++)
		layout->number[i] = headings[i] ? strlen(headings[i]) : 0;
	for (size_t n = 0; n < view->nr_cgroups; n++) {
		const struct cgroup *cgroup = view->cgroups + n;
		char *text;

		if (!cgroup->shown)
			continue;
		text = name_text(cgroup);
		layout->name = most(layout->name, 2 * cgroup->depth + width(text, NULL));
		free(text);
		for (int i = 0; i < NR_NUMBERS; i++) {
			text = number_text(cgroup, i);
			if (headings[i])
				layout->number[i] = most(layout->number[i], strlen(text));
			free(text);
		}
		for (size_t h = 0; h < cgroup->nr_holders; h++) {
			const struct holder *holder = view->holders + cgroup->holders + h;
			int indent = 2 * (cgroup->depth + 1);

			text = printable(holder->comm, false);
			layout->name = most(layout->name, indent + width(text, NULL) +
					    snprintf(NULL, 0, "%d ", holder->tgid));
			tail = most(tail, strlen(holder->user) + 2);
			free(text);
		}
	}
	for (int i = 0; i < NR_NUMBERS; i++)
		rest -= headings[i] ? layout->number[i] + 2 : 0;
	layout->shorten = shorten && layout->name > rest - tail;
	if (layout->shorten)
		layout->name = most(rest - tail, MIN_NAME);
	/* Two columns before it, and its two ends. */
	layout->bar = rest - layout->name - 4;
	if (layout->bar > MAX_BAR)
		layout->bar = MAX_BAR;
	if (layout->bar < MIN_BAR)
		layout->bar = 0;
}

/* The first column: @prefix is never cut, @name in its middle. */
static void put_name(FILE *out, const struct layout *layout, int depth, const char *prefix,
		     const char *name)
{
	int indent = 2 * depth, n = width(name, NULL), room, used;
	const char *cut, *rest;

	if (layout->shorten && indent > layout->name / 3)
		indent = layout->name / 3;
	room = most(layout->name - indent - (int)strlen(prefix), 3);
	fprintf(out, "%*s%s", indent, "", prefix);
	if (n <= room || !layout->shorten) {
		fprintf(out, "%s%*s", name, most(room - n, 0), "");
	} else {
		cut = column(name, room / 2);
		used = width(name, cut) + 1;
		rest = column(name, n - (room - used));
		fprintf(out, "%.*s…%s%*s", (int)(cut - name), name, rest,
			room - used - width(rest, NULL), "");
	}
}

static void put_bar(FILE *out, const struct cgroup *cgroup, int columns)
{
	unsigned long long max = cgroup->number[MAX], current = cgroup->number[CURRENT];
	/* One that is full says so, and only that one. */
	int full = current >= max ? columns : (int)((long double)current * columns / max);

	fputs("  [", out);
	for (int i = 0; i < columns; i++)
		fputc(i < full ? '#' : '.', out);
	fputs("]", out);
}

static void put_cgroup(FILE *out, const struct layout *layout, const struct view *view,
		       const struct cgroup *cgroup)
{
	char *name = name_text(cgroup);

	put_name(out, layout, cgroup->depth, "", name);
	free(name);
	for (int i = 0; i < NR_NUMBERS; i++) {
		char *text = number_text(cgroup, i);

		if (headings[i])
			fprintf(out, "  %*s", layout->number[i], text);
		free(text);
	}
	if (!cgroup->limited) {
		char *text = root_text(view);

		fprintf(out, "  %s", text);
		free(text);
	} else if (cgroup->number[MAX] != NO_LIMIT && layout->bar) {
		put_bar(out, cgroup, layout->bar);
	}
	fputc('\n', out);
}

static void put_holder(FILE *out, const struct layout *layout, const struct cgroup *cgroup,
		       const struct holder *holder)
{
	char *comm = printable(holder->comm, false), *tgid = format("%d ", holder->tgid);

	put_name(out, layout, cgroup->depth + 1, tgid, comm);
	fprintf(out, "  %*s  %*llu  %*s  %*s  %s\n", layout->number[MAX], "",
		layout->number[CURRENT], holder->pasids, layout->number[PEAK], "",
		layout->number[ALLOC_FAIL], "", holder->user);
	free(comm);
	free(tgid);
}

static void put_tree(FILE *out, const struct view *view, int columns, bool shorten)
{
	struct layout layout;
	size_t more = 0;

	lay_out(&layout, view, columns, shorten);
	fprintf(out, "%-*s", layout.name, "CGROUP");
	for (int i = 0; i < NR_NUMBERS; i++) {
		if (headings[i])
			fprintf(out, "  %*s", layout.number[i], headings[i]);
	}
	fputc('\n', out);
	for (size_t i = 0; i < view->nr_cgroups; i++) {
		const struct cgroup *cgroup = view->cgroups + i;

		if (!cgroup->shown) {
			more++;
			continue;
		}
		put_cgroup(out, &layout, view, cgroup);
		for (size_t h = 0; h < cgroup->nr_holders; h++)
			put_holder(out, &layout, cgroup, view->holders + cgroup->holders + h);
	}
	if (more)
		fprintf(out, "(%zu more have no limit and never held a PASID)\n", more);
}

static void put_json_holders(FILE *out, const struct view *view, const struct cgroup *cgroup)
{
	fputs(", \"holders\": [", out);
	for (size_t h = 0; h < cgroup->nr_holders; h++) {
		const struct holder *holder = view->holders + cgroup->holders + h;
		char *comm = printable(holder->comm, true);

		fprintf(out,
			"%s{\"tgid\": %d, \"comm\": \"%s\", \"user\": \"%s\", \"pasids\": %llu}",
			h ? ", " : "", holder->tgid, comm, holder->user, holder->pasids);
		free(comm);
	}
	fputc(']', out);
}

/* A cgroup on a line, so that grep can do much of what jq can. */
static void put_json(FILE *out, const struct view *view)
{
	fputs("{", out);
	if (view->has_capacity)
		fprintf(out, "\"capacity\": %llu, ", view->capacity);
	fputs("\"cgroups\": [", out);
	for (size_t i = 0; i < view->nr_cgroups; i++) {
		const struct cgroup *cgroup = view->cgroups + i;
		char *path = printable(cgroup->path, true);

		fprintf(out, "%s\n{\"path\": \"%s\", \"current\": %llu, \"peak\": %llu",
			i ? "," : "", path, cgroup->number[CURRENT], cgroup->number[PEAK]);
		free(path);
		if (cgroup->limited) {
			char *max = number_text(cgroup, MAX);
			const char *quote = cgroup->number[MAX] == NO_LIMIT ? "\"" : "";

			fprintf(out,
				", \"max\": %s%s%s, \"events\": {\"max\": %llu, \"alloc_fail\": %llu}",
				quote, max, quote, cgroup->number[MAX_EVENTS],
				cgroup->number[ALLOC_FAIL]);
			free(max);
		}
		if (view->has_holders)
			put_json_holders(out, view, cgroup);
		fputc('}', out);
	}
	fputs("\n]}\n", out);
}

static const struct {
	enum number number;
	bool limited;		/* not in a root */
	const char *name, *type, *help;
} metrics[] = {
	{ CURRENT, false, "ioasids_current", "gauge", "PASIDs held in the cgroup and below." },
	{ PEAK, false, "ioasids_peak", "gauge", "The highest that ioasids_current has been." },
	{ MAX, true, "ioasids_max", "gauge", "The limit on ioasids_current, +Inf for none." },
	{ MAX_EVENTS, true, "ioasids_max_events_total", "counter",
	  "Allocations that a limit in the cgroup or below refused." },
	{ ALLOC_FAIL, true, "ioasids_alloc_fail_total", "counter",
	  "Allocations in the cgroup or below that a limit refused." },
};

static void put_prometheus(FILE *out, const struct view *view)
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

			if (metrics[m].limited && !cgroup->limited)
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

/* A disk that is full is not passed over. */
static void close_or_die(FILE *out, const char *name)
{
	if (fflush(out) || ferror(out) || fclose(out))
		err(failure, "%s", name);
}

/* Whoever reads the file, as the node exporter does, has the old or the new one. */
static void write_prometheus(const struct view *view, const char *name)
{
	char *temporary = format("%s.XXXXXX", name);
	struct stat st;
	FILE *out;
	bool written;
	int fd;

	/* It is another file afterwards, which is nothing for a device. */
	if (!lstat(name, &st) && !S_ISREG(st.st_mode))
		errx(failure, "%s: not a regular file", name);
	fd = mkostemp(temporary, O_CLOEXEC);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		err(failure, "%s", temporary);
	put_prometheus(out, view);
	/* The exporter is another user. */
	written = !fflush(out) && !ferror(out) && !fchmod(fd, 0644) && !fsync(fd);
	if (fclose(out) || !written || rename(temporary, name)) {
		int error = errno;

		unlink(temporary);
		errno = error;
		err(failure, "%s", name);
	}
	free(temporary);
}

/* The terminal's, else what COLUMNS says, else 80; 0 lines where it is no terminal. */
static bool window(int *columns, int *lines)
{
	const char *env = getenv("COLUMNS");
	struct winsize size;

	*lines = 0;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col) {
		*columns = size.ws_col;
		*lines = size.ws_row;
		return true;
	}
	/* Not all of them say. */
	if (isatty(STDOUT_FILENO))
		*lines = 24;
	*columns = env ? atoi(env) : 0;
	if (*columns > 0)
		return true;
	*columns = 80;
	return *lines;
}

/* The tree as it is now, a heading and lines below it. */
static char *tree_text(void)
{
	int columns, lines;
	struct view view;
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		err(failure, "memory");
	window(&columns, &lines);
	look(&view);
	put_tree(out, &view, columns, true);
	if (fclose(out))
		err(failure, "memory");
	forget(&view);
	return text;
}

/* Write the line at @text on the screen; where the next one is. */
static const char *put_line(const char *text)
{
	size_t len = strcspn(text, "\n");

	printf("%.*s\033[K", (int)len, text);
	return text + len + 1;
}

/* What is above the lines of the tree that top shows. */
static long above;

/*
 * The heading, as many lines of the tree as there is room for, and which these are
 * where they are not all. How many they are.
 */
static long draw(const char *text)
{
	int columns, lines;
	long nr = -1, room;

	window(&columns, &lines);
	for (const char *s = text; *s; s++)
		nr += *s == '\n';
	room = !lines || nr < lines ? nr : most(lines - 2, 0);
	if (above > nr - room)
		above = nr - room;
	if (above < 0)
		above = 0;

	fputs("\033[H", stdout);
	text = put_line(text);
	for (long i = 0; i < above; i++)
		text = strchr(text, '\n') + 1;
	for (long i = 0; i < room; i++) {
		fputs("\r\n", stdout);
		text = put_line(text);
	}
	if (room < nr && lines > 1)
		printf("\r\nlines %ld to %ld of %ld; arrows, PgUp, PgDn, Home and End move\033[K",
		       above + 1, above + room, nr);
	fputs("\033[J", stdout);
	fflush(stdout);
	return room;
}

#define ALL	(LONG_MAX / 2)

static const struct move {
	const char *typed;	/* what a terminal sends for the key */
	long lines, pages;
} moves[] = {
	{ "k", -1, 0 },		{ "\033[A", -1, 0 },	/* up */
	{ "j", 1, 0 },		{ "\033[B", 1, 0 },	/* down */
	{ "\033[5~", 0, -1 },	{ "\033[6~", 0, 1 },	/* page up, page down */
	{ "\033[H", -ALL, 0 },	{ "\033[1~", -ALL, 0 },	/* home */
	{ "\033[F", ALL, 0 },	{ "\033[4~", ALL, 0 },	/* end */
};

/* The move that @key is the end of, or NULL. */
static const struct move *find_move(char key)
{
	static char typed[8];
	static size_t len;

	for (;;) {
		bool begun = false;

		typed[len++] = key;
		for (size_t i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
			if (strncmp(moves[i].typed, typed, len))
				continue;
			if (!moves[i].typed[len]) {
				len = 0;
				return moves + i;
			}
			begun = true;
		}
		if (begun)
			return NULL;
		/* After what is the beginning of none it may be that of one. */
		if (len == 1) {
			len = 0;
			return NULL;
		}
		len = 0;
	}
}

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* Until q, the end of input (0), or a signal that would end it: which one. */
static int follow(int signals)
{
	struct pollfd ends[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	struct signalfd_siginfo info;
	const struct move *move;
	long long next = now();
	char *text = NULL, key;
	long page = 0;

	for (;;) {
		if (now() >= next) {
			free(text);
			text = tree_text();
			page = draw(text);
			next = now() + 1000;
		}
		if (poll(ends, 2, most(next - now(), 0)) <= 0)
			continue;
		if (ends[1].revents && read(signals, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo != SIGWINCH)
				return info.ssi_signo;
			next = 0;
		}
		if (!ends[0].revents)
			continue;
		if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q')
			return 0;
		move = find_move(key);
		if (move) {
			above += move->lines + move->pages * page;
			page = draw(text);
		}
	}
}

/*
 * Those that would end this, and @more, are waited for and interrupt nothing. Left as
 * they are: an error of its own, what stops and continues, and what is ignored.
 */
static void block(sigset_t *signals, int more, sigset_t *before)
{
	static const int others[] = {
		SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS,
		SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGCHLD, SIGURG, SIGWINCH,
	};

	sigfillset(signals);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		sigdelset(signals, others[i]);
	sigaddset(signals, more);
	sigprocmask(SIG_BLOCK, signals, before);
}

static int do_top(void)
{
	struct termios raw;
	sigset_t signals;
	int fd, signal_nr;

	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &terminal))
		errx(failure, "top wants a terminal; without a word ioasids shows the same once");

	block(&signals, SIGWINCH, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC);
	if (fd < 0)
		err(failure, "signalfd");

	raw = terminal;
	raw.c_lflag &= ~(ICANON | ECHO);
	/* To be stopped would leave the terminal as it is here. */
	raw.c_cc[VSUSP] = _POSIX_VDISABLE;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	/* An error, too, gives back the other screen, the cursor, and the end of lines. */
	has_terminal = true;
	atexit(restore);
	fputs("\033[?1049h\033[?25l\033[?7l", stdout);
	signal_nr = follow(fd);
	if (!signal_nr)
		return 0;

	/* Who started it learns what ended it. */
	restore();
	signal(signal_nr, SIG_DFL);
	raise(signal_nr);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	return 1;
}

/* What the kernel says of the limit, in words; 0 where it was taken. */
static int set_limit(const char *cgroup, const char *limit)
{
	const char *dir = cgroup + strspn(cgroup, "/");
	char *name = format("%s%sioasids.max", dir, *dir ? "/" : "");
	int fd = openat(mounted.fd, name, O_WRONLY | O_CLOEXEC);
	int error = 0;
	struct stat st;

	if (fd < 0)
		error = errno;
	else if (!*limit)	/* a write of nothing would do nothing */
		error = EINVAL;
	else if (write(fd, limit, strlen(limit)) < 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	free(name);

	if (fd < 0 && error == ENOENT) {
		if (fstatat(mounted.fd, *dir ? dir : ".", &st, 0))
			warnx("/%s: there is no such cgroup", dir);
		else if (!*dir)
			warnx("/: the root cannot be limited");
		else
			warnx("/%s: ioasids is not enabled for it (%s)", dir,
			      "+ioasids in cgroup.subtree_control of its parent");
	} else if (error == EINVAL) {
		warnx("/%s: '%s' is no limit: a number from 0 up, or max: %s", dir, limit,
		      strerror(error));
	} else if (error == ERANGE) {
		warnx("/%s: %s is too large: %s", dir, limit, strerror(error));
	} else if (error) {
		warnx("/%s: the limit cannot be set: %s", dir, strerror(error));
	}
	return error;
}

static bool is_unit(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strchr(name, '/') &&
		has_word("service slice scope socket mount swap", dot + 1, " ");
}

/* Where systemd has put it. */
static char *unit_cgroup(const char *unit)
{
	char path[PATH_MAX] = "";
	const char *below;
	int ends[2], status;
	FILE *said;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		err(failure, "pipe");
	pid = fork();
	if (pid < 0)
		err(failure, "fork");
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		execlp("systemctl", "systemctl", "show", "-p", "ControlGroup", "--value", "--",
		       unit, NULL);
		err(127, "systemctl");
	}
	close(ends[1]);
	said = fdopen(ends[0], "r");
	if (!said || !fgets(path, sizeof(path), said))
		path[0] = '\0';
	if (said)
		fclose(said);
	path[strcspn(path, "\n")] = '\0';
	if (waitpid(pid, &status, 0) != pid || status)
		errx(failure, "%s: systemctl did not say where it is", unit);
	if (!*path)
		errx(failure, "%s: it has no cgroup; is it running?", unit);
	below = below_mount(path);
	if (!below)
		errx(failure, "%s: %s is not below %s", unit, path, mounted.dir);
	return format("%s", below);
}

/* The caller's own cgroup, below the mount: "" or "/a/b". */
static char *own_cgroup(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char *line = NULL, *own = NULL;
	size_t size = 0;

	if (!file)
		err(EXIT_NOT_RUN, "/proc/self/cgroup");
	while (!own && getline(&line, &size, file) > 0) {
		char *controllers = strchr(line, ':'), *path;
		const char *below;

		path = controllers ? strchr(++controllers, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		if (mounted.v1 ? !has_word(controllers, "ioasids", ",") : !!*controllers)
			continue;
		/* Nothing is known of what is outside of the mount. */
		below = below_mount(path);
		if (!below || !strcmp(below, "/") || !strncmp(below, "/..", 3))
			below = "";
		own = format("%s", below);
	}
	fclose(file);
	free(line);
	return own ? own : format("%s", "");
}

/*
 * Where the new cgroup goes. On v1 that is below the caller's own. On v2 a cgroup
 * with processes, the root aside, gives controllers to none below, and the caller
 * is a process in its own. So it is the nearest one, from the caller's up, that
 * gives ioasids to those below: most often the new one stands beside the caller's.
 */
static char *parent_cgroup(void)
{
	char *own = own_cgroup(), *slash;
	char enabled[4096];

	while (!mounted.v1) {
		char *dir = format(".%s", own);
		bool gives = slurp(mounted.fd, dir, "cgroup.subtree_control", enabled,
				   sizeof(enabled)) && has_word(enabled, "ioasids", " ");

		free(dir);
		if (gives)
			break;
		slash = strrchr(own, '/');
		if (!slash)
			errx(EXIT_NOT_RUN,
			     "ioasids is enabled nowhere: echo +ioasids >%s/cgroup.subtree_control",
			     mounted.dir);
		*slash = '\0';
	}
	return own;
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
	/* Who is in no PID namespace of ours is 0. */
	while (file && fscanf(file, "%d", &pid) == 1) {
		if (pid > 0)
			kill(pid, SIGKILL);
	}
	if (file)
		fclose(file);
	return 0;
}

/* What the command has left behind goes with its cgroup. */
static void remove_cgroup(const char *dir)
{
	char *all = format("%s/cgroup.kill", dir);
	const struct timespec moment = { 0, 1000000 };
	int fd = open(all, O_WRONLY | O_CLOEXEC);

	/* One that has been killed is in its cgroup until it has ended. */
	for (int i = 0; i < 10000; i++) {
		nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		if (access(dir, F_OK))
			break;
		if (fd < 0 || write(fd, "1", 1) < 0)
			nftw(dir, kill_one, 16, FTW_PHYS);
		nanosleep(&moment, NULL);
	}
	if (!access(dir, F_OK))
		warnx("%s cannot be removed", dir);
	if (fd >= 0)
		close(fd);
	free(all);
}

/* What the terminal sends, it sends to the command too. A timer is of this alone. */
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

static int do_run(const char *limit, char **command)
{
	char *parent = parent_cgroup();
	char *cgroup = format("%s/ioasids-run-%d", parent, getpid());
	char *dir = format("%s%s", mounted.dir, cgroup);
	char *procs = format("%s/cgroup.procs", dir);
	sigset_t signals, before;
	int status = EXIT_NOT_RUN, error;
	pid_t pid;

	/* From here on none of them ends this before the cgroup is removed. */
	signal(SIGCHLD, SIG_DFL);
	block(&signals, SIGCHLD, &before);

	if (mkdir(dir, 0755))
		err(EXIT_NOT_RUN, "%s", dir);
	if (!set_limit(cgroup, limit)) {
		pid = fork();
		if (pid < 0)
			warn("fork");
		if (!pid) {
			int fd = open(procs, O_WRONLY | O_CLOEXEC);

			if (fd < 0 || write(fd, "0", 1) < 0) {
				warn("%s", procs);
				_exit(EXIT_NOT_RUN);
			}
			sigprocmask(SIG_SETMASK, &before, NULL);
			execvp(command[0], command);
			error = errno;
			warn("%s", command[0]);
			_exit(error == ENOENT ? 127 : 126);
		}
		if (pid > 0)
			status = wait_for(pid, &signals);
	}
	remove_cgroup(dir);
	free(procs);
	free(dir);
	free(cgroup);
	free(parent);
	return status;
}

static const char usage[] =
	"ioasids                          show cgroups, their limits, and who holds PASIDs\n"
	"ioasids top                      show them live, until q\n"
	"ioasids run --max N -- COMMAND   run it in a cgroup with that limit\n"
	"ioasids set CGROUP|UNIT N        set a limit: a number from 0 up, or max\n"
	"ioasids --json                   show all for scripts\n"
	"ioasids --prometheus [FILE]      show all for Prometheus\n";

static void show(const char *how, const char *file)
{
	int columns, lines;
	bool narrow = window(&columns, &lines);
	struct view view;

	look(&view);
	if (file)
		write_prometheus(&view, file);
	else if (!how)
		put_tree(stdout, &view, columns, narrow);
	else if (!strcmp(how, "--json"))
		put_json(stdout, &view);
	else
		put_prometheus(stdout, &view);
	forget(&view);
	close_or_die(stdout, "standard output");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int status = 0;

	/* Names are bytes, and most often this. */
	setlocale(LC_CTYPE, "C.UTF-8");

	if (argc == 2 && !strcmp(what, "--help")) {
		fputs(usage, stdout);
	} else if (argc == 1 || (argc == 2 && !strcmp(what, "--json")) ||
		   (argc <= 3 && !strcmp(what, "--prometheus"))) {
		find_mount();
		show(argv[1], argc == 3 ? argv[2] : NULL);
	} else if (argc == 2 && !strcmp(what, "top")) {
		find_mount();
		status = do_top();
	} else if (argc > 5 && !strcmp(what, "run") && !strcmp(argv[2], "--max") &&
		   !strcmp(argv[4], "--")) {
		failure = EXIT_NOT_RUN;
		find_mount();
		status = do_run(argv[3], argv + 5);
	} else if (argc == 4 && !strcmp(what, "set")) {
		find_mount();
		status = !!set_limit(is_unit(argv[2]) ? unit_cgroup(argv[2]) : argv[2], argv[3]);
	} else {
		fputs(usage, stderr);
		status = 2;
	}
	return status;
}
