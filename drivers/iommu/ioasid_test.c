// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the PASID core, included by it.
 *
 * They take numbers from the one space that there is, beside whatever the
 * machine holds already, and expect that nothing else is taken or given back
 * while they run. Where that is not so a test fails, but it frees only what it
 * was given.
 */

#include <kunit/test.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

/* Numbers for a device that tells 2^5 PASIDs apart. */
#define MAX_PASIDS	32

struct ioasid_held {
	int pasid[MAX_PASIDS];
	int nr;
};

static void free_held(struct ioasid_held *held)
{
	while (held->nr)
		ioasid_free(held->pasid[--held->nr]);
}

/* Take every number that a device of MAX_PASIDS has left; the error at the end. */
static int fill_more(struct ioasid_held *held)
{
	int ret = 0;

	while (held->nr < MAX_PASIDS) {
		ret = ioasid_alloc(NULL, MAX_PASIDS);
		if (ret < 0)
			break;
		held->pasid[held->nr++] = ret;
	}

	return ret;
}

static int fill(struct ioasid_held *held)
{
	held->nr = 0;
	return fill_more(held);
}

static void numbers_are_unique_and_in_range(struct kunit *test)
{
	struct ioasid_held held;

	fill(&held);
	KUNIT_EXPECT_GT(test, held.nr, 0);
	for (int i = 0; i < held.nr; i++) {
		KUNIT_EXPECT_GE(test, held.pasid[i], (int)IOMMU_FIRST_GLOBAL_PASID);
		KUNIT_EXPECT_LT(test, held.pasid[i], MAX_PASIDS);
		for (int j = 0; j < i; j++)
			KUNIT_EXPECT_NE(test, held.pasid[i], held.pasid[j]);
	}
	free_held(&held);
}

static void full_space_gives_enospc(struct kunit *test)
{
	struct ioasid_held held;
	int more;

	KUNIT_EXPECT_EQ(test, fill(&held), -ENOSPC);
	KUNIT_EXPECT_EQ(test, ioasid_alloc(current, MAX_PASIDS), -ENOSPC);

	/* A device with more bits still has numbers that this one cannot use. */
	more = ioasid_alloc(NULL, 2 * MAX_PASIDS);
	KUNIT_EXPECT_GE(test, more, MAX_PASIDS);
	if (more > 0)
		ioasid_free(more);
	free_held(&held);
}

static void lowest_free_number_is_taken(struct kunit *test)
{
	struct ioasid_held held;
	int low, high;

	fill(&held);
	KUNIT_ASSERT_GE(test, held.nr, 2);
	high = held.pasid[--held.nr];
	low = held.pasid[--held.nr];
	KUNIT_EXPECT_LT(test, low, high);
	ioasid_free(high);
	ioasid_free(low);
	fill_more(&held);
	KUNIT_EXPECT_EQ(test, held.pasid[held.nr - 2], low);
	KUNIT_EXPECT_EQ(test, held.pasid[held.nr - 1], high);
	free_held(&held);
}

static void device_without_pasids_gets_none(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ioasid_alloc(NULL, 0), -ENOSPC);
	KUNIT_EXPECT_EQ(test, ioasid_alloc(NULL, 1), -ENOSPC);
}

/* For a device whose numbers are in three chunks. */
static void full_chunks_are_passed_over_until_one_has_room(struct kunit *test)
{
	const u32 max_pasids = 3 * IOASID_CHUNK;
	int *held, nr = 0, unordered = 0, more = 0, low, high;

	held = kcalloc(max_pasids, sizeof(*held), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, held);
	while (nr < max_pasids && (more = ioasid_alloc(NULL, max_pasids)) > 0) {
		unordered += nr && more <= held[nr - 1];
		held[nr++] = more;
	}
	KUNIT_EXPECT_EQ(test, more, -ENOSPC);
	KUNIT_EXPECT_EQ(test, unordered, 0);

	if (nr > 2 * IOASID_CHUNK) {
		low = held[IOASID_CHUNK / 2];
		high = held[IOASID_CHUNK * 3 / 2];
		ioasid_free(low);
		ioasid_free(high);
		held[IOASID_CHUNK / 2] = ioasid_alloc(NULL, max_pasids);
		held[IOASID_CHUNK * 3 / 2] = ioasid_alloc(NULL, max_pasids);
		KUNIT_EXPECT_EQ(test, held[IOASID_CHUNK / 2], low);
		KUNIT_EXPECT_EQ(test, held[IOASID_CHUNK * 3 / 2], high);
	} else {
		KUNIT_FAIL(test, "only %d numbers were free", nr);
	}

	while (nr) {
		if (held[--nr] > 0)
			ioasid_free(held[nr]);
	}
	kfree(held);
}

/* Who pays for @pasid, NULL where it is free. */
static void *payer_of(u32 pasid)
{
	u32 index = pasid - IOMMU_FIRST_GLOBAL_PASID;
	unsigned int i = index % IOASID_CHUNK;
	struct ioasid_chunk *chunk;

	guard(spinlock_irq)(&ioasids_lock);
	chunk = ioasid_chunks[index / IOASID_CHUNK];
	return test_bit(i, chunk->used) ? chunk->payer[i] : NULL;
}

/* With DEBUG_ATOMIC_SLEEP, a free that could sleep is a report in the log. */
static void number_can_be_freed_under_a_spinlock(struct kunit *test)
{
	int pasid = ioasid_alloc(current, MAX_PASIDS);
	static DEFINE_SPINLOCK(lock);

	KUNIT_ASSERT_GT(test, pasid, 0);
	KUNIT_EXPECT_NOT_NULL(test, payer_of(pasid));
	scoped_guard(spinlock_irqsave, &lock)
		ioasid_free(pasid);
	KUNIT_EXPECT_NULL(test, payer_of(pasid));
}

/* Whether @pasid is paid for by the process of @payer. */
static void expect_payer(struct kunit *test, int pasid, struct task_struct *payer)
{
	struct ioasids_account *acct;

	scoped_guard(spinlock_irq, &ioasids_lock)
		acct = ioasids_account_get(payer);
	KUNIT_EXPECT_PTR_EQ(test, payer_of(pasid), ioasid_payer(acct, payer));
	ioasids_account_put(acct);
}

static void payer_is_who_the_caller_names(struct kunit *test)
{
	int pasid = ioasid_alloc(current, MAX_PASIDS);

	KUNIT_ASSERT_GT(test, pasid, 0);
	expect_payer(test, pasid, current);
	ioasid_free(pasid);

	pasid = ioasid_alloc(NULL, MAX_PASIDS);
	KUNIT_ASSERT_GT(test, pasid, 0);
	expect_payer(test, pasid, NULL);
	ioasid_free(pasid);
}

static void mm_is_paid_for_by_who_runs_in_it(struct kunit *test)
{
	struct task_struct *init;
	struct mm_struct *mm;
	struct pid *pid;
	int pasid;

	/* Process 1 is the one user process that always runs. */
	pid = find_get_pid(1);
	init = get_pid_task(pid, PIDTYPE_TGID);
	put_pid(pid);
	mm = get_task_mm(init);
	if (!mm) {
		put_task_struct(init);
		kunit_skip(test, "no user process yet: run it through debugfs");
	}

	pasid = ioasid_alloc_mm(mm, MAX_PASIDS);
	KUNIT_EXPECT_GT(test, pasid, 0);
	if (pasid > 0) {
		expect_payer(test, pasid, init);
		ioasid_free(pasid);
	}
	mmput(mm);
	put_task_struct(init);
}

static void mm_that_nobody_runs_in_is_the_kernels(struct kunit *test)
{
	int pasid;

	/* This thread runs in the mm, but kernel threads do not pay. */
	KUNIT_ASSERT_EQ(test, kunit_attach_mm(), 0);
	pasid = ioasid_alloc_mm(current->mm, MAX_PASIDS);
	KUNIT_ASSERT_GT(test, pasid, 0);
	expect_payer(test, pasid, NULL);
	ioasid_free(pasid);
}

static void attachment_is_recorded_until_it_is_detached(struct kunit *test)
{
	struct ioasid_attachment one = { }, other = { };
	static DEFINE_SPINLOCK(lock);
	u32 index;

	/* The same number, as on two groups of devices. */
	KUNIT_EXPECT_EQ(test, ioasid_attach(&one, current, 7), 0);
	KUNIT_EXPECT_EQ(test, ioasid_attach(&other, current, 7), 0);
	index = one.index;
	KUNIT_EXPECT_NE(test, index, 0);
	KUNIT_EXPECT_NE(test, index, other.index);
	KUNIT_EXPECT_PTR_EQ(test, xa_load(&ioasid_attached_xa, index), &one);
	KUNIT_EXPECT_PTR_EQ(test, one.acct, other.acct);

	/* With DEBUG_ATOMIC_SLEEP, one that could sleep is a report in the log. */
	scoped_guard(spinlock_irqsave, &lock)
		ioasid_detach(&one);
	KUNIT_EXPECT_EQ(test, one.index, 0);
	KUNIT_EXPECT_NULL(test, xa_load(&ioasid_attached_xa, index));
	ioasid_detach(&other);
}

static void attachment_takes_no_number_of_the_shared_space(struct kunit *test)
{
	struct ioasid_attachment attachment = { };
	struct ioasid_held held;
	int nr;

	/* There is one where no number is left, and as many numbers beside one. */
	fill(&held);
	nr = held.nr;
	KUNIT_EXPECT_EQ(test, ioasid_attach(&attachment, current, 1), 0);
	free_held(&held);
	fill(&held);
	KUNIT_EXPECT_EQ(test, held.nr, nr);
	free_held(&held);
	ioasid_detach(&attachment);
}

static void attachment_without_a_pasid_is_nothing(struct kunit *test)
{
	struct ioasid_attachment attachment = { };

	KUNIT_EXPECT_EQ(test, ioasid_attach(&attachment, current, IOMMU_NO_PASID), 0);
	KUNIT_EXPECT_EQ(test, attachment.index, 0);
	KUNIT_EXPECT_NULL(test, attachment.acct);
	/* Which would warn if it gave something back. */
	ioasid_detach(&attachment);
}

static struct kunit_case ioasid_cases[] = {
	KUNIT_CASE(numbers_are_unique_and_in_range),
	KUNIT_CASE(full_space_gives_enospc),
	KUNIT_CASE(lowest_free_number_is_taken),
	KUNIT_CASE(device_without_pasids_gets_none),
	KUNIT_CASE(full_chunks_are_passed_over_until_one_has_room),
	KUNIT_CASE(number_can_be_freed_under_a_spinlock),
	KUNIT_CASE(payer_is_who_the_caller_names),
	KUNIT_CASE(mm_is_paid_for_by_who_runs_in_it),
	KUNIT_CASE(mm_that_nobody_runs_in_is_the_kernels),
	KUNIT_CASE(attachment_is_recorded_until_it_is_detached),
	KUNIT_CASE(attachment_takes_no_number_of_the_shared_space),
	KUNIT_CASE(attachment_without_a_pasid_is_nothing),
	{}
};

static struct kunit_suite ioasid_suite = {
	.name		= "ioasid",
	.test_cases	= ioasid_cases,
};

kunit_test_suite(ioasid_suite);
