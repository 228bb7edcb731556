// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PASID core: the number space that all IOMMUs of the machine share.
 *
 * One process's address space has one PASID on every device that it is bound
 * to, so PASIDs come from a single space. A number taken from it is charged to
 * whoever it is taken for, which the caller names: this file knows who holds
 * which PASID, and nothing of how cgroups count.
 *
 * A number and its charge are taken in one critical section, so that neither is
 * ever seen held for an allocation that fails for lack of the other.
 */

#include <linux/cgroup_ioasids.h>
#include <linux/err.h>
#include <linux/ioasid.h>
#include <linux/iommu.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/xarray.h>

/*
 * The account that pays for each PASID in use. Where there is no accounting an
 * entry must still tell a PASID in use from a free one.
 */
static DEFINE_XARRAY_FLAGS(ioasid_xa, XA_FLAGS_ALLOC | XA_FLAGS_LOCK_IRQ);
#define IOASID_NO_ACCOUNT	xa_mk_value(0)

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
	struct cgroup_subsys_state *refused = NULL;
	struct ioasids_account *acct;
	u32 pasid;
	int ret;

	if (max_pasids <= IOMMU_FIRST_GLOBAL_PASID)
		return -ENOSPC;

	acct = ioasids_account_get(payer);
	if (IS_ERR(acct))
		return PTR_ERR(acct);

	xa_lock_irq(&ioasid_xa);
	ret = __xa_alloc(&ioasid_xa, &pasid, acct ?: IOASID_NO_ACCOUNT,
			 XA_LIMIT(IOMMU_FIRST_GLOBAL_PASID, max_pasids - 1),
			 GFP_KERNEL);
	if (!ret) {
		ret = ioasids_try_charge(acct, &refused);
		if (ret)
			__xa_erase(&ioasid_xa, pasid);
	} else if (ret == -EBUSY) {
		/* The xarray's word for a range that is full. */
		ret = -ENOSPC;
	}
	xa_unlock_irq(&ioasid_xa);

	if (!ret)
		return pasid;

	if (refused)
		ioasids_refused(refused);
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
	unsigned long flags;
	void *entry;

	xa_lock_irqsave(&ioasid_xa, flags);
	entry = __xa_erase(&ioasid_xa, pasid);
	xa_unlock_irqrestore(&ioasid_xa, flags);

	if (WARN_ON_ONCE(!entry))
		return;
	if (entry != IOASID_NO_ACCOUNT)
		ioasids_uncharge(entry);
}

#ifdef CONFIG_IOASID_KUNIT_TEST
#include "ioasid_test.c"
#endif
