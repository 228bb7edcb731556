// SPDX-License-Identifier: GPL-2.0-only
/*
 * TEST ONLY: a driver for a device that has PASIDs and does nothing with them.
 *
 * The device is a PCI function that QEMU is given from outside, or a node in a
 * device tree that no hardware stands behind; the IOMMU in front of it is a real
 * one, as far as its driver can tell. Each device is registered with uacce, so
 * opening /dev/ioasid_endpoint-0 takes the kernel's own path through
 * iommu_sva_bind_device() and the IOMMU's driver. No kernel that a user installs
 * wants this.
 */

#include <linux/device.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mod_devicetable.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/uacce.h>

#include "ioasid_kernel_pasids.h"

/* In a range of vendors that nobody has been given. */
#define IOASID_ENDPOINT_VENDOR	0x1234
#define IOASID_ENDPOINT_DEVICE	0x10a5

struct ioasid_endpoint {
	struct list_head	list;
	struct device		*dev;
	struct uacce_device	*uacce;
};

static LIST_HEAD(ioasid_endpoints);
static DEFINE_MUTEX(ioasid_endpoints_lock);

static ioasid_t ioasid_take_kernel_pasid(void)
{
	struct ioasid_endpoint *endpoint;

	guard(mutex)(&ioasid_endpoints_lock);
	endpoint = list_first_entry_or_null(&ioasid_endpoints,
					    struct ioasid_endpoint, list);
	return endpoint ? iommu_alloc_global_pasid(endpoint->dev) :
			  IOMMU_PASID_INVALID;
}

static const struct uacce_ops ioasid_endpoint_uacce_ops = { };

static int ioasid_endpoint_add(struct device *dev)
{
	struct uacce_interface interface = {
		.name	= "ioasid_endpoint",
		.flags	= UACCE_DEV_SVA,
		.ops	= &ioasid_endpoint_uacce_ops,
	};
	struct ioasid_endpoint *endpoint;
	struct uacce_device *uacce;
	int ret;

	/* No IOMMU, no PASIDs; uacce would find out when it is opened. */
	if (!device_iommu_mapped(dev))
		return -ENODEV;

	endpoint = devm_kzalloc(dev, sizeof(*endpoint), GFP_KERNEL);
	if (!endpoint)
		return -ENOMEM;

	uacce = uacce_alloc(dev, &interface);
	if (IS_ERR(uacce))
		return PTR_ERR(uacce);

	uacce->algs = "none\n";
	uacce->api_ver = "ioasid_endpoint";
	ret = uacce_register(uacce);
	if (ret) {
		uacce_remove(uacce);
		return ret;
	}

	endpoint->dev = dev;
	endpoint->uacce = uacce;
	dev_set_drvdata(dev, endpoint);
	scoped_guard(mutex, &ioasid_endpoints_lock)
		list_add_tail(&endpoint->list, &ioasid_endpoints);

	dev_info(dev, "test only: %s has %u PASIDs\n", dev_name(&uacce->dev),
		 dev->iommu->max_pasids);
	return 0;
}

static void ioasid_endpoint_remove(struct device *dev)
{
	struct ioasid_endpoint *endpoint = dev_get_drvdata(dev);

	scoped_guard(mutex, &ioasid_endpoints_lock)
		list_del(&endpoint->list);
	uacce_remove(endpoint->uacce);
}

static int ioasid_endpoint_pci_probe(struct pci_dev *pdev,
				     const struct pci_device_id *id)
{
	return pcim_enable_device(pdev) ?: ioasid_endpoint_add(&pdev->dev);
}

static void ioasid_endpoint_pci_remove(struct pci_dev *pdev)
{
	ioasid_endpoint_remove(&pdev->dev);
}

static const struct pci_device_id ioasid_endpoint_pci_ids[] = {
	{ PCI_DEVICE(IOASID_ENDPOINT_VENDOR, IOASID_ENDPOINT_DEVICE) },
	{ }
};

static struct pci_driver ioasid_endpoint_pci_driver = {
	.name		= "ioasid_endpoint",
	.id_table	= ioasid_endpoint_pci_ids,
	.probe		= ioasid_endpoint_pci_probe,
	.remove		= ioasid_endpoint_pci_remove,
};

static int ioasid_endpoint_platform_probe(struct platform_device *pdev)
{
	return ioasid_endpoint_add(&pdev->dev);
}

static void ioasid_endpoint_platform_remove(struct platform_device *pdev)
{
	ioasid_endpoint_remove(&pdev->dev);
}

static const struct of_device_id ioasid_endpoint_of_ids[] = {
	{ .compatible = "ioasids,endpoint" },
	{ }
};

static struct platform_driver ioasid_endpoint_platform_driver = {
	.driver = {
		.name		= "ioasid_endpoint",
		.of_match_table	= ioasid_endpoint_of_ids,
	},
	.probe		= ioasid_endpoint_platform_probe,
	.remove		= ioasid_endpoint_platform_remove,
};

static int __init ioasid_endpoint_init(void)
{
	int ret;

	ret = pci_register_driver(&ioasid_endpoint_pci_driver);
	if (ret)
		return ret;

	ret = platform_driver_register(&ioasid_endpoint_platform_driver);
	if (ret)
		pci_unregister_driver(&ioasid_endpoint_pci_driver);

	return ret;
}
device_initcall(ioasid_endpoint_init);
