// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PASID core: who holds which PASID.
 *
 * One process's address space has one PASID on every device that it is bound
 * to, so PASIDs come from a single space that all IOMMUs of the machine share.
 * What user space attaches through iommufd are PASIDs too, but their numbers
 * belong to one group of devices, and user space chooses them: they are taken
 * from no space, and recorded here for as long as they are attached.
 *
 * Either is charged to whoever it is taken for, which the caller names: this
 * file knows who holds which PASID, and nothing of how cgroups count. A PASID
 * and its charge are taken in one critical section, and given back in one, so
 * that neither is ever seen held without the other.
 *
 * Who holds what is shown in debugfs, in a table that is made from what is there
 * for accounting anyway.
 */

#include <linux/bug.h>
#include <linux/cgroup_ioasids.h>
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/ioasid.h>
#include <linux/iommu.h>
#include <linux/limits.h>
#include <linux/mm_types.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/xarray.h>

#define CREATE_TRACE_POINTS
#include <trace/events/ioasid.h>

/*
 * The shared space: the account that pays for each number in use. Where there is
 * no accounting an entry must still tell a number in use from a free one, and
 * whether a process has it or the kernel.
 */
static DEFINE_XARRAY_FLAGS(ioasid_xa, XA_FLAGS_ALLOC | XA_FLAGS_LOCK_IRQ);

/* Each struct ioasid_attachment, at whichever index was free. */
static DEFINE_XARRAY_FLAGS(ioasid_attached_xa, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_IRQ);

static struct xarray *ioasid_xa_of(enum ioasids_user user)
{
	return user == IOASIDS_IOMMUFD ? &ioasid_attached_xa : &ioasid_xa;
}

static void *ioasid_entry(struct ioasids_account *acct, bool process)
{
	return acct ?: xa_mk_value(process);
}

static struct ioasids_account *ioasid_account(enum ioasids_user user, void *entry)
{
	struct ioasid_attachment *attachment = entry;

	if (user == IOASIDS_IOMMUFD)
		return attachment->acct;

	return xa_is_value(entry) ? NULL : entry;
}

/* A PASID in use, as debugfs and the tracepoints tell of it. */
struct ioasid_row {
	u32			pasid;
	const char		*user;
	struct ioasids_account	*acct;
};

static struct ioasid_row ioasid_row(enum ioasids_user user, u32 index, void *entry)
{
	struct ioasid_row row = { .acct = ioasid_account(user, entry) };
	struct ioasid_attachment *attachment = entry;
	bool process;

	if (user == IOASIDS_IOMMUFD) {
		row.pasid = attachment->pasid;
		row.user = "iommufd";
		return row;
	}

	/* A process has one for shared virtual addressing alone. */
	process = row.acct ? ioasids_account_tgid(row.acct) : xa_to_value(entry);
	row.pasid = index;
	row.user = process ? "sva" : "kernel";
	return row;
}

/*
 * Take a free index in @range for @entry, and charge it to @acct, which is put
 * where that fails. Return: 0; -ENOMEM; -ENOSPC; -EAGAIN where a limit refused.
 */
static int ioasid_take(enum ioasids_user user, struct ioasids_account *acct,
		       void *entry, struct xa_limit range, u32 *index)
{
	struct xarray *xa = ioasid_xa_of(user);
	struct ioasids_refusal refusal = { };
	struct ioasid_row row;
	int ret;

	/* Events are in the order in which numbers change hands. */
	xa_lock_irq(xa);
	ret = __xa_alloc(xa, index, entry, range, GFP_KERNEL);
	if (!ret) {
		ret = ioasids_try_charge(acct, user, &refusal);
		if (ret)
			__xa_erase(xa, *index);
	} else if (ret == -EBUSY) {
		/* The xarray's word for a range that is full. */
		ret = -ENOSPC;
	}
	if (!ret && trace_ioasid_alloc_enabled()) {
		row = ioasid_row(user, *index, entry);
		trace_ioasid_alloc(row.pasid, row.user,
				   ioasids_account_tgid(acct),
				   ioasids_account_cgroup(acct));
	}
	xa_unlock_irq(xa);

	if (ret == -EAGAIN)
		ioasids_refused(acct, &refusal);
	if (ret)
		ioasids_account_put(acct);
	return ret;
}

static void ioasid_give_back(enum ioasids_user user, u32 index)
{
	struct xarray *xa = ioasid_xa_of(user);
	struct ioasids_account *acct;
	struct ioasid_row row;
	unsigned long flags;
	void *entry;

	xa_lock_irqsave(xa, flags);
	entry = __xa_erase(xa, index);
	if (entry) {
		acct = ioasid_account(user, entry);
		if (trace_ioasid_free_enabled()) {
			row = ioasid_row(user, index, entry);
			trace_ioasid_free(row.pasid, row.user,
					  ioasids_account_tgid(acct),
					  ioasids_account_cgroup(acct));
		}
		ioasids_uncharge(acct, user);
	}
	xa_unlock_irqrestore(xa, flags);

	WARN_ON_ONCE(!entry);
}

/**
 * ioasid_alloc() - allocate a PASID from the shared space
 * @payer: any thread of the process that pays, current or referenced; NULL for
 *	   a PASID that the kernel takes for itself, which no limit applies to
 * @max_pasids: how many PASIDs the device can tell apart, IOMMU_NO_PASID
 *		included; 0 where it supports none
 *
 * The lowest free number is taken.
 *
 * Context: Process context, may sleep.
 * Return: the PASID, to be given to ioasid_free(); -ENOMEM; -ENOSPC where the
 *	   device has no PASIDs or none is left that it can use; -EAGAIN where a
 *	   cgroup limit has been reached. In this order: only an allocation that
 *	   could have succeeded is held against a limit.
 */
int ioasid_alloc(struct task_struct *payer, u32 max_pasids)
{
	struct ioasids_account *acct;
	u32 pasid;
	int ret;

	if (max_pasids <= IOMMU_FIRST_GLOBAL_PASID)
		return -ENOSPC;

	acct = ioasids_account_get(payer);
	if (IS_ERR(acct))
		return PTR_ERR(acct);

	ret = ioasid_take(IOASIDS_SVA, acct, ioasid_entry(acct, payer),
			  XA_LIMIT(IOMMU_FIRST_GLOBAL_PASID, max_pasids - 1),
			  &pasid);
	return ret ?: pasid;
}

/*
 * Who pays for a PASID that names @mm: the process that asks; where a kernel
 * thread asks, a process that runs in @mm. No such process may be left, although
 * @mm is pinned: the PASID is the kernel's then.
 */
static struct task_struct *ioasid_mm_payer(struct mm_struct *mm)
{
	struct task_struct *process, *thread;

	if (!(current->flags & PF_KTHREAD))
		return get_task_struct(current);

	guard(rcu)();
	for_each_process_thread(process, thread) {
		if (!(READ_ONCE(thread->flags) & PF_KTHREAD) &&
		    READ_ONCE(thread->mm) == mm)
			return get_task_struct(thread);
	}

	return NULL;
}

/**
 * ioasid_alloc_mm() - allocate the PASID that is to name an address space
 * @mm: the address space
 * @max_pasids: as for ioasid_alloc()
 *
 * The calling process pays. Where a kernel thread calls, the process that runs
 * in @mm pays.
 *
 * Context: Process context, may sleep. The caller holds a reference to the
 *	    mm_users of @mm.
 * Return: as ioasid_alloc().
 */
int ioasid_alloc_mm(struct mm_struct *mm, u32 max_pasids)
{
	struct task_struct *payer = ioasid_mm_payer(mm);
	int ret = ioasid_alloc(payer, max_pasids);

	if (payer)
		put_task_struct(payer);

	return ret;
}

/**
 * ioasid_free() - give a PASID and its charge back
 * @pasid: from ioasid_alloc() or ioasid_alloc_mm()
 *
 * No device may still use @pasid: the next allocation can return it.
 *
 * Context: Any context in which a spinlock may be taken.
 */
void ioasid_free(u32 pasid)
{
	ioasid_give_back(IOASIDS_SVA, pasid);
}

/**
 * ioasid_attach() - record and charge a PASID that user space has attached
 * @attachment: zeroed, and in place until ioasid_detach()
 * @payer: any thread of the process that pays, current or referenced
 * @pasid: the number, which has been attached to one group of devices
 *
 * To be called once the attachment has been made and nothing but this can undo
 * it: a charge for what fails later may keep somebody else from a place that is
 * free.
 *
 * IOMMU_NO_PASID is no PASID, costs nothing, and succeeds.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOMEM; -ENOSPC where 2^32 are attached; -EAGAIN where a cgroup
 *	   limit has been reached.
 */
int ioasid_attach(struct ioasid_attachment *attachment,
		  struct task_struct *payer, u32 pasid)
{
	struct ioasids_account *acct;
	int ret;

	if (pasid == IOMMU_NO_PASID)
		return 0;

	acct = ioasids_account_get(payer);
	if (IS_ERR(acct))
		return PTR_ERR(acct);

	attachment->acct = acct;
	attachment->pasid = pasid;
	ret = ioasid_take(IOASIDS_IOMMUFD, acct, attachment, xa_limit_32b,
			  &attachment->index);
	if (ret)
		attachment->index = 0;

	return ret;
}
EXPORT_SYMBOL_NS_GPL(ioasid_attach, "IOMMUFD_INTERNAL");

/**
 * ioasid_detach() - forget a PASID that user space had attached
 * @attachment: what ioasid_attach() took, or never took
 *
 * Context: Any context in which a spinlock may be taken.
 */
void ioasid_detach(struct ioasid_attachment *attachment)
{
	if (!attachment->index)
		return;

	ioasid_give_back(IOASIDS_IOMMUFD, attachment->index);
	attachment->index = 0;
}
EXPORT_SYMBOL_NS_GPL(ioasid_detach, "IOMMUFD_INTERNAL");

/*
 * The table in debugfs. A line is one PASID, whose account is held from the
 * moment that it is found until the line has been written; no lock is kept over
 * more than that one step, and none while the reader is away.
 */
static struct ioasid_row *ioasid_table_find_in(enum ioasids_user user, loff_t first,
					       struct seq_file *sf, loff_t *pos)
{
	struct xarray *xa = ioasid_xa_of(user);
	struct ioasid_row *row = sf->private;
	unsigned long index = *pos - first;
	void *entry;

	xa_lock_irq(xa);
	entry = xa_find(xa, &index, U32_MAX, XA_PRESENT);
	if (entry) {
		*pos = first + index;
		*row = ioasid_row(user, index, entry);
		if (row->acct)
			ioasids_account_hold(row->acct);
	}
	xa_unlock_irq(xa);

	return entry ? row : NULL;
}

/* The numbers of the shared space come first, and then what is attached. */
static void *ioasid_table_find(struct seq_file *sf, loff_t *pos)
{
	const loff_t attached = 1LL + U32_MAX;
	struct ioasid_row *row;

	if (*pos < attached) {
		row = ioasid_table_find_in(IOASIDS_SVA, 0, sf, pos);
		if (row)
			return row;
		*pos = attached;
	}

	return ioasid_table_find_in(IOASIDS_IOMMUFD, attached, sf, pos);
}

static void *ioasid_table_start(struct seq_file *sf, loff_t *pos)
{
	/* No PASID is 0, so that place is free for a heading. */
	return *pos ? ioasid_table_find(sf, pos) : SEQ_START_TOKEN;
}

static void ioasid_table_stop(struct seq_file *sf, void *v)
{
	struct ioasid_row *row = v;

	if (v && v != SEQ_START_TOKEN)
		ioasids_account_put(row->acct);
}

static void *ioasid_table_next(struct seq_file *sf, void *v, loff_t *pos)
{
	ioasid_table_stop(sf, v);
	++*pos;
	return ioasid_table_find(sf, pos);
}

static int ioasid_table_show(struct seq_file *sf, void *v)
{
	struct ioasid_row *row = v;
	int ret = 0;

	if (v == SEQ_START_TOKEN) {
		seq_puts(sf, "   pasid user        tgid comm            cgroup\n");
		return 0;
	}

	seq_printf(sf, "%8u %-7s ", row->pasid, row->user);
	if (row->acct)
		ret = ioasids_account_show(sf, row->acct);
	else
		seq_puts(sf, "       - -               -");
	seq_putc(sf, '\n');
	return ret;
}

static const struct seq_operations ioasid_table_sops = {
	.start	= ioasid_table_start,
	.next	= ioasid_table_next,
	.stop	= ioasid_table_stop,
	.show	= ioasid_table_show,
};

static int ioasid_table_open(struct inode *inode, struct file *file)
{
	return __seq_open_private(file, &ioasid_table_sops,
				  sizeof(struct ioasid_row)) ? 0 : -ENOMEM;
}

static const struct file_operations ioasid_table_fops = {
	.owner		= THIS_MODULE,
	.open		= ioasid_table_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= seq_release_private,
};

static int __init ioasid_debugfs_init(void)
{
	debugfs_create_file("ioasids", 0400, NULL, NULL, &ioasid_table_fops);
	return 0;
}
late_initcall(ioasid_debugfs_init);

#ifdef CONFIG_IOASID_KUNIT_TEST
#include "ioasid_test.c"
#endif
