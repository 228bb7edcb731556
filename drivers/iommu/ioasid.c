// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PASID core: which PASIDs are in use, and who pays for each.
 *
 * A process has the same PASID on all devices that share its address space. So
 * these PASIDs are allocated from one number space, which all IOMMUs share. Those
 * that user space attaches through iommufd are numbers of its own choice for one
 * group of devices, and are kept here for as long as they are attached.
 *
 * Both are charged to an account of the ioasids cgroup controller. A PASID and its
 * charge are taken in one step and given back in one step, under the lock of the
 * xarray that the PASID is in. The controller takes its own lock inside that one.
 *
 * debugfs shows the PASIDs in use.
 */

#include <linux/cgroup.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/ioasid.h>
#include <linux/iommu.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/xarray.h>

#define CREATE_TRACE_POINTS
#include <trace/events/ioasid.h>

/* debugfs escapes white space, which separates words, and backslash. */
#define IOASID_ESCAPED	" \t\n\v\f\r\\"

/*
 * The number space: for each PASID the account that is charged, or, if the controller
 * is disabled, an integer: 1 for a process, 0 for the kernel.
 */
static DEFINE_XARRAY_ALLOC1(ioasid_numbers);

/* Each struct ioasid_attachment, at any index. */
static DEFINE_XARRAY_ALLOC1(ioasid_attachments);

/* A PASID in use, as debugfs and the tracepoints show it. */
struct ioasid_row {
	u32			pasid;
	const char		*user;
	struct ioasids_account	*acct;
};

static struct ioasids_account *ioasid_entry_account(void *entry)
{
	return xa_is_value(entry) ? NULL : entry;
}

static struct ioasid_row ioasid_number_row(u32 pasid, void *entry)
{
	struct ioasids_account *acct = ioasid_entry_account(entry);
	bool kernel = acct ? acct == ioasids_cg_account_kernel() : !xa_to_value(entry);

	return (struct ioasid_row) { pasid, kernel ? "kernel" : "sva", acct };
}

static struct ioasid_row ioasid_attachment_row(const struct ioasid_attachment *attachment)
{
	return (struct ioasid_row) { attachment->pasid, "iommufd", attachment->acct };
}

/* Called under the lock of the xarray, so in the order in which PASIDs change hands. */
static void ioasid_trace(struct ioasid_row row, bool alloc)
{
	struct cgroup *cgroup;
	struct pid *tgid;
	u64 id;

	guard(rcu)();
	cgroup = ioasids_cg_account_owner(row.acct, &tgid);
	id = cgroup ? cgroup_id(cgroup) : 0;
	if (alloc)
		trace_ioasid_alloc(row.pasid, row.user, pid_nr(tgid), id);
	else
		trace_ioasid_free(row.pasid, row.user, pid_nr(tgid), id);
}

/* Store @entry at the lowest free index in @limit, and charge for it. */
static int ioasid_store(struct xarray *xa, u32 *index, void *entry, struct xa_limit limit,
			struct ioasid_payer *payer, enum ioasids_user user)
	__must_hold(&xa->xa_lock)
{
	/* Drops the lock to allocate memory, and takes it again. */
	int ret = __xa_alloc(xa, index, entry, limit, GFP_KERNEL);

	if (ret)
		return ret == -EBUSY ? -ENOSPC : ret;

	ret = ioasids_cg_try_charge(payer->acct, user, &payer->refusal);
	if (ret) {
		payer->refused = true;
		__xa_erase(xa, *index);
	}
	return ret;
}

/**
 * ioasid_payer_get() - let the current process pay for PASIDs
 * @payer: filled in
 *
 * To be called before iommu_sva_lock is taken.
 *
 * Context: Process context of a live task, may sleep.
 * Return: 0, for ioasid_payer_put(); -ENOMEM.
 */
int ioasid_payer_get(struct ioasid_payer *payer)
{
	payer->acct = ioasids_cg_account_get();
	payer->refused = false;
	return PTR_ERR_OR_ZERO(payer->acct);
}

/**
 * ioasid_payer_put() - count the refusal, if there was one, and let the payer go
 * @payer: from ioasid_payer_get()
 *
 * To be called after iommu_sva_lock is dropped: how long it takes depends on the depth
 * of the cgroup.
 *
 * Context: Process context.
 */
void ioasid_payer_put(struct ioasid_payer *payer)
{
	if (payer->refused)
		ioasids_cg_refused(payer->acct, &payer->refusal);
	ioasids_cg_account_put(payer->acct);
}

static int ioasid_alloc_number(struct ioasid_payer *payer, u32 max_pasids, void *entry)
{
	struct xa_limit limit = XA_LIMIT(IOMMU_FIRST_GLOBAL_PASID,
					 min(max_pasids, IOASID_MAX_PASIDS) - 1);
	u32 pasid;
	int ret;

	if (max_pasids <= IOMMU_FIRST_GLOBAL_PASID)
		return -ENOSPC;

	xa_lock(&ioasid_numbers);
	ret = ioasid_store(&ioasid_numbers, &pasid, entry, limit, payer, IOASIDS_SVA);
	if (!ret && trace_ioasid_alloc_enabled())
		ioasid_trace(ioasid_number_row(pasid, entry), true);
	xa_unlock(&ioasid_numbers);

	return ret ?: pasid;
}

/**
 * ioasid_alloc() - allocate a PASID from the shared number space for a process
 * @payer: from ioasid_payer_get(), for this allocation only
 * @max_pasids: how many PASIDs the device has, IOMMU_NO_PASID among them; 0 if it
 *		has none
 *
 * The lowest free number is allocated.
 *
 * Context: Process context, may sleep.
 * Return: the PASID, for ioasid_free(); -ENOMEM; -ENOSPC if no number is left that
 *	   the device can use; -EAGAIN if a limit refused. Only an allocation that
 *	   has a number is held against a limit.
 */
int ioasid_alloc(struct ioasid_payer *payer, u32 max_pasids)
{
	return ioasid_alloc_number(payer, max_pasids, payer->acct ?: xa_mk_value(1));
}

/**
 * ioasid_alloc_kernel() - allocate a PASID for the kernel's own use
 * @max_pasids: as for ioasid_alloc()
 *
 * It is charged to the root cgroup, which has no limit.
 *
 * Context: Process context, may sleep.
 * Return: the PASID, for ioasid_free(); -ENOMEM; -ENOSPC.
 */
int ioasid_alloc_kernel(u32 max_pasids)
{
	struct ioasid_payer kernel = { .acct = ioasids_cg_account_kernel() };

	return ioasid_alloc_number(&kernel, max_pasids, kernel.acct ?: xa_mk_value(0));
}

/**
 * ioasid_free() - give a PASID and its charge back
 * @pasid: from ioasid_alloc() or ioasid_alloc_kernel()
 *
 * No device may use @pasid any more: the next allocation can return it.
 *
 * Context: Process context, may sleep.
 */
void ioasid_free(u32 pasid)
{
	void *entry;

	might_sleep();
	xa_lock(&ioasid_numbers);
	entry = __xa_erase(&ioasid_numbers, pasid);
	if (entry) {
		if (trace_ioasid_free_enabled())
			ioasid_trace(ioasid_number_row(pasid, entry), false);
		ioasids_cg_uncharge(ioasid_entry_account(entry), IOASIDS_SVA);
	}
	xa_unlock(&ioasid_numbers);

	WARN_ON_ONCE(!entry);
}

/**
 * ioasid_attach() - charge the current process for a PASID that it attaches
 * @attachment: zeroed, and valid until ioasid_detach()
 * @pasid: the number that user space chose
 *
 * To be called before the device is asked: a PASID that a limit refuses never
 * reaches a device. IOMMU_NO_PASID is no PASID, and costs nothing.
 *
 * Context: Process context of a live task, may sleep.
 * Return: 0, for ioasid_detach(); -ENOMEM; -ENOSPC if 2^32 are attached; -EAGAIN if a
 *	   limit refused.
 */
int ioasid_attach(struct ioasid_attachment *attachment, u32 pasid)
{
	struct ioasid_payer payer;
	int ret;

	if (pasid == IOMMU_NO_PASID)
		return 0;

	ret = ioasid_payer_get(&payer);
	if (ret)
		return ret;

	attachment->acct = payer.acct;
	attachment->pasid = pasid;
	xa_lock(&ioasid_attachments);
	ret = ioasid_store(&ioasid_attachments, &attachment->index, attachment,
			   xa_limit_32b, &payer, IOASIDS_IOMMUFD);
	if (ret)
		attachment->index = 0;
	else if (trace_ioasid_alloc_enabled())
		ioasid_trace(ioasid_attachment_row(attachment), true);
	xa_unlock(&ioasid_attachments);
	ioasid_payer_put(&payer);

	return ret;
}
EXPORT_SYMBOL_NS_GPL(ioasid_attach, "IOMMUFD_INTERNAL");

/**
 * ioasid_detach() - give back the charge for a PASID that is detached
 * @attachment: from ioasid_attach(); nothing happens if it is zeroed
 *
 * To be called after the device has been asked.
 *
 * Context: Process context, may sleep.
 */
void ioasid_detach(struct ioasid_attachment *attachment)
{
	might_sleep();
	if (!attachment->index)
		return;

	xa_lock(&ioasid_attachments);
	__xa_erase(&ioasid_attachments, attachment->index);
	if (trace_ioasid_free_enabled())
		ioasid_trace(ioasid_attachment_row(attachment), false);
	ioasids_cg_uncharge(attachment->acct, IOASIDS_IOMMUFD);
	xa_unlock(&ioasid_attachments);
	attachment->index = 0;
}
EXPORT_SYMBOL_NS_GPL(ioasid_detach, "IOMMUFD_INTERNAL");

/*
 * The table in debugfs. Positions below this are numbers, those from it on are
 * indices of attachments.
 */
#define IOASID_ATTACHMENTS	(1LL + U32_MAX)

/* The first PASID from @pos on; @pos is moved to it. */
static void *ioasid_table_find(loff_t *pos)
{
	unsigned long index = *pos;

	if (*pos < IOASID_ATTACHMENTS) {
		if (xa_find(&ioasid_numbers, &index, U32_MAX, XA_PRESENT)) {
			*pos = index;
			return pos;
		}
		*pos = IOASID_ATTACHMENTS;
	}

	index = *pos - IOASID_ATTACHMENTS;
	if (!xa_find(&ioasid_attachments, &index, U32_MAX, XA_PRESENT))
		return NULL;
	*pos = IOASID_ATTACHMENTS + index;
	return pos;
}

static void *ioasid_table_start(struct seq_file *sf, loff_t *pos)
{
	/* No PASID is 0: the heading is there. */
	return *pos ? ioasid_table_find(pos) : pos;
}

static void *ioasid_table_next(struct seq_file *sf, void *v, loff_t *pos)
{
	++*pos;
	return ioasid_table_find(pos);
}

static void ioasid_table_stop(struct seq_file *sf, void *v)
{
}

/* The PASID at @pos, with its account held; false if it has been given back. */
static bool ioasid_table_get(loff_t pos, struct ioasid_row *row)
{
	bool number = pos < IOASID_ATTACHMENTS;
	struct xarray *xa = number ? &ioasid_numbers : &ioasid_attachments;
	unsigned long index = number ? pos : pos - IOASID_ATTACHMENTS;
	void *entry;

	xa_lock(xa);
	entry = xa_load(xa, index);
	if (entry) {
		*row = number ? ioasid_number_row(index, entry) : ioasid_attachment_row(entry);
		ioasids_cg_account_hold(row->acct);
	}
	xa_unlock(xa);

	return entry;
}

/* seq_file tries again with a larger buffer if the path does not fit. */
static void ioasid_show_path(struct seq_file *sf, struct cgroup *cgroup)
{
	char *buf, *path, *end = NULL;
	size_t size = seq_get_buf(sf, &buf);
	int len = size ? cgroup_path(cgroup, buf, size) : -E2BIG;

	if (len >= 0 && len < size) {
		/* Escapes make it longer, so it is read from the end of the buffer. */
		path = buf + size - len - 1;
		memmove(path, buf, len + 1);
		end = seq_mangle_path(buf, path, IOASID_ESCAPED);
	}
	seq_commit(sf, end ? end - buf : -1);
}

static void ioasid_show_owner(struct seq_file *sf, struct ioasids_account *acct)
{
	char comm[TASK_COMM_LEN] = "";
	struct task_struct *task;
	struct cgroup *cgroup;
	struct pid *tgid;

	guard(rcu)();
	cgroup = ioasids_cg_account_owner(acct, &tgid);
	if (!cgroup) {
		seq_puts(sf, "       - -               -");
		return;
	}

	task = pid_task(tgid, PIDTYPE_TGID);
	if (task)
		get_task_comm(comm, task);
	seq_printf(sf, "%8d ", pid_nr(tgid));
	seq_setwidth(sf, TASK_COMM_LEN - 1);
	seq_escape(sf, *comm ? comm : "-", IOASID_ESCAPED);
	seq_pad(sf, ' ');
	ioasid_show_path(sf, cgroup);
}

static int ioasid_table_show(struct seq_file *sf, void *v)
{
	loff_t *pos = v;
	struct ioasid_row row;

	if (!*pos) {
		seq_puts(sf, "   pasid user        tgid comm            cgroup\n");
		return 0;
	}
	if (!ioasid_table_get(*pos, &row))
		return SEQ_SKIP;

	/* No lock is held while the line is written. */
	seq_printf(sf, "%8u %-7s ", row.pasid, row.user);
	ioasid_show_owner(sf, row.acct);
	seq_putc(sf, '\n');
	ioasids_cg_account_put(row.acct);
	return 0;
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
