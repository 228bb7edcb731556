// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the PASID core, included by it.
 *
 * They take numbers from the one space that there is, beside whatever the machine
 * holds already, and expect that nothing else is taken or given back while they run.
 * Where that is not so a test fails, but it frees only what it was given.
 */

#include <kunit/test.h>

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
		ret = ioasid_alloc_kernel(MAX_PASIDS);
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
	struct ioasid_payer payer;
	struct ioasid_held held;
	int more;

	KUNIT_ASSERT_EQ(test, ioasid_payer_get(&payer), 0);
	KUNIT_EXPECT_EQ(test, fill(&held), -ENOSPC);
	KUNIT_EXPECT_EQ(test, ioasid_alloc(&payer, MAX_PASIDS), -ENOSPC);

	/* A device with more bits still has numbers that this one cannot use. */
	more = ioasid_alloc(&payer, 2 * MAX_PASIDS);
	KUNIT_EXPECT_GE(test, more, MAX_PASIDS);
	if (more > 0)
		ioasid_free(more);
	ioasid_payer_put(&payer);
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
	KUNIT_EXPECT_EQ(test, ioasid_alloc_kernel(0), -ENOSPC);
	KUNIT_EXPECT_EQ(test, ioasid_alloc_kernel(1), -ENOSPC);
}

static void number_is_recorded_with_who_pays(struct kunit *test)
{
	struct ioasid_payer payer;
	struct ioasid_row row;
	int pasid;

	KUNIT_ASSERT_EQ(test, ioasid_payer_get(&payer), 0);
	pasid = ioasid_alloc(&payer, MAX_PASIDS);
	KUNIT_EXPECT_GT(test, pasid, 0);
	if (pasid > 0) {
		KUNIT_EXPECT_TRUE(test, ioasid_table_get(pasid, &row));
		KUNIT_EXPECT_EQ(test, row.pasid, pasid);
		KUNIT_EXPECT_STREQ(test, row.user, "sva");
		KUNIT_EXPECT_PTR_EQ(test, row.acct, payer.acct);
		ioasids_cg_account_put(row.acct);
		ioasid_free(pasid);
		KUNIT_EXPECT_FALSE(test, ioasid_table_get(pasid, &row));
	}
	ioasid_payer_put(&payer);

	pasid = ioasid_alloc_kernel(MAX_PASIDS);
	KUNIT_ASSERT_GT(test, pasid, 0);
	KUNIT_EXPECT_TRUE(test, ioasid_table_get(pasid, &row));
	KUNIT_EXPECT_STREQ(test, row.user, "kernel");
	KUNIT_EXPECT_PTR_EQ(test, row.acct, ioasids_cg_account_kernel());
	ioasids_cg_account_put(row.acct);
	ioasid_free(pasid);
}

/* The thread group of an account and its cgroup, which debugfs and the tracepoints show. */
static void owner_is_the_thread_group_and_its_cgroup(struct kunit *test)
{
	struct ioasids_account *kernel = ioasids_cg_account_kernel();
	struct ioasid_payer payer;
	struct cgroup *cgroup;
	struct pid *tgid;

	if (!kernel)
		kunit_skip(test, "the controller is disabled");
	KUNIT_ASSERT_EQ(test, ioasid_payer_get(&payer), 0);
	guard(rcu)();
	cgroup = task_cgroup(current, ioasids_cgrp_id);
	KUNIT_EXPECT_PTR_EQ(test, ioasids_cg_account_owner(payer.acct, &tgid), cgroup);
	KUNIT_EXPECT_PTR_EQ(test, tgid, task_tgid(current));
	ioasid_payer_put(&payer);
	/* A kthread, which this is, is in the root, as the kernel is. */
	KUNIT_EXPECT_PTR_EQ(test, ioasids_cg_account_owner(kernel, &tgid), cgroup);
	KUNIT_EXPECT_NULL(test, tgid);
	KUNIT_EXPECT_NULL(test, ioasids_cg_account_owner(NULL, &tgid));
	KUNIT_EXPECT_NULL(test, tgid);
}

static void attachment_is_recorded_until_it_is_detached(struct kunit *test)
{
	struct ioasid_attachment one = { }, other = { };
	struct ioasid_row row;
	loff_t pos;

	/* The same number, as on two groups of devices. */
	KUNIT_EXPECT_EQ(test, ioasid_attach(&one, 7), 0);
	KUNIT_EXPECT_EQ(test, ioasid_attach(&other, 7), 0);
	KUNIT_EXPECT_NE(test, one.index, 0);
	KUNIT_EXPECT_NE(test, one.index, other.index);
	KUNIT_EXPECT_PTR_EQ(test, one.acct, other.acct);

	pos = IOASID_ATTACHMENTS + one.index;
	KUNIT_EXPECT_TRUE(test, ioasid_table_get(pos, &row));
	KUNIT_EXPECT_EQ(test, row.pasid, 7);
	KUNIT_EXPECT_STREQ(test, row.user, "iommufd");
	KUNIT_EXPECT_PTR_EQ(test, row.acct, one.acct);
	ioasids_cg_account_put(row.acct);

	ioasid_detach(&one);
	KUNIT_EXPECT_EQ(test, one.index, 0);
	KUNIT_EXPECT_FALSE(test, ioasid_table_get(pos, &row));
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
	KUNIT_EXPECT_EQ(test, ioasid_attach(&attachment, 1), 0);
	free_held(&held);
	fill(&held);
	KUNIT_EXPECT_EQ(test, held.nr, nr);
	free_held(&held);
	ioasid_detach(&attachment);
}

static void attachment_without_a_pasid_is_nothing(struct kunit *test)
{
	struct ioasid_attachment attachment = { };

	KUNIT_EXPECT_EQ(test, ioasid_attach(&attachment, IOMMU_NO_PASID), 0);
	KUNIT_EXPECT_EQ(test, attachment.index, 0);
	KUNIT_EXPECT_NULL(test, attachment.acct);
	ioasid_detach(&attachment);
}

static struct kunit_case ioasid_cases[] = {
	KUNIT_CASE(numbers_are_unique_and_in_range),
	KUNIT_CASE(full_space_gives_enospc),
	KUNIT_CASE(lowest_free_number_is_taken),
	KUNIT_CASE(device_without_pasids_gets_none),
	KUNIT_CASE(number_is_recorded_with_who_pays),
	KUNIT_CASE(owner_is_the_thread_group_and_its_cgroup),
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
