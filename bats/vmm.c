// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmm: what a virtual machine monitor does with PASIDs, on iommufd's mock.
 *
 * It opens /dev/iommu and makes a device, says "ready" and three numbers, and
 * then does what it is told on standard input, with a line of answer for each:
 *
 *	attach FIRST [LAST]	attach these PASIDs to the device, up to the first
 *				that fails: "64 attached", "2 attached, EAGAIN"
 *	replace FIRST [LAST]	attach them to another page table instead
 *	detach FIRST [LAST]
 *	device | twin		make another device, which is used from now on,
 *				in a group of its own or in that of all twins
 *	device N		use the Nth device that was made, from 0
 *	failnth PASID		attach it while the first memory allocation in the
 *				kernel fails, then the second, and so on, until one
 *				needs no more: each outcome, on the one line
 *	deaf PASID		attach it where the answer cannot be delivered
 *	close			close /dev/iommu
 *
 * vmm PID NUMBERS: take the open /dev/iommu of the vmm PID, which has said those
 * numbers, and its device, instead of making one.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include <linux/iommufd_test.h>

#include "failnth.h"

#define MAX_DEVICES	8

/* Where /dev/iommu is, so that another process knows what to take. */
#define IOMMU_FD	10

/* Whatever object the command acts on; the mock's name for a device is its own. */
static __u32 page_tables[2], devices[MAX_DEVICES];
static unsigned int nr_devices, device;

static int test(struct iommu_test_cmd *cmd, __u32 op, __u32 id)
{
	cmd->size = sizeof(*cmd);
	cmd->op = op;
	cmd->id = id;
	return ioctl(IOMMU_FD, IOMMU_TEST_CMD, cmd);
}

/* The iommufd object of the new device, whose own page table is @pt_id. */
static __u32 make_device(__u32 pt_id, __u32 flags)
{
	struct iommu_test_cmd cmd = {
		.mock_domain_flags.dev_flags = MOCK_FLAGS_DEVICE_PASID | flags,
	};

	if (nr_devices == MAX_DEVICES)
		errx(2, "too many devices");
	if (test(&cmd, IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS, pt_id))
		err(2, "no device");
	device = nr_devices++;
	devices[device] = cmd.mock_domain_flags.out_stdev_id;
	return cmd.mock_domain_flags.out_idev_id;
}

static __u32 make_page_table(__u32 idev_id, __u32 ioas_id)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_HWPT_ALLOC_PASID,
		.dev_id = idev_id,
		.pt_id = ioas_id,
	};

	if (ioctl(IOMMU_FD, IOMMU_HWPT_ALLOC, &cmd))
		err(2, "no page table");
	return cmd.out_hwpt_id;
}

static void set_up(void)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_test_cmd replace = { };
	int fd = open("/dev/iommu", O_RDWR);
	__u32 idev_id;

	if (fd < 0 || dup2(fd, IOMMU_FD) < 0 || close(fd) ||
	    ioctl(IOMMU_FD, IOMMU_IOAS_ALLOC, &ioas))
		err(2, "/dev/iommu");
	idev_id = make_device(ioas.out_ioas_id, 0);
	for (int i = 0; i < 2; i++)
		page_tables[i] = make_page_table(idev_id, ioas.out_ioas_id);
	/* A device whose own page table knows no PASIDs can have none attached. */
	replace.mock_domain_replace.pt_id = page_tables[0];
	if (test(&replace, IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE, devices[0]))
		err(2, "no page table for the device");
}

static void take_over(pid_t pid, const char *numbers)
{
	int pidfd = pidfd_open(pid, 0), fd = pidfd_getfd(pidfd, IOMMU_FD, 0);

	if (fd < 0 || dup2(fd, IOMMU_FD) < 0 || close(fd))
		err(2, "the /dev/iommu of %d", pid);
	if (sscanf(numbers, "%u %u %u", &page_tables[0], &page_tables[1],
		   &devices[nr_devices++]) != 3)
		errx(2, "'%s' are not three numbers", numbers);
}

static int attach(__u32 pasid)
{
	struct iommu_test_cmd cmd = {
		.pasid_attach = { .pasid = pasid, .pt_id = page_tables[0] },
	};

	return test(&cmd, IOMMU_TEST_OP_PASID_ATTACH, devices[device]);
}

static int replace(__u32 pasid)
{
	struct iommu_test_cmd cmd = {
		.pasid_replace = { .pasid = pasid, .pt_id = page_tables[1] },
	};

	return test(&cmd, IOMMU_TEST_OP_PASID_REPLACE, devices[device]);
}

static int detach(__u32 pasid)
{
	struct iommu_test_cmd cmd = { .pasid_detach.pasid = pasid };

	return test(&cmd, IOMMU_TEST_OP_PASID_DETACH, devices[device]);
}

/* The kernel can read the command, and cannot write its answer to it. */
static int deaf(__u32 pasid)
{
	struct iommu_test_cmd *cmd;

	cmd = mmap(NULL, sizeof(*cmd), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (cmd == MAP_FAILED)
		err(2, "mmap");
	cmd->size = sizeof(*cmd);
	cmd->op = IOMMU_TEST_OP_PASID_ATTACH;
	cmd->id = devices[device];
	cmd->pasid_attach.pasid = pasid;
	cmd->pasid_attach.pt_id = page_tables[0];
	if (mprotect(cmd, sizeof(*cmd), PROT_READ))
		err(2, "mprotect");
	return ioctl(IOMMU_FD, IOMMU_TEST_CMD, cmd);
}

static void each(int (*act)(__u32 pasid), __u32 first, __u32 last,
		 const char *done)
{
	__u32 pasid = first;

	while (pasid <= last && !act(pasid))
		pasid++;
	printf("%u %s", pasid - first, done);
	if (pasid <= last)
		printf(", %s", strerrorname_np(errno));
	puts("");
}

static int attach_it(const void *pasid)
{
	return attach(*(const __u32 *)pasid);
}

static void failnth(__u32 pasid)
{
	bool failed = true;
	int error;

	for (int nth = 1; failed; nth++) {
		failed = fail_nth(nth, attach_it, &pasid, &error);
		printf("%s ", error ? strerrorname_np(error) : "attached");
		if (!error && failed && detach(pasid))
			err(2, "detach");
	}
	puts("");
}

static void obey(const char *command, __u32 first, __u32 last)
{
	if (!strcmp(command, "attach"))
		each(attach, first, last, "attached");
	else if (!strcmp(command, "replace"))
		each(replace, first, last, "replaced");
	else if (!strcmp(command, "detach"))
		each(detach, first, last, "detached");
	else if (!strcmp(command, "deaf"))
		each(deaf, first, last, "attached");
	else if (!strcmp(command, "failnth"))
		failnth(first);
	else
		errx(2, "%s: no such command", command);
}

int main(int argc, char **argv)
{
	char line[128], command[16];
	__u32 first, last;

	if (argc != 1 && argc != 3)
		errx(2, "usage: vmm [PID NUMBERS]");
	if (argc == 3)
		take_over(atoi(argv[1]), argv[2]);
	else
		set_up();

	setlinebuf(stdout);
	printf("ready %u %u %u\n", page_tables[0], page_tables[1], devices[0]);
	while (fgets(line, sizeof(line), stdin)) {
		int n = sscanf(line, "%15s %u %u", command, &first, &last);

		if (n == 1 && !strcmp(command, "device")) {
			make_device(page_tables[0], 0);
			printf("device %u\n", device);
		} else if (n == 1 && !strcmp(command, "twin")) {
			make_device(page_tables[0], MOCK_FLAGS_DEVICE_TWIN);
			printf("device %u\n", device);
		} else if (n == 2 && !strcmp(command, "device")) {
			device = first < nr_devices ? first : device;
			printf("device %u\n", device);
		} else if (n == 1 && !strcmp(command, "close")) {
			puts(close(IOMMU_FD) ? strerrorname_np(errno) : "closed");
		} else if (n >= 2) {
			obey(command, first, n == 3 ? last : first);
		} else {
			errx(2, "%s", line);
		}
	}

	return 0;
}
