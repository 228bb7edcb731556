// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio DEVICE N: what a virtual machine monitor does with a device that it passes
 * through: open /dev/vfio/devices/... and attach PASIDs 1 to N of it to a page table
 * of iommufd's, say "N attached", and stay; or say how many were and which errno
 * came then, and stay all the same.
 *
 * vfio DEVICE N PASID: attach that one after them where the kernel cannot write its
 * answer, and say which errno came, and which comes where the page table is destroyed:
 * "0 attached, 7: EFAULT, page table: EBUSY". One that anything is attached to is busy.
 *
 * vfio DEVICE N mock: attach PASIDs 1 to N of a device without an IOMMU. It has no page
 * table that PASIDs may be attached to, so it is that of a device of iommufd's mock.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is the kernel's own in its header, as it stands there. */
#define __counted_by(member)
#define __user

#include <linux/iommufd.h>
#include <linux/vfio.h>

#include "guest.h"

static __u32 bind_device(int device, int iommu)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };

	bind.iommufd = iommu;
	if (iommu < 0 || ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		err(2, "bind to /dev/iommu");
	return bind.out_devid;
}

/* A page table that PASIDs may be attached to, and the device without one is. */
static __u32 make_page_table(int device, int iommu)
{
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach) };
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_hwpt_alloc table = {
		.size = sizeof(table),
		.flags = IOMMU_HWPT_ALLOC_PASID,
	};

	table.dev_id = bind_device(device, iommu);
	if (ioctl(iommu, IOMMU_IOAS_ALLOC, &ioas))
		err(2, "allocate an address space");
	table.pt_id = ioas.out_ioas_id;
	if (ioctl(iommu, IOMMU_HWPT_ALLOC, &table))
		err(2, "allocate a page table");
	attach.pt_id = table.out_hwpt_id;
	if (ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		err(2, "attach the device");

	return table.out_hwpt_id;
}

static __u32 mock_page_table(int device, int iommu)
{
	struct guest guest;

	bind_device(device, iommu);
	if (guest_make(iommu, &guest))
		err(2, "make a device of iommufd's mock");
	return guest.page_tables[0];
}

/* The kernel can read what it is asked, and cannot write its answer to it. */
static int attach_deaf(int device, __u32 table, __u32 pasid)
{
	struct vfio_device_attach_iommufd_pt *attach;

	attach = mmap(NULL, sizeof(*attach), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (attach == MAP_FAILED)
		err(2, "mmap");
	attach->argsz = sizeof(*attach);
	attach->flags = VFIO_DEVICE_ATTACH_PASID;
	attach->pasid = pasid;
	attach->pt_id = table;
	if (mprotect(attach, sizeof(*attach), PROT_READ))
		err(2, "mprotect");
	return ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, attach);
}

static int destroy(int iommu, __u32 table)
{
	struct iommu_destroy destroy = { .size = sizeof(destroy), .id = table };

	return ioctl(iommu, IOMMU_DESTROY, &destroy);
}

static const char *outcome(int result)
{
	return result ? strerrorname_np(errno) : "0";
}

int main(int argc, char **argv)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.flags = VFIO_DEVICE_ATTACH_PASID,
	};
	__u32 n = argc > 2 ? atoi(argv[2]) : 0;
	bool mock = argc > 3 && !strcmp(argv[3], "mock");
	__u32 deaf = argc > 3 && !mock ? atoi(argv[3]) : 0;
	int device, iommu;
	__u32 table;

	if (argc > 4 || (!n && !deaf))
		errx(2, "usage: vfio DEVICE N [PASID | mock]");

	device = open(argv[1], O_RDWR | O_CLOEXEC);
	if (device < 0)
		err(2, "%s", argv[1]);
	iommu = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	table = (mock ? mock_page_table : make_page_table)(device, iommu);

	for (attach.pasid = 1; attach.pasid <= n; attach.pasid++) {
		attach.pt_id = table;
		if (ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
			break;
	}
	printf("%u attached", attach.pasid - 1);
	if (attach.pasid <= n)
		printf(", %s", strerrorname_np(errno));
	if (deaf) {
		printf(", %u: %s", deaf, outcome(attach_deaf(device, table, deaf)));
		printf(", page table: %s", outcome(destroy(iommu, table)));
	}
	putchar('\n');
	fclose(stdout);
	pause();
	return 0;
}
