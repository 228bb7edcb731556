// SPDX-License-Identifier: GPL-2.0-only
/*
 * PASID limiting controller for cgroups.
 *
 * A PASID is the number that a device puts on its DMA so that the IOMMU knows
 * which address space to use. A machine has at most 2^20, often fewer. A process
 * takes one when it opens an accelerator that shares its address space, and a
 * virtual machine monitor takes one for each that it attaches through iommufd. This
 * controller counts the PASIDs that the processes of a cgroup hold, and limits them.
 *
 * ioasids.max limits the PASIDs held in a cgroup and its descendants; the default
 * is "max", no limit. The limits of all ancestors apply, and a charge beyond one of
 * them fails with -EAGAIN. ioasids.current is how many PASIDs are held, ioasids.peak
 * the most that ever were, ioasids.stat what they are held for. ioasids.events
 * counts refusals: "max" from the cgroup whose limit refused up, "alloc_fail" from
 * the cgroup of the process up. ioasids.events.local counts each in one cgroup only.
 *
 * Counts are exact. A charge fails if and only if one of the cgroups is at its limit
 * at that moment, and a charge that fails is never visible in a count.
 *
 * Charges follow their process when it changes cgroup. A move is never refused, so
 * current can exceed max, as after max is lowered; no charge succeeds then until
 * current is below max. The parent of a removed cgroup gets what is charged to it.
 *
 * What one process holds is an account. A charge names an account and not a cgroup,
 * so moving a process is one step however much it holds, and a PASID can be given
 * back long after its process is gone.
 */

#include <linux/atomic.h>
#include <linux/cgroup.h>
#include <linux/cgroup_ioasids.h>
#include <linux/iommu.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#define CREATE_TRACE_POINTS
#include <trace/events/cgroup_ioasids.h>

#define IOASIDS_MAX	ULONG_MAX

enum ioasids_event {
	IOASIDS_EVENT_MAX,		/* a limit refused */
	IOASIDS_EVENT_ALLOC_FAIL,	/* an allocation was refused */
	NR_IOASIDS_EVENTS,
};

struct ioasids_cgroup {
	struct cgroup_subsys_state	css;

	/* Written under ioasids_cg_lock. The files read them without it. */
	unsigned long			limit;
	unsigned long			nr;
	unsigned long			peak;

	/* Protected by ioasids_cg_lock. */
	unsigned long			nr_iommufd;	/* how many of nr */
	struct list_head		accounts;

	unsigned int			depth;		/* 0 is the root */

	/* Of this cgroup and its descendants, and of this cgroup only. */
	atomic64_t			events[NR_IOASIDS_EVENTS];
	atomic64_t			events_local[NR_IOASIDS_EVENTS];
	struct cgroup_file		events_file;
	struct cgroup_file		events_local_file;
};

/**
 * struct ioasids_account - what one process holds
 * @in_cgroup:	node in the accounts of @cg
 * @tgid:	the thread group, with a reference
 * @cg:		the cgroup that is charged: online, until css_offline() reaches it
 * @nr:		the charges; @cg and its ancestors count each of them
 * @nr_iommufd:	how many of @nr are for iommufd
 * @refs:	users besides the charges
 *
 * An account exists while it has charges or users. ioasids_cg_lock protects it, and
 * signal_struct->ioasids, which points to it without a reference. That pointer is
 * followed only while the thread group has a task, and cleared with the account.
 */
struct ioasids_account {
	struct list_head	in_cgroup;
	struct pid		*tgid;
	struct ioasids_cgroup	*cg;
	unsigned long		nr;
	unsigned long		nr_iommufd;
	unsigned long		refs;
};

/*
 * Protects all counts and accounts. One lock over check and commit makes the counts
 * exact, and costs less than atomic operations at each level where those are slow. It
 * is held for two walks from a cgroup to the root, as deep as cgroup.max.depth allows.
 * PASIDs come and go in process context only, so interrupts stay on.
 */
static DEFINE_SPINLOCK(ioasids_cg_lock);

static struct ioasids_cgroup ioasids_root;

/* PASIDs that drivers take for the kernel. Charged to the root only, never freed. */
static struct ioasids_account ioasids_kernel = {
	.cg		= &ioasids_root,
	.refs		= 1,
};

static struct ioasids_cgroup *css_ioasids(struct cgroup_subsys_state *css)
{
	return container_of(css, struct ioasids_cgroup, css);
}

static struct ioasids_cgroup *parent_ioasids(struct ioasids_cgroup *cg)
{
	return cg->css.parent ? css_ioasids(cg->css.parent) : NULL;
}

static struct ioasids_cgroup *
ioasids_cg_common_ancestor(struct ioasids_cgroup *a, struct ioasids_cgroup *b)
{
	while (a != b) {
		if (a->depth < b->depth)
			swap(a, b);
		a = parent_ioasids(a);
	}

	return a;
}

/* Add @nr charges, @nr_iommufd of them for iommufd, to @cg and ancestors below @top. */
static void ioasids_cg_add(struct ioasids_cgroup *cg, struct ioasids_cgroup *top,
			   long nr, long nr_iommufd)
{
	lockdep_assert_held(&ioasids_cg_lock);

	for (; cg != top; cg = parent_ioasids(cg)) {
		/* Skip the store in the common case. */
		if (nr_iommufd)
			cg->nr_iommufd += nr_iommufd;
		if (nr > 0 && cg->nr + nr > cg->peak)
			WRITE_ONCE(cg->peak, cg->nr + nr);
		/* Who reads current and then peak sees no current above peak. */
		smp_store_release(&cg->nr, cg->nr + nr);
	}
}

/*
 * True if the css of @task is the one that its thread group is charged to. The css
 * of threads can differ on v1, where the leader decides while it lives. An exited
 * leader keeps the css that it exited in; then any live thread decides.
 */
static bool ioasids_cg_task_decides(struct task_struct *task)
{
	return thread_group_leader(task) ||
	       (READ_ONCE(task->group_leader->flags) & PF_EXITING);
}

/* Stops below the common ancestor: no reader may see its count change. */
static void ioasids_cg_account_move(struct ioasids_account *acct,
				    struct ioasids_cgroup *to)
{
	struct ioasids_cgroup *common;

	lockdep_assert_held(&ioasids_cg_lock);

	if (acct->cg == to)
		return;

	if (acct->nr)
		trace_ioasid_move(acct->tgid, acct->nr, &acct->cg->css, &to->css);
	common = ioasids_cg_common_ancestor(acct->cg, to);
	ioasids_cg_add(acct->cg, common, -acct->nr, -acct->nr_iommufd);
	ioasids_cg_add(to, common, acct->nr, acct->nr_iommufd);
	acct->cg = to;
	list_move(&acct->in_cgroup, &to->accounts);
}

/* Free @acct if it has neither charges nor users. */
static void ioasids_cg_account_release(struct ioasids_account *acct)
{
	struct task_struct *task;

	lockdep_assert_held(&ioasids_cg_lock);

	if (acct->nr || acct->refs)
		return;

	guard(rcu)();
	task = pid_task(acct->tgid, PIDTYPE_TGID);
	if (task)
		task->signal->ioasids = NULL;
	list_del(&acct->in_cgroup);
	put_pid(acct->tgid);
	kfree(acct);
}

/*
 * Make @new the account of the current process. attach() runs after the css of a
 * task has changed and takes the lock, so it finds and moves an account that was
 * opened under the old css. A live task keeps its cgroup online.
 */
static void ioasids_cg_account_open(struct ioasids_account *new)
{
	struct task_struct *task = current;

	lockdep_assert_held(&ioasids_cg_lock);

	guard(rcu)();
	if (!ioasids_cg_task_decides(task))
		task = task->group_leader;
	new->tgid = get_pid(task_tgid(task));
	new->cg = css_ioasids(task_css(task, ioasids_cgrp_id));
	list_add(&new->in_cgroup, &new->cg->accounts);
	task->signal->ioasids = new;
}

/**
 * ioasids_cg_account_get() - get the account of the current process
 *
 * The account is allocated if the process has none. Its memory is not charged to
 * the memory cgroup: drivers bind under locks that all users of a device share, and
 * reclaim in one memory cgroup would stall the others.
 *
 * Context: Process context of a live task, may sleep. Takes ioasids_cg_lock.
 * Return: the account, for ioasids_cg_account_put(); ERR_PTR(-ENOMEM); NULL if the
 *	   controller is disabled. All other functions accept NULL.
 */
struct ioasids_account *ioasids_cg_account_get(void)
{
	struct signal_struct *signal = current->signal;
	struct ioasids_account *acct;

	if (!cgroup_subsys_enabled(ioasids_cgrp_subsys))
		return NULL;

	spin_lock(&ioasids_cg_lock);
	if (!signal->ioasids) {
		spin_unlock(&ioasids_cg_lock);
		acct = kzalloc_obj(*acct);
		if (!acct)
			return ERR_PTR(-ENOMEM);
		spin_lock(&ioasids_cg_lock);
		/* Another thread can have been faster. */
		if (signal->ioasids)
			kfree(acct);
		else
			ioasids_cg_account_open(acct);
	}
	acct = signal->ioasids;
	acct->refs++;
	spin_unlock(&ioasids_cg_lock);

	return acct;
}

/**
 * ioasids_cg_account_kernel() - the account of PASIDs that drivers take for the kernel
 *
 * Return: the account, without a reference to put; NULL if the controller is disabled.
 */
struct ioasids_account *ioasids_cg_account_kernel(void)
{
	return cgroup_subsys_enabled(ioasids_cgrp_subsys) ? &ioasids_kernel : NULL;
}

/**
 * ioasids_cg_account_hold() - get a reference to an account
 * @acct: an account that the caller keeps charged meanwhile
 *
 * Context: Process context. Takes ioasids_cg_lock.
 */
void ioasids_cg_account_hold(struct ioasids_account *acct)
{
	if (!acct)
		return;

	guard(spinlock)(&ioasids_cg_lock);
	acct->refs++;
}

/**
 * ioasids_cg_account_put() - drop a reference to an account
 * @acct: an account that is held
 *
 * Context: Process context. Takes ioasids_cg_lock.
 */
void ioasids_cg_account_put(struct ioasids_account *acct)
{
	if (!acct)
		return;

	guard(spinlock)(&ioasids_cg_lock);
	acct->refs--;
	ioasids_cg_account_release(acct);
}

/**
 * ioasids_cg_account_owner() - the process of an account and its cgroup
 * @acct: an account that is charged or held
 * @tgid: the thread group, which may be gone; NULL for the kernel or for nobody
 *
 * Context: RCU read-side critical section, which both are valid in. Takes
 *	    ioasids_cg_lock.
 * Return: the cgroup that is charged; NULL if the controller is disabled.
 */
struct cgroup *ioasids_cg_account_owner(struct ioasids_account *acct, struct pid **tgid)
{
	*tgid = acct ? acct->tgid : NULL;

	guard(spinlock)(&ioasids_cg_lock);
	return acct ? acct->cg->css.cgroup : NULL;
}

/**
 * ioasids_cg_try_charge() - charge one PASID to an account
 * @acct: an account that is held
 * @user: what the PASID is for
 * @refusal: filled in on -EAGAIN, for ioasids_cg_refused(); if several cgroups have
 *	     no room, it names the nearest to the process
 *
 * Context: Process context. Takes ioasids_cg_lock.
 * Return: 0, for ioasids_cg_uncharge() later; -EAGAIN, and no count has changed.
 */
int ioasids_cg_try_charge(struct ioasids_account *acct, enum ioasids_user user,
			  struct ioasids_refusal *refusal)
{
	bool iommufd = user == IOASIDS_IOMMUFD;
	struct ioasids_cgroup *cg;

	if (!acct)
		return 0;

	guard(spinlock)(&ioasids_cg_lock);
	for (cg = acct->cg; cg; cg = parent_ioasids(cg)) {
		if (cg->nr < cg->limit)
			continue;
		/* A cgroup pins its ancestors, so one reference pins both. */
		css_get(&acct->cg->css);
		refusal->payer = &acct->cg->css;
		refusal->limit = &cg->css;
		return -EAGAIN;
	}

	ioasids_cg_add(acct->cg, NULL, 1, iommufd);
	acct->nr++;
	acct->nr_iommufd += iommufd;
	return 0;
}

/**
 * ioasids_cg_uncharge() - give back one charge
 * @acct: the account that was charged
 * @user: what it was charged for
 *
 * Context: Process context. Takes ioasids_cg_lock.
 */
void ioasids_cg_uncharge(struct ioasids_account *acct, enum ioasids_user user)
{
	bool iommufd = user == IOASIDS_IOMMUFD;

	if (!acct)
		return;

	guard(spinlock)(&ioasids_cg_lock);
	ioasids_cg_add(acct->cg, NULL, -1, -iommufd);
	acct->nr--;
	acct->nr_iommufd -= iommufd;
	ioasids_cg_account_release(acct);
}

/**
 * ioasids_cg_refused() - count a refusal and notify those who watch the files
 * @acct: the account that was refused, still held
 * @refusal: from ioasids_cg_try_charge(), which returned -EAGAIN
 *
 * A file is notified once, after all of its counts have changed. That takes time, so
 * the core calls this outside of its own locks and iommu_sva_lock.
 *
 * Context: Process context. Drops the reference that @refusal has.
 */
void ioasids_cg_refused(struct ioasids_account *acct, const struct ioasids_refusal *refusal)
{
	struct ioasids_cgroup *payer = css_ioasids(refusal->payer);
	struct ioasids_cgroup *limit = css_ioasids(refusal->limit);
	struct ioasids_cgroup *cg;
	bool limited = false;

	trace_ioasid_refuse(acct->tgid, refusal->payer, refusal->limit);

	atomic64_inc(&limit->events_local[IOASIDS_EVENT_MAX]);
	atomic64_inc(&payer->events_local[IOASIDS_EVENT_ALLOC_FAIL]);
	cgroup_file_notify(&payer->events_local_file);
	if (limit != payer)
		cgroup_file_notify(&limit->events_local_file);

	for (cg = payer; parent_ioasids(cg); cg = parent_ioasids(cg)) {
		limited |= cg == limit;
		if (limited)
			atomic64_inc(&cg->events[IOASIDS_EVENT_MAX]);
		atomic64_inc(&cg->events[IOASIDS_EVENT_ALLOC_FAIL]);
		cgroup_file_notify(&cg->events_file);
	}

	css_put(refusal->payer);
}

static struct cgroup_subsys_state *
ioasids_css_alloc(struct cgroup_subsys_state *parent)
{
	struct ioasids_cgroup *cg = parent ? kzalloc_obj(*cg) : &ioasids_root;

	if (!cg)
		return ERR_PTR(-ENOMEM);
	if (parent)
		cg->depth = css_ioasids(parent)->depth + 1;
	cg->limit = IOASIDS_MAX;
	INIT_LIST_HEAD(&cg->accounts);
	return &cg->css;
}

/* Accounts that are left have no task here any more. There can be many of them. */
static void ioasids_css_offline(struct cgroup_subsys_state *css)
{
	struct ioasids_cgroup *cg = css_ioasids(css);
	struct ioasids_account *acct;

	guard(spinlock)(&ioasids_cg_lock);
	while (!list_empty(&cg->accounts)) {
		acct = list_first_entry(&cg->accounts, struct ioasids_account, in_cgroup);
		ioasids_cg_account_move(acct, parent_ioasids(cg));
		cond_resched_lock(&ioasids_cg_lock);
	}
}

static void ioasids_css_free(struct cgroup_subsys_state *css)
{
	kfree(css_ioasids(css));
}

/* Also called when the controller is enabled or disabled above the tasks. */
static void ioasids_attach(struct cgroup_taskset *tset)
{
	struct cgroup_subsys_state *css;
	struct ioasids_account *acct;
	struct task_struct *task;

	cgroup_taskset_for_each(task, css, tset) {
		guard(rcu)();
		if (!ioasids_cg_task_decides(task))
			continue;
		guard(spinlock)(&ioasids_cg_lock);
		acct = task->signal->ioasids;
		if (acct)
			ioasids_cg_account_move(acct, css_ioasids(css));
	}
}

/* "max" or decimal digits, in white space. kstrtoul() alone would take a sign, too. */
static int ioasids_parse_max(char *buf, size_t nbytes, unsigned long *limit)
{
	/* A NUL byte would hide what follows it. */
	if (strlen(buf) != nbytes)
		return -EINVAL;

	buf = strstrip(buf);
	*limit = IOASIDS_MAX;
	if (!strcmp(buf, "max"))
		return 0;
	if (buf[strspn(buf, "0123456789")])
		return -EINVAL;

	return kstrtoul(buf, 10, limit) ?: *limit == IOASIDS_MAX ? -ERANGE : 0;
}

static ssize_t ioasids_max_write(struct kernfs_open_file *of, char *buf,
				 size_t nbytes, loff_t off)
{
	unsigned long limit;
	int ret = ioasids_parse_max(buf, nbytes, &limit);

	if (ret)
		return ret;

	guard(spinlock)(&ioasids_cg_lock);
	WRITE_ONCE(css_ioasids(of_css(of))->limit, limit);
	return nbytes;
}

static int ioasids_max_show(struct seq_file *sf, void *v)
{
	unsigned long limit = READ_ONCE(css_ioasids(seq_css(sf))->limit);

	if (limit == IOASIDS_MAX)
		seq_puts(sf, "max\n");
	else
		seq_printf(sf, "%lu\n", limit);

	return 0;
}

static u64 ioasids_current_read(struct cgroup_subsys_state *css, struct cftype *cft)
{
	return READ_ONCE(css_ioasids(css)->nr);
}

static u64 ioasids_peak_read(struct cgroup_subsys_state *css, struct cftype *cft)
{
	return READ_ONCE(css_ioasids(css)->peak);
}

static int ioasids_events_show(struct seq_file *sf, void *v)
{
	/* The cftype has the offset of the counts. */
	atomic64_t *events = (void *)css_ioasids(seq_css(sf)) + seq_cft(sf)->private;

	seq_printf(sf, "max %lld\nalloc_fail %lld\n",
		   atomic64_read(&events[IOASIDS_EVENT_MAX]),
		   atomic64_read(&events[IOASIDS_EVENT_ALLOC_FAIL]));
	return 0;
}

static int ioasids_stat_show(struct seq_file *sf, void *v)
{
	struct ioasids_cgroup *cg = css_ioasids(seq_css(sf));
	unsigned long nr, iommufd, kernel = 0;

	/* One instant, so that they add up. */
	scoped_guard(spinlock, &ioasids_cg_lock) {
		nr = cg->nr;
		iommufd = cg->nr_iommufd;
		if (cg == &ioasids_root)
			kernel = ioasids_kernel.nr;
	}

	/* What is neither for iommufd nor for the kernel is for SVA. */
	seq_printf(sf, "sva %lu\niommufd %lu\n", nr - iommufd - kernel, iommufd);
	if (cg == &ioasids_root)
		seq_printf(sf, "kernel %lu\n", kernel);
	return 0;
}

static u64 ioasids_capacity_read(struct cgroup_subsys_state *css, struct cftype *cft)
{
	return iommu_nr_global_pasids();
}

static struct cftype ioasids_files[] = {
	{
		.name		= "max",
		.flags		= CFTYPE_NOT_ON_ROOT,
		.write		= ioasids_max_write,
		.seq_show	= ioasids_max_show,
	},
	{
		.name		= "current",
		.read_u64	= ioasids_current_read,
	},
	{
		.name		= "peak",
		.read_u64	= ioasids_peak_read,
	},
	{
		.name		= "events",
		.flags		= CFTYPE_NOT_ON_ROOT,
		.private	= offsetof(struct ioasids_cgroup, events),
		.file_offset	= offsetof(struct ioasids_cgroup, events_file),
		.seq_show	= ioasids_events_show,
	},
	{
		.name		= "events.local",
		.flags		= CFTYPE_NOT_ON_ROOT,
		.private	= offsetof(struct ioasids_cgroup, events_local),
		.file_offset	= offsetof(struct ioasids_cgroup, events_local_file),
		.seq_show	= ioasids_events_show,
	},
	{
		.name		= "stat",
		.seq_show	= ioasids_stat_show,
	},
	{
		.name		= "capacity",
		.flags		= CFTYPE_ONLY_ON_ROOT,
		.read_u64	= ioasids_capacity_read,
	},
	{ }	/* terminate */
};

struct cgroup_subsys ioasids_cgrp_subsys = {
	.css_alloc	= ioasids_css_alloc,
	.css_offline	= ioasids_css_offline,
	.css_free	= ioasids_css_free,
	.attach		= ioasids_attach,
	.dfl_cftypes	= ioasids_files,
	.legacy_cftypes	= ioasids_files,
};

#ifdef CONFIG_CGROUP_IOASIDS_KUNIT_TEST
#include "ioasids_test.c"
#endif
