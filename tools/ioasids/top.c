// SPDX-License-Identifier: GPL-2.0-only
/* The tree on the terminal, live. */
#define _GNU_SOURCE
#include <libsmartcols.h>
#include <math.h>
#include <ncurses.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "ioasids.h"

#define COLUMNS_WIDE	"CGROUP,MAX,CURRENT,PEAK,ALLOC_FAIL,FAIL/S,USE"
#define COLUMNS_NARROW	"CGROUP,MAX,CURRENT,FAIL/S"

/* By what the tree is sorted: columns, by their key. */
static const struct {
	int key;
	const char *name;
} sorts[] = {
	{ 'n', "CGROUP" }, { 'm', "MAX" }, { 'c', "CURRENT" }, { 'p', "PEAK" },
	{ 'a', "ALLOC_FAIL" }, { 'r', "FAIL/S" },
};

/* What is on the screen. */
static struct {
	struct request request;
	struct view view, before;
	double looked;			/* when view was read */
	const struct cgroup **lines;	/* the cgroup of each line */
	size_t nr_lines;
	size_t cursor, above;
	char **folded;			/* paths */
	size_t nr_folded;
	size_t sort;
	char filter[64];
	bool typing;			/* the filter */
} top;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void leave(void)
{
	if (!isendwin())
		endwin();
}

/* The place of a path among those that are folded, or how many there are. */
static size_t find_folded(const char *path)
{
	size_t i = 0;

	while (i < top.nr_folded && strcmp(top.folded[i], path))
		i++;
	return i;
}

/* What was folded or shown with the old view is so with the new one. */
static void prepare(void)
{
	for (size_t i = 0; i < top.view.nr_cgroups; i++) {
		struct cgroup *cgroup = top.view.cgroups + i;

		cgroup->folded = find_folded(cgroup->path) < top.nr_folded;
	}
}

static void add_rates(double seconds)
{
	struct cgroup **sorted = sort_by_path(&top.before);

	for (size_t i = 0; i < top.view.nr_cgroups; i++) {
		struct cgroup *cgroup = top.view.cgroups + i;
		const struct cgroup *old = find_cgroup(sorted, top.before.nr_cgroups, cgroup->path);

		if (old && cgroup->number[ALLOC_FAIL] > old->number[ALLOC_FAIL])
			cgroup->rate = (cgroup->number[ALLOC_FAIL] - old->number[ALLOC_FAIL]) /
				seconds;
	}
	free(sorted);
}

static void look_again(void)
{
	double before = top.looked;

	forget(&top.before);
	top.before = top.view;
	look(&top.view, &top.request);
	top.looked = now();
	add_rates(top.looked - before);
	prepare();
}

/* The largest first; "max" is more than any number, and an empty cell less. */
static int by_number(struct libscols_cell *a, struct libscols_cell *b, void *data)
{
	const char *x = scols_cell_get_data(a), *y = scols_cell_get_data(b);
	double p = !x || !*x ? -2 : *x == '-' ? -1 : *x == 'm' ? INFINITY : strtod(x, NULL);
	double q = !y || !*y ? -2 : *y == '-' ? -1 : *y == 'm' ? INFINITY : strtod(y, NULL);

	(void)data;
	return (p < q) - (p > q);
}

static void sort(struct libscols_table *table)
{
	struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);
	struct libscols_column *column;

	if (!iter)
		fail_errno("memory");
	while (top.sort && !scols_table_next_column(table, iter, &column)) {
		if (strcmp(scols_column_get_name(column), sorts[top.sort].name))
			continue;
		scols_column_set_cmpfunc(column, by_number, NULL);
		scols_sort_table(table, column);
		break;
	}
	scols_free_iter(iter);
}

/* As libsmartcols prints them: those below @parent, or the first; each with those below it. */
static void add_lines(struct libscols_table *table, struct libscols_line *parent)
{
	struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);
	struct libscols_line *line;

	if (!iter)
		fail_errno("memory");
	while (!(parent ? scols_line_next_child(parent, iter, &line) :
		 scols_table_next_line(table, iter, &line))) {
		/* A table gives those of all depths. */
		if (scols_line_get_parent(line) != parent)
			continue;
		top.lines = grow(top.lines, top.nr_lines, sizeof(*top.lines));
		top.lines[top.nr_lines++] = scols_line_get_userdata(line);
		add_lines(table, line);
	}
	scols_free_iter(iter);
}

static void find_lines(struct libscols_table *table)
{
	free(top.lines);
	top.lines = NULL;
	top.nr_lines = 0;
	add_lines(table, NULL);
}

static size_t room(void)
{
	return LINES > 2 ? LINES - 2 : 0;
}

static void put_line(int row, const char *text, int attributes)
{
	attrset(attributes);
	mvaddstr(row, 0, text);
	clrtoeol();
	if (attributes & A_REVERSE)
		mvchgat(row, 0, -1, attributes, 0, NULL);
	attrset(A_NORMAL);
}

static void put_help(void)
{
	char *text;

	if (top.typing)
		text = format("/%s", top.filter);
	else if (COLS < 80)
		text = format("q /filter space:fold nmcpar:%s", sorts[top.sort].name);
	else
		text = format("q quit  / filter%s%s  space fold  sort: %s (%s)  %zu of %zu",
			      *top.filter ? "=" : "", top.filter, "n m c p a r",
			      sorts[top.sort].name, top.cursor + 1, top.nr_lines);
	put_line(LINES - 1, text, top.typing ? A_NORMAL : A_DIM);
	free(text);
}

/* The lines from top.above on, as many as there is room for. */
static void draw(void)
{
	struct libscols_table *table;
	char *text, *line, *rest;

	top.request.columns = COLS < 60 ? COLUMNS_NARROW : COLUMNS_WIDE;
	table = make_table(&top.view, &top.request, COLS);
	sort(table);
	find_lines(table);
	if (scols_print_table_to_string(table, &text))
		fail_errno("memory");
	scols_unref_table(table);
	if (top.cursor >= top.nr_lines)
		top.cursor = top.nr_lines ? top.nr_lines - 1 : 0;
	if (top.above > top.cursor)
		top.above = top.cursor;
	if (top.cursor >= top.above + room())
		top.above = top.cursor - room() + 1;
	if (top.above && top.above + room() > top.nr_lines)
		top.above = top.nr_lines > room() ? top.nr_lines - room() : 0;

	erase();
	rest = text;
	line = strsep(&rest, "\n");
	put_line(0, line, A_BOLD);
	for (size_t i = 0; i < top.above + room() && rest; i++) {
		line = strsep(&rest, "\n");
		if (i >= top.above && i < top.nr_lines)
			put_line(1 + i - top.above, line, i == top.cursor ? A_REVERSE : A_NORMAL);
	}
	free(text);
	put_help();
	refresh();
}

static void fold(void)
{
	const struct cgroup *cgroup = top.nr_lines ? top.lines[top.cursor] : NULL;
	size_t i = cgroup ? find_folded(cgroup->path) : 0;

	if (!cgroup)
		return;
	if (i < top.nr_folded) {
		free(top.folded[i]);
		top.folded[i] = top.folded[--top.nr_folded];
	} else {
		top.folded = grow(top.folded, top.nr_folded, sizeof(*top.folded));
		top.folded[top.nr_folded++] = format("%s", cgroup->path);
	}
	prepare();
}

/* The cursor moves that many lines, as far as there are any. */
static void move_by(long lines)
{
	long to = (long)top.cursor + lines;

	top.cursor = to < 0 ? 0 : to;
}

static void type(int key)
{
	size_t len = strlen(top.filter);

	if (key == '\n' || key == KEY_ENTER) {
		top.typing = false;
	} else if (key == 27) {
		top.filter[0] = '\0';
		top.typing = false;
	} else if ((key == KEY_BACKSPACE || key == 127 || key == '\b') && len) {
		top.filter[len - 1] = '\0';
	} else if (key >= ' ' && key < 256 && len < sizeof(top.filter) - 1) {
		top.filter[len] = key;
		top.filter[len + 1] = '\0';
	}
	top.request.filter = *top.filter ? top.filter : NULL;
	look_again();
}

/* Whether to go on. */
static bool obey(int key)
{
	if (top.typing) {
		type(key);
		return true;
	}
	for (size_t i = 0; i < sizeof(sorts) / sizeof(*sorts); i++) {
		if (key == sorts[i].key)
			top.sort = i;
	}
	switch (key) {
	case 'q':
		return false;
	case '/':
		top.typing = true;
		break;
	case ' ':
		fold();
		break;
	case 'k':
	case KEY_UP:
		move_by(-1);
		break;
	case 'j':
	case KEY_DOWN:
		move_by(1);
		break;
	case KEY_PPAGE:
		move_by(-(long)room());
		break;
	case KEY_NPAGE:
		move_by(room());
		break;
	case KEY_HOME:
		top.cursor = 0;
		break;
	case KEY_END:
		move_by(top.nr_lines);
		break;
	case 'L' - '@':
		clearok(curscr, TRUE);
		break;
	}
	return true;
}

static void resize(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
}

/* Until q, the end of input (0), or a signal that would end it: which one. */
static int follow(int signals)
{
	struct pollfd ends[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	struct signalfd_siginfo info;
	double next;
	int key;

	for (;;) {
		draw();
		next = top.looked + 1 - now();
		if (poll(ends, 2, next > 0 ? next * 1000 + 1 : 0) < 0)
			continue;
		if (now() >= top.looked + 1)
			look_again();
		if (ends[1].revents && read(signals, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo != SIGWINCH)
				return info.ssi_signo;
			resize();
		}
		if (!ends[0].revents)
			continue;
		key = getch();
		if (key == ERR && ends[0].revents & (POLLHUP | POLLERR))
			return 0;
		for (; key != ERR; key = getch()) {
			if (!obey(key))
				return 0;
		}
	}
}

/**
 * show_top() - show the tree on the terminal until q, each second anew
 * @request: which parts of it
 *
 * A signal that ends it is that of who started it to see.
 *
 * Return: the exit status.
 */
int show_top(const struct request *request)
{
	sigset_t signals;
	int fd, ended_by;

	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		fail("top wants a terminal; 'ioasids' shows the same once");
	block_signals(&signals, SIGWINCH, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC);
	if (fd < 0)
		fail_errno("signalfd");
	top.request = *request;
	look(&top.view, &top.request);
	top.looked = now();
	before_failure = leave;
	if (!newterm(NULL, stdout, stdin) || !tigetstr("cup"))
		fail("top cannot use this terminal: TERM is %s", getenv("TERM") ?: "not set");
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	ended_by = follow(fd);
	leave();
	if (!ended_by)
		return 0;

	/* Whoever started it learns what ended it. */
	signal(ended_by, SIG_DFL);
	raise(ended_by);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	return 1;
}
