// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PASID core: the number space that all IOMMUs of the machine share.
 *
 * One process's address space has one PASID on every device that it is bound
 * to, so PASIDs come from a single space. A number taken from it is charged to
 * whoever it is taken for, which the caller names: this file knows who holds
 * which PASID, and nothing of how cgroups count.
 *
 * A number and its charge are taken in one critical section, and given back in
 * one, so that neither is ever seen held without the other.
 *
 * Who holds what is shown in debugfs, in a table that is made from what is there
 * for accounting anyway.
 */

#include <linux/cgroup_ioasids.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/ioasid.h>
#include <linux/iommu.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/xarray.h>

#define CREATE_TRACE_POINTS
#include <trace/events/ioasid.h>

/*
 * The account that pays for each PASID in use. Where there is no accounting an
 * entry must still tell a PASID in use from a free one, and whether a process
 * has it or the kernel.
 */
static DEFINE_XARRAY_FLAGS(ioasid_xa, XA_FLAGS_ALLOC | XA_FLAGS_LOCK_IRQ);

static void *ioasid_entry(struct ioasids_account *acct, bool process)
{
	return acct ?: xa_mk_value(process);
}

static struct ioasids_account *ioasid_account(void *entry)
{
	return xa_is_value(entry) ? NULL : entry;
}

/* What it is used for: a process has one for shared virtual addressing alone. */
static const char *ioasid_user(void *entry)
{
	bool process = xa_is_value(entry) ? xa_to_value(entry) :
					    ioasids_account_tgid(entry);

	return process ? "sva" : "kernel";
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
	struct ioasids_refusal refusal = { };
	struct ioasids_account *acct;
	void *entry;
	u32 pasid;
	int ret;

	if (max_pasids <= IOMMU_FIRST_GLOBAL_PASID)
		return -ENOSPC;

	acct = ioasids_account_get(payer);
	if (IS_ERR(acct))
		return PTR_ERR(acct);

	entry = ioasid_entry(acct, payer);
	/* Events are in the order in which numbers change hands. */
	xa_lock_irq(&ioasid_xa);
	ret = __xa_alloc(&ioasid_xa, &pasid, entry,
			 XA_LIMIT(IOMMU_FIRST_GLOBAL_PASID, max_pasids - 1),
			 GFP_KERNEL);
	if (!ret) {
		ret = ioasids_try_charge(acct, &refusal);
		if (ret)
			__xa_erase(&ioasid_xa, pasid);
	} else if (ret == -EBUSY) {
		/* The xarray's word for a range that is full. */
		ret = -ENOSPC;
	}
	if (!ret && trace_ioasid_alloc_enabled())
		trace_ioasid_alloc(pasid, ioasid_user(entry),
				   ioasids_account_tgid(acct),
				   ioasids_account_cgroup(acct));
	xa_unlock_irq(&ioasid_xa);

	if (!ret)
		return pasid;

	if (ret == -EAGAIN)
		ioasids_refused(acct, &refusal);
	ioasids_account_put(acct);
	return ret;
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
	struct ioasids_account *acct;
	unsigned long flags;
	void *entry;

	xa_lock_irqsave(&ioasid_xa, flags);
	entry = __xa_erase(&ioasid_xa, pasid);
	acct = ioasid_account(entry);
	if (entry && trace_ioasid_free_enabled())
		trace_ioasid_free(pasid, ioasid_user(entry),
				  ioasids_account_tgid(acct),
				  ioasids_account_cgroup(acct));
	ioasids_uncharge(acct);
	xa_unlock_irqrestore(&ioasid_xa, flags);

	WARN_ON_ONCE(!entry);
}

/*
 * The table in debugfs. A line is one PASID, whose account is held from the
 * moment that it is found until the line has been written; no lock is kept over
 * more than that one step, and none while the reader is away.
 */
static void *ioasid_table_find(loff_t *pos)
{
	XA_STATE(xas, &ioasid_xa, *pos);
	void *entry;

	xas_lock_irq(&xas);
	entry = xas_find(&xas, U32_MAX);
	if (entry)
		*pos = xas.xa_index;
	if (ioasid_account(entry))
		ioasids_account_hold(entry);
	xas_unlock_irq(&xas);

	return entry;
}

static void *ioasid_table_start(struct seq_file *sf, loff_t *pos)
{
	/* No PASID is 0, so that place is free for a heading. */
	return *pos ? ioasid_table_find(pos) : SEQ_START_TOKEN;
}

static void ioasid_table_stop(struct seq_file *sf, void *v)
{
	if (v && v != SEQ_START_TOKEN)
		ioasids_account_put(ioasid_account(v));
}

static void *ioasid_table_next(struct seq_file *sf, void *v, loff_t *pos)
{
	ioasid_table_stop(sf, v);
	++*pos;
	return ioasid_table_find(pos);
}

static int ioasid_table_show(struct seq_file *sf, void *v)
{
	int ret = 0;

	if (v == SEQ_START_TOKEN) {
		seq_puts(sf, "   pasid user       tgid comm            cgroup\n");
		return 0;
	}

	seq_printf(sf, "%8lld %-6s ", sf->index, ioasid_user(v));
	if (ioasid_account(v))
		ret = ioasids_account_show(sf, v);
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
DEFINE_SEQ_ATTRIBUTE(ioasid_table);

static int __init ioasid_debugfs_init(void)
{
	debugfs_create_file("ioasids", 0400, NULL, NULL, &ioasid_table_fops);
	return 0;
}
late_initcall(ioasid_debugfs_init);

#ifdef CONFIG_IOASID_KUNIT_TEST
#include "ioasid_test.c"
#endif
