// SPDX-License-Identifier: GPL-2.0-only
/*
 * What accounting costs: prints, for each round, a line
 *
 *	case,subject,depth,cpus,live,nanoseconds for one operation
 *
 * The subjects of a case take turns, A B C A B C, so that what disturbs the
 * machine disturbs all of them. Depth is how many cgroups there are below the
 * root; the root is one more, for every subject. Live is how many PASIDs are held
 * meanwhile, each by a process of its own.
 */
#include "world.h"

#include <err.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/idr.h>

#define MAX_DEPTH	32
#define DEEP		1000
#define ROUNDS		15
#define ROUND_NS	300000
#define PATIENCE_NS	5e9
#define MAX_SUBJECTS	8
#define MAX_LIVE	1000000

/* Where a thread of the benchmark does its operations. */
struct place {
	struct cgroup *cgroup;
	struct task_struct *holder;	/* holds something all the time */
	struct task_struct *fresh;	/* holds nothing in between */
	struct ioasids_account *acct;	/* the holder's */
};

struct subject {
	const char *name;
	void (*run)(struct place *place, long n);
};

static int cpus[2];
static DEFINE_IDA(ida);

static double read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static double now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static void must(bool ok, const char *what)
{
	if (!ok)
		errx(1, "%s", what);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	must(!sched_setaffinity(0, sizeof(set), &set), "stay on a CPU");
}

static void find_cpus(void)
{
	cpu_set_t set;
	int n = 0;

	must(!sched_getaffinity(0, sizeof(set), &set), "ask for the CPUs");
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && n < 2; cpu--) {
		if (CPU_ISSET(cpu, &set))
			cpus[n++] = cpu;
	}
	must(n == 2, "two CPUs are needed");
}

/* Charge and uncharge */

static void charge_ioasids(struct place *place, long n)
{
	struct ioasids_refusal refusal;

	while (n--) {
		must(!ioasids_cg_try_charge(place->acct, IOASIDS_SVA, &refusal), "charge");
		ioasids_cg_uncharge(place->acct, IOASIDS_SVA);
	}
}

static struct misc_cg *misc(struct cgroup *cgroup)
{
	return css_misc(cgroup->set.subsys[misc_cgrp_id]);
}

static void charge_misc(struct place *place, long n)
{
	while (n--) {
		must(!misc_cg_try_charge(0, misc(place->cgroup), 1), "charge");
		misc_cg_uncharge(0, misc(place->cgroup), 1);
	}
}

static void charge_page_counter(struct place *place, long n)
{
	struct page_counter *fail;

	while (n--) {
		must(page_counter_try_charge(&place->cgroup->counter, 1, &fail), "charge");
		page_counter_uncharge(&place->cgroup->counter, 1);
	}
}

static const struct subject charge_subjects[] = {
	{ "ioasids", charge_ioasids },
	{ "misc", charge_misc },
	{ "page_counter", charge_page_counter },
	{ }
};

/* What the above are made of, for the report to say why they cost what they do. */

static void once_atomic(struct place *place, long n)
{
	static atomic64_t count;

	while (n--)
		atomic64_add_return(1, &count);
}

static void once_lock(struct place *place, long n)
{
	static DEFINE_SPINLOCK(lock);
	static long count;

	while (n--) {
		guard(spinlock)(&lock);
		WRITE_ONCE(count, count + 1);
	}
}

static const struct subject primitive_subjects[] = {
	{ "atomic", once_atomic },
	{ "lock", once_lock },
	{ }
};

/* Refusals, with the events that they cause */

static void refuse_ioasids(struct place *place, long n)
{
	struct ioasids_refusal refusal;

	while (n--) {
		must(ioasids_cg_try_charge(place->acct, IOASIDS_SVA, &refusal) == -EAGAIN,
		     "refuse");
		ioasids_cg_refused(place->acct, &refusal);
	}
}

static void refuse_misc(struct place *place, long n)
{
	while (n--)
		must(misc_cg_try_charge(0, misc(place->cgroup), 1) == -EBUSY, "refuse");
}

static void refuse_page_counter(struct place *place, long n)
{
	struct page_counter *fail;

	while (n--)
		must(!page_counter_try_charge(&place->cgroup->counter, 1, &fail), "refuse");
}

static const struct subject refuse_subjects[] = {
	{ "ioasids", refuse_ioasids },
	{ "misc", refuse_misc },
	{ "page_counter", refuse_page_counter },
	{ }
};

/* Allocate and free: mainline's allocator alone, and with each of the peers */

static int mainline_alloc(void)
{
	int pasid = ida_alloc_range(&ida, IOMMU_FIRST_GLOBAL_PASID, CAPACITY - 1, GFP_KERNEL);

	must(pasid > 0, "allocate");
	return pasid;
}

static void alloc_ida(struct place *place, long n)
{
	while (n--)
		ida_free(&ida, mainline_alloc());
}

static void alloc_ida_misc(struct place *place, long n)
{
	struct misc_cg *cg;
	int pasid;

	current = place->holder;
	while (n--) {
		cg = get_current_misc_cg();
		must(!misc_cg_try_charge(0, cg, 1), "charge");
		pasid = mainline_alloc();
		ida_free(&ida, pasid);
		misc_cg_uncharge(0, cg, 1);
		put_misc_cg(cg);
	}
}

/* As its users do it: the css that the counter is in is referenced. */
static void alloc_ida_page_counter(struct place *place, long n)
{
	struct cgroup_subsys_state *css;
	struct page_counter *fail;
	int pasid;

	while (n--) {
		css = task_get_css(place->holder, misc_cgrp_id);
		must(page_counter_try_charge(&css->cgroup->counter, 1, &fail), "charge");
		pasid = mainline_alloc();
		ida_free(&ida, pasid);
		page_counter_uncharge(&css->cgroup->counter, 1);
		css_put(css);
	}
}

static void alloc_for(struct task_struct *payer, long n)
{
	int pasid;

	while (n--) {
		pasid = world_alloc(payer);
		must(pasid > 0, "allocate");
		ioasid_free(pasid);
	}
}

static void alloc_ioasids(struct place *place, long n)
{
	alloc_for(place->holder, n);
}

static void alloc_ioasids_first(struct place *place, long n)
{
	alloc_for(place->fresh, n);
}

/* The controller disabled: what the core alone costs. */
static void alloc_ioasids_disabled(struct place *place, long n)
{
	ioasids_cgrp_subsys.disabled = true;
	alloc_for(place->holder, n);
	ioasids_cgrp_subsys.disabled = false;
}

static const struct subject alloc_subjects[] = {
	{ "ioasids-disabled", alloc_ioasids_disabled },
	{ "ida", alloc_ida },
	{ "ida+misc", alloc_ida_misc },
	{ "ida+page_counter", alloc_ida_page_counter },
	{ "ioasids", alloc_ioasids },
	{ "ioasids-first", alloc_ioasids_first },
	{ }
};

static void attach_ioasids(struct place *place, long n)
{
	struct ioasid_attachment attachment = { };

	while (n--) {
		must(!world_attach(place->holder, &attachment), "attach");
		ioasid_detach(&attachment);
	}
}

static const struct subject attach_subjects[] = {
	{ "ioasids", attach_ioasids },
	{ }
};

/* On two CPUs without the first, a switch that both would see. */
static const struct subject * const alloc_subjects_on_2 = &alloc_subjects[1];

/* Any of the live PASIDs is given back and taken again. */

static struct task_struct *live_task[MAX_LIVE];
static int live_pasid[MAX_LIVE];
static int live_id[MAX_LIVE];
static long nr_live;

static long any_live(void)
{
	static u64 state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % nr_live;
}

/* Whose PASID it is runs, with its task at hand; for each subject. */
static long run_any_live(void)
{
	long i = any_live();

	must(live_task[i]->signal && live_task[i]->tgid, "a process");
	return i;
}

static void replace_ida(struct place *place, long n)
{
	while (n--) {
		long i = run_any_live();

		ida_free(&ida, live_id[i]);
		live_id[i] = mainline_alloc();
	}
}

static void replace_ioasids(struct place *place, long n)
{
	while (n--) {
		long i = run_any_live();

		ioasid_free(live_pasid[i]);
		live_pasid[i] = world_alloc(live_task[i]);
	}
}

static const struct subject replace_subjects[] = {
	{ "ida", replace_ida },
	{ "ioasids", replace_ioasids },
	{ }
};

/* Rounds */

/* What a thread is to do, and how it fared. */
struct runner {
	const struct subject *subject;
	struct place *place;
	long n;
	int cpu;
	unsigned int *arrived;		/* of two that begin together */
	double start;
	double end;
	bool disturbed;
};

static void wait_for_the_other(unsigned int *arrived)
{
	__atomic_add_fetch(arrived, 1, __ATOMIC_ACQ_REL);
	/* What the other has prepared is to be seen from here on. */
	while (smp_load_acquire(arrived) < 2)
		__builtin_ia32_pause();
}

/* Whoever had to leave its CPU for somebody else has measured that, too. */
static void run(struct runner *r)
{
	double cpu_start, cpu_ns;

	if (r->arrived)
		wait_for_the_other(r->arrived);
	r->start = now();
	cpu_start = read_clock(CLOCK_THREAD_CPUTIME_ID);
	r->subject->run(r->place, r->n);
	cpu_ns = read_clock(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
	r->end = now();
	r->disturbed = r->end - r->start > cpu_ns * 1.02;
}

static void *run_in_thread(void *arg)
{
	struct runner *r = arg;

	bench_cpu = r->cpu;
	pin(cpus[r->cpu]);
	run(r);
	return NULL;
}

/* Two that did not run at the same time have not met. */
static bool met(const struct runner *a, const struct runner *b)
{
	double both = min(a->end, b->end) - max(a->start, b->start);

	return both > 0.9 * max(a->end - a->start, b->end - b->start);
}

/* Nanoseconds for one operation. */
static double run_on(int nr_cpus, const struct subject *subject, struct place *places,
		     long n, bool *disturbed)
{
	struct runner r[2];
	pthread_t threads[2];
	unsigned int arrived = 0;

	for (int i = 0; i < nr_cpus; i++)
		r[i] = (struct runner) { subject, &places[i], n, i };
	if (nr_cpus == 1) {
		run(&r[0]);
		*disturbed = r[0].disturbed;
		return (r[0].end - r[0].start) / n;
	}

	for (int i = 0; i < nr_cpus; i++) {
		r[i].arrived = &arrived;
		must(!pthread_create(&threads[i], NULL, run_in_thread, &r[i]), "start a thread");
	}
	for (int i = 0; i < nr_cpus; i++)
		pthread_join(threads[i], NULL);
	*disturbed = r[0].disturbed || r[1].disturbed || !met(&r[0], &r[1]);
	return (r[0].end - r[0].start + r[1].end - r[1].start) / 2 / n;
}

/* A round that was disturbed is repeated while there is time; else it is NAN. */
static double round_of(int nr_cpus, const struct subject *subject, struct place *places,
		       long n, double deadline)
{
	bool disturbed;
	double ns;

	do {
		ns = run_on(nr_cpus, subject, places, n, &disturbed);
		if (!disturbed)
			return ns;
	} while (now() < deadline);
	return NAN;
}

static void print_round(const char *name, const char *subject, int depth,
			int nr_cpus, long live, double value)
{
	if (!isnan(value))
		printf("%s,%s,%d,%d,%ld,%.3f\n", name, subject, depth, nr_cpus, live, value);
}

/* How many operations take about as long as a round is to be. */
static long calibrate(int nr_cpus, const struct subject *subject, struct place *places)
{
	double ns = INFINITY;
	bool disturbed;

	for (int i = 0; i < 5; i++)
		ns = min(ns, run_on(nr_cpus, subject, places, 1000, &disturbed));
	return ROUND_NS / ns + 1;
}

static void measure(const char *name, const struct subject *subjects, struct place *places,
		    int depth, int nr_cpus, long live)
{
	double deadline = now() + PATIENCE_NS;
	long n[MAX_SUBJECTS];
	bool disturbed;

	for (int s = 0; subjects[s].name; s++) {
		n[s] = calibrate(nr_cpus, &subjects[s], places);
		run_on(nr_cpus, &subjects[s], places, n[s], &disturbed);
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (int s = 0; subjects[s].name; s++)
			print_round(name, subjects[s].name, depth, nr_cpus, live,
				    round_of(nr_cpus, &subjects[s], places, n[s], deadline));
	}
}

/* Cases */

static struct place place_in(struct cgroup *cgroup)
{
	struct place place = {
		.cgroup	= cgroup,
		.holder	= world_process(cgroup),
		.fresh	= world_process(cgroup),
	};

	place.acct = world_account(place.holder);
	return place;
}

static void leave(struct place *place)
{
	ioasids_cg_account_put(place->acct);
}

static struct cgroup *below(struct cgroup *cgroup, int depth)
{
	while (depth--)
		cgroup = world_mkdir(cgroup);
	return cgroup;
}

static void live_up_to(long live, struct cgroup *cgroup)
{
	for (; nr_live < live; nr_live++) {
		live_task[nr_live] = world_process(cgroup);
		live_pasid[nr_live] = world_alloc(live_task[nr_live]);
		must(live_pasid[nr_live] > 0, "hold a PASID");
		live_id[nr_live] = mainline_alloc();
	}
}

static void by_depth(void)
{
	measure("primitive", primitive_subjects, NULL, 0, 1, nr_live);
	for (int depth = 1; depth <= MAX_DEPTH; depth *= 2) {
		struct place place = place_in(below(world_root, depth));

		measure("charge", charge_subjects, &place, depth, 1, nr_live);
		measure("alloc", alloc_subjects, &place, depth, 1, nr_live);
		measure("attach", attach_subjects, &place, depth, 1, nr_live);
		leave(&place);
	}
}

/* As deep as nobody should let a tree become (cgroup.max.depth). */
static void thousand_levels(void)
{
	struct place place = place_in(below(world_root, DEEP));

	measure("alloc-deep", alloc_subjects, &place, DEEP, 1, nr_live);
	leave(&place);
}

static void two_cpus(const char *charge, const char *alloc, struct cgroup *a, struct cgroup *b)
{
	struct place places[2] = { place_in(a), place_in(b) };

	measure(charge, charge_subjects, places, 4, 2, nr_live);
	measure(alloc, alloc_subjects_on_2, places, 4, 2, nr_live);
	leave(&places[0]);
	leave(&places[1]);
}

static void contended(void)
{
	struct cgroup *parent = below(world_root, 3);
	struct cgroup *a = below(parent, 1);
	struct place places[2] = { };

	/* How far the two CPUs are from each other: of a virtual machine they may be moved. */
	measure("primitive", primitive_subjects, places, 0, 2, nr_live);
	two_cpus("charge-same", "alloc-same", a, a);
	two_cpus("charge-siblings", "alloc-siblings", a, below(parent, 1));
	two_cpus("charge-disjoint", "alloc-disjoint", a, below(world_root, 4));
}

static void refusals(void)
{
	struct cgroup *top = below(world_root, 1);
	struct cgroup *leaf = below(top, MAX_DEPTH - 1);
	struct cgroup *full[] = { leaf, top };
	static const char * const names[] = { "refuse-leaf", "refuse-top" };
	struct place place = place_in(leaf);

	for (int i = 0; i < 2; i++) {
		world_write(full[i], "max", "0");
		misc(full[i])->res[0].max = 0;
		full[i]->counter.max = 0;
		measure(names[i], refuse_subjects, &place, MAX_DEPTH, 1, nr_live);
		world_write(full[i], "max", "max");
		misc(full[i])->res[0].max = U64_MAX;
		full[i]->counter.max = PAGE_COUNTER_MAX;
	}
	leave(&place);
}

static void by_live(void)
{
	struct cgroup *cgroup = below(world_root, 4);
	struct place place = place_in(cgroup);
	static const long live[] = { 1, 1000, 100000, MAX_LIVE };

	world_move(live_task[0], cgroup);
	for (int i = 0; i < ARRAY_SIZE(live); i++) {
		live_up_to(live[i], cgroup);
		measure("alloc-live", alloc_subjects, &place, 4, 1, live[i]);
		measure("replace-live", replace_subjects, &place, 4, 1, live[i]);
	}
	leave(&place);
}

/* Processes of a cgroup that is moved from, or removed. */

static struct cgroup *move_to[2];

static void move_back_and_forth(struct place *place, long n)
{
	while (n--)
		world_move(place->holder, move_to[n & 1]);
}

static const struct subject move_subjects[] = {
	{ "ioasids", move_back_and_forth },
	{ }
};

/* What is left of a walk where the two have only the root in common. */
static void moves_apart(void)
{
	for (int depth = 1; depth <= MAX_DEPTH; depth *= 2) {
		struct place place;

		move_to[0] = below(world_root, depth);
		move_to[1] = below(world_root, depth);
		place = place_in(move_to[0]);
		measure("move-apart", move_subjects, &place, depth, 1, nr_live);
		leave(&place);
	}
}

static void hold(struct place *place, long more)
{
	struct ioasids_refusal refusal;

	while (more--)
		must(!ioasids_cg_try_charge(place->acct, IOASIDS_SVA, &refusal), "charge");
}

static void moves(void)
{
	struct cgroup *parent = below(world_root, 3);
	struct place place;
	long held = 0;

	move_to[0] = below(parent, 1);
	move_to[1] = below(parent, 1);
	place = place_in(move_to[0]);
	for (long nr = 1; nr <= 100000; nr *= 10) {
		hold(&place, nr - held);
		held = nr;
		measure("move", move_subjects, &place, 4, 1, nr);
	}
}

/*
 * Removal: so many cgroups one after the other that the clock can tell, each with
 * its processes moved into it beforehand, where they have been handed back from.
 */
static double removal(struct cgroup *parent, struct place *places, long cgroups, long processes)
{
	struct cgroup *made[1000];
	double start, ns;

	for (long c = 0; c < cgroups; c++) {
		made[c] = world_mkdir(parent);
		for (long p = 0; p < processes; p++)
			world_move(places[c * processes + p].holder, made[c]);
	}
	start = now();
	for (long c = 0; c < cgroups; c++)
		world_rmdir(made[c]);
	ns = (now() - start) / cgroups;
	for (long c = 0; c < cgroups; c++)
		world_forget(made[c]);
	return ns;
}

static void removals_of(const char *subject, long cgroups, long processes, long charges)
{
	struct cgroup *parent = below(world_root, 3);
	struct place *places = calloc(cgroups * processes, sizeof(*places));

	for (long i = 0; i < cgroups * processes; i++) {
		places[i] = place_in(parent);
		hold(&places[i], charges);
	}
	/* The first meets cold memory. */
	removal(parent, places, cgroups, processes);
	for (int round = 0; round < ROUNDS; round++)
		print_round("remove", subject, 4, 1, processes * charges,
			    removal(parent, places, cgroups, processes));
	free(places);
}

static void removals(void)
{
	for (long nr = 1; nr <= 100000; nr *= 10) {
		removals_of("ioasids-one-process", 20, 1, nr);
		removals_of("ioasids-each-its-own", max(1000 / nr, 1L), nr, 1);
	}
}

/* Bytes for each PASID, in the size classes of the kernel. */

static struct task_struct *one_process(struct cgroup *cgroup)
{
	static struct task_struct *task;

	task = task ?: world_process(cgroup);
	return task;
}

static void memory_of(const char *subject, struct task_struct *(*payer)(struct cgroup *))
{
	static int pasids[100000];
	struct cgroup *cgroup = below(world_root, 4);
	unsigned long before = allocated_bytes;
	double bytes;

	for (int i = 0; i < ARRAY_SIZE(pasids); i++)
		pasids[i] = payer ? world_alloc(payer(cgroup)) : mainline_alloc();
	bytes = (double)(allocated_bytes - before) / ARRAY_SIZE(pasids);
	print_round("memory-bytes", subject, 4, 1, ARRAY_SIZE(pasids), bytes);

	for (int i = 0; i < ARRAY_SIZE(pasids); i++) {
		if (payer)
			ioasid_free(pasids[i]);
		else
			ida_free(&ida, pasids[i]);
	}
}

static void memory_ida(void)
{
	memory_of("ida", NULL);
}

static void memory_one_process(void)
{
	memory_of("ioasids-one-process", one_process);
}

static void memory_each_its_own(void)
{
	memory_of("ioasids-each-its-own", world_process);
}

/* Each in a process of its own, so that none meets what another has left behind. */
static void apart(void (*cases)(void))
{
	pid_t pid = fork();
	int status;

	must(pid >= 0, "fork");
	if (!pid) {
		cases();
		fflush(stdout);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid && !status, "a case failed");
}

int main(void)
{
	find_cpus();
	pin(cpus[0]);
	world_init();
	/* A machine where nobody holds a PASID is not the one to measure. */
	live_up_to(1, world_root);
	apart(by_depth);
	apart(thousand_levels);
	apart(contended);
	apart(refusals);
	apart(by_live);
	apart(moves);
	apart(moves_apart);
	apart(removals);
	apart(memory_ida);
	apart(memory_one_process);
	apart(memory_each_its_own);
	return 0;
}
