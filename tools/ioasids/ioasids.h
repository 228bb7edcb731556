/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the command ioasids share. */
#ifndef IOASIDS_H
#define IOASIDS_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdnoreturn.h>

#define VERSION		"1.0"
#define PRINTF_LIKE(n, m)	__attribute((format(printf, n, m)))
#define BIT(n)		(1U << (n))
#define NO_LIMIT	ULLONG_MAX
#define EXIT_USAGE	2
#define EXIT_NOT_RUN	125	/* as env and timeout have it */

enum number {
	MAX, CURRENT, PEAK, MAX_EVENTS, ALLOC_FAIL, LOCAL_MAX, LOCAL_ALLOC_FAIL, NR_NUMBERS
};

struct cgroup {
	char *path;		/* from the root of the mount: "/a/b" */
	int depth;		/* 0 where the tree begins */
	bool limited;		/* false for the root: it has no limit and no events */
	bool shown;		/* in the tree */
	bool folded;		/* in top: what is below is not shown */
	double rate;		/* in top: refusals a second since the last look */
	unsigned long long number[NR_NUMBERS];
	size_t holders;		/* its first in view.holders */
	size_t nr_holders;
};

struct holder {
	size_t cgroup;		/* its place in view.cgroups */
	int tgid;
	char user[16];		/* what for: sva, iommufd */
	char comm[64];
	unsigned long long pasids;
};

/* The hierarchy at one moment. */
struct view {
	struct cgroup *cgroups;	/* each is followed by those below it */
	size_t nr_cgroups;
	struct holder *holders;	/* by cgroup, tgid and user */
	size_t nr_holders;
	bool has_capacity;
	unsigned long long capacity;
};

/* What to read and to show. */
struct request {
	char **parts;		/* the cgroups to begin at; none: the root */
	size_t nr_parts;
	bool all;		/* quiet cgroups too */
	bool events;		/* only those with refusals */
	bool no_holders;
	const char *filter;	/* only those with this in their path or a holder's name */
	const char *columns;	/* NULL: the default */
	bool json, raw, no_headings;
};

/* The mount of the hierarchy that the controller is on. */
struct mount {
	char *dir;
	char *root;		/* the cgroup that is seen there, as our cgroup namespace has it */
	bool v1;
	bool whole;		/* that cgroup is the root of the hierarchy */
	int fd;
};

extern struct mount mounted;
extern int failure;
extern void (*before_failure)(void);

/* util.c */
void *grow(void *array, size_t nr, size_t size);
char *format(const char *fmt, ...) PRINTF_LIKE(1, 2);
noreturn void fail(const char *fmt, ...) PRINTF_LIKE(1, 2);
noreturn void fail_errno(const char *fmt, ...) PRINTF_LIKE(1, 2);
noreturn void misused(const char *fmt, ...) PRINTF_LIKE(1, 2);
char *unescape(char *string);
char *printable(const char *string, bool quotes);
bool slurp(int dirfd, const char *dir, const char *name, char *content, size_t size);
bool has_word(const char *list, const char *word, const char *separators);
bool is_within(const char *cgroup, const char *above);
bool in_initial_namespace(const char *type, unsigned long inode);
void close_or_fail(FILE *out, const char *name);
void block_signals(sigset_t *signals, int more, sigset_t *before);

/* hierarchy.c */
void find_mount(void);
const char *below_mount(const char *path);
char *process_cgroup(int pid);
bool slurp_events(int dirfd, const char *dir, const char *name, unsigned long long *count);
void allow_depth(void);
void look(struct view *view, const struct request *request);
void forget(struct view *view);
struct cgroup **sort_by_path(const struct view *view);
struct cgroup *find_cgroup(struct cgroup **sorted, size_t nr, const char *path);

/* holders.c */
void read_holders(struct view *view);

/* print.c */
struct libscols_table;
struct libscols_line;
struct libscols_column;
struct libscols_table *make_table(const struct view *view, const struct request *request,
				  int width);
void print_list(const struct request *request);
void print_columns(void);
int terminal_width(void);

/* prometheus.c */
void print_prometheus(const char *name, const struct request *request);

/* set.c */
char *named_cgroup(const char *word);
bool is_there(const char *cgroup);
char *why_missing(const char *cgroup);
int set_limit(const char *cgroup, const char *limit);

/* unit.c */
struct scope {
	const char *unit, *slice;	/* NULL: one of its own, and that of the caller */
	bool collect;
};

bool is_unit(const char *name);
char *unit_cgroup(const char *unit);
char *start_scope(const struct scope *scope);
void stop_scope(const struct scope *scope);

/* run.c, top.c, watch.c */
int run_command(struct scope *scope, const char *limit, char **command);
int show_top(const struct request *request);
noreturn void watch_refusals(const struct request *request, const char *command);

#endif
