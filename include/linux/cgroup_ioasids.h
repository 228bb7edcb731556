/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioasids cgroup controller, as the PASID core uses it. An account is what one
 * process holds. It is charged and uncharged, and follows its process to another cgroup.
 */
#ifndef _LINUX_CGROUP_IOASIDS_H
#define _LINUX_CGROUP_IOASIDS_H

#include <linux/types.h>

struct cgroup;
struct cgroup_subsys_state;
struct ioasids_account;
struct pid;

/**
 * enum ioasids_user - what a charge is for
 * @IOASIDS_SVA: a PASID of the shared number space
 * @IOASIDS_IOMMUFD: a PASID that user space attached through iommufd
 */
enum ioasids_user {
	IOASIDS_SVA,
	IOASIDS_IOMMUFD,
};

/**
 * struct ioasids_refusal - a charge that a limit refused
 * @payer: the cgroup of the process, with a reference
 * @limit: the cgroup whose limit refused, @payer or an ancestor
 */
struct ioasids_refusal {
	struct cgroup_subsys_state *payer;
	struct cgroup_subsys_state *limit;
};

#ifdef CONFIG_CGROUP_IOASIDS

struct ioasids_account *ioasids_cg_account_get(void);
struct ioasids_account *ioasids_cg_account_kernel(void);
void ioasids_cg_account_hold(struct ioasids_account *acct);
void ioasids_cg_account_put(struct ioasids_account *acct);
struct cgroup *ioasids_cg_account_owner(struct ioasids_account *acct, struct pid **tgid);

int ioasids_cg_try_charge(struct ioasids_account *acct, enum ioasids_user user,
			  struct ioasids_refusal *refusal);
void ioasids_cg_uncharge(struct ioasids_account *acct, enum ioasids_user user);
void ioasids_cg_refused(struct ioasids_account *acct,
			const struct ioasids_refusal *refusal);

#else /* CONFIG_CGROUP_IOASIDS */

static inline struct ioasids_account *ioasids_cg_account_get(void)
{
	return NULL;
}

static inline struct ioasids_account *ioasids_cg_account_kernel(void)
{
	return NULL;
}

static inline void ioasids_cg_account_hold(struct ioasids_account *acct) {}
static inline void ioasids_cg_account_put(struct ioasids_account *acct) {}

static inline struct cgroup *ioasids_cg_account_owner(struct ioasids_account *acct,
						      struct pid **tgid)
{
	*tgid = NULL;
	return NULL;
}

static inline int ioasids_cg_try_charge(struct ioasids_account *acct,
					enum ioasids_user user,
					struct ioasids_refusal *refusal)
{
	return 0;
}

static inline void ioasids_cg_uncharge(struct ioasids_account *acct,
				       enum ioasids_user user) {}
static inline void ioasids_cg_refused(struct ioasids_account *acct,
				      const struct ioasids_refusal *refusal) {}

#endif /* CONFIG_CGROUP_IOASIDS */

#endif /* _LINUX_CGROUP_IOASIDS_H */
