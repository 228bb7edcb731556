/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioasids cgroup controller, as the PASID core sees it: accounts that can
 * be charged and uncharged. How cgroups count is kernel/cgroup/ioasids.c's.
 */
#ifndef _LINUX_CGROUP_IOASIDS_H
#define _LINUX_CGROUP_IOASIDS_H

#include <linux/stddef.h>

struct cgroup_subsys_state;
struct ioasids_account;
struct task_struct;

#ifdef CONFIG_CGROUP_IOASIDS

struct ioasids_account *ioasids_account_get(struct task_struct *payer);
void ioasids_account_put(struct ioasids_account *acct);

int ioasids_try_charge(struct ioasids_account *acct,
		       struct cgroup_subsys_state **refused);
void ioasids_refused(struct cgroup_subsys_state *refused);
void ioasids_uncharge(struct ioasids_account *acct);

#else /* CONFIG_CGROUP_IOASIDS */

static inline struct ioasids_account *
ioasids_account_get(struct task_struct *payer)
{
	return NULL;
}

static inline void ioasids_account_put(struct ioasids_account *acct) {}

static inline int ioasids_try_charge(struct ioasids_account *acct,
				     struct cgroup_subsys_state **refused)
{
	return 0;
}

static inline void ioasids_refused(struct cgroup_subsys_state *refused) {}
static inline void ioasids_uncharge(struct ioasids_account *acct) {}

#endif /* CONFIG_CGROUP_IOASIDS */

#endif /* _LINUX_CGROUP_IOASIDS_H */
