// SPDX-License-Identifier: GPL-2.0-only
/* The tree, columns, JSON and raw output: libsmartcols lays them out. */
#define _GNU_SOURCE
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ioasids.h"

#define NARROW	60	/* the bar is left out in a terminal of fewer columns */
#define WIDE	100	/* it is longer from here on */

enum column {
	COL_NUMBER,		/* these begin with the numbers of a cgroup */
	COL_CGROUP = NR_NUMBERS, COL_PATH, COL_CAPACITY, COL_PID, COL_COMM, COL_FOR, COL_USE,
	COL_RATE, NR_COLUMNS
};

static const struct {
	const char *name;
	int flags;
} columns[NR_COLUMNS] = {
	[MAX] = { "MAX", SCOLS_FL_RIGHT },
	[CURRENT] = { "CURRENT", SCOLS_FL_RIGHT },
	[PEAK] = { "PEAK", SCOLS_FL_RIGHT },
	[MAX_EVENTS] = { "MAX_EVENTS", SCOLS_FL_RIGHT },
	[ALLOC_FAIL] = { "ALLOC_FAIL", SCOLS_FL_RIGHT },
	[LOCAL_MAX] = { "LOCAL_MAX", SCOLS_FL_RIGHT },
	[LOCAL_ALLOC_FAIL] = { "LOCAL_ALLOC_FAIL", SCOLS_FL_RIGHT },
	[COL_CGROUP] = { "CGROUP", SCOLS_FL_TREE | SCOLS_FL_TRUNC },
	[COL_PATH] = { "PATH", SCOLS_FL_TRUNC },
	[COL_CAPACITY] = { "CAPACITY", SCOLS_FL_RIGHT },
	[COL_PID] = { "PID", SCOLS_FL_RIGHT },
	[COL_COMM] = { "COMM", SCOLS_FL_TRUNC },
	[COL_FOR] = { "FOR", 0 },
	[COL_USE] = { "USE", SCOLS_FL_TRUNC },
	[COL_RATE] = { "FAIL/S", SCOLS_FL_RIGHT },
};

#define FOR_SCRIPTS	"PATH,MAX,CURRENT,PEAK,MAX_EVENTS,ALLOC_FAIL,CAPACITY,PID,COMM,FOR"
#define FOR_EVENTS	"MAX,MAX_EVENTS,LOCAL_MAX,ALLOC_FAIL,LOCAL_ALLOC_FAIL"
#define FOR_PEOPLE	"CGROUP,MAX,CURRENT,PEAK,ALLOC_FAIL,USE"
#define FOR_FEW		"CGROUP,MAX,CURRENT,PEAK,ALLOC_FAIL"

/* What is printed of a line, and how. */
struct row {
	const struct view *view;
	const struct request *request;
	const struct cgroup *cgroup;
	const struct holder *holder;	/* or NULL */
	int width;
};

/**
 * terminal_width() - how long lines can be
 *
 * Return: the columns of the terminal, else what the variable COLUMNS says, else 0.
 */
int terminal_width(void)
{
	const char *env = getenv("COLUMNS");
	struct winsize size;
	int width = env ? atoi(env) : 0;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	if (width > 0)
		return width;
	return isatty(STDOUT_FILENO) ? 80 : 0;
}

static bool for_scripts(const struct request *request)
{
	return request->json || request->raw;
}

static bool is_json_number(enum column column)
{
	return columns[column].flags & SCOLS_FL_RIGHT;
}

/* libsmartcols escapes the raw output itself. */
static char *text(const struct row *row, const char *name)
{
	return row->request->raw ? format("%s", name) : printable(name, false);
}

static char *number_text(const struct row *row, enum number i)
{
	unsigned long long number = row->cgroup->number[i];

	if (row->holder)
		return i == CURRENT ? format("%llu", row->holder->pasids) : NULL;
	if (!row->cgroup->limited && i != CURRENT && i != PEAK)
		return for_scripts(row->request) ? NULL : format("-");
	if (number == NO_LIMIT)		/* JSON gets numbers as they are */
		return format(row->request->json ? "\"max\"" : "max");
	return format("%llu", number);
}

static char *name_text(const struct row *row)
{
	const struct cgroup *cgroup = row->cgroup;
	char *name = text(row, row->holder ? row->holder->comm :
			  cgroup->depth ? strrchr(cgroup->path, '/') + 1 : cgroup->path);
	char *all = row->holder ? format("%d %s", row->holder->tgid, name) :
		format("%s%s", name, cgroup->folded ? " [+]" : "");

	free(name);
	return all;
}

/* A bar is full if the limit is reached, and only then. */
static char *bar_text(const struct row *row)
{
	static const char full[] = "########################";
	static const char free_places[] = "........................";
	unsigned long long max = row->cgroup->number[MAX], current = row->cgroup->number[CURRENT];
	int length = row->width && row->width < WIDE ? 10 : (int)strlen(full);
	int n = current >= max ? length : (int)((long double)current * length / max);

	return format("[%.*s%.*s]", n, full, length - n, free_places);
}

static char *use_text(const struct row *row)
{
	if (row->holder)
		return format("%s", row->holder->user);
	if (row->cgroup->limited)
		return row->cgroup->number[MAX] == NO_LIMIT ? NULL : bar_text(row);
	if (!row->view->has_capacity)
		return NULL;
	return format("%llu of %llu", row->cgroup->number[CURRENT], row->view->capacity);
}

static char *cell(const struct row *row, enum column column)
{
	switch (column) {
	case COL_CGROUP:
		return name_text(row);
	case COL_PATH:
		return text(row, row->cgroup->path);
	case COL_CAPACITY:
		return row->view->has_capacity && !row->holder && !row->cgroup->limited ?
			format("%llu", row->view->capacity) : NULL;
	case COL_PID:
		return row->holder ? format("%d", row->holder->tgid) : NULL;
	case COL_COMM:
		return row->holder ? text(row, row->holder->comm) : NULL;
	case COL_FOR:
		return row->holder ? format("%s", row->holder->user) : NULL;
	case COL_USE:
		return use_text(row);
	case COL_RATE:
		return row->holder || !row->cgroup->limited ? NULL :
			format("%.1f", row->cgroup->rate);
	default:
		return number_text(row, (enum number)column);
	}
}

/**
 * print_columns() - list the columns for --output
 */
void print_columns(void)
{
	fputs("\nColumns:", stdout);
	for (enum column i = COL_NUMBER; i < COL_RATE; i++)
		printf(" %s", columns[i].name);
	putchar('\n');
}

static enum column find_column(const char *name, size_t len)
{
	for (enum column i = COL_NUMBER; i < NR_COLUMNS; i++) {
		if (strlen(columns[i].name) == len && !strncasecmp(columns[i].name, name, len))
			return i;
	}
	misused("'%.*s' is no column; 'ioasids list --help' has all", (int)len, name);
}

/* Those of a list as "CGROUP,MAX"; how many they are. */
static size_t add_columns(struct libscols_table *table, const struct request *request,
			  const char *list, enum column *which)
{
	size_t nr = 0;

	for (;;) {
		size_t len = strcspn(list, ",");
		enum column column = find_column(list, len);
		int flags = columns[column].flags;
		struct libscols_column *cl;

		/* For scripts the list is flat, but in JSON holders are in their cgroup. */
		if (for_scripts(request))
			flags = request->json && !nr ? SCOLS_FL_TREE : 0;
		if (nr == NR_COLUMNS)
			misused("--output: more than %d columns", NR_COLUMNS);
		which[nr++] = column;
		cl = scols_table_new_column(table, columns[column].name, 0, flags);
		if (!cl)
			fail_errno("memory");
		if (is_json_number(column))
			scols_column_set_json_type(cl, SCOLS_JSON_NUMBER);
		if (!list[len])
			return nr;
		list += len + 1;
	}
}

static struct libscols_line *add_line(struct libscols_table *table, struct libscols_line *parent,
				      const enum column *which, size_t nr, const struct row *row)
{
	struct libscols_line *line = scols_table_new_line(table, parent);

	if (!line)
		fail_errno("memory");
	for (size_t i = 0; i < nr; i++) {
		char *data = cell(row, which[i]);

		if (data && scols_line_refer_data(line, i, data))
			fail_errno("memory");
	}
	scols_line_set_userdata(line, (void *)row->cgroup);
	return line;
}

static const char *default_columns(const struct request *request, int width)
{
	if (request->events)
		return for_scripts(request) ? "PATH," FOR_EVENTS : "CGROUP," FOR_EVENTS;
	if (for_scripts(request))
		return FOR_SCRIPTS;
	return width && width < NARROW ? FOR_FEW : FOR_PEOPLE;
}

static struct libscols_table *new_table(const struct request *request, int width)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		fail_errno("memory");
	scols_table_set_name(table, "cgroups");
	scols_table_enable_noencoding(table, 1);
	scols_table_enable_json(table, request->json);
	scols_table_enable_raw(table, request->raw);
	scols_table_enable_noheadings(table, request->no_headings);
	scols_table_set_termforce(table, width ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	scols_table_set_termwidth(table, width);
	return table;
}

/**
 * make_table() - what is shown, as libsmartcols prints it
 * @view: what there is
 * @request: which of it, in which format
 * @width: how long a line can be; 0: as long as it is
 *
 * The user data of a line is its cgroup. There is no line below one that is folded.
 *
 * Return: the table, to be freed.
 */
struct libscols_table *make_table(const struct view *view, const struct request *request, int width)
{
	struct libscols_table *table = new_table(request, width);
	struct row row = { .view = view, .request = request, .width = width };
	struct libscols_line **lines;	/* the last one of each depth */
	enum column which[NR_COLUMNS];
	int folded = INT_MAX, deepest = 0;
	size_t nr;

	for (size_t i = 0; i < view->nr_cgroups; i++) {
		if (view->cgroups[i].depth > deepest)
			deepest = view->cgroups[i].depth;
	}
	lines = calloc(deepest + 1, sizeof(*lines));
	if (!lines)
		fail_errno("memory");
	nr = add_columns(table, request, request->columns ?: default_columns(request, width),
			 which);
	for (size_t i = 0; i < view->nr_cgroups; i++) {
		const struct cgroup *cgroup = view->cgroups + i;
		struct libscols_line *parent = NULL;

		if (cgroup->depth > folded)
			continue;
		folded = INT_MAX;
		if (!cgroup->shown && (!for_scripts(request) || request->events))
			continue;
		row.cgroup = cgroup;
		row.holder = NULL;
		if (!for_scripts(request) && cgroup->depth)
			parent = lines[cgroup->depth - 1];
		lines[cgroup->depth] = add_line(table, parent, which, nr, &row);
		if (cgroup->folded) {
			folded = cgroup->depth;
			continue;
		}
		for (size_t h = 0; h < cgroup->nr_holders; h++) {
			row.holder = view->holders + cgroup->holders + h;
			add_line(table, request->raw ? NULL : lines[cgroup->depth], which, nr,
				 &row);
		}
	}
	free(lines);
	return table;
}

/**
 * print_list() - print the cgroups, and who holds PASIDs in them
 * @request: which of them, in which format
 */
void print_list(const struct request *request)
{
	struct libscols_table *table;
	size_t more = 0;
	struct view view;

	look(&view, request);
	table = make_table(&view, request, terminal_width());
	if (scols_print_table(table))
		fail_errno("standard output");
	for (size_t i = 0; i < view.nr_cgroups; i++)
		more += !view.cgroups[i].shown;
	if (more && !for_scripts(request) && !request->no_headings && !request->events)
		printf("(%zu more have no limit and never held a PASID)\n", more);
	scols_unref_table(table);
	forget(&view);
}
