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
#include <linux/iommu.h>
#include <linux/moduleparam.h>
#include <linux/platform_device.h>
#include <linux/printk.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/uacce.h>

#include "ioasid_kernel_pasids.h"

/* Above 20 it claims more than there are, as the register of a real one could. */
static unsigned int pasid_bits = 20;
module_param(pasid_bits, uint, 0444);
MODULE_PARM_DESC(pasid_bits,
		 "Bits that a PASID is claimed to have, 1 to 24 (default 20, the most that there are)");

/* A test can have each step of an open() fail, while it runs. */
static u8 fail_domain;
module_param(fail_domain, byte, 0600);
MODULE_PARM_DESC(fail_domain, "Errno with which no SVA domain is allocated, or 0");

static u8 fail_attach;
module_param(fail_attach, byte, 0600);
MODULE_PARM_DESC(fail_attach, "Errno with which no SVA domain is attached, or 0");

static u8 fail_queue;
module_param(fail_queue, byte, 0600);
MODULE_PARM_DESC(fail_queue, "Errno with which uacce gets no queue, or 0");

static unsigned int attaches;
module_param(attaches, uint, 0444);
MODULE_PARM_DESC(attaches, "How often the device was asked to attach an SVA domain");

static struct platform_device *ioasid_mock_dev;
static struct iommu_device ioasid_mock_iommu;

static ioasid_t ioasid_take_kernel_pasid(void)
{
	if (!ioasid_mock_dev || !ioasid_mock_dev->dev.iommu)
		return IOMMU_PASID_INVALID;

	return iommu_alloc_global_pasid(&ioasid_mock_dev->dev);
}

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

/* The count needs no lock: the mutex of the only group is held. */
static int ioasid_mock_sva_set_dev_pasid(struct iommu_domain *domain,
					 struct device *dev, ioasid_t pasid,
					 struct iommu_domain *old)
{
	attaches++;
	return -fail_attach;
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
	.set_dev_pasid	= ioasid_mock_sva_set_dev_pasid,
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
	struct iommu_domain *domain;

	if (fail_domain)
		return ERR_PTR(-fail_domain);

	domain = kzalloc_obj(*domain);
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

static int ioasid_mock_get_queue(struct uacce_device *uacce, unsigned long pasid,
				 struct uacce_queue *queue)
{
	return -fail_queue;
}

static const struct uacce_ops ioasid_mock_uacce_ops = {
	.get_queue	= ioasid_mock_get_queue,
};

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

	if (pasid_bits < 1 || pasid_bits > 24) {
		pr_err("pasid_bits=%u is not from 1 to 24\n", pasid_bits);
		return -EINVAL;
	}

	ret = ioasid_mock_iommu_init();
	if (ret)
		return ret;

	pr_info("test only: software IOMMU with %u PASID bits\n", pasid_bits);
	return ioasid_mock_uacce_init();
}
device_initcall(ioasid_mock_init);
