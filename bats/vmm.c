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
 *	faults			make a page table that hands faults to a queue; what is
 *				attached from now on is attached to it
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
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "failnth.h"
#include "guest.h"

#define MAX_DEVICES	8

/* Where /dev/iommu is, so that another process knows what to take. */
#define IOMMU_FD	100

/* One for each device; they share the page tables. */
static struct guest guests[MAX_DEVICES], *guest = guests;
static unsigned int nr_devices = 1;

static void set_up(void)
{
	int fd = open("/dev/iommu", O_RDWR);

	if (fd < 0 || dup2(fd, IOMMU_FD) < 0 || close(fd) ||
	    guest_make(IOMMU_FD, guest))
		err(2, "/dev/iommu");
}

static void take_over(pid_t pid, const char *numbers)
{
	int pidfd = pidfd_open(pid, 0), fd = pidfd_getfd(pidfd, IOMMU_FD, 0);

	if (fd < 0 || dup2(fd, IOMMU_FD) < 0 || close(fd))
		err(2, "the /dev/iommu of %d", pid);
	if (sscanf(numbers, "%u %u %u", &guest->page_tables[0],
		   &guest->page_tables[1], &guest->device) != 3)
		errx(2, "'%s' are not three numbers", numbers);
}

static void use_device(unsigned int n)
{
	if (n >= MAX_DEVICES)
		errx(2, "there is no device %u", n);
	guest = &guests[n];
	printf("device %u\n", n);
}

static void make_device(__u32 flags)
{
	if (nr_devices == MAX_DEVICES)
		errx(2, "too many devices");
	guests[nr_devices] = guests[0];
	if (guest_make_device(IOMMU_FD, &guests[nr_devices],
			      guest->page_tables[0], flags))
		err(2, "no device");
	use_device(nr_devices++);
}

static void take_faults(void)
{
	struct iommu_fault_alloc queue = { .size = sizeof(queue) };

	if (ioctl(IOMMU_FD, IOMMU_FAULT_QUEUE_ALLOC, &queue) ||
	    guest_make_page_table(IOMMU_FD, guest, queue.out_fault_id,
				  &guest->page_tables[0]))
		err(2, "no page table with a queue for faults");
	/* It would keep /dev/iommu open. */
	close(queue.out_fault_fd);
	puts("faults");
}

static int attach(__u32 pasid)
{
	return guest_attach(IOMMU_FD, guest, pasid);
}

static int replace(__u32 pasid)
{
	struct iommu_test_cmd cmd = {
		.pasid_replace = { .pasid = pasid, .pt_id = guest->page_tables[1] },
	};

	return guest_command(IOMMU_FD, &cmd, IOMMU_TEST_OP_PASID_REPLACE,
			     guest->device);
}

static int detach(__u32 pasid)
{
	return guest_detach(IOMMU_FD, guest, pasid);
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
	cmd->id = guest->device;
	cmd->pasid_attach.pasid = pasid;
	cmd->pasid_attach.pt_id = guest->page_tables[0];
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
	if (pasid <= last)
		printf("%u %s, %s\n", pasid - first, done, strerrorname_np(errno));
	else
		printf("%u %s\n", pasid - first, done);
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
	printf("ready %u %u %u\n", guest->page_tables[0], guest->page_tables[1],
	       guest->device);
	while (fgets(line, sizeof(line), stdin)) {
		int n = sscanf(line, "%15s %u %u", command, &first, &last);

		if (n == 1 && !strcmp(command, "device"))
			make_device(0);
		else if (n == 1 && !strcmp(command, "twin"))
			make_device(MOCK_FLAGS_DEVICE_TWIN);
		else if (n == 2 && !strcmp(command, "device"))
			use_device(first);
		else if (n == 1 && !strcmp(command, "faults"))
			take_faults();
		else if (n == 1 && !strcmp(command, "close"))
			puts(close(IOMMU_FD) ? strerrorname_np(errno) : "closed");
		else if (n >= 2)
			obey(command, first, n == 3 ? last : first);
		else
			errx(2, "%s", line);
	}

	return 0;
}
