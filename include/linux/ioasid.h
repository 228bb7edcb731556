/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PASID core: who holds which PASID, of the one number space that all IOMMUs
 * of the machine share and of those that user space attaches, and who pays.
 */
#ifndef _LINUX_IOASID_H
#define _LINUX_IOASID_H

#include <linux/types.h>

struct ioasids_account;
struct mm_struct;
struct task_struct;

/**
 * struct ioasid_attachment - a PASID that user space has attached to a device
 * @acct: who pays
 * @pasid: the number, which user space chose
 * @index: where the core keeps it; 0 where it keeps nothing
 *
 * The core's alone. Whoever attaches has it beside the attachment itself.
 */
struct ioasid_attachment {
	struct ioasids_account *acct;
	u32 pasid;
	u32 index;
};

int ioasid_alloc(struct task_struct *payer, u32 max_pasids);
int ioasid_alloc_mm(struct mm_struct *mm, u32 max_pasids);
void ioasid_free(u32 pasid);

int ioasid_attach(struct ioasid_attachment *attachment,
		  struct task_struct *payer, u32 pasid);
void ioasid_detach(struct ioasid_attachment *attachment);

#endif /* _LINUX_IOASID_H */
