/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TEST ONLY: the parameter kernel_pasids of the drivers that tests run on.
 *
 * It is how many PASIDs the driver holds for the kernel's own use, as idxd takes
 * one for its kernel queues. The driver that includes this says for which device.
 */
#ifndef IOASID_KERNEL_PASIDS_H
#define IOASID_KERNEL_PASIDS_H

#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>

static ioasid_t ioasid_kernel_pasids[16];
static unsigned int ioasid_nr_kernel_pasids;

/* The driver's: take one, or IOMMU_PASID_INVALID where there is none to take. */
static ioasid_t ioasid_take_kernel_pasid(void);

static int ioasid_set_kernel_pasids(const char *val,
				    const struct kernel_param *kp)
{
	unsigned int *nr = &ioasid_nr_kernel_pasids;
	unsigned int wanted;
	ioasid_t pasid;
	int ret;

	ret = kstrtouint(val, 0, &wanted);
	if (ret)
		return ret;
	if (wanted > ARRAY_SIZE(ioasid_kernel_pasids))
		return -EINVAL;

	while (*nr > wanted)
		iommu_free_global_pasid(ioasid_kernel_pasids[--*nr]);
	while (*nr < wanted) {
		pasid = ioasid_take_kernel_pasid();
		if (pasid == IOMMU_PASID_INVALID)
			return -ENOSPC;
		ioasid_kernel_pasids[(*nr)++] = pasid;
	}

	return 0;
}

static const struct kernel_param_ops ioasid_kernel_pasids_ops = {
	.set = ioasid_set_kernel_pasids,
	.get = param_get_uint,
};

module_param_cb(kernel_pasids, &ioasid_kernel_pasids_ops,
		&ioasid_nr_kernel_pasids, 0600);
MODULE_PARM_DESC(kernel_pasids,
		 "PASIDs to hold for the kernel's own use, 0 to 16, at run time");

#endif /* IOASID_KERNEL_PASIDS_H */
