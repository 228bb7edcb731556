/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioasids cgroup controller, as the PASID core sees it: accounts that can
 * be charged and uncharged. How cgroups count is kernel/cgroup/ioasids.c's.
 */
#ifndef _LINUX_CGROUP_IOASIDS_H
#define _LINUX_CGROUP_IOASIDS_H

#include <linux/spinlock.h>
#include <linux/stddef.h>
#include <linux/types.h>

struct cgroup_subsys_state;
struct ioasids_account;
struct seq_file;
struct task_struct;

/**
 * enum ioasids_user - what a PASID is charged for, as ioasids.stat tells it apart
 * @IOASIDS_SVA: shared virtual addressing, or, where no process pays, the kernel's
 *		 own use
 * @IOASIDS_IOMMUFD: an attachment that user space made through iommufd
 */
enum ioasids_user {
	IOASIDS_SVA,
	IOASIDS_IOMMUFD,
};

/**
 * struct ioasids_refusal - why a charge was refused
 * @payer: the cgroup that was to pay, referenced
 * @limit: the cgroup that had no room, @payer or an ancestor of it
 *
 * Filled in by ioasids_try_charge() for ioasids_refused(), which ends it.
 */
struct ioasids_refusal {
	struct cgroup_subsys_state *payer;
	struct cgroup_subsys_state *limit;
};

/*
 * Over which PASID is in use, who pays for it, and all counts. One lock over check
 * and commit makes counts exact by construction, beats an atomic operation for each
 * level as soon as hierarchies nest, and has a PASID and its charge change hands in
 * one step. It is held for O(depth), which an admin who delegates bounds with
 * cgroup.max.depth. Interrupts are off because PASIDs may be freed from any context.
 * The core has it, as it needs it without the controller, too.
 */
extern spinlock_t ioasids_lock;

#ifdef CONFIG_CGROUP_IOASIDS

struct ioasids_account *ioasids_account_get(struct task_struct *payer)
	__must_hold(&ioasids_lock);
void ioasids_account_free(struct ioasids_account *acct);
void ioasids_account_hold(struct ioasids_account *acct) __must_hold(&ioasids_lock);
void ioasids_account_put(struct ioasids_account *acct);
pid_t ioasids_account_tgid(struct ioasids_account *acct);
u64 ioasids_account_cgroup(struct ioasids_account *acct) __must_hold(&ioasids_lock);
int ioasids_account_show(struct seq_file *sf, struct ioasids_account *acct);

int ioasids_try_charge(struct ioasids_account *acct, enum ioasids_user user,
		       struct ioasids_refusal *refusal)
	__must_hold(&ioasids_lock);
void ioasids_refused(struct ioasids_account *acct,
		     const struct ioasids_refusal *refusal);
struct ioasids_account *ioasids_uncharge(struct ioasids_account *acct,
					 enum ioasids_user user)
	__must_hold(&ioasids_lock);

#else /* CONFIG_CGROUP_IOASIDS */

static inline struct ioasids_account *
ioasids_account_get(struct task_struct *payer)
{
	return NULL;
}

static inline void ioasids_account_free(struct ioasids_account *acct) {}
static inline void ioasids_account_hold(struct ioasids_account *acct) {}
static inline void ioasids_account_put(struct ioasids_account *acct) {}

static inline pid_t ioasids_account_tgid(struct ioasids_account *acct)
{
	return 0;
}

static inline u64 ioasids_account_cgroup(struct ioasids_account *acct)
{
	return 0;
}

static inline int ioasids_account_show(struct seq_file *sf,
				       struct ioasids_account *acct)
{
	return 0;
}

static inline int ioasids_try_charge(struct ioasids_account *acct,
				     enum ioasids_user user,
				     struct ioasids_refusal *refusal)
{
	return 0;
}

static inline void ioasids_refused(struct ioasids_account *acct,
				   const struct ioasids_refusal *refusal) {}

static inline struct ioasids_account *
ioasids_uncharge(struct ioasids_account *acct, enum ioasids_user user)
{
	return NULL;
}

#endif /* CONFIG_CGROUP_IOASIDS */

#endif /* _LINUX_CGROUP_IOASIDS_H */
