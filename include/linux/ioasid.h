/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PASID core: which PASIDs are allocated from the number space that all IOMMUs
 * share, which are attached through iommufd, and who pays for each.
 */
#ifndef _LINUX_IOASID_H
#define _LINUX_IOASID_H

#include <linux/bits.h>
#include <linux/cgroup_ioasids.h>
#include <linux/types.h>

/* PASIDs have 20 bits in PCI Express and SMMUv3, whatever an IOMMU's driver claims. */
#define IOASID_MAX_PASIDS	((u32)BIT(20))

/**
 * struct ioasid_payer - the process that pays for PASIDs
 * @acct: its account
 * @refusal: why the last charge failed, if @refused
 * @refused: a limit has refused, which ioasid_payer_put() reports
 */
struct ioasid_payer {
	struct ioasids_account *acct;
	struct ioasids_refusal refusal;
	bool refused;
};

/**
 * struct ioasid_attachment - a PASID that user space attaches to a group of devices
 * @acct: the account that is charged
 * @pasid: the PASID, which user space chose
 * @index: where the core keeps it; 0 if it is not attached
 *
 * Private to the core. It is part of what the caller keeps for the attachment.
 */
struct ioasid_attachment {
	struct ioasids_account *acct;
	u32 pasid;
	u32 index;
};

int ioasid_payer_get(struct ioasid_payer *payer);
void ioasid_payer_put(struct ioasid_payer *payer);

int ioasid_alloc(struct ioasid_payer *payer, u32 max_pasids);
int ioasid_alloc_kernel(u32 max_pasids);
void ioasid_free(u32 pasid);

int ioasid_attach(struct ioasid_attachment *attachment, u32 pasid);
void ioasid_detach(struct ioasid_attachment *attachment);

#endif /* _LINUX_IOASID_H */
