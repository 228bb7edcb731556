/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest whose processes a virtual machine monitor attaches to a device through
 * iommufd: what is made on an open /dev/iommu, with the mock that iommufd brings.
 */
#ifndef GUEST_H
#define GUEST_H

#include <sys/ioctl.h>

#include <linux/iommufd_test.h>

struct guest {
	__u32 ioas;
	__u32 page_tables[2];
	__u32 device;			/* the mock's name for it */
	__u32 object;			/* and iommufd's */
};

static inline int guest_command(int fd, struct iommu_test_cmd *cmd, __u32 op,
				__u32 id)
{
	cmd->size = sizeof(*cmd);
	cmd->op = op;
	cmd->id = id;
	return ioctl(fd, IOMMU_TEST_CMD, cmd);
}

static inline int guest_make_device(int fd, struct guest *guest, __u32 page_table,
				    __u32 flags)
{
	struct iommu_test_cmd cmd = {
		.mock_domain_flags.dev_flags = MOCK_FLAGS_DEVICE_PASID | flags,
	};

	if (guest_command(fd, &cmd, IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS, page_table))
		return -1;
	guest->device = cmd.mock_domain_flags.out_stdev_id;
	guest->object = cmd.mock_domain_flags.out_idev_id;
	return 0;
}

/* One that PASIDs may be attached to; it hands faults to @fault_queue, unless 0. */
static inline int guest_make_page_table(int fd, const struct guest *guest,
					__u32 fault_queue, __u32 *page_table)
{
	struct iommu_hwpt_alloc alloc = {
		.size = sizeof(alloc),
		.flags = IOMMU_HWPT_ALLOC_PASID |
			 (fault_queue ? IOMMU_HWPT_FAULT_ID_VALID : 0),
		.dev_id = guest->object,
		.pt_id = guest->ioas,
		.fault_id = fault_queue,
	};

	if (ioctl(fd, IOMMU_HWPT_ALLOC, &alloc))
		return -1;
	*page_table = alloc.out_hwpt_id;
	return 0;
}

/* One device, and page tables for it. */
static inline int guest_make(int fd, struct guest *guest)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_test_cmd cmd = { };

	if (ioctl(fd, IOMMU_IOAS_ALLOC, &ioas))
		return -1;
	guest->ioas = ioas.out_ioas_id;
	if (guest_make_device(fd, guest, guest->ioas, 0))
		return -1;
	for (int i = 0; i < 2; i++) {
		if (guest_make_page_table(fd, guest, 0, &guest->page_tables[i]))
			return -1;
	}
	/* A device whose own page table knows no PASIDs can have none attached. */
	cmd.mock_domain_replace.pt_id = guest->page_tables[0];
	return guest_command(fd, &cmd, IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE,
			     guest->device);
}

static inline int guest_attach(int fd, const struct guest *guest, __u32 pasid)
{
	struct iommu_test_cmd cmd = {
		.pasid_attach = { .pasid = pasid, .pt_id = guest->page_tables[0] },
	};

	return guest_command(fd, &cmd, IOMMU_TEST_OP_PASID_ATTACH, guest->device);
}

static inline int guest_detach(int fd, const struct guest *guest, __u32 pasid)
{
	struct iommu_test_cmd cmd = { .pasid_detach.pasid = pasid };

	return guest_command(fd, &cmd, IOMMU_TEST_OP_PASID_DETACH, guest->device);
}

#endif /* GUEST_H */
