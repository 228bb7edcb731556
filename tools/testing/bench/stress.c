// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real threads on the controller and the core, and what must hold all the same:
 *
 * - while no limit is lowered and nobody moves, no reader ever sees a current
 *   above its max, and nobody is refused who has room whatever the others do;
 * - while processes move, end, and their cgroups are removed, nothing is lost:
 *   when all threads have stopped, each cgroup counts what is held in it.
 *
 * An epoch is one of these two, from the start of the threads until they have
 * stopped. What the kernel would keep for a grace period is kept to its end. Says
 * nothing and returns 0 where all held.
 */
#include "world.h"

#include <pthread.h>
#include <stdio.h>

#define NR_THREADS	4
#define NR_EPOCHS	60
#define NR_PROCESSES	12
#define NR_SLOTS	(8 * NR_PROCESSES)
#define NR_GROUPS	6
#define OPERATIONS	20000
#define RACES		20000
#define ADMIN_OPERATIONS 300
#define TIGHT_LIMIT	10
#define MAX_REMOVED	100000
#define BUSY		1U

/* A process with two threads; it stands in one cgroup, and its heir in another. */
struct process {
	struct task_struct *leader;
	struct task_struct *thread;
	struct cgroup *cgroup;
	bool has_own;			/* a cgroup for it alone, where it stays */
	struct process *next;		/* of all that ever were */
};

/* A PASID, 0 where none is held; BUSY + 1 and up, so that one can be claimed. */
struct slot {
	unsigned int held;
	bool attached;			/* through iommufd, where any number will do */
	struct ioasid_attachment attachment;
	struct process *owner;
};

static struct slot slots[NR_SLOTS];
static struct process *processes[NR_PROCESSES];
static pthread_rwlock_t alive[NR_PROCESSES];
static pthread_mutex_t cgroup_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct process *all;
static struct cgroup *groups[NR_GROUPS];
static struct cgroup *removed[MAX_REMOVED];
static int nr_removed, nr_forgotten;
static bool stop, chaos;
static int failures;

static __thread unsigned int seed;

#define CHECK(ok, format...) do {					\
	if (!(ok)) {							\
		__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);	\
		fprintf(stderr, format);				\
	}								\
} while (0)

static unsigned int any(unsigned int n)
{
	return rand_r(&seed) % n;
}

static struct process *new_process(struct cgroup *cgroup, bool has_own)
{
	struct process *process = calloc(1, sizeof(*process));

	process->leader = world_process(cgroup);
	process->thread = world_thread(process->leader);
	process->cgroup = cgroup;
	process->has_own = has_own;
	process->next = all;
	all = process;
	return process;
}

/* The even ones are in a cgroup that has room for all that they can ever hold. */
static bool roomy(int process)
{
	return process % 2 == 0;
}

static void take(struct slot *slot, int nr)
{
	struct process *process = processes[nr];
	struct task_struct *payer = any(2) ? process->leader : process->thread;
	int pasid;

	slot->attached = any(2);
	if (slot->attached)
		pasid = world_attach(payer, &slot->attachment) ?: 1;
	else
		pasid = world_alloc(payer);
	CHECK(pasid > 0 || pasid == -EAGAIN, "allocation returned %d\n", pasid);
	CHECK(pasid > 0 || chaos || !roomy(nr), "refused, with room\n");
	slot->owner = process;
	/* Whoever claims the slot next finds its owner. */
	smp_store_release(&slot->held, pasid > 0 ? pasid + BUSY : 0);
}

static void give_back(struct slot *slot, unsigned int held)
{
	if (slot->attached)
		ioasid_detach(&slot->attachment);
	else
		ioasid_free(held - BUSY);
}

static void *worker(void *arg)
{
	bench_cpu = (long)arg;
	seed = bench_cpu + 1;
	for (int i = 0; i < OPERATIONS; i++) {
		int nr = any(NR_SLOTS);
		struct slot *slot = &slots[nr];
		unsigned int held = __atomic_exchange_n(&slot->held, BUSY, __ATOMIC_ACQ_REL);

		if (held == BUSY)
			continue;
		if (held) {
			give_back(slot, held);
			/* It is free for others once the PASID is. */
			smp_store_release(&slot->held, 0);
			continue;
		}
		pthread_rwlock_rdlock(&alive[nr % NR_PROCESSES]);
		take(slot, nr % NR_PROCESSES);
		pthread_rwlock_unlock(&alive[nr % NR_PROCESSES]);
	}
	return NULL;
}

static u64 max_of(struct cgroup *cgroup)
{
	struct seq_file sf;

	world_show(cgroup, "max", &sf);
	return sf.buf[0] == 'm' ? U64_MAX : strtoull(sf.buf, NULL, 10);
}

static void watch(struct cgroup *cgroup)
{
	u64 current_nr = world_read(cgroup, "current");

	CHECK(chaos || current_nr <= max_of(cgroup), "current is %lu, max %lu\n",
	      current_nr, max_of(cgroup));
}

static int lines_in_table(void)
{
	const struct seq_operations *table = debugfs_table->sops;
	struct seq_file *sf = calloc(1, sizeof(*sf));
	loff_t pos = 0;
	int lines = 0;
	void *v;

	for (v = table->start(sf, &pos); v; v = table->next(sf, v, &pos)) {
		sf->count = 0;
		lines += table->show(sf, v) != SEQ_SKIP;
	}
	table->stop(sf, v);
	free(sf);
	return lines - 1;
}

/* Reads without pause, as a monitor might. */
static void *watcher(void *arg)
{
	struct seq_file sf;

	bench_cpu = NR_THREADS;
	while (!READ_ONCE(stop)) {
		for (int i = 0; i < NR_GROUPS; i++) {
			watch(groups[i]);
			world_show(groups[i], "stat", &sf);
			world_show(groups[i], "events", &sf);
		}
		lines_in_table();
	}
	return NULL;
}

static struct cgroup *leaf(void)
{
	return groups[2 + any(NR_GROUPS - 2)];
}

static void move(int nr, struct cgroup *to)
{
	struct process *process = processes[nr];

	if (process->has_own)
		return;
	process->cgroup = to;
	world_move(process->thread, to);
	world_move(process->leader, to);
}

/* From each leaf to the one beside it: all that a process holds has to come along. */
static void move_all(void)
{
	for (int i = 0; i < NR_PROCESSES; i++) {
		int from = 2;

		while (from < NR_GROUPS && groups[from] != processes[i]->cgroup)
			from++;
		if (from < NR_GROUPS)
			move(i, groups[from ^ 1]);
	}
}

/* What was left in a cgroup that is removed is its parent's. */
static void hand_up(struct cgroup *cgroup)
{
	for (struct process *p = all; p; p = p->next) {
		if (p->cgroup == cgroup)
			p->cgroup = cgroup->parent;
	}
}

/* It ends; an heir begins elsewhere; a cgroup of its own goes, with what is held. */
static void end(int nr)
{
	struct process *process = processes[nr];
	struct cgroup *own = process->cgroup;
	bool apart = any(2);

	pthread_rwlock_wrlock(&alive[nr]);
	world_exit(process->leader);
	processes[nr] = new_process(apart ? world_mkdir(leaf()) : leaf(), apart);
	pthread_rwlock_unlock(&alive[nr]);
	if (!process->has_own)
		return;
	world_rmdir(own);
	hand_up(own);
	removed[nr_removed++] = own;
}

static void set_max(struct cgroup *cgroup, unsigned int max)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", max);
	world_write(cgroup, "max", text);
}

/* What an admin does meanwhile; so much, however fast the others are. */
static void *admin(void *arg)
{
	bench_cpu = NR_THREADS + 1;
	seed = bench_cpu;
	for (int i = 0; i < ADMIN_OPERATIONS || !READ_ONCE(stop); i++) {
		int nr = any(NR_PROCESSES);

		pthread_mutex_lock(&cgroup_mutex);
		if (!any(8) && nr_removed < MAX_REMOVED)
			end(nr);
		else if (any(4))
			move(nr, leaf());
		else
			set_max(leaf(), any(20));
		pthread_mutex_unlock(&cgroup_mutex);
	}
	return NULL;
}

static bool is_below(struct cgroup *cgroup, struct cgroup *top)
{
	while (cgroup && cgroup != top)
		cgroup = cgroup->parent;
	return cgroup;
}

static u64 held_in(struct cgroup *top, bool attached)
{
	u64 nr = 0;

	for (int i = 0; i < NR_SLOTS; i++)
		nr += slots[i].held && slots[i].attached == attached &&
			is_below(slots[i].owner->cgroup, top);
	return nr;
}

static void check_cgroup(struct cgroup *cgroup)
{
	u64 sva = held_in(cgroup, false), iommufd = held_in(cgroup, true);
	u64 nr = world_read(cgroup, "current"), held = sva + iommufd;
	struct seq_file sf;
	char stat[64];

	snprintf(stat, sizeof(stat), "sva %lu\niommufd %lu\n", sva, iommufd);
	world_show(cgroup, "stat", &sf);
	CHECK(!strncmp(sf.buf, stat, strlen(stat)), "stat of cgroup %lu is %s, not %s\n",
	      cgroup->id, sf.buf, stat);
	CHECK(nr == held, "current of cgroup %lu is %lu, but %lu are held\n", cgroup->id, nr, held);
	CHECK(world_read(cgroup, "peak") >= nr, "peak is below current\n");
}

static void check_all(void)
{
	int held = held_in(world_root, false) + held_in(world_root, true);
	int lines = lines_in_table();

	check_cgroup(world_root);
	for (int i = 0; i < NR_GROUPS; i++)
		check_cgroup(groups[i]);
	for (int i = 0; i < NR_PROCESSES; i++)
		check_cgroup(processes[i]->cgroup);
	CHECK(lines == held, "the table has %d lines, but %d are held\n", lines, held);
}

static void free_all(void)
{
	for (int i = 0; i < NR_SLOTS; i++) {
		if (slots[i].held)
			give_back(&slots[i], slots[i].held);
		slots[i].held = 0;
	}
}

/* Nobody holds anything: what is left is what cgroups are made of. */
static void check_leaks(void)
{
	long expected = NR_SUBSYS * (world_nr_cgroups - 1);

	rcu_barrier();
	CHECK(live_objects == expected, "%ld objects are left, not %ld\n", live_objects,
	      expected);
	for (int i = 0; i < NR_PROCESSES; i++) {
		CHECK(atomic_read(&processes[i]->leader->tgid->count) == 1,
		      "a process ID is referenced\n");
		CHECK(!processes[i]->leader->signal->ioasids, "a process has an account\n");
	}
}

static void epoch(void)
{
	pthread_t threads[NR_THREADS], others[2];
	int nr_others = chaos ? 2 : 1;

	WRITE_ONCE(stop, false);
	for (long i = 0; i < NR_THREADS; i++)
		pthread_create(&threads[i], NULL, worker, (void *)i);
	pthread_create(&others[0], NULL, watcher, NULL);
	if (chaos)
		pthread_create(&others[1], NULL, admin, NULL);
	for (int i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i], NULL);
	WRITE_ONCE(stop, true);
	for (int i = 0; i < nr_others; i++)
		pthread_join(others[i], NULL);
	check_all();
	move_all();
	check_all();
	for (struct process *p = all; p; p = p->next) {
		if (p->leader && p->leader->flags & PF_EXITING) {
			world_release(p->leader, p->thread);
			p->leader = NULL;
		}
	}
	while (nr_forgotten < nr_removed)
		world_forget(removed[nr_forgotten++]);
	rcu_barrier();
}

/* root - pool - roomy, tight - two leaves each */
static void plant(void)
{
	struct cgroup *pool = world_mkdir(world_root);

	groups[0] = pool;
	groups[1] = world_mkdir(pool);
	for (int i = 2; i < NR_GROUPS; i++)
		groups[i] = world_mkdir(i < 4 ? pool : groups[1]);
	set_max(groups[1], TIGHT_LIMIT);
	set_max(pool, NR_SLOTS / 2 + TIGHT_LIMIT);
	for (int i = 0; i < NR_PROCESSES; i++) {
		pthread_rwlock_init(&alive[i], NULL);
		processes[i] = new_process(groups[roomy(i) ? 2 + i / 2 % 2 : 4 + i / 2 % 2], false);
	}
}

/* One thread alone: the last place can be had, the next cannot. */
static void check_limit(void)
{
	struct cgroup *cgroup = world_mkdir(world_root);
	struct task_struct *task = world_process(cgroup);
	int pasids[3], nr = ARRAY_SIZE(pasids);

	set_max(cgroup, nr);
	for (int i = 0; i < nr; i++) {
		pasids[i] = world_alloc(task);
		CHECK(pasids[i] == i + 1, "PASID %d is %d\n", i + 1, pasids[i]);
	}
	CHECK(world_alloc(task) == -EAGAIN, "the limit is no limit\n");
	CHECK(world_read(cgroup, "peak") == nr, "peak was never reached\n");
	for (int i = 0; i < nr; i++)
		ioasid_free(pasids[i]);
	CHECK(!world_read(cgroup, "current"), "current is not 0\n");
	world_rmdir(cgroup);
	world_forget(cgroup);
}

static pthread_barrier_t both;
static int other_pasid;

static void *other_thread(void *task)
{
	bench_cpu = 1;
	for (int i = 0; i < RACES; i++) {
		pthread_barrier_wait(&both);
		other_pasid = world_alloc(task);
		pthread_barrier_wait(&both);
	}
	return NULL;
}

/* Two threads that hold nothing allocate at once: it is one account, and moves as one. */
static void check_one_account(void)
{
	struct cgroup *cgroups[] = { world_mkdir(world_root), world_mkdir(world_root) };
	struct task_struct *task = world_process(cgroups[0]);
	pthread_t thread;
	int pasid;

	pthread_barrier_init(&both, NULL, 2);
	pthread_create(&thread, NULL, other_thread, task);
	for (int i = 0; i < RACES; i++) {
		pthread_barrier_wait(&both);
		pasid = world_alloc(task);
		pthread_barrier_wait(&both);
		world_move(task, cgroups[~i & 1]);
		CHECK(world_read(cgroups[~i & 1], "current") == 2,
		      "of 2 PASIDs %lu moved\n", world_read(cgroups[~i & 1], "current"));
		ioasid_free(pasid);
		ioasid_free(other_pasid);
	}
	pthread_join(thread, NULL);
}

static unsigned char taken[CAPACITY];

static void *taker(void *arg)
{
	int pasid;

	bench_cpu = (long)arg;
	/* For a device that claims more than there are. */
	while ((pasid = ioasid_alloc_kernel(UINT_MAX)) > 0 && pasid < CAPACITY)
		CHECK(!__atomic_exchange_n(&taken[pasid], 1, __ATOMIC_RELAXED),
		      "PASID %d was had twice\n", pasid);
	CHECK(pasid == -ENOSPC, "the end of the space is %d\n", pasid);
	return NULL;
}

/* Threads that race for all numbers that there are have each of them once. */
static void check_space(void)
{
	pthread_t threads[NR_THREADS];
	long before;

	rcu_barrier();
	before = live_objects;
	for (long i = 0; i < NR_THREADS; i++)
		pthread_create(&threads[i], NULL, taker, (void *)i);
	for (int i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(world_read(world_root, "current") == CAPACITY - 1, "the kernel pays for %lu\n",
	      world_read(world_root, "current"));
	for (int i = 1; i < CAPACITY; i++) {
		CHECK(taken[i], "nobody could have PASID %d\n", i);
		if (taken[i])
			ioasid_free(i);
	}
	rcu_barrier();
	CHECK(live_objects == before, "%ld nodes are left of no number\n",
	      live_objects - before);
}

int main(void)
{
	world_init();
	plant();
	for (int i = 0; i < NR_EPOCHS; i++) {
		chaos = i >= NR_EPOCHS / 2;
		epoch();
	}
	free_all();
	check_all();
	check_leaks();
	check_limit();
	check_one_account();
	check_space();
	return !!failures;
}
