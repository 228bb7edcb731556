/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks, process IDs and cgroups, as far as controllers look at them. Who makes
 * and moves them is ../world.c.
 */
#ifndef BENCH_TASKS_H
#define BENCH_TASKS_H

#include "primitives.h"
#include <linux/list.h>

enum pid_type { PIDTYPE_TGID };
enum cgroup_subsys_id { ioasids_cgrp_id, misc_cgrp_id, NR_SUBSYS };

struct cgroup_subsys_state;

/* The css of each controller, which all tasks of a cgroup share. */
struct css_set {
	struct cgroup_subsys_state *subsys[NR_SUBSYS];
};

struct pid {
	refcount_t count;
	struct task_struct *task;
	int nr;
};

struct signal_struct {
	struct ioasids_account *ioasids;
};

struct task_struct {
	unsigned int flags;
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct task_struct *group_leader;
	struct pid *tgid;
};

#define PF_EXITING		0x00000004
#define TASK_COMM_LEN		16

extern __thread struct task_struct *current;

static inline bool thread_group_leader(struct task_struct *task)
{
	return task->group_leader == task;
}

static inline struct pid *task_tgid(struct task_struct *task)
{
	return task->tgid;
}

static inline struct task_struct *pid_task(struct pid *pid, enum pid_type type)
{
	return rcu_dereference(pid->task);
}

static inline struct pid *get_pid(struct pid *pid)
{
	refcount_inc(&pid->count);
	return pid;
}

void put_pid(struct pid *pid);

static inline pid_t pid_nr(struct pid *pid)
{
	return pid ? pid->nr : 0;
}

#define get_task_comm(buf, task)	strcpy(buf, "task")

/*
 * Cgroups. A reference to a css is counted for each CPU, as in the kernel, and
 * what a charge looks at is as far apart as there, in cache lines.
 */
#define BENCH_NR_CPUS			16
extern __thread unsigned int bench_cpu;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct css_refs {
		long nr __aligned(64);
	} *refs;
	char before_parent[168];
	struct cgroup_subsys_state *parent;
	char after_parent[56];
};

static inline void css_ref_add(struct cgroup_subsys_state *css, long nr)
{
	long *refs = &css->refs[bench_cpu].nr;

	WRITE_ONCE(*refs, READ_ONCE(*refs) + nr);
}

#define css_get(css)			css_ref_add(css, 1)
#define css_put(css)			css_ref_add(css, -1)

struct cgroup_file {
	const char *kn;
	unsigned long notified_at;
	char timer_and_lock[48];
};

/* It has been notified not long ago: the kernel's usual case under a storm. */
void cgroup_file_notify(struct cgroup_file *file);

struct kernfs_open_file {
	struct cgroup_subsys_state *css;
	struct cftype *cft;
};

#define of_css(of)			((of)->css)
#define seq_css(sf)			of_css((struct kernfs_open_file *)(sf)->private)
#define seq_cft(sf)			(((struct kernfs_open_file *)(sf)->private)->cft)

struct cftype {
	const char *name;
	unsigned long private;
	unsigned int flags;
	unsigned int file_offset;
	u64 (*read_u64)(struct cgroup_subsys_state *css, struct cftype *cft);
	int (*seq_show)(struct seq_file *sf, void *v);
	ssize_t (*write)(struct kernfs_open_file *of, char *buf, size_t nbytes,
			 loff_t off);
};

#define CFTYPE_ONLY_ON_ROOT		1
#define CFTYPE_NOT_ON_ROOT		2

/* Tasks that move together, here one process. */
struct cgroup_taskset {
	struct task_struct *task;
	struct cgroup_subsys_state *css;
};

#define cgroup_taskset_for_each(t, dst, tset) \
	for ((t) = (tset)->task, (dst) = (tset)->css; (t); (t) = NULL)

struct cgroup_subsys {
	struct cgroup_subsys_state *(*css_alloc)(struct cgroup_subsys_state *parent);
	void (*css_offline)(struct cgroup_subsys_state *css);
	void (*css_free)(struct cgroup_subsys_state *css);
	void (*attach)(struct cgroup_taskset *tset);
	struct cftype *dfl_cftypes;
	struct cftype *legacy_cftypes;
	bool disabled;
};

extern struct cgroup_subsys ioasids_cgrp_subsys, misc_cgrp_subsys;

#define cgroup_subsys_enabled(ss)	(!(ss).disabled)
#define task_css(task, id)		(rcu_dereference((task)->cgroups)->subsys[id])

static inline struct cgroup_subsys_state *
task_get_css(struct task_struct *task, enum cgroup_subsys_id id)
{
	struct cgroup_subsys_state *css = task_css(task, id);

	css_get(css);
	return css;
}

u64 cgroup_id(const struct cgroup *cgroup);
int cgroup_path(struct cgroup *cgroup, char *buf, size_t size);

/* IOMMUs */
#define IOMMU_NO_PASID			0
#define IOMMU_FIRST_GLOBAL_PASID	1
u32 iommu_nr_global_pasids(void);

#endif /* BENCH_TASKS_H */
