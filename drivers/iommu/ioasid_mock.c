// SPDX-License-Identifier: GPL-2.0-only
/*
 * TEST ONLY: a software IOMMU and an accelerator behind it.
 *
 * A platform device behind an IOMMU that can do shared virtual addressing and
 * translates nothing, registered with uacce. Opening /dev/ioasid_mock-0 takes
 * the kernel's own path through uacce and iommu_sva_bind_device(), and takes a
 * PASID, on a machine that has no accelerator. No kernel that a user installs
 * wants this.
 *
 * Devices that no firmware node ties to an IOMMU all go to whichever of those
 * registered first. So this one refuses every device but its own, and works only
 * where no other such IOMMU is present.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/iommu.h>
#include <linux/moduleparam.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/uacce.h>

static unsigned int pasid_bits = 20;
module_param(pasid_bits, uint, 0444);
MODULE_PARM_DESC(pasid_bits, "Bits in a PASID, 1 to 20 (default 20)");

static struct platform_device *ioasid_mock_dev;
static struct iommu_device ioasid_mock_iommu;

/* PASIDs for the kernel's own use, as idxd takes one for its kernel queues. */
static ioasid_t ioasid_mock_kernel_pasids[16];
static unsigned int ioasid_mock_nr_kernel_pasids;

static int ioasid_mock_set_kernel_pasids(const char *val,
					 const struct kernel_param *kp)
{
	unsigned int *nr = &ioasid_mock_nr_kernel_pasids;
	unsigned int wanted;
	ioasid_t pasid;
	int ret;

	ret = kstrtouint(val, 0, &wanted);
	if (ret)
		return ret;
	if (!ioasid_mock_dev || !ioasid_mock_dev->dev.iommu ||
	    wanted > ARRAY_SIZE(ioasid_mock_kernel_pasids))
		return -EINVAL;

	while (*nr > wanted)
		iommu_free_global_pasid(ioasid_mock_kernel_pasids[--*nr]);
	while (*nr < wanted) {
		pasid = iommu_alloc_global_pasid(&ioasid_mock_dev->dev);
		if (pasid == IOMMU_PASID_INVALID)
			return -ENOSPC;
		ioasid_mock_kernel_pasids[(*nr)++] = pasid;
	}

	return 0;
}

static const struct kernel_param_ops ioasid_mock_kernel_pasids_ops = {
	.set = ioasid_mock_set_kernel_pasids,
	.get = param_get_uint,
};

module_param_cb(kernel_pasids, &ioasid_mock_kernel_pasids_ops,
		&ioasid_mock_nr_kernel_pasids, 0600);
MODULE_PARM_DESC(kernel_pasids,
		 "PASIDs to hold for the kernel's own use, 0 to 16, at run time");

/* There is no hardware to set up, so every attach succeeds. */
static int ioasid_mock_attach_dev(struct iommu_domain *domain,
				  struct device *dev, struct iommu_domain *old)
{
	return 0;
}

static int ioasid_mock_set_dev_pasid(struct iommu_domain *domain,
				     struct device *dev, ioasid_t pasid,
				     struct iommu_domain *old)
{
	return 0;
}

static void ioasid_mock_domain_free(struct iommu_domain *domain)
{
	kfree(domain);
}

static const struct iommu_domain_ops ioasid_mock_static_ops = {
	.attach_dev	= ioasid_mock_attach_dev,
	.set_dev_pasid	= ioasid_mock_set_dev_pasid,
};

static const struct iommu_domain_ops ioasid_mock_sva_ops = {
	.set_dev_pasid	= ioasid_mock_set_dev_pasid,
	.free		= ioasid_mock_domain_free,
};

static struct iommu_domain ioasid_mock_blocked = {
	.type	= IOMMU_DOMAIN_BLOCKED,
	.ops	= &ioasid_mock_static_ops,
};

static struct iommu_domain ioasid_mock_identity = {
	.type	= IOMMU_DOMAIN_IDENTITY,
	.ops	= &ioasid_mock_static_ops,
};

static struct iommu_domain *ioasid_mock_domain_alloc_sva(struct device *dev,
							 struct mm_struct *mm)
{
	struct iommu_domain *domain = kzalloc_obj(*domain);

	if (!domain)
		return ERR_PTR(-ENOMEM);

	domain->ops = &ioasid_mock_sva_ops;
	return domain;
}

static struct iommu_device *ioasid_mock_probe_device(struct device *dev)
{
	if (dev != &ioasid_mock_dev->dev)
		return ERR_PTR(-ENODEV);

	return &ioasid_mock_iommu;
}

static const struct iommu_ops ioasid_mock_ops = {
	.probe_device		= ioasid_mock_probe_device,
	.device_group		= generic_device_group,
	.domain_alloc_sva	= ioasid_mock_domain_alloc_sva,
	.blocked_domain		= &ioasid_mock_blocked,
	.identity_domain	= &ioasid_mock_identity,
	.default_domain		= &ioasid_mock_identity,
};

static int __init ioasid_mock_iommu_init(void)
{
	const struct property_entry properties[] = {
		PROPERTY_ENTRY_U32("pasid-num-bits", pasid_bits),
		{ }
	};
	const struct platform_device_info info = {
		.name		= "ioasid_mock",
		.id		= PLATFORM_DEVID_NONE,
		.properties	= properties,
	};
	struct platform_device *pdev;
	int ret;

	pdev = platform_device_register_full(&info);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);

	ret = iommu_device_sysfs_add(&ioasid_mock_iommu, NULL, NULL,
				     "ioasid_mock_iommu");
	if (ret)
		goto err_unregister;

	ioasid_mock_iommu.max_pasids = 1U << pasid_bits;
	/* It is asked for at once. */
	ioasid_mock_dev = pdev;
	ret = iommu_device_register(&ioasid_mock_iommu, &ioasid_mock_ops, NULL);
	if (ret)
		goto err_sysfs;

	return 0;

err_sysfs:
	ioasid_mock_dev = NULL;
	iommu_device_sysfs_remove(&ioasid_mock_iommu);
err_unregister:
	platform_device_unregister(pdev);
	return ret;
}

static const struct uacce_ops ioasid_mock_uacce_ops = { };

static int __init ioasid_mock_uacce_init(void)
{
	struct uacce_interface interface = {
		.name	= "ioasid_mock",
		.flags	= UACCE_DEV_SVA,
		.ops	= &ioasid_mock_uacce_ops,
	};
	struct uacce_device *uacce;
	int ret;

	uacce = uacce_alloc(&ioasid_mock_dev->dev, &interface);
	if (IS_ERR(uacce))
		return PTR_ERR(uacce);

	uacce->algs = "none\n";
	uacce->api_ver = "ioasid_mock";
	ret = uacce_register(uacce);
	if (ret)
		uacce_remove(uacce);

	return ret;
}

static int __init ioasid_mock_init(void)
{
	int ret;

	if (pasid_bits < 1 || pasid_bits > 20) {
		pr_err("pasid_bits=%u is not from 1 to 20\n", pasid_bits);
		return -EINVAL;
	}

	ret = ioasid_mock_iommu_init();
	if (ret)
		return ret;

	pr_info("test only: software IOMMU with %u PASID bits\n", pasid_bits);
	return ioasid_mock_uacce_init();
}
device_initcall(ioasid_mock_init);
