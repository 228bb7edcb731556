/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small world for controllers to run in: a tree of cgroups and processes that
 * stand in them. The one place that knows how the controller is called.
 */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include "shim/tasks.h"
#include <linux/cgroup_ioasids.h>
#include <linux/ioasid.h>
#include <linux/misc_cgroup.h>
#include <linux/page_counter.h>

#define CAPACITY	1048576U	/* the most that PCIe has */

struct cgroup {
	struct css_set set;
	struct page_counter counter;
	struct cgroup *parent;
	u64 id;
};

void world_init(void);
struct cgroup *world_mkdir(struct cgroup *parent);
void world_rmdir(struct cgroup *cgroup);
void world_forget(struct cgroup *cgroup);

struct task_struct *world_process(struct cgroup *cgroup);
struct task_struct *world_thread(struct task_struct *leader);
void world_move(struct task_struct *task, struct cgroup *to);
void world_exit(struct task_struct *leader);
void world_release(struct task_struct *leader, struct task_struct *thread);

u64 world_read(struct cgroup *cgroup, const char *file);
int world_write(struct cgroup *cgroup, const char *file, const char *text);
ssize_t world_write_bytes(struct cgroup *cgroup, const char *file, char *buf,
			  size_t nbytes);
void world_show(struct cgroup *cgroup, const char *file, struct seq_file *sf);

extern struct cgroup *world_root;
extern long world_nr_cgroups;

/* The process that pays is the one that runs. */
static inline struct ioasids_account *world_account(struct task_struct *task)
{
	current = task;
	return ioasids_cg_account_get();
}

static inline int world_alloc(struct task_struct *task)
{
	struct ioasid_payer payer;
	int pasid;

	current = task;
	if (ioasid_payer_get(&payer))
		return -ENOMEM;
	pasid = ioasid_alloc(&payer, CAPACITY);
	ioasid_payer_put(&payer);
	return pasid;
}

static inline int world_attach(struct task_struct *task, struct ioasid_attachment *attachment)
{
	current = task;
	return ioasid_attach(attachment, 1);
}

#endif /* BENCH_WORLD_H */
