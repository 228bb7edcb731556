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

#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
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
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#define CREATE_TRACE_POINTS
#include <trace/events/ioasid.h>

DEFINE_SPINLOCK(ioasids_lock);

/* PCI Express and SMMUv3 have no more. */
#define IOASID_CAPACITY		((u32)BIT(20))

/* As many numbers as fill 4 KiB, each with a bit and with who pays for it. */
#define IOASID_CHUNK		((unsigned int)(SZ_4K * BITS_PER_BYTE / (BITS_PER_LONG + 1)))
#define IOASID_NR_CHUNKS	DIV_ROUND_UP(IOASID_CAPACITY, IOASID_CHUNK)

/*
 * Some consecutive numbers of the shared space: which of them are taken, and the
 * account that pays for each of those. Where there is no accounting that still tells
 * whether a process has the number or the kernel. Protected by ioasids_lock. A chunk
 * is made when a number in it is first taken, and stays.
 */
struct ioasid_chunk {
	DECLARE_BITMAP(used, IOASID_CHUNK);
	void *payer[IOASID_CHUNK];
};

/*
 * The shared space, from IOMMU_FIRST_GLOBAL_PASID on. No xarray and no IDA: each has a
 * lock of its own, and walks from its root and back for each number. Here a number is
 * under the lock that its charge is under, and the lowest free one is a few words
 * away, however many are in use.
 */
static struct ioasid_chunk *ioasid_chunks[IOASID_NR_CHUNKS];
static DECLARE_BITMAP(ioasid_full, IOASID_NR_CHUNKS);

/* No chunk below this one has a free number. */
static unsigned int ioasid_first;

/* Each struct ioasid_attachment, at whichever index was free. */
static DEFINE_XARRAY_FLAGS(ioasid_attached_xa, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_IRQ);

/* A PASID in use, as debugfs and the tracepoints tell of it. */
struct ioasid_row {
	u32			pasid;
	const char		*user;
	struct ioasids_account	*acct;
};

static void *ioasid_payer(struct ioasids_account *acct, bool process)
{
	return acct ?: xa_mk_value(process);
}

static struct ioasids_account *ioasid_account(void *payer)
{
	return xa_is_value(payer) ? NULL : payer;
}

static struct ioasid_row ioasid_row(u32 pasid, void *payer)
{
	struct ioasids_account *acct = ioasid_account(payer);
	/* A process has one for shared virtual addressing alone. */
	bool process = acct ? ioasids_account_tgid(acct) : xa_to_value(payer);

	return (struct ioasid_row) {
		.pasid	= pasid,
		.user	= process ? "sva" : "kernel",
		.acct	= acct,
	};
}

static struct ioasid_row ioasid_attached_row(const struct ioasid_attachment *attachment)
{
	return (struct ioasid_row) {
		.pasid	= attachment->pasid,
		.user	= "iommufd",
		.acct	= attachment->acct,
	};
}

/* Events are under the lock, so in the order in which PASIDs change hands. */
static void ioasid_trace_alloc(struct ioasid_row row)
{
	trace_ioasid_alloc(row.pasid, row.user, ioasids_account_tgid(row.acct),
			   ioasids_account_cgroup(row.acct));
}

static void ioasid_trace_free(struct ioasid_row row)
{
	trace_ioasid_free(row.pasid, row.user, ioasids_account_tgid(row.acct),
			  ioasids_account_cgroup(row.acct));
}

static int ioasid_make_chunk(unsigned int nr)
	__must_hold(&ioasids_lock)
{
	struct ioasid_chunk *chunk;

	BUILD_BUG_ON(sizeof(*chunk) > SZ_4K);

	spin_unlock_irq(&ioasids_lock);
	chunk = kzalloc_obj(*chunk);
	spin_lock_irq(&ioasids_lock);
	if (!chunk)
		return -ENOMEM;

	/* Another allocation may have been faster. */
	if (ioasid_chunks[nr])
		kfree(chunk);
	else
		ioasid_chunks[nr] = chunk;
	return 0;
}

/*
 * The lowest free number below @max_pasids, in a chunk that is there. The lock is let
 * go and taken again where that has to be made. Return: the number; -ENOMEM; -ENOSPC.
 */
static int ioasid_lowest(u32 max_pasids)
	__must_hold(&ioasids_lock)
{
	struct ioasid_chunk *chunk;
	unsigned int nr;
	u32 pasid;
	int ret;

	for (;;) {
		nr = find_next_zero_bit(ioasid_full, IOASID_NR_CHUNKS, ioasid_first);
		ioasid_first = nr;
		pasid = IOMMU_FIRST_GLOBAL_PASID + nr * IOASID_CHUNK;
		if (nr == IOASID_NR_CHUNKS || pasid >= max_pasids)
			return -ENOSPC;

		chunk = ioasid_chunks[nr];
		if (chunk)
			break;
		ret = ioasid_make_chunk(nr);
		if (ret)
			return ret;
	}

	pasid += find_first_zero_bit(chunk->used, IOASID_CHUNK);
	return pasid < max_pasids ? pasid : -ENOSPC;
}

/* Take @pasid, the lowest that is free. */
static void ioasid_set(u32 pasid, void *payer)
{
	u32 index = pasid - IOMMU_FIRST_GLOBAL_PASID;
	unsigned int nr = index / IOASID_CHUNK, i = index % IOASID_CHUNK;
	struct ioasid_chunk *chunk = ioasid_chunks[nr];

	lockdep_assert_held(&ioasids_lock);

	__set_bit(i, chunk->used);
	chunk->payer[i] = payer;
	if (find_next_zero_bit(chunk->used, IOASID_CHUNK, i) == IOASID_CHUNK)
		__set_bit(nr, ioasid_full);
}

/* Return: who paid for @pasid; NULL where it was not taken. */
static void *ioasid_clear(u32 pasid)
{
	u32 index = pasid - IOMMU_FIRST_GLOBAL_PASID;
	unsigned int nr = index / IOASID_CHUNK, i = index % IOASID_CHUNK;
	struct ioasid_chunk *chunk;

	lockdep_assert_held(&ioasids_lock);

	chunk = nr < IOASID_NR_CHUNKS ? ioasid_chunks[nr] : NULL;
	if (!chunk || !__test_and_clear_bit(i, chunk->used))
		return NULL;

	__clear_bit(nr, ioasid_full);
	ioasid_first = min(ioasid_first, nr);
	return chunk->payer[i];
}

/* Tell of a refusal, and give back the account, once the locks are let go. */
static int ioasid_failed(int ret, struct ioasids_account *acct,
			 const struct ioasids_refusal *refusal)
{
	if (ret == -EAGAIN)
		ioasids_refused(acct, refusal);
	ioasids_account_put(acct);
	return ret;
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
	int pasid, ret;

	if (max_pasids <= IOMMU_FIRST_GLOBAL_PASID)
		return -ENOSPC;

	spin_lock_irq(&ioasids_lock);
	acct = ioasids_account_get(payer);
	if (IS_ERR(acct)) {
		spin_unlock_irq(&ioasids_lock);
		return PTR_ERR(acct);
	}

	pasid = ioasid_lowest(max_pasids);
	ret = pasid < 0 ? pasid : ioasids_try_charge(acct, IOASIDS_SVA, &refusal);
	if (!ret) {
		ioasid_set(pasid, ioasid_payer(acct, payer));
		if (trace_ioasid_alloc_enabled())
			ioasid_trace_alloc(ioasid_row(pasid, ioasid_payer(acct, payer)));
	}
	spin_unlock_irq(&ioasids_lock);

	return ret ? ioasid_failed(ret, acct, &refusal) : pasid;
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
	struct ioasids_account *gone = NULL;
	unsigned long flags;
	void *payer;

	spin_lock_irqsave(&ioasids_lock, flags);
	payer = ioasid_clear(pasid);
	if (payer) {
		if (trace_ioasid_free_enabled())
			ioasid_trace_free(ioasid_row(pasid, payer));
		gone = ioasids_uncharge(ioasid_account(payer), IOASIDS_SVA);
	}
	spin_unlock_irqrestore(&ioasids_lock, flags);

	ioasids_account_free(gone);
	WARN_ON_ONCE(!payer);
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
	struct ioasids_refusal refusal = { };
	struct ioasids_account *acct;
	int ret;

	if (pasid == IOMMU_NO_PASID)
		return 0;

	spin_lock_irq(&ioasids_lock);
	acct = ioasids_account_get(payer);
	spin_unlock_irq(&ioasids_lock);
	if (IS_ERR(acct))
		return PTR_ERR(acct);

	attachment->acct = acct;
	attachment->pasid = pasid;
	xa_lock_irq(&ioasid_attached_xa);
	ret = __xa_alloc(&ioasid_attached_xa, &attachment->index, attachment,
			 xa_limit_32b, GFP_KERNEL);
	if (!ret) {
		scoped_guard(spinlock, &ioasids_lock) {
			ret = ioasids_try_charge(acct, IOASIDS_IOMMUFD, &refusal);
			if (!ret && trace_ioasid_alloc_enabled())
				ioasid_trace_alloc(ioasid_attached_row(attachment));
		}
		if (ret)
			__xa_erase(&ioasid_attached_xa, attachment->index);
	} else if (ret == -EBUSY) {
		/* The xarray's word for a range that is full. */
		ret = -ENOSPC;
	}
	xa_unlock_irq(&ioasid_attached_xa);
	if (!ret)
		return 0;

	/* Where nothing was stored, it may be somebody else's by now. */
	attachment->index = 0;
	return ioasid_failed(ret, acct, &refusal);
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
	struct ioasids_account *gone;
	unsigned long flags;

	if (!attachment->index)
		return;

	xa_lock_irqsave(&ioasid_attached_xa, flags);
	WARN_ON_ONCE(__xa_erase(&ioasid_attached_xa, attachment->index) != attachment);
	scoped_guard(spinlock, &ioasids_lock) {
		if (trace_ioasid_free_enabled())
			ioasid_trace_free(ioasid_attached_row(attachment));
		gone = ioasids_uncharge(attachment->acct, IOASIDS_IOMMUFD);
	}
	xa_unlock_irqrestore(&ioasid_attached_xa, flags);

	ioasids_account_free(gone);
	attachment->index = 0;
}
EXPORT_SYMBOL_NS_GPL(ioasid_detach, "IOMMUFD_INTERNAL");

/*
 * The table in debugfs. A line is one PASID, whose account is held from the
 * moment that it is found until the line has been written; no lock is kept over
 * more than that one step, and none while the reader is away.
 */
static bool ioasid_find_number(struct ioasid_row *row, unsigned int index)
{
	unsigned int nr = index / IOASID_CHUNK, i = index % IOASID_CHUNK;
	struct ioasid_chunk *chunk;

	for (; nr < IOASID_NR_CHUNKS; nr++, i = 0) {
		guard(spinlock_irq)(&ioasids_lock);
		chunk = ioasid_chunks[nr];
		if (!chunk)
			continue;
		i = find_next_bit(chunk->used, IOASID_CHUNK, i);
		if (i == IOASID_CHUNK)
			continue;
		*row = ioasid_row(IOMMU_FIRST_GLOBAL_PASID + nr * IOASID_CHUNK + i,
				  chunk->payer[i]);
		ioasids_account_hold(row->acct);
		return true;
	}

	return false;
}

static bool ioasid_find_attachment(struct ioasid_row *row, unsigned long *index)
{
	struct ioasid_attachment *attachment;

	xa_lock_irq(&ioasid_attached_xa);
	attachment = xa_find(&ioasid_attached_xa, index, U32_MAX, XA_PRESENT);
	if (attachment) {
		*row = ioasid_attached_row(attachment);
		scoped_guard(spinlock, &ioasids_lock)
			ioasids_account_hold(row->acct);
	}
	xa_unlock_irq(&ioasid_attached_xa);

	return attachment;
}

/* The numbers of the shared space come first, and then what is attached. */
static void *ioasid_table_find(struct seq_file *sf, loff_t *pos)
{
	const loff_t attached = 1LL + U32_MAX;
	struct ioasid_row *row = sf->private;
	unsigned long index;

	if (*pos < attached) {
		if (ioasid_find_number(row, *pos - IOMMU_FIRST_GLOBAL_PASID)) {
			*pos = row->pasid;
			return row;
		}
		*pos = attached;
	}

	index = *pos - attached;
	if (!ioasid_find_attachment(row, &index))
		return NULL;
	*pos = attached + index;
	return row;
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
