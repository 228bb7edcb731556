// SPDX-License-Identifier: GPL-2.0-only
/*
 * model DEVICE OPERATIONS [SEED]: do so many random operations on real processes,
 * their guests, and cgroups, and compare what ioasids says with a plain model of its
 * rules.
 * To be run as root in an empty cgroup of a v2 hierarchy that enables ioasids for
 * its children; nothing above it may have a limit.
 *
 * The seed is printed first; the same seed gives the same operations. Four
 * workers are at it at once. Each has a cgroup of its own, w0 to w3, in which
 * nobody else does anything, so that all that happens there can be foretold. The
 * outcome of each operation is compared with the model's. After each batch all
 * workers stop; some processes are moved to other workers' cgroups and meet a
 * limit above all workers; and then every file is compared.
 *
 * The first difference is printed with the last operations of the worker that
 * met it, and the exit status is 1. At the end everything is killed and removed,
 * and one line says what has been done.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define WORKERS		4
#define BATCH		100	/* operations of one worker */
#define CGROUPS		12	/* of one worker, its w<n> among them */
#define PROCESSES	20	/* of one worker */
#define FDS		3	/* of one process, open on the device */
#define FIRST_FD	3
#define GUEST_FD	(FIRST_FD + FDS)	/* of one process, on /dev/iommu */
#define PASIDS		4	/* of one guest */
#define TRAIL		20	/* operations that are printed */
#define PATIENCE	60	/* seconds, for what takes none and for a batch */
#define TEXT		128
#define WEIGHT		480	/* of the kind that is chosen most */
#define NO_LIMIT	ULONG_MAX

enum kind {
	BIND, CLOSE, ATTACH, DETACH, EXIT, KILL, FORK, SPAWN, MOVE, MKDIR, RMDIR,
	SET_MAX, ENABLE, DISABLE, KILL_ALL, KINDS
};

static const struct {
	const char *name;
	int weight;
} kinds[KINDS] = {
	[BIND]		= { "bind",	WEIGHT },
	[CLOSE]		= { "close",	110 },
	[ATTACH]	= { "attach",	140 },
	[DETACH]	= { "detach",	 70 },
	[EXIT]		= { "exit",	  8 },
	[KILL]		= { "kill",	  5 },
	[FORK]		= { "fork",	 24 },
	[SPAWN]		= { "spawn",	  7 },
	[MOVE]		= { "move",	 55 },
	[MKDIR]		= { "mkdir",	 80 },
	[RMDIR]		= { "rmdir",	 70 },
	[SET_MAX]	= { "set max",	140 },
	[ENABLE]	= { "enable",	 75 },
	[DISABLE]	= { "disable",	 40 },
	[KILL_ALL]	= { "kill all",	  1 },
};

struct operation {
	enum kind kind;
	struct process *p;
	struct process *child;		/* of FORK */
	struct cgroup *cg;
	struct cgroup *new;		/* of MKDIR, in cg */
	unsigned long n;		/* a descriptor, a PASID, or a limit */
};

struct events {
	unsigned long max;
	unsigned long alloc_fail;
};

/* What the files of a cgroup say; current and stat are not kept. */
struct files {
	unsigned long max;
	unsigned long peak;
	struct events events;
	struct events local;
};

struct cgroup {
	struct worker *worker;
	struct cgroup *parent;
	bool live;
	bool controls;			/* enables ioasids for its children */
	struct files files;
	char path[TEXT / 2];
};

struct process {
	struct worker *worker;

	/* What it holds. Some of that may outlive it. */
	bool alive;
	struct cgroup *in;
	bool bound;			/* its address space has a PASID */
	unsigned int attached;		/* for guests, its own or others' */
	struct cgroup *charged;		/* for all of that, if there is any */
	struct process *fds[FDS];	/* whose PASID is each open on? */
	struct process *guest;		/* whose /dev/iommu does it have open? */

	/* The guest that it has made, and who attached each of its PASIDs. */
	struct guest made;
	struct process *payers[PASIDS];

	/* How it is told what to do. */
	pid_t pid;			/* until it has been reaped */
	sem_t told, done;
	char command;
	long argument, result;
};

struct worker {
	/* Each with a last one that belongs to no worker. The first is w<n>. */
	struct cgroup cgroups[CGROUPS + 1];
	struct process processes[PROCESSES + 1];
	unsigned short random[3];
	unsigned long done[KINDS], refused;
	int last;
	char trail[TRAIL][TEXT];
};

static const char *device;
static unsigned int seed;
static int batch;

/* Shared by all processes: */
static struct worker *workers;
static struct cgroup *top;		/* in which this was started */
static pthread_barrier_t *barrier;

/*
 * The model. Nothing is counted that can be found out by looking: what a cgroup
 * holds is looked up in all processes, each time. Functions that return a long
 * say what the kernel must: a negative errno where it refuses.
 */

/* A cgroup has files where its parent enables the controller for it. */
static bool has_files(const struct cgroup *cg)
{
	return cg->live && (!cg->parent || cg->parent->controls);
}

/* Where it has none, all that is in it counts in the nearest above that has. */
static struct cgroup *model_nearest(struct cgroup *cg)
{
	while (!has_files(cg))
		cg = cg->parent;
	return cg;
}

static bool is_in_or_below(const struct cgroup *cg, const struct cgroup *above)
{
	while (cg && cg != above)
		cg = cg->parent;
	return cg;
}

/*
 * current: the PASIDs held here and below. Other workers may be at it with their
 * processes meanwhile, but none of these comes or goes where this one looks.
 */
static unsigned long model_current(const struct cgroup *cg)
{
	unsigned long nr = 0;

	for (struct worker *w = workers; w < workers + WORKERS; w++) {
		for (struct process *p = w->processes; p->worker; p++) {
			if (is_in_or_below(p->charged, cg))
				nr += p->bound + p->attached;
		}
	}

	return nr;
}

/* stat: how many of them for guests. */
static unsigned long model_attached(const struct cgroup *cg)
{
	unsigned long nr = 0;

	for (struct worker *w = workers; w < workers + WORKERS; w++) {
		for (struct process *p = w->processes; p->worker; p++) {
			if (is_in_or_below(p->charged, cg))
				nr += p->attached;
		}
	}

	return nr;
}

/*
 * peak: the highest current ever. No operation raises a current and then lowers
 * it, so it is enough to look after each.
 */
static void model_peaks(struct worker *w)
{
	for (struct cgroup *cg = w->cgroups; cg->worker; cg++) {
		unsigned long current = has_files(cg) ? model_current(cg) : 0;

		if (current > cg->files.peak)
			cg->files.peak = current;
	}
}

/* The limit that a process meets: of those with no room, the nearest. */
static struct cgroup *model_full(const struct process *p)
{
	struct cgroup *cg = model_nearest(p->in);

	while (cg && (cg->files.max == NO_LIMIT ||
		      model_current(cg) < cg->files.max))
		cg = cg->parent;
	return cg;
}

/* All workers count in the cgroup above them. */
static void increment(unsigned long *n)
{
	__atomic_add_fetch(n, 1, __ATOMIC_RELAXED);
}

/*
 * A refusal is a "max" where the limit is, and an "alloc_fail" where the process
 * stands; in events of all above, too.
 */
static void model_refuse(const struct process *p, struct cgroup *full)
{
	struct cgroup *cg = model_nearest(p->in);

	increment(&cg->files.local.alloc_fail);
	increment(&full->files.local.max);
	for (; cg; cg = cg->parent)
		increment(&cg->files.events.alloc_fail);
	for (; full; full = full->parent)
		increment(&full->files.events.max);
}

static int free_fd(const struct process *p)
{
	int fd = 0;

	while (fd < FDS && p->fds[fd])
		fd++;
	return fd;
}

/* A process pays once. Where it is bound no limit matters to it. */
static long model_bind(struct process *p)
{
	struct cgroup *full = p->bound ? NULL : model_full(p);
	int fd = free_fd(p);

	if (full) {
		model_refuse(p, full);
		return -EAGAIN;
	}

	p->bound = true;
	p->charged = model_nearest(p->in);
	p->fds[fd] = p;
	return FIRST_FD + fd;
}

/*
 * For the guest whose /dev/iommu a process has, or a new one of its own. Who
 * attaches pays, whoever made the guest; what is attached already cannot be.
 */
static long model_attach(struct process *p, int pasid)
{
	struct cgroup *full = model_full(p);

	if (!p->guest)
		p->guest = p;
	if (p->guest->payers[pasid])
		return -EBUSY;
	if (full) {
		model_refuse(p, full);
		return -EAGAIN;
	}

	p->guest->payers[pasid] = p;
	p->attached++;
	p->charged = model_nearest(p->in);
	return 0;
}

static bool is_open(const struct process *p)
{
	for (struct process *q = p->worker->processes; q->worker; q++) {
		for (int fd = 0; fd < FDS; fd++) {
			if (q->fds[fd] == p)
				return true;
		}
	}

	return false;
}

static bool has_guest(const struct process *p)
{
	for (struct process *q = p->worker->processes; q->worker; q++) {
		if (q->guest == p)
			return true;
	}

	return false;
}

/* Whoever attached it, and whoever detaches it. */
static void model_release(struct process *guest, int pasid)
{
	if (guest->payers[pasid])
		guest->payers[pasid]->attached--;
	guest->payers[pasid] = NULL;
}

/* What the dead held is given back once nobody has it open. */
static void model_give_back(struct worker *w)
{
	for (struct process *p = w->processes; p->worker; p++) {
		for (int i = 0; i < PASIDS && !has_guest(p); i++)
			model_release(p, i);
	}
	for (struct process *p = w->processes; p->worker; p++) {
		if (!p->alive && !is_open(p))
			p->bound = false;
		if (!p->bound && !p->attached)
			p->charged = NULL;
	}
}

static long model_detach(struct process *p, int pasid)
{
	model_release(p->guest, pasid);
	model_give_back(p->worker);
	return 0;
}

static long model_close(struct process *p, int fd)
{
	p->fds[fd] = NULL;
	model_give_back(p->worker);
	return 0;
}

static long model_die(struct process *p)
{
	p->alive = false;
	memset(p->fds, 0, sizeof(p->fds));
	p->guest = NULL;
	model_give_back(p->worker);
	return 0;
}

static long model_die_all(const struct cgroup *cg)
{
	for (struct process *p = cg->worker->processes; p->worker; p++) {
		if (p->alive && is_in_or_below(p->in, cg))
			model_die(p);
	}

	return 0;
}

/* A child holds no PASID, but it keeps those that it has inherited open. */
static long model_fork(const struct process *parent, struct process *p)
{
	p->alive = true;
	p->in = parent->in;
	memcpy(p->fds, parent->fds, sizeof(p->fds));
	p->guest = parent->guest;
	return 0;
}

/*
 * A charge is where its process is. When that is dead the charge stays, for as
 * long as there are files.
 */
static long model_settle(struct worker *w)
{
	for (struct process *p = w->processes; p->worker; p++) {
		if (p->charged)
			p->charged = model_nearest(p->alive ? p->in : p->charged);
	}

	return 0;
}

/* Where a cgroup enables ioasids for its children no process may be in it. */
static long model_enter(struct process *p, struct cgroup *cg)
{
	if (cg->controls)
		return -EBUSY;
	p->alive = true;
	p->in = cg;
	return model_settle(p->worker);
}

static bool has_processes(const struct cgroup *cg)
{
	for (struct process *p = cg->worker->processes; p->worker; p++) {
		if (p->alive && p->in == cg)
			return true;
	}

	return false;
}

static bool has_child(const struct cgroup *cg, bool controls)
{
	for (struct cgroup *child = cg->worker->cgroups; child->worker; child++) {
		if (child->live && child->parent == cg &&
		    child->controls >= controls)
			return true;
	}

	return false;
}

static long model_mkdir(struct cgroup *cg, struct cgroup *parent)
{
	cg->parent = parent;
	cg->live = true;
	cg->controls = false;
	cg->files = (struct files){ .max = NO_LIMIT };
	return 0;
}

static long model_rmdir(struct cgroup *cg)
{
	if (has_child(cg, false) || has_processes(cg))
		return -EBUSY;
	cg->live = false;
	return model_settle(cg->worker);
}

static long model_set_max(struct cgroup *cg, unsigned long max)
{
	if (!has_files(cg))
		return -ENOENT;
	cg->files.max = max;
	return 0;
}

/* The files start afresh, but what running processes hold is in them. */
static long model_enable(struct cgroup *cg)
{
	if (cg->controls)
		return 0;
	if (!has_files(cg))
		return -ENOENT;
	if (has_processes(cg))
		return -EBUSY;

	cg->controls = true;
	for (struct cgroup *child = cg->worker->cgroups; child->worker; child++) {
		if (child->parent == cg)
			child->files = (struct files){ .max = NO_LIMIT };
	}
	return model_settle(cg->worker);
}

static long model_disable(struct cgroup *cg)
{
	if (cg->controls && has_child(cg, true))
		return -EBUSY;
	cg->controls = false;
	return model_settle(cg->worker);
}

static long foretell(const struct operation *op)
{
	switch (op->kind) {
	case BIND:
		return model_bind(op->p);
	case CLOSE:
		return model_close(op->p, op->n);
	case ATTACH:
		return model_attach(op->p, op->n);
	case DETACH:
		return model_detach(op->p, op->n);
	case EXIT:
		return model_die(op->p);
	case KILL:
		return model_die(op->p) + SIGKILL;
	case KILL_ALL:
		return model_die_all(op->cg);
	case FORK:
		return model_fork(op->p, op->child);
	case SPAWN:
	case MOVE:
		return model_enter(op->p, op->cg);
	case MKDIR:
		return model_mkdir(op->new, op->cg);
	case RMDIR:
		return model_rmdir(op->cg);
	case SET_MAX:
		return model_set_max(op->cg, op->n);
	case ENABLE:
		return model_enable(op->cg);
	default:
		return model_disable(op->cg);
	}
}

/* From here on: what is really done, and what is really found. */

/* Whichever process ends, all the others do. */
static void differ(const struct worker *w, const char *where, const char *what,
		   const char *expected, const char *found)
{
	printf("seed %u, batch %d, %s: %s\nexpected: %s\nfound: %s\n",
	       seed, batch, where, what, expected, found);
	for (int i = 1; w && i <= TRAIL; i++)
		printf("\t%s\n", w->trail[(w->last + i) % TRAIL]);
	fflush(stdout);
	_exit(1);
}

static int open_file(const struct cgroup *cg, const char *file, int flags)
{
	char path[TEXT];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cg->path, file);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static long write_file(const struct cgroup *cg, const char *file,
		       const char *text)
{
	int fd = open_file(cg, file, O_WRONLY);
	long ret;

	if (fd < 0)
		return fd;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* What a file says; nothing where there is none. */
static void read_file(const struct cgroup *cg, const char *file, char *text,
		      size_t size)
{
	int fd = open_file(cg, file, O_RDONLY);
	ssize_t n;

	*text = '\0';
	if (fd == -ENOENT)
		return;
	n = read(fd, text, size - 1);
	if (n < 0)
		err(2, "%s of %s", file, cg->path);
	text[n] = '\0';
	close(fd);
}

static void expect(const struct cgroup *cg, const char *file,
		   const char *format, ...)
{
	char expected[TEXT] = "", found[TEXT];
	va_list args;

	va_start(args, format);
	if (has_files(cg))
		vsnprintf(expected, sizeof(expected), format, args);
	va_end(args);

	read_file(cg, file, found, sizeof(found));
	if (strcmp(expected, found))
		differ(cg->worker, cg->path, file, expected, found);
}

static void compare(const struct cgroup *cg)
{
	const struct files *files = &cg->files;
	unsigned long current = has_files(cg) ? model_current(cg) : 0;
	unsigned long attached = has_files(cg) ? model_attached(cg) : 0;

	if (files->max == NO_LIMIT)
		expect(cg, "ioasids.max", "max\n");
	else
		expect(cg, "ioasids.max", "%lu\n", files->max);
	expect(cg, "ioasids.current", "%lu\n", current);
	if (cg != top)
		expect(cg, "ioasids.peak", "%lu\n", files->peak);
	expect(cg, "ioasids.events", "max %lu\nalloc_fail %lu\n",
	       files->events.max, files->events.alloc_fail);
	expect(cg, "ioasids.events.local", "max %lu\nalloc_fail %lu\n",
	       files->local.max, files->local.alloc_fail);
	expect(cg, "ioasids.stat", "sva %lu\niommufd %lu\n", current - attached,
	       attached);
}

/*
 * How much all workers together once held depends on which was faster: peak is no
 * less than what they held whenever they had stopped, and no more than if all had
 * been at their own highest at once.
 */
static void compare_top(void)
{
	unsigned long current = model_current(top), highest = 0, peak;
	char expected[TEXT], found[TEXT];

	if (current > top->files.peak)
		top->files.peak = current;
	for (struct worker *w = workers; w < workers + WORKERS; w++)
		highest += w->cgroups->files.peak;

	read_file(top, "ioasids.peak", found, sizeof(found));
	peak = strtoul(found, NULL, 10);
	if (!*found || peak < top->files.peak || peak > highest) {
		snprintf(expected, TEXT, "%lu to %lu", top->files.peak, highest);
		differ(NULL, top->path, "ioasids.peak", expected, found);
	}
	compare(top);
}

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem))
		;
}

static long start(struct process *p, unsigned long long flags, int cgroup);

static int make_guest(struct guest *guest)
{
	int fd = open("/dev/iommu", O_RDWR);

	if (fd < 0 || dup2(fd, GUEST_FD) < 0 || (fd != GUEST_FD && close(fd)))
		return -1;
	return guest_make(GUEST_FD, guest);
}

/* What processes can do. Each does what it is told, and nothing else. */
static long obey(const struct process *me)
{
	struct guest *guest = &me->guest->made;
	__u32 pasid = me->argument + 1;		/* none is 0 */
	int fd;

	switch (me->command) {
	case 'b':
		fd = open(device, O_RDWR);
		return fd < 0 ? -errno : fd;
	case 'c':
		return close(me->argument) ? -errno : 0;
	case 'a':
		if (!guest->device && make_guest(guest))
			return -errno;
		return guest_attach(GUEST_FD, guest, pasid) ? -errno : 0;
	case 'd':
		return guest_detach(GUEST_FD, guest, pasid) ? -errno : 0;
	case 'f':
		return start(&me->worker->processes[me->argument], CLONE_PARENT,
			     -1);
	default:
		_exit(0);
	}
}

/*
 * A new process says that it is there before it is told anything. Whoever forks
 * it, it is the worker's child: the worker reaps it, and it dies with the worker.
 */
static long start(struct process *p, unsigned long long flags, int cgroup)
{
	struct clone_args args = {
		.flags = flags,
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
		.cgroup = cgroup,
	};
	long pid;

	p->made = (struct guest){ };
	sem_init(&p->told, 1, 0);
	sem_init(&p->done, 1, 0);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return -errno;
	if (pid) {
		p->pid = pid;
		wait_for(&p->done);
		return 0;
	}

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!(flags & CLONE_PARENT))
		close_range(FIRST_FD, ~0U, 0);
	for (;;) {
		sem_post(&p->done);
		wait_for(&p->told);
		p->result = obey(p);
	}
}

static void tell(struct process *p, char command, long argument)
{
	p->command = command;
	p->argument = argument;
	sem_post(&p->told);
}

static long ask(struct process *p, char command, long argument)
{
	tell(p, command, argument);
	wait_for(&p->done);
	return p->result;
}

static long reap(struct process *p)
{
	pid_t pid = p->pid;
	int status;

	p->pid = 0;
	return waitpid(pid, &status, 0) < 0 ? -errno : status;
}

static long kill_all(const struct cgroup *cg)
{
	long ret = write_file(cg, "cgroup.kill", "1");

	for (struct process *p = cg->worker->processes; p->worker; p++) {
		if (!ret && p->pid && is_in_or_below(p->in, cg))
			ret = reap(p) == SIGKILL ? 0 : -ECHILD;
	}

	return ret;
}

/* A process without a past, born in its cgroup. */
static long spawn(struct process *p, const struct cgroup *cg)
{
	int fd = open_file(cg, ".", O_PATH | O_DIRECTORY);
	long ret = start(p, CLONE_INTO_CGROUP, fd);

	close(fd);
	return ret;
}

static int index_of(const struct process *p)
{
	return p ? p - p->worker->processes : -1;
}

static long perform(const struct operation *op)
{
	char text[32] = "max";

	switch (op->kind) {
	case BIND:
		return ask(op->p, 'b', 0);
	case ATTACH:
		return ask(op->p, 'a', op->n);
	case DETACH:
		return ask(op->p, 'd', op->n);
	case CLOSE:
		return ask(op->p, 'c', FIRST_FD + op->n);
	case EXIT:
		tell(op->p, 'x', 0);
		return reap(op->p);
	case KILL:
		kill(op->p->pid, SIGKILL);
		return reap(op->p);
	case KILL_ALL:
		return kill_all(op->cg);
	case FORK:
		return ask(op->p, 'f', index_of(op->child));
	case SPAWN:
		return spawn(op->p, op->cg);
	case MOVE:
		snprintf(text, sizeof(text), "%d", op->p->pid);
		return write_file(op->cg, "cgroup.procs", text);
	case MKDIR:
		return mkdir(op->new->path, 0755) ? -errno : 0;
	case RMDIR:
		return rmdir(op->cg->path) ? -errno : 0;
	case SET_MAX:
		if (op->n != NO_LIMIT)
			snprintf(text, sizeof(text), "%lu", op->n);
		return write_file(op->cg, "ioasids.max", text);
	case ENABLE:
		return write_file(op->cg, "cgroup.subtree_control", "+ioasids");
	default:
		return write_file(op->cg, "cgroup.subtree_control", "-ioasids");
	}
}

/* What has been reaped may still be in its cgroup for a moment. */
static long perform_once_empty(const struct operation *op)
{
	time_t end = time(NULL) + PATIENCE / 4;
	long found;

	do {
		found = perform(op);
	} while (found == -EBUSY && time(NULL) < end);

	return found;
}

static const char *outcome(long result, char text[16])
{
	snprintf(text, 16, "%ld", result);
	return result < 0 ? strerrorname_np(-result) : text;
}

static void operate(struct worker *w, const struct operation *op)
{
	long expected = foretell(op), found = perform(op);
	char text[2][16], *line;

	if (found == -EBUSY && !expected)
		found = perform_once_empty(op);

	w->last = (w->last + 1) % TRAIL;
	line = w->trail[w->last];
	snprintf(line, TEXT, "%s (process %d, child %d, %s, %ld): %s",
		 kinds[op->kind].name, index_of(op->p), index_of(op->child),
		 op->new ? op->new->path : op->cg->path, op->n,
		 outcome(found, text[0]));
	if (found != expected)
		differ(w, w->cgroups->path, line, outcome(expected, text[1]),
		       outcome(found, text[0]));

	if (op->cg->worker)
		model_peaks(op->cg->worker);
	w->done[op->kind]++;
	w->refused += expected == -EAGAIN;
}

static int roll(struct worker *w, int sides)
{
	return (unsigned long long)nrand48(w->random) * sides >> 31;
}

/* Some process; or a place for one, of which nothing is left any more. */
static struct process *pick(struct worker *w, bool alive)
{
	int first = roll(w, PROCESSES);

	for (int i = 0; i < PROCESSES; i++) {
		struct process *p = &w->processes[(first + i) % PROCESSES];

		if (p->alive == alive &&
		    (alive || (!p->charged && !has_guest(p))))
			return p;
	}

	return NULL;
}

/* Mostly a leaf, lest nothing can be enabled for the processes in between. */
static struct cgroup *pick_cgroup(struct worker *w)
{
	struct cgroup *cg;

	do {
		cg = &w->cgroups[roll(w, CGROUPS)];
	} while (!cg->live || (has_child(cg, false) && roll(w, 4)));
	return cg;
}

/*
 * Choose an operation, or return false: for its kind's weight, and where there is
 * nothing that it could be done to. One that changes nothing, or that cannot
 * succeed, is chosen rarely.
 */
static bool choose(struct worker *w, struct operation *op)
{
	struct cgroup *cg = pick_cgroup(w);
	enum kind kind = roll(w, KINDS);
	bool rarely = !roll(w, 8);

	if (roll(w, WEIGHT) >= kinds[kind].weight)
		return false;
	*op = (struct operation){ .kind = kind, .cg = cg };
	if (kind < MKDIR) {
		op->p = pick(w, kind != SPAWN);
		if (!op->p)
			return false;
		if (kind < SPAWN)
			op->cg = op->p->in;
	}

	switch (kind) {
	case BIND:
		return free_fd(op->p) < FDS && (!op->p->bound || rarely);
	case CLOSE:
		op->n = roll(w, FDS);
		return op->p->fds[op->n];
	case ATTACH:
		op->n = roll(w, PASIDS);
		return !op->p->guest || !op->p->guest->payers[op->n] || rarely;
	case DETACH:
		op->n = roll(w, PASIDS);
		return op->p->guest && op->p->guest->payers[op->n];
	case FORK:
		op->child = pick(w, false);
		return op->child && (is_open(op->p) || op->p->guest || rarely);
	case MKDIR:
		op->n = roll(w, CGROUPS);
		op->new = &w->cgroups[op->n];
		if (op->new->live)
			return false;
		snprintf(op->new->path, sizeof(cg->path), "%.48s/c%lu", cg->path,
			 op->n);
		return true;
	case RMDIR:
		return cg != w->cgroups && (!has_processes(cg) || rarely);
	case SET_MAX:
		op->n = NO_LIMIT;
		if (roll(w, 2))
			op->n = roll(w, 2 * model_current(cg) + 6);
		return has_files(cg) || rarely;
	case ENABLE:
		return (has_files(cg) && !has_processes(cg)) || rarely;
	case DISABLE:
		return cg->controls || rarely;
	default:
		return true;
	}
}

/* Kill everything, and remove it from below. */
static void tear_down(struct worker *w)
{
	operate(w, &(struct operation){ .kind = KILL_ALL, .cg = w->cgroups });
	while (w->cgroups->live) {
		for (struct cgroup *cg = w->cgroups; cg->worker; cg++) {
			if (!cg->live || has_child(cg, false))
				continue;
			compare(cg);
			operate(w, &(struct operation){ .kind = RMDIR, .cg = cg });
		}
	}
}

static void work(struct worker *w, int batches)
{
	struct operation op;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_DFL);
	while (batch++ < batches) {
		for (int i = 0; i < BATCH; i++) {
			while (!choose(w, &op))
				;
			operate(w, &op);
		}

		/* Here all have stopped... */
		pthread_barrier_wait(barrier);
		pthread_barrier_wait(barrier);
		/* ...and from here on nobody else does anything in w<n>. */
		for (struct cgroup *cg = w->cgroups; cg->worker; cg++) {
			if (cg->live)
				compare(cg);
		}
	}

	tear_down(w);
	pthread_barrier_wait(barrier);
	for (;;)
		pause();
}

/*
 * Between batches a process is moved to another worker's cgroup and back. There
 * it meets a limit above all workers, and then none but those on its way.
 */
static void visit(struct process *p, struct cgroup *cg)
{
	const struct operation operations[] = {
		{ .kind = MOVE, .p = p, .cg = cg },
		{ .kind = SET_MAX, .cg = top, .n = model_current(top) },
		{ .kind = BIND, .p = p, .cg = cg },
		{ .kind = SET_MAX, .cg = top, .n = NO_LIMIT },
		{ .kind = BIND, .p = p, .cg = cg },
		{ .kind = MOVE, .p = p, .cg = p->in },
	};

	for (int i = 0; i < 6; i++) {
		if (operations[i].kind != BIND || free_fd(p) < FDS)
			operate(p->worker, &operations[i]);
	}
}

static void between_batches(void)
{
	compare_top();
	for (struct worker *w = workers; w < workers + WORKERS; w++) {
		struct process *p = pick(w, true);
		struct cgroup *cg = pick_cgroup(&workers[roll(w, WORKERS)]);

		if (p && !cg->controls)
			visit(p, cg);
	}
	compare_top();
}

static void *share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		err(2, "mmap");
	return memory;
}

static void set_up(struct worker *w, int batches)
{
	int nr = w - workers;
	pid_t pid;

	w->random[0] = nr;
	w->random[1] = seed;
	w->random[2] = seed >> 16;
	for (int i = 0; i < PROCESSES; i++)
		w->processes[i].worker = w;
	for (int i = 0; i < CGROUPS; i++)
		w->cgroups[i].worker = w;

	model_mkdir(w->cgroups, top);
	sprintf(w->cgroups->path, "./w%d", nr);
	if (mkdir(w->cgroups->path, 0755))
		err(2, "mkdir %s", w->cgroups->path);

	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (!pid)
		work(w, batches);
}

/* A worker has ended, or has not come to an end of its batch. */
static void fail(int signal)
{
	if (signal == SIGCHLD)
		_exit(1);
	for (struct worker *w = workers; w < workers + WORKERS; w++)
		printf("\t%s\n", w->trail[w->last]);
	differ(NULL, top->path, "a batch", "an end", "none, after the above");
}

/* Removed cgroups go once nothing refers to them. */
static void until_none_dies(void)
{
	static const char none[] = "nr_dying_subsys_ioasids 0\n";
	time_t end = time(NULL) + PATIENCE;
	char text[4096];

	do {
		read_file(top, "cgroup.stat", text, sizeof(text));
		if (strstr(text, none))
			return;
	} while (time(NULL) < end);
	differ(NULL, top->path, "cgroup.stat", none, text);
}

static void report(void)
{
	unsigned long done[KINDS] = { }, all = 0, refused = 0;

	for (struct worker *w = workers; w < workers + WORKERS; w++) {
		refused += w->refused;
		for (int i = 0; i < KINDS; i++) {
			done[i] += w->done[i];
			all += w->done[i];
		}
	}

	printf("%lu operations in %d batches:", all, batch);
	for (int i = 0; i < KINDS; i++)
		printf(" %lu %s,", done[i], kinds[i].name);
	printf(" %lu refused, seed %u\n", refused, seed);
}

int main(int argc, char **argv)
{
	int operations = argc > 2 ? atoi(argv[2]) : 0;
	int batches = (operations - 1) / (WORKERS * BATCH) + 1;
	pthread_barrierattr_t attr;

	if (operations < 1 || argc > 4)
		errx(2, "usage: model DEVICE OPERATIONS [SEED]");
	device = argv[1];
	if (argc == 4)
		seed = strtoul(argv[3], NULL, 10);
	else if (getrandom(&seed, sizeof(seed), GRND_INSECURE) < 0)
		err(2, "getrandom");
	printf("seed %u\n", seed);
	fflush(stdout);

	workers = share(WORKERS * sizeof(*workers));
	top = share(sizeof(*top));
	model_mkdir(top, NULL);
	snprintf(top->path, sizeof(top->path), ".");
	top->controls = true;
	barrier = share(sizeof(*barrier));
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(barrier, &attr, WORKERS + 1);

	signal(SIGCHLD, fail);
	signal(SIGALRM, fail);
	for (struct worker *w = workers; w < workers + WORKERS; w++)
		set_up(w, batches);
	while (batch++ < batches) {
		alarm(PATIENCE);
		pthread_barrier_wait(barrier);
		between_batches();
		pthread_barrier_wait(barrier);
	}
	pthread_barrier_wait(barrier);
	batch--;

	compare_top();
	until_none_dies();
	report();
	return 0;
}
