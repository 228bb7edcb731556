// SPDX-License-Identifier: GPL-2.0-only
/*
 * The small world, and what the shims leave to functions.
 */
#include "world.h"

#include <malloc.h>
#include <stdio.h>

#include <linux/radix-tree.h>

struct cgroup *world_root;
long world_nr_cgroups;
const struct file_operations *debugfs_table;
__thread struct task_struct *current;
__thread unsigned int bench_cpu;
__thread unsigned long allocated_bytes;

/* Memory */

long live_objects;

static void count_objects(long nr)
{
	if (IS_ENABLED(CONFIG_BENCH_CHECKS))
		__atomic_add_fetch(&live_objects, nr, __ATOMIC_RELAXED);
}

static size_t kmalloc_size(size_t size)
{
	size_t bucket = 8;

	while (bucket < size)
		bucket *= 2;
	if (bucket == 128 && size <= 96)
		return 96;
	return bucket == 256 && size <= 192 ? 192 : bucket;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	void *p = size <= 256 ? malloc(size) : aligned_alloc(64, ALIGN(size, 64));

	allocated_bytes += kmalloc_size(size);
	count_objects(1);
	if (p && gfp & __GFP_ZERO)
		memset(p, 0, size);
	return p;
}

void kfree(const void *p)
{
	if (p)
		count_objects(-1);
	free((void *)p);
}

struct kmem_cache {
	size_t size;
	void (*ctor)(void *object);
};

#define NR_KEPT		1024

/* There is one cache with a constructor: the nodes of trees. */
static __thread void *kept[NR_KEPT];
static __thread int nr_kept;

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags, void (*ctor)(void *))
{
	struct kmem_cache *cache = malloc(sizeof(*cache));

	cache->size = size;
	cache->ctor = ctor;
	return cache;
}

void *kmem_cache_alloc_lru(struct kmem_cache *cache, struct list_lru *lru, gfp_t gfp)
{
	void *object;
	static __thread bool fails;

	/* Half of the time, so that what waits for memory is seen, too. */
	if (IS_ENABLED(CONFIG_BENCH_CHECKS) && !(gfp & __GFP_DIRECT_RECLAIM)) {
		fails = !fails;
		if (fails)
			return NULL;
	}
	allocated_bytes += cache->size;
	count_objects(1);
	if (nr_kept)
		return kept[--nr_kept];

	object = malloc(cache->size);
	cache->ctor(object);
	return object;
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	allocated_bytes -= cache->size;
	count_objects(-1);
	if (!IS_ENABLED(CONFIG_BENCH_CHECKS) && nr_kept < NR_KEPT)
		kept[nr_kept++] = object;
	else
		free(object);
}

#ifdef CONFIG_BENCH_CHECKS
static struct rcu_head *waiting;

void rcu_defer(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	head->func = func;
	head->next = READ_ONCE(waiting);
	while (!__atomic_compare_exchange_n(&waiting, &head->next, head, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
}

void rcu_barrier(void)
{
	struct rcu_head *head = xchg(&waiting, NULL), *next;

	for (; head; head = next) {
		next = head->next;
		head->func(head);
	}
}
#endif

/* Files */

void seq_printf(struct seq_file *sf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	sf->count += vsnprintf(sf->buf + sf->count, sizeof(sf->buf) - sf->count,
			       format, args);
	va_end(args);
}

void seq_pad(struct seq_file *sf, char c)
{
	while (sf->count < sf->pad_until)
		seq_putc(sf, ' ');
	seq_putc(sf, c);
}

void cgroup_file_notify(struct cgroup_file *file)
{
	if (!READ_ONCE(file->kn))
		return;
	READ_ONCE(file->notified_at);
}

/* Tasks and cgroups */

void put_pid(struct pid *pid)
{
	if (pid && refcount_dec_and_test(&pid->count))
		free(pid);
}

u64 cgroup_id(const struct cgroup *cgroup)
{
	return cgroup->id;
}

int cgroup_path(struct cgroup *cgroup, char *buf, size_t size)
{
	return snprintf(buf, size, "/%llu", (unsigned long long)cgroup->id);
}

u32 iommu_nr_global_pasids(void)
{
	return CAPACITY;
}

static struct cgroup_subsys * const subsystems[NR_SUBSYS] = {
	[ioasids_cgrp_id]	= &ioasids_cgrp_subsys,
	[misc_cgrp_id]		= &misc_cgrp_subsys,
};

/* Files that a controller has in every cgroup point into the css. */
static void add_files(struct cgroup_subsys_state *css, struct cftype *files)
{
	struct cgroup_file *file;

	for (struct cftype *cft = files; cft->name; cft++) {
		if (!cft->file_offset)
			continue;
		file = (void *)css + cft->file_offset;
		file->kn = cft->name;
	}
}

struct cgroup *world_mkdir(struct cgroup *parent)
{
	static u64 last_id;
	struct cgroup *cgroup = aligned_alloc(64, ALIGN(sizeof(*cgroup), 64));
	struct cgroup_subsys_state *css, *above;

	memset(cgroup, 0, sizeof(*cgroup));
	page_counter_init(&cgroup->counter, parent ? &parent->counter : NULL, false);
	for (int i = 0; i < NR_SUBSYS; i++) {
		above = parent ? parent->set.subsys[i] : NULL;
		css = subsystems[i]->css_alloc(above);
		css->parent = above;
		css->cgroup = cgroup;
		css->refs = aligned_alloc(64, BENCH_NR_CPUS * sizeof(*css->refs));
		memset(css->refs, 0, BENCH_NR_CPUS * sizeof(*css->refs));
		if (parent)
			add_files(css, subsystems[i]->dfl_cftypes);
		cgroup->set.subsys[i] = css;
	}
	world_nr_cgroups++;
	cgroup->parent = parent;
	cgroup->id = ++last_id;
	return cgroup;
}

void world_rmdir(struct cgroup *cgroup)
{
	ioasids_cgrp_subsys.css_offline(cgroup->set.subsys[ioasids_cgrp_id]);
}

/* A grace period after world_rmdir(). */
void world_forget(struct cgroup *cgroup)
{
	struct cgroup_subsys_state *css;
	long refs;

	for (int i = 0; i < NR_SUBSYS; i++) {
		css = cgroup->set.subsys[i];
		refs = 0;
		for (int cpu = 0; cpu < BENCH_NR_CPUS; cpu++)
			refs += css->refs[cpu].nr;
		WARN(refs, "a removed cgroup has %ld references\n", refs);
		free(css->refs);
		subsystems[i]->css_free(css);
	}
	world_nr_cgroups--;
	free(cgroup);
}

struct task_struct *world_thread(struct task_struct *leader)
{
	struct task_struct *task = malloc(sizeof(*task));

	*task = *leader;
	return task;
}

struct task_struct *world_process(struct cgroup *cgroup)
{
	static int last_nr;
	struct task_struct *task = malloc(sizeof(*task));
	struct signal_struct *signal = malloc(sizeof(*signal));
	struct pid *tgid = malloc(sizeof(*tgid));

	*signal = (struct signal_struct) { };
	*tgid = (struct pid) {
		.count	= ATOMIC_INIT(1),
		.task	= task,
		.nr	= ++last_nr,
	};
	*task = (struct task_struct) {
		.signal		= signal,
		.cgroups	= &cgroup->set,
		.group_leader	= task,
		.tgid		= tgid,
	};
	return task;
}

/* First the task, then attach(), as the kernel does it. */
void world_move(struct task_struct *task, struct cgroup *to)
{
	struct cgroup_taskset tset = {
		.task	= task,
		.css	= to->set.subsys[ioasids_cgrp_id],
	};

	rcu_assign_pointer(task->cgroups, &to->set);
	ioasids_cgrp_subsys.attach(&tset);
}

/* Exits and is reaped. Whoever still uses the task has to let go of it first. */
void world_exit(struct task_struct *leader)
{
	WRITE_ONCE(leader->flags, PF_EXITING);
	rcu_assign_pointer(leader->tgid->task, NULL);
	put_pid(leader->tgid);
}

/* A grace period after world_exit(). */
void world_release(struct task_struct *leader, struct task_struct *thread)
{
	free(leader->signal);
	free(thread);
	free(leader);
}

static struct cftype *find_file(const char *name)
{
	struct cftype *cft = ioasids_cgrp_subsys.dfl_cftypes;

	while (strcmp(cft->name, name))
		cft++;
	return cft;
}

u64 world_read(struct cgroup *cgroup, const char *file)
{
	struct cftype *cft = find_file(file);

	return cft->read_u64(cgroup->set.subsys[ioasids_cgrp_id], cft);
}

ssize_t world_write_bytes(struct cgroup *cgroup, const char *file, char *buf,
			  size_t nbytes)
{
	struct kernfs_open_file of = { cgroup->set.subsys[ioasids_cgrp_id] };

	return find_file(file)->write(&of, buf, nbytes, 0);
}

int world_write(struct cgroup *cgroup, const char *file, const char *text)
{
	char buf[64];

	memcpy(buf, text, strlen(text) + 1);
	return world_write_bytes(cgroup, file, buf, strlen(text)) < 0;
}

void world_show(struct cgroup *cgroup, const char *file, struct seq_file *sf)
{
	struct kernfs_open_file of = {
		.css = cgroup->set.subsys[ioasids_cgrp_id],
		.cft = find_file(file),
	};

	sf->count = 0;
	sf->private = &of;
	of.cft->seq_show(sf, NULL);
}

void world_init(void)
{
	misc_cg_set_capacity(0, CAPACITY);
	radix_tree_init();
	world_root = world_mkdir(NULL);
}
