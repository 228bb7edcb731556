// SPDX-License-Identifier: GPL-2.0-only
/*
 * PASID limiting controller for cgroups.
 *
 * A PASID is the number that a device puts on its DMA so that the IOMMU knows
 * which address space is meant. There are at most 2^20 on a machine, often
 * fewer. Any process that may open an accelerator takes one, and a virtual
 * machine monitor one for each guest process that shares its memory. This
 * controller counts the PASIDs that the processes of a cgroup hold, and lets
 * an admin stop a subtree from taking more than its share.
 *
 * ioasids.max is the limit on the PASIDs held in this cgroup and below; the
 * default is "max", no limit. ioasids.current is how many are held, ioasids.peak
 * the most that ever were, ioasids.stat what they are held for. Limits are
 * hierarchical: the tightest one between a process and the root is what it
 * meets, with EAGAIN. A refusal is counted as "max" in the ioasids.events of
 * every cgroup from that limit up, and as "alloc_fail" from the cgroup of the
 * process up; ioasids.events.local has each in the one cgroup alone. How many
 * PASIDs the machine has is in the root's ioasids.capacity.
 *
 * The count is exact: an allocation is refused if and only if some cgroup from
 * the payer's up has no room at that instant, and no reader ever sees a
 * reservation that is undone later.
 *
 * Charges follow their process when it changes cgroup. Organising is not
 * blocked by policy, so that can leave ioasids.current above ioasids.max, as
 * lowering the limit can; nothing is taken away, and no allocation succeeds
 * until current has fallen below max. What a removed cgroup still holds becomes
 * its parent's.
 *
 * An account is one process's holdings: its thread group, the cgroup that it
 * stands in, and how many PASIDs it holds. A charge names an account and not a
 * cgroup, so that moving a process is one step, however much it holds, and so
 * that a PASID can be given back from any context, long after its process has
 * gone.
 */

#include <linux/atomic.h>
#include <linux/cgroup.h>
#include <linux/cgroup_ioasids.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#define CREATE_TRACE_POINTS
#include <trace/events/cgroup_ioasids.h>

#define IOASIDS_MAX	ULONG_MAX
#define IOASIDS_MAX_STR	"max"

/* What would end a word of a line, for whatever reads it, or begin an escape. */
#define IOASIDS_ESCAPED	" \t\n\v\f\r\\"

enum ioasids_event {
	IOASIDS_EVENT_MAX,		/* a limit refused */
	IOASIDS_EVENT_ALLOC_FAIL,	/* an allocation was refused */
	NR_IOASIDS_EVENTS,
};

static const char * const ioasids_event_names[] = {
	[IOASIDS_EVENT_MAX]		= "max",
	[IOASIDS_EVENT_ALLOC_FAIL]	= "alloc_fail",
};

struct ioasids_cgroup {
	struct cgroup_subsys_state	css;

	/* Written under ioasids_lock, read by the files without it. */
	unsigned long			limit;
	unsigned long			nr;
	unsigned long			peak;

	/* Protected by ioasids_lock. */
	unsigned long			nr_iommufd;	/* of nr */
	bool				offline;
	struct list_head		accounts;

	/* What happened here or below, and what happened here. */
	atomic64_t			events[NR_IOASIDS_EVENTS];
	atomic64_t			events_local[NR_IOASIDS_EVENTS];
	struct cgroup_file		events_file;
	struct cgroup_file		events_local_file;

	/*
	 * From the root to this one. A walk up that finds each by itself, and not
	 * through the one below, does not wait for memory at every step.
	 */
	unsigned int			depth;
	struct ioasids_cgroup		*path[];
};

/**
 * struct ioasids_account - what one thread group holds
 * @in_cgroup:	in the accounts of @cg
 * @tgid:	the thread group, pinned; it may be long dead
 * @cg:		where the thread group stands, or last stood; always online,
 *		so that no account keeps a removed cgroup alive
 * @nr:		charges, each of them counted in @cg and all its ancestors
 * @nr_iommufd:	those of them that were made for iommufd
 * @refs:	one for each charge, for each ioasids_account_get() that has not
 *		become a charge yet, and for each ioasids_account_hold()
 *
 * ioasids_lock protects everything but @tgid. It also protects what points here from
 * the signal_struct of the thread group, which neither pins the other: the pointer is
 * looked at only as long as @tgid leads to a task, and as long as it does, it is
 * cleared when the account goes.
 */
struct ioasids_account {
	struct list_head	in_cgroup;
	struct pid		*tgid;
	struct ioasids_cgroup	*cg;
	unsigned long		nr;
	unsigned long		nr_iommufd;
	unsigned long		refs;
};

static struct ioasids_cgroup ioasids_root = {
	.path	= { &ioasids_root },
};

/*
 * What drivers take for the kernel's own use: it stands in the root for ever
 * and is no process's, so no process points to it and it is on no list.
 */
static struct ioasids_account ioasids_kernel = {
	.cg	= &ioasids_root,
	.refs	= 1,
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
ioasids_common_ancestor(struct ioasids_cgroup *a, struct ioasids_cgroup *b)
{
	unsigned int depth = min(a->depth, b->depth);

	/* The root is everybody's. */
	while (a->path[depth] != b->path[depth])
		depth--;

	return a->path[depth];
}

/*
 * Add @nr, @nr_iommufd of which are iommufd's, to @cg and its ancestors below
 * @top. Both may be negative.
 */
static void ioasids_add(struct ioasids_cgroup *cg, struct ioasids_cgroup *top,
			long nr, long nr_iommufd)
{
	struct ioasids_cgroup **path = cg->path;
	int first = top ? top->depth + 1 : 0;

	lockdep_assert_held(&ioasids_lock);

	for (int i = cg->depth; i >= first; i--) {
		cg = path[i];
		/* Mostly there are none, and a walk costs what it stores. */
		if (nr_iommufd)
			cg->nr_iommufd += nr_iommufd;
		WRITE_ONCE(cg->nr, cg->nr + nr);
		if (nr > 0 && cg->nr > cg->peak)
			WRITE_ONCE(cg->peak, cg->nr);
	}
}

/* The first cgroup from @cg up that has no room for one more, or NULL. */
static struct ioasids_cgroup *ioasids_full(struct ioasids_cgroup *cg)
{
	struct ioasids_cgroup **path = cg->path;

	lockdep_assert_held(&ioasids_lock);

	for (int i = cg->depth; i >= 0; i--) {
		cg = path[i];
		if (cg->nr >= cg->limit)
			return cg;
	}

	return NULL;
}

/*
 * Where the cgroup of a thread group is to be read. On the default hierarchy
 * all threads agree. On a v1 hierarchy they need not, and the leader decides
 * while it lives; a leader that has exited keeps pointing at the cgroup that it
 * died in, which its live threads may have left since.
 */
static bool ioasids_task_decides(struct task_struct *task)
{
	return thread_group_leader(task) ||
	       (READ_ONCE(task->group_leader->flags) & PF_EXITING);
}

/*
 * The cgroup that the thread group @tgid, of which @task is or was one, stands
 * in. Read under ioasids_lock: ->attach() runs after the task has moved and takes
 * the lock for each task, so it finds every account that was made with what is
 * read here. A task that has exited, too, keeps pointing where it died; that
 * cgroup may be offline by now, and its accounts have gone to the nearest
 * ancestor that is not.
 */
static struct ioasids_cgroup *ioasids_of_task(struct task_struct *task,
					      struct pid *tgid)
{
	struct ioasids_cgroup *cg;

	lockdep_assert_held(&ioasids_lock);

	guard(rcu)();
	if (!pid_alive(task) || !ioasids_task_decides(task))
		task = pid_task(tgid, PIDTYPE_TGID) ?: task;
	cg = css_ioasids(task_css(task, ioasids_cgrp_id));
	while (cg->offline)
		cg = parent_ioasids(cg);

	return cg;
}

/*
 * Move @acct with all its charges to @to. Their common ancestors hold it before
 * and after: touching those would show a reader a count that never was.
 */
static void ioasids_account_move(struct ioasids_account *acct,
				 struct ioasids_cgroup *to)
{
	struct ioasids_cgroup *common;

	lockdep_assert_held(&ioasids_lock);

	if (acct->cg == to)
		return;

	if (acct->nr)
		trace_ioasid_move(acct->tgid, acct->nr, &acct->cg->css, &to->css);
	common = ioasids_common_ancestor(acct->cg, to);
	ioasids_add(acct->cg, common, -acct->nr, -acct->nr_iommufd);
	ioasids_add(to, common, acct->nr, acct->nr_iommufd);
	acct->cg = to;
	list_move(&acct->in_cgroup, &to->accounts);
}

/*
 * Exec by a thread that is not the leader makes it the leader. On a v1 hierarchy
 * that one can stand elsewhere, and no ->attach() tells, so what the process
 * holds follows when it asks for more.
 */
static void ioasids_account_follow(struct ioasids_account *acct,
				   struct task_struct *payer)
{
	lockdep_assert_held(&ioasids_lock);

	if (cgroup_subsys_on_dfl(ioasids_cgrp_subsys))
		return;

	guard(rcu)();
	if (pid_alive(payer) &&
	    !(READ_ONCE(payer->group_leader->flags) & PF_EXITING))
		ioasids_account_move(acct, ioasids_of_task(payer, acct->tgid));
}

/* Drop a reference; true if it was the last, and @acct is the caller's to free. */
static bool ioasids_account_unref(struct ioasids_account *acct)
{
	struct task_struct *task;

	lockdep_assert_held(&ioasids_lock);

	if (--acct->refs)
		return false;

	scoped_guard(rcu) {
		task = pid_task(acct->tgid, PIDTYPE_TGID);
		if (task)
			task->signal->ioasids = NULL;
	}
	list_del(&acct->in_cgroup);
	return true;
}

/**
 * ioasids_account_free() - free what went with its last charge
 * @acct: from ioasids_uncharge(), or NULL
 *
 * Context: Any context in which a spinlock may be taken, but ioasids_lock is not.
 */
void ioasids_account_free(struct ioasids_account *acct)
{
	if (!acct)
		return;

	put_pid(acct->tgid);
	kfree(acct);
}

/*
 * The account of @payer, or NULL where there is none yet. A process that has been
 * reaped has none to give, even where it left charges behind.
 */
static struct ioasids_account *ioasids_account_find(struct task_struct *payer)
{
	struct ioasids_account *acct;
	struct pid *tgid;

	lockdep_assert_held(&ioasids_lock);

	guard(rcu)();
	tgid = payer ? task_tgid(payer) : NULL;
	if (!tgid || !pid_task(tgid, PIDTYPE_TGID))
		return &ioasids_kernel;

	acct = payer->signal->ioasids;
	if (acct)
		ioasids_account_follow(acct, payer);
	return acct;
}

/* Let @new be the account of @payer, unless that has just been reaped. */
static struct ioasids_account *ioasids_account_open(struct task_struct *payer,
						    struct ioasids_account *new)
{
	struct pid *tgid = get_task_pid(payer, PIDTYPE_TGID);

	lockdep_assert_held(&ioasids_lock);

	if (!tgid)
		return &ioasids_kernel;

	new->tgid = tgid;
	payer->signal->ioasids = new;
	new->cg = ioasids_of_task(payer, tgid);
	list_add(&new->in_cgroup, &new->cg->accounts);
	return new;
}

/**
 * ioasids_account_get() - find or make the account that is to pay
 * @payer: any live thread of the process that is to pay, referenced or current; NULL
 *	   for the kernel itself, which pays in the root alone
 *
 * Where all of the process has been reaped there is no thread group any more, and
 * what is taken in its name is the kernel's.
 *
 * Context: Process context, may sleep. The caller holds ioasids_lock, with
 *	    interrupts off by that alone; it is let go and taken again where an
 *	    account has to be made.
 * Return: the account, to be given to ioasids_try_charge() or to
 *	   ioasids_account_put(); ERR_PTR(-ENOMEM); NULL where the controller is
 *	   disabled, which all but ioasids_refused() and ioasids_account_show()
 *	   accept.
 */
struct ioasids_account *ioasids_account_get(struct task_struct *payer)
	__must_hold(&ioasids_lock)
{
	struct ioasids_account *acct, *new;

	if (!cgroup_subsys_enabled(ioasids_cgrp_subsys))
		return NULL;

	acct = ioasids_account_find(payer);
	if (!acct) {
		spin_unlock_irq(&ioasids_lock);
		new = kzalloc_obj(*new, GFP_KERNEL_ACCOUNT);
		spin_lock_irq(&ioasids_lock);
		if (!new)
			return ERR_PTR(-ENOMEM);

		/* Another thread of the process may have been faster. */
		acct = ioasids_account_find(payer) ?: ioasids_account_open(payer, new);
		if (acct != new)
			kfree(new);
	}

	acct->refs++;
	return acct;
}

/**
 * ioasids_account_hold() - keep an account from going with its last charge
 * @acct: an account that is charged
 *
 * Context: The caller holds ioasids_lock.
 */
void ioasids_account_hold(struct ioasids_account *acct)
{
	lockdep_assert_held(&ioasids_lock);

	if (acct)
		acct->refs++;
}

/**
 * ioasids_account_put() - give back an account
 * @acct: from ioasids_account_get() where it was not charged, or held by
 *	  ioasids_account_hold()
 *
 * Context: Any context in which a spinlock may be taken. Takes ioasids_lock.
 */
void ioasids_account_put(struct ioasids_account *acct)
{
	unsigned long flags;
	bool last;

	if (!acct)
		return;

	spin_lock_irqsave(&ioasids_lock, flags);
	last = ioasids_account_unref(acct);
	spin_unlock_irqrestore(&ioasids_lock, flags);

	if (last)
		ioasids_account_free(acct);
}

/**
 * ioasids_account_tgid() - whose account it is
 * @acct: an account that is held, or charged
 *
 * Context: Any context.
 * Return: the process ID in the initial PID namespace, of a process that may be
 *	   gone; 0 where the kernel itself pays, or where nobody does.
 */
pid_t ioasids_account_tgid(struct ioasids_account *acct)
{
	return acct ? pid_nr(acct->tgid) : 0;
}

/**
 * ioasids_account_cgroup() - where an account stands
 * @acct: an account that is held, or charged
 *
 * Context: The caller holds ioasids_lock.
 * Return: the cgroup's id, 0 where the controller is disabled.
 */
u64 ioasids_account_cgroup(struct ioasids_account *acct)
{
	lockdep_assert_held(&ioasids_lock);

	return acct ? cgroup_id(acct->cg->css.cgroup) : 0;
}

/**
 * ioasids_account_show() - print whose account it is and where it stands
 * @sf: where to
 * @acct: an account that is held
 *
 * Prints the process ID, the name of the process, "-" where there is none or it
 * is empty, and the path of the cgroup, with octal escapes for white space.
 *
 * Context: Process context, may sleep. Takes ioasids_lock.
 * Return: 0, or -ENOMEM.
 */
int ioasids_account_show(struct seq_file *sf, struct ioasids_account *acct)
{
	char *path __free(kfree) = kmalloc(PATH_MAX, GFP_KERNEL);
	char comm[TASK_COMM_LEN] = "-";
	struct task_struct *task;
	struct cgroup *cgroup;

	if (!path)
		return -ENOMEM;

	/*
	 * The path can be long, so it is not made under the lock. Even a root
	 * goes, with the v1 hierarchy whose root it is; RCU keeps them all.
	 */
	scoped_guard(rcu) {
		task = pid_task(acct->tgid, PIDTYPE_TGID);
		if (task)
			get_task_comm(comm, task);
		scoped_guard(spinlock_irq, &ioasids_lock)
			cgroup = acct->cg->css.cgroup;
		cgroup_path(cgroup, path, PATH_MAX);
	}

	seq_printf(sf, "%8d ", ioasids_account_tgid(acct));
	seq_setwidth(sf, TASK_COMM_LEN - 1);
	seq_escape(sf, *comm ? comm : "-", IOASIDS_ESCAPED);
	seq_pad(sf, ' ');
	seq_escape(sf, path, IOASIDS_ESCAPED);
	return 0;
}

/**
 * ioasids_try_charge() - charge one PASID to an account
 * @acct: from ioasids_account_get(); a charge keeps that reference
 * @user: what the PASID is for
 * @refusal: filled in where -EAGAIN is returned; to be given to
 *	     ioasids_refused() once no lock is held
 *
 * Where several cgroups have no room, the one nearest to the payer is named.
 *
 * Context: The caller holds ioasids_lock.
 * Return: 0, and the charge lasts until ioasids_uncharge(); or -EAGAIN, no count
 *	   has changed, and @refusal holds a reference that ioasids_refused()
 *	   drops.
 */
int ioasids_try_charge(struct ioasids_account *acct, enum ioasids_user user,
		       struct ioasids_refusal *refusal)
{
	bool iommufd = user == IOASIDS_IOMMUFD;
	struct ioasids_cgroup *full;

	lockdep_assert_held(&ioasids_lock);

	if (!acct)
		return 0;

	full = ioasids_full(acct->cg);
	if (full) {
		/* A cgroup keeps its ancestors, so this keeps both. */
		css_get(&acct->cg->css);
		refusal->payer = &acct->cg->css;
		refusal->limit = &full->css;
		return -EAGAIN;
	}

	ioasids_add(acct->cg, NULL, 1, iommufd);
	acct->nr++;
	acct->nr_iommufd += iommufd;
	return 0;
}

/**
 * ioasids_refused() - count a refusal and wake those who watch for it
 * @acct: the account that was refused, still held
 * @refusal: from ioasids_try_charge()
 *
 * Apart from ioasids_try_charge() so that a caller can refuse under its locks
 * and notify outside of them. A file is notified once, with all of its counts
 * in place, and only if it has changed.
 *
 * Context: Any context in which a spinlock may be taken.
 */
void ioasids_refused(struct ioasids_account *acct,
		     const struct ioasids_refusal *refusal)
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

/**
 * ioasids_uncharge() - give back one charge
 * @acct: the account that was charged
 * @user: what it was charged for
 *
 * The charge is taken from the cgroup that the account stands in now, wherever
 * it was made.
 *
 * Context: The caller holds ioasids_lock.
 * Return: @acct where it has gone with its last charge, to be given to
 *	   ioasids_account_free() once no lock is held; else NULL.
 */
struct ioasids_account *ioasids_uncharge(struct ioasids_account *acct,
					 enum ioasids_user user)
{
	bool iommufd = user == IOASIDS_IOMMUFD;

	lockdep_assert_held(&ioasids_lock);

	if (!acct)
		return NULL;

	ioasids_add(acct->cg, NULL, -1, -iommufd);
	acct->nr--;
	acct->nr_iommufd -= iommufd;
	return ioasids_account_unref(acct) ? acct : NULL;
}

static struct cgroup_subsys_state *
ioasids_css_alloc(struct cgroup_subsys_state *parent)
{
	struct ioasids_cgroup *cg = &ioasids_root;

	if (parent) {
		unsigned int depth = css_ioasids(parent)->depth + 1;

		cg = kzalloc_flex(*cg, path, depth + 1);
		if (!cg)
			return ERR_PTR(-ENOMEM);
		cg->depth = depth;
		memcpy(cg->path, css_ioasids(parent)->path,
		       depth * sizeof(*cg->path));
		cg->path[depth] = cg;
	}

	cg->limit = IOASIDS_MAX;
	INIT_LIST_HEAD(&cg->accounts);
	return &cg->css;
}

/*
 * What is still held belongs to no process that is in this cgroup: a passed
 * descriptor or a pinned mm keeps it. The parent already counts it and cannot go
 * offline before its child. User space chooses how many accounts there are, so the
 * lock is let go after each.
 */
static void ioasids_css_offline(struct cgroup_subsys_state *css)
{
	struct ioasids_cgroup *cg = css_ioasids(css);
	struct ioasids_account *acct;

	spin_lock_irq(&ioasids_lock);
	cg->offline = true;
	while ((acct = list_first_entry_or_null(&cg->accounts,
						struct ioasids_account,
						in_cgroup))) {
		ioasids_account_move(acct, parent_ioasids(cg));
		spin_unlock_irq(&ioasids_lock);
		cond_resched();
		spin_lock_irq(&ioasids_lock);
	}
	spin_unlock_irq(&ioasids_lock);
}

static void ioasids_css_free(struct cgroup_subsys_state *css)
{
	kfree(css_ioasids(css));
}

/*
 * Called for every task that changes cgroup, also where a controller is enabled
 * or disabled over it, so the charges are always where their process is.
 * Exiting tasks are left out, the leader among them.
 */
static void ioasids_attach(struct cgroup_taskset *tset)
{
	struct cgroup_subsys_state *css;
	struct ioasids_account *acct;
	struct task_struct *task;

	cgroup_taskset_for_each(task, css, tset) {
		guard(rcu)();
		if (!ioasids_task_decides(task))
			continue;
		guard(spinlock_irq)(&ioasids_lock);
		acct = task->signal->ioasids;
		if (acct)
			ioasids_account_move(acct, css_ioasids(css));
	}
}

/*
 * "max", or decimal digits; white space around them is trimmed. kstrtoul()
 * alone would take a sign, and would call garbage after many digits too large.
 */
static int ioasids_parse_max(char *buf, size_t nbytes, unsigned long *limit)
{
	int ret;

	/* A NUL byte would hide what follows it. */
	if (strlen(buf) != nbytes)
		return -EINVAL;

	buf = strstrip(buf);
	if (!strcmp(buf, IOASIDS_MAX_STR)) {
		*limit = IOASIDS_MAX;
		return 0;
	}

	if (buf[strspn(buf, "0123456789")])
		return -EINVAL;
	ret = kstrtoul(buf, 10, limit);
	if (ret)
		return ret;

	return *limit == IOASIDS_MAX ? -ERANGE : 0;
}

static ssize_t ioasids_max_write(struct kernfs_open_file *of, char *buf,
				 size_t nbytes, loff_t off)
{
	struct ioasids_cgroup *cg = css_ioasids(of_css(of));
	unsigned long limit;
	int ret;

	ret = ioasids_parse_max(buf, nbytes, &limit);
	if (ret)
		return ret;

	guard(spinlock_irq)(&ioasids_lock);
	WRITE_ONCE(cg->limit, limit);
	return nbytes;
}

static int ioasids_max_show(struct seq_file *sf, void *v)
{
	unsigned long limit = READ_ONCE(css_ioasids(seq_css(sf))->limit);

	if (limit == IOASIDS_MAX)
		seq_puts(sf, IOASIDS_MAX_STR "\n");
	else
		seq_printf(sf, "%lu\n", limit);

	return 0;
}

static u64 ioasids_current_read(struct cgroup_subsys_state *css,
				struct cftype *cft)
{
	return READ_ONCE(css_ioasids(css)->nr);
}

static u64 ioasids_peak_read(struct cgroup_subsys_state *css,
			     struct cftype *cft)
{
	return READ_ONCE(css_ioasids(css)->peak);
}

static void ioasids_show_events(struct seq_file *sf, const atomic64_t *events)
{
	for (int i = 0; i < NR_IOASIDS_EVENTS; i++)
		seq_printf(sf, "%s %lld\n", ioasids_event_names[i],
			   atomic64_read(&events[i]));
}

static int ioasids_events_show(struct seq_file *sf, void *v)
{
	ioasids_show_events(sf, css_ioasids(seq_css(sf))->events);
	return 0;
}

static int ioasids_events_local_show(struct seq_file *sf, void *v)
{
	ioasids_show_events(sf, css_ioasids(seq_css(sf))->events_local);
	return 0;
}

/* What is neither iommufd's nor the kernel's is for shared virtual addressing. */
static int ioasids_stat_show(struct seq_file *sf, void *v)
{
	struct ioasids_cgroup *cg = css_ioasids(seq_css(sf));
	unsigned long nr, iommufd, kernel = 0;

	/* All at one instant, so that they add up to a current that was. */
	scoped_guard(spinlock_irq, &ioasids_lock) {
		nr = cg->nr;
		iommufd = cg->nr_iommufd;
		if (cg == &ioasids_root)
			kernel = ioasids_kernel.nr - ioasids_kernel.nr_iommufd;
	}

	seq_printf(sf, "sva %lu\niommufd %lu\n", nr - iommufd - kernel, iommufd);
	if (cg == &ioasids_root)
		seq_printf(sf, "kernel %lu\n", kernel);
	return 0;
}

static u64 ioasids_capacity_read(struct cgroup_subsys_state *css,
				 struct cftype *cft)
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
		.file_offset	= offsetof(struct ioasids_cgroup, events_file),
		.seq_show	= ioasids_events_show,
	},
	{
		.name		= "events.local",
		.flags		= CFTYPE_NOT_ON_ROOT,
		.file_offset	= offsetof(struct ioasids_cgroup,
					   events_local_file),
		.seq_show	= ioasids_events_local_show,
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
