// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio DEVICE N: what a virtual machine monitor does with a device that it passes
 * through: open /dev/vfio/devices/... and attach PASIDs 1 to N of it to a page table
 * of iommufd's, say "N attached", and stay; or say how many were and which errno
 * came then, and stay all the same.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What is the kernel's own in its header, as it stands there. */
#define __counted_by(member)
#define __user

#include <linux/iommufd.h>
#include <linux/vfio.h>

/* A page table that PASIDs may be attached to, and the device without one is. */
static __u32 make_page_table(int device)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach) };
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_hwpt_alloc table = {
		.size = sizeof(table),
		.flags = IOMMU_HWPT_ALLOC_PASID,
	};
	int iommu = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	bind.iommufd = iommu;
	if (iommu < 0 || ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		err(2, "bind to /dev/iommu");
	if (ioctl(iommu, IOMMU_IOAS_ALLOC, &ioas))
		err(2, "allocate an address space");
	table.dev_id = bind.out_devid;
	table.pt_id = ioas.out_ioas_id;
	if (ioctl(iommu, IOMMU_HWPT_ALLOC, &table))
		err(2, "allocate a page table");
	attach.pt_id = table.out_hwpt_id;
	if (ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		err(2, "attach the device");

	return table.out_hwpt_id;
}

int main(int argc, char **argv)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.flags = VFIO_DEVICE_ATTACH_PASID,
	};
	__u32 n = argc == 3 ? atoi(argv[2]) : 0, table;
	int device;

	if (!n)
		errx(2, "usage: vfio DEVICE N");

	device = open(argv[1], O_RDWR | O_CLOEXEC);
	if (device < 0)
		err(2, "%s", argv[1]);
	table = make_page_table(device);

	for (attach.pasid = 1; attach.pasid <= n; attach.pasid++) {
		attach.pt_id = table;
		if (ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
			break;
	}
	if (attach.pasid <= n)
		printf("%u attached, %s\n", attach.pasid - 1, strerrorname_np(errno));
	else
		printf("%u attached\n", n);
	fclose(stdout);
	pause();
	return 0;
}
