/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PASID core: the one number space that all IOMMUs of the machine share,
 * and who pays for a number taken from it.
 */
#ifndef _LINUX_IOASID_H
#define _LINUX_IOASID_H

#include <linux/types.h>

struct mm_struct;
struct task_struct;

int ioasid_alloc(struct task_struct *payer, u32 max_pasids);
int ioasid_alloc_mm(struct mm_struct *mm, u32 max_pasids);
void ioasid_free(u32 pasid);

#endif /* _LINUX_IOASID_H */
