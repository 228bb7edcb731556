// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the ioasids controller, included by it.
 *
 * Most count in a tree of their own, which no cgroup filesystem knows and no process
 * is in. Those of accounts and of the core use the root, and some of them let it
 * refuse everybody for a moment. The thread that runs a test is in the root.
 */

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/ioasid.h>
#include <linux/kthread.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>

#define DEPTH	5

/*
 * root - chain[1] - ... - chain[DEPTH - 1]
 *                 \ side
 */
struct ioasids_tree {
	struct ioasids_cgroup root;
	struct ioasids_cgroup *chain[DEPTH];
	struct ioasids_cgroup *side;
	struct ioasids_cgroup *leaf;
};

KUNIT_DEFINE_ACTION_WRAPPER(free_css, ioasids_css_free, struct cgroup_subsys_state *);

static struct ioasids_cgroup *tree_add(struct kunit *test, struct ioasids_cgroup *parent)
{
	struct cgroup_subsys_state *css = ioasids_css_alloc(&parent->css);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, css);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_css, css), 0);
	css->flags = CSS_NO_REF;
	/* Tracepoints ask for the id of the cgroup. */
	css->cgroup = ioasids_root.css.cgroup;
	css->parent = &parent->css;
	return css_ioasids(css);
}

static struct ioasids_tree *tree_make(struct kunit *test)
{
	struct ioasids_tree *tree = kunit_kzalloc(test, sizeof(*tree), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tree);
	tree->root.css.flags = CSS_NO_REF;
	tree->root.css.cgroup = ioasids_root.css.cgroup;
	tree->root.limit = IOASIDS_MAX;
	INIT_LIST_HEAD(&tree->root.accounts);
	tree->chain[0] = &tree->root;
	for (int i = 1; i < DEPTH; i++)
		tree->chain[i] = tree_add(test, tree->chain[i - 1]);
	tree->side = tree_add(test, tree->chain[1]);
	tree->leaf = tree->chain[DEPTH - 1];
	return tree;
}

/* An account of no thread group. It has a user, so that it is not freed. */
static struct ioasids_account *account_make(struct kunit *test,
					    struct ioasids_cgroup *cg)
{
	struct ioasids_account *acct = kunit_kzalloc(test, sizeof(*acct), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, acct);
	acct->refs = 1;
	acct->cg = cg;
	list_add(&acct->in_cgroup, &cg->accounts);
	return acct;
}

/* Charge @nr times; each must succeed. */
static void charge(struct kunit *test, struct ioasids_account *acct,
		   enum ioasids_user user, int nr)
{
	struct ioasids_refusal refusal = { };

	while (nr--)
		KUNIT_ASSERT_EQ(test, ioasids_cg_try_charge(acct, user, &refusal), 0);
	KUNIT_EXPECT_NULL(test, refusal.limit);
}

/* Charge once more; @full must refuse, and nothing may change. */
static void refuse(struct kunit *test, struct ioasids_account *acct,
		   struct ioasids_cgroup *full)
{
	unsigned long before[DEPTH], peak[DEPTH], nr = acct->nr;
	struct ioasids_refusal refusal = { };
	struct ioasids_cgroup *cg;
	int i = 0;

	for (cg = acct->cg; cg; cg = parent_ioasids(cg), i++) {
		before[i] = cg->nr;
		peak[i] = cg->peak;
	}
	KUNIT_EXPECT_EQ(test, ioasids_cg_try_charge(acct, IOASIDS_SVA, &refusal), -EAGAIN);
	KUNIT_EXPECT_PTR_EQ(test, refusal.payer, &acct->cg->css);
	KUNIT_EXPECT_PTR_EQ(test, refusal.limit, &full->css);
	KUNIT_EXPECT_EQ(test, acct->nr, nr);
	i = 0;
	for (cg = acct->cg; cg; cg = parent_ioasids(cg), i++) {
		KUNIT_EXPECT_EQ(test, cg->nr, before[i]);
		KUNIT_EXPECT_EQ(test, cg->peak, peak[i]);
	}
}

static void move(struct ioasids_account *acct, struct ioasids_cgroup *to)
{
	guard(spinlock)(&ioasids_cg_lock);
	ioasids_cg_account_move(acct, to);
}

static void charge_counts_at_every_level(struct kunit *test)
{
	struct ioasids_tree *tree = tree_make(test);
	struct ioasids_account *acct = account_make(test, tree->leaf);

	charge(test, acct, IOASIDS_SVA, 3);
	KUNIT_EXPECT_EQ(test, acct->nr, 3);
	for (int i = 0; i < DEPTH; i++)
		KUNIT_EXPECT_EQ(test, tree->chain[i]->nr, 3);
	KUNIT_EXPECT_EQ(test, tree->side->nr, 0);

	ioasids_cg_uncharge(acct, IOASIDS_SVA);
	KUNIT_EXPECT_EQ(test, acct->nr, 2);
	for (int i = 0; i < DEPTH; i++)
		KUNIT_EXPECT_EQ(test, tree->chain[i]->nr, 2);
}

static void limit_at_any_level_refuses(struct kunit *test)
{
	for (int i = 0; i < DEPTH; i++) {
		struct ioasids_tree *tree = tree_make(test);
		struct ioasids_account *acct = account_make(test, tree->leaf);

		tree->chain[i]->limit = 0;
		refuse(test, acct, tree->chain[i]);
		tree->chain[i]->limit = 2;
		charge(test, acct, IOASIDS_SVA, 2);
		refuse(test, acct, tree->chain[i]);
		ioasids_cg_uncharge(acct, IOASIDS_SVA);
		charge(test, acct, IOASIDS_SVA, 1);
		refuse(test, acct, tree->chain[i]);
	}
}

static void nearest_full_cgroup_is_named(struct kunit *test)
{
	struct ioasids_tree *tree = tree_make(test);

	tree->chain[1]->limit = 0;
	tree->chain[3]->limit = 0;
	refuse(test, account_make(test, tree->leaf), tree->chain[3]);
}

static void siblings_share_their_parents_limit(struct kunit *test)
{
	struct ioasids_tree *tree = tree_make(test);
	struct ioasids_account *a = account_make(test, tree->leaf);
	struct ioasids_account *b = account_make(test, tree->side);

	tree->chain[1]->limit = 5;
	charge(test, a, IOASIDS_SVA, 3);
	charge(test, b, IOASIDS_SVA, 2);
	refuse(test, a, tree->chain[1]);
	refuse(test, b, tree->chain[1]);
}

static void lowered_limit_refuses_until_below(struct kunit *test)
{
	struct ioasids_tree *tree = tree_make(test);
	struct ioasids_account *acct = account_make(test, tree->leaf);

	charge(test, acct, IOASIDS_SVA, 4);
	tree->chain[2]->limit = 2;
	for (int nr = 4; nr >= 2; nr--) {
		refuse(test, acct, tree->chain[2]);
		ioasids_cg_uncharge(acct, IOASIDS_SVA);
	}
	charge(test, acct, IOASIDS_SVA, 1);
}

/* What chain[2] refuses to the leaf. */
static void refusal_is_counted_where_it_belongs(struct kunit *test)
{
	struct ioasids_tree *tree = tree_make(test);
	struct ioasids_refusal refusal = {
		.payer = &tree->leaf->css,
		.limit = &tree->chain[2]->css,
	};

	ioasids_cg_refused(account_make(test, tree->leaf), &refusal);
	/* The root has no events files. */
	for (int i = 1; i < DEPTH; i++) {
		struct ioasids_cgroup *cg = tree->chain[i];

		KUNIT_EXPECT_EQ(test, i <= 2,
				atomic64_read(&cg->events[IOASIDS_EVENT_MAX]));
		KUNIT_EXPECT_EQ(test, 1,
				atomic64_read(&cg->events[IOASIDS_EVENT_ALLOC_FAIL]));
		KUNIT_EXPECT_EQ(test, i == 2,
				atomic64_read(&cg->events_local[IOASIDS_EVENT_MAX]));
		KUNIT_EXPECT_EQ(test, cg == tree->leaf,
				atomic64_read(&cg->events_local[IOASIDS_EVENT_ALLOC_FAIL]));
	}
}

static void peak_is_the_highest_that_was(struct kunit *test)
{
	struct ioasids_tree *tree = tree_make(test);
	struct ioasids_account *stays = account_make(test, tree->side);
	struct ioasids_account *moves = account_make(test, tree->leaf);

	charge(test, stays, IOASIDS_SVA, 1);
	charge(test, moves, IOASIDS_SVA, 3);
	ioasids_cg_uncharge(moves, IOASIDS_SVA);
	KUNIT_EXPECT_EQ(test, tree->leaf->peak, 3);
	KUNIT_EXPECT_EQ(test, tree->side->peak, 1);
	KUNIT_EXPECT_EQ(test, tree->chain[1]->peak, 4);

	/* In one step from 1 to 3, and no higher above. */
	move(moves, tree->side);
	KUNIT_EXPECT_EQ(test, tree->side->peak, 3);
	KUNIT_EXPECT_EQ(test, tree->leaf->peak, 3);
	KUNIT_EXPECT_EQ(test, tree->chain[1]->peak, 4);
	KUNIT_EXPECT_EQ(test, tree->chain[0]->peak, 4);
}

static void move_takes_all_charges_along(struct kunit *test)
{
	struct ioasids_tree *tree = tree_make(test);
	struct ioasids_account *stays = account_make(test, tree->leaf);
	struct ioasids_account *moves = account_make(test, tree->leaf);

	charge(test, stays, IOASIDS_SVA, 1);
	charge(test, moves, IOASIDS_SVA, 4);

	/* A full destination does not refuse. */
	tree->side->limit = 0;
	move(moves, tree->side);
	KUNIT_EXPECT_PTR_EQ(test, moves->cg, tree->side);
	KUNIT_EXPECT_EQ(test, tree->side->nr, 4);
	KUNIT_EXPECT_EQ(test, tree->chain[0]->nr, 5);
	KUNIT_EXPECT_EQ(test, tree->chain[1]->nr, 5);
	for (int i = 2; i < DEPTH; i++)
		KUNIT_EXPECT_EQ(test, tree->chain[i]->nr, 1);

	/* What was charged before is given back where the account is now. */
	ioasids_cg_uncharge(moves, IOASIDS_SVA);
	KUNIT_EXPECT_EQ(test, tree->side->nr, 3);
	KUNIT_EXPECT_EQ(test, tree->leaf->nr, 1);

	/* To an ancestor, to where it is, and back down. */
	move(moves, tree->chain[1]);
	move(moves, tree->chain[1]);
	KUNIT_EXPECT_EQ(test, tree->side->nr, 0);
	KUNIT_EXPECT_EQ(test, tree->chain[1]->nr, 4);
	move(moves, tree->leaf);
	KUNIT_EXPECT_EQ(test, tree->leaf->nr, 4);
	KUNIT_EXPECT_EQ(test, tree->chain[1]->nr, 4);
}

struct ioasids_churn {
	struct ioasids_tree *tree;
	struct ioasids_account *acct;
	struct completion done;
};

/* Move to and fro, and be refused by chain[1] in between. */
static int churn(void *data)
{
	struct ioasids_churn *churn = data;
	struct ioasids_refusal refusal;

	for (int i = 0; i < 100000; i++) {
		move(churn->acct, churn->tree->side);
		ioasids_cg_try_charge(churn->acct, IOASIDS_SVA, &refusal);
		move(churn->acct, churn->tree->leaf);
		cond_resched();
	}

	complete(&churn->done);
	return 0;
}

/* With two CPUs, the reader meets every state that there is between the two. */
static void reader_sees_no_count_that_never_was(struct kunit *test)
{
	struct ioasids_churn churned = { .tree = tree_make(test) };
	struct ioasids_cgroup *above = churned.tree->chain[1];
	struct task_struct *task;
	int wrong = 0;

	churned.acct = account_make(test, churned.tree->leaf);
	init_completion(&churned.done);
	above->limit = 4;
	charge(test, churned.acct, IOASIDS_SVA, 4);
	task = kthread_run(churn, &churned, "ioasids_test");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));

	while (!completion_done(&churned.done)) {
		wrong += READ_ONCE(above->nr) != 4;
		cond_resched();
	}
	wait_for_completion(&churned.done);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, above->peak, 4);
}

static void common_ancestor_is_the_lowest(struct kunit *test)
{
	struct ioasids_tree *tree = tree_make(test);

	KUNIT_EXPECT_PTR_EQ(test, ioasids_cg_common_ancestor(tree->leaf, tree->side),
			    tree->chain[1]);
	KUNIT_EXPECT_PTR_EQ(test, ioasids_cg_common_ancestor(tree->side, tree->leaf),
			    tree->chain[1]);
	KUNIT_EXPECT_PTR_EQ(test, ioasids_cg_common_ancestor(tree->leaf, tree->chain[2]),
			    tree->chain[2]);
	KUNIT_EXPECT_PTR_EQ(test, ioasids_cg_common_ancestor(tree->leaf, tree->leaf),
			    tree->leaf);
}

static void offline_hands_accounts_to_the_parent(struct kunit *test)
{
	struct ioasids_tree *tree = tree_make(test);
	struct ioasids_account *a = account_make(test, tree->leaf);
	struct ioasids_account *b = account_make(test, tree->leaf);

	charge(test, a, IOASIDS_SVA, 2);
	charge(test, b, IOASIDS_SVA, 3);
	ioasids_css_offline(&tree->leaf->css);

	KUNIT_EXPECT_PTR_EQ(test, a->cg, tree->chain[DEPTH - 2]);
	KUNIT_EXPECT_PTR_EQ(test, b->cg, tree->chain[DEPTH - 2]);
	KUNIT_EXPECT_TRUE(test, list_empty(&tree->leaf->accounts));
	KUNIT_EXPECT_EQ(test, tree->leaf->nr, 0);
	KUNIT_EXPECT_EQ(test, tree->chain[DEPTH - 2]->nr, 5);
	KUNIT_EXPECT_EQ(test, tree->chain[0]->nr, 5);
}

/* Both users meet the same limit, and each is counted apart, wherever it goes. */
static void iommufd_is_counted_apart(struct kunit *test)
{
	struct ioasids_tree *tree = tree_make(test);
	struct ioasids_account *acct = account_make(test, tree->leaf);
	struct ioasids_refusal refusal = { };

	charge(test, acct, IOASIDS_SVA, 2);
	charge(test, acct, IOASIDS_IOMMUFD, 3);
	for (int i = 0; i < DEPTH; i++) {
		KUNIT_EXPECT_EQ(test, tree->chain[i]->nr, 5);
		KUNIT_EXPECT_EQ(test, tree->chain[i]->nr_iommufd, 3);
	}

	tree->chain[1]->limit = 5;
	refuse(test, acct, tree->chain[1]);
	KUNIT_EXPECT_EQ(test, ioasids_cg_try_charge(acct, IOASIDS_IOMMUFD, &refusal), -EAGAIN);
	KUNIT_EXPECT_EQ(test, acct->nr_iommufd, 3);

	move(acct, tree->side);
	KUNIT_EXPECT_EQ(test, tree->leaf->nr_iommufd, 0);
	KUNIT_EXPECT_EQ(test, tree->side->nr_iommufd, 3);
	KUNIT_EXPECT_EQ(test, tree->chain[1]->nr_iommufd, 3);

	ioasids_cg_uncharge(acct, IOASIDS_IOMMUFD);
	KUNIT_EXPECT_EQ(test, acct->nr_iommufd, 2);
	KUNIT_EXPECT_EQ(test, tree->chain[0]->nr, 4);
	KUNIT_EXPECT_EQ(test, tree->chain[0]->nr_iommufd, 2);
}

/* The account of the thread that runs the test. */
static struct ioasids_account *own_account(void)
{
	guard(spinlock)(&ioasids_cg_lock);
	return current->signal->ioasids;
}

struct ioasids_other {
	struct ioasids_account *acct;
	bool own;
	struct completion done;
};

/* A kthread is a thread group of its own. */
static int get_and_put(void *data)
{
	struct ioasids_other *other = data;
	struct ioasids_account *acct = ioasids_cg_account_get();

	other->acct = acct;
	other->own = !IS_ERR_OR_NULL(acct) && acct->tgid == task_tgid(current);
	if (other->own)
		ioasids_cg_account_put(acct);
	complete(&other->done);
	return 0;
}

static void account_is_one_per_thread_group(struct kunit *test)
{
	struct ioasids_account *mine = ioasids_cg_account_get();
	struct ioasids_other other = { };
	struct task_struct *task;

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(mine));
	KUNIT_EXPECT_PTR_EQ(test, mine->tgid, task_tgid(current));
	KUNIT_EXPECT_PTR_EQ(test, mine->cg, &ioasids_root);

	init_completion(&other.done);
	task = kthread_run(get_and_put, &other, "ioasids_test");
	KUNIT_EXPECT_FALSE(test, IS_ERR(task));
	if (!IS_ERR(task))
		wait_for_completion(&other.done);
	KUNIT_EXPECT_TRUE(test, other.own);
	KUNIT_EXPECT_PTR_NE(test, other.acct, mine);

	KUNIT_EXPECT_PTR_EQ(test, ioasids_cg_account_get(), mine);
	ioasids_cg_account_put(mine);
	KUNIT_EXPECT_PTR_EQ(test, own_account(), mine);
	ioasids_cg_account_put(mine);
	KUNIT_EXPECT_NULL(test, own_account());
}

static void account_lives_while_it_has_charges_or_users(struct kunit *test)
{
	unsigned int refs = refcount_read(&task_tgid(current)->count);
	struct ioasids_account *acct = ioasids_cg_account_get();

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(acct));
	charge(test, acct, IOASIDS_SVA, 1);
	ioasids_cg_account_put(acct);
	KUNIT_EXPECT_PTR_EQ(test, own_account(), acct);
	ioasids_cg_account_hold(acct);
	ioasids_cg_uncharge(acct, IOASIDS_SVA);
	KUNIT_EXPECT_PTR_EQ(test, own_account(), acct);
	charge(test, acct, IOASIDS_IOMMUFD, 1);
	ioasids_cg_account_put(acct);
	KUNIT_EXPECT_PTR_EQ(test, own_account(), acct);
	ioasids_cg_uncharge(acct, IOASIDS_IOMMUFD);
	KUNIT_EXPECT_NULL(test, own_account());
	KUNIT_EXPECT_EQ(test, refcount_read(&task_tgid(current)->count), refs);
}

/* A device that has so many PASIDs. */
#define MAX_PASIDS	64

static void set_root_limit(unsigned long limit)
{
	guard(spinlock)(&ioasids_cg_lock);
	ioasids_root.limit = limit;
}

/* As for the current process, in a root that has no room meanwhile. */
static int alloc_in_full_root(struct ioasid_payer *payer)
{
	int ret = ioasid_payer_get(payer);

	if (ret)
		return ret;
	set_root_limit(0);
	ret = ioasid_alloc(payer, MAX_PASIDS);
	set_root_limit(IOASIDS_MAX);
	return ret;
}

static void refused_allocation_leaves_no_number_and_no_account(struct kunit *test)
{
	int lowest = ioasid_alloc_kernel(MAX_PASIDS), again;
	unsigned long nr = READ_ONCE(ioasids_root.nr);
	struct ioasid_payer payer;

	KUNIT_ASSERT_GT(test, lowest, 0);
	ioasid_free(lowest);
	KUNIT_EXPECT_EQ(test, alloc_in_full_root(&payer), -EAGAIN);
	ioasid_payer_put(&payer);
	again = ioasid_alloc_kernel(MAX_PASIDS);
	KUNIT_EXPECT_EQ(test, again, lowest);
	KUNIT_EXPECT_NULL(test, own_account());
	KUNIT_EXPECT_EQ(test, ioasids_root.nr, nr);
	ioasid_free(again);
}

static void refused_attachment_leaves_no_account(struct kunit *test)
{
	struct ioasid_attachment attachment = { };
	int ret;

	set_root_limit(0);
	ret = ioasid_attach(&attachment, 1);
	set_root_limit(IOASIDS_MAX);
	KUNIT_EXPECT_EQ(test, ret, -EAGAIN);
	KUNIT_EXPECT_EQ(test, attachment.index, 0);
	KUNIT_EXPECT_NULL(test, own_account());
}

static void enospc_comes_before_eagain(struct kunit *test)
{
	int pasids[MAX_PASIDS], nr = 0, ret;
	struct ioasid_payer payer;

	while (nr < MAX_PASIDS && (ret = ioasid_alloc_kernel(MAX_PASIDS)) > 0)
		pasids[nr++] = ret;
	KUNIT_EXPECT_EQ(test, alloc_in_full_root(&payer), -ENOSPC);
	ioasid_payer_put(&payer);
	KUNIT_EXPECT_NULL(test, own_account());
	while (nr)
		ioasid_free(pasids[--nr]);
}

static void payer_put_counts_a_refusal_once(struct kunit *test)
{
	atomic64_t *refused = &ioasids_root.events_local[IOASIDS_EVENT_MAX];
	s64 before = atomic64_read(refused);
	struct ioasid_payer payer;

	KUNIT_EXPECT_EQ(test, alloc_in_full_root(&payer), -EAGAIN);
	KUNIT_EXPECT_EQ(test, atomic64_read(refused), before);
	ioasid_payer_put(&payer);
	KUNIT_EXPECT_EQ(test, atomic64_read(refused), before + 1);

	/* Nothing is left of it for the next. */
	KUNIT_ASSERT_EQ(test, ioasid_payer_get(&payer), 0);
	ioasid_payer_put(&payer);
	KUNIT_EXPECT_EQ(test, atomic64_read(refused), before + 1);
}

static void kernel_pays_in_the_root_alone(struct kunit *test)
{
	unsigned long nr = READ_ONCE(ioasids_kernel.nr), in_root = READ_ONCE(ioasids_root.nr);
	int pasid = ioasid_alloc_kernel(MAX_PASIDS);

	KUNIT_ASSERT_GT(test, pasid, 0);
	KUNIT_EXPECT_EQ(test, ioasids_kernel.nr, nr + 1);
	KUNIT_EXPECT_EQ(test, ioasids_root.nr, in_root + 1);
	KUNIT_EXPECT_NULL(test, own_account());
	ioasid_free(pasid);
	KUNIT_EXPECT_EQ(test, ioasids_kernel.nr, nr);
	KUNIT_EXPECT_EQ(test, ioasids_root.nr, in_root);
}

struct ioasids_parse_case {
	const char *buf;
	size_t nbytes;		/* 0: all of @buf */
	int ret;
	unsigned long limit;
};

static const struct ioasids_parse_case parse_cases[] = {
	{ "max\n",		.limit = IOASIDS_MAX },
	{ "max",		.limit = IOASIDS_MAX },
	{ " \t max\t\n",		.limit = IOASIDS_MAX },
	{ "0\n",		.limit = 0 },
	{ " 17\t\n",		.limit = 17 },
	{ "0010",		.limit = 10 },
#ifdef CONFIG_64BIT
	{ "18446744073709551614", .limit = IOASIDS_MAX - 1 },
	{ "18446744073709551615", .ret = -ERANGE },
	{ "18446744073709551616", .ret = -ERANGE },
#endif
	{ "99999999999999999999999999", .ret = -ERANGE },
	{ "99999999999999999999999999x", .ret = -EINVAL },
	{ "",			.ret = -EINVAL },
	{ "-1",			.ret = -EINVAL },
	{ "+1",			.ret = -EINVAL },
	{ "0x10",		.ret = -EINVAL },
	{ "5\0",		.nbytes = 2, .ret = -EINVAL },
	{ "5\0garbage",		.nbytes = 9, .ret = -EINVAL },
};

static void parse_desc(const struct ioasids_parse_case *c, char *desc)
{
	int len = string_escape_mem(c->buf, c->nbytes ?: strlen(c->buf), desc,
				    KUNIT_PARAM_DESC_SIZE - 1,
				    ESCAPE_SPACE | ESCAPE_NULL, NULL);

	desc[min(len, KUNIT_PARAM_DESC_SIZE - 1)] = '\0';
}

KUNIT_ARRAY_PARAM(parse, parse_cases, parse_desc);

static void max_is_parsed_to_the_letter(struct kunit *test)
{
	const struct ioasids_parse_case *c = test->param_value;
	unsigned long limit = 12345;
	char buf[64] = {};

	memcpy(buf, c->buf, c->nbytes ?: strlen(c->buf));
	KUNIT_EXPECT_EQ(test, c->ret,
			ioasids_parse_max(buf, c->nbytes ?: strlen(buf), &limit));
	if (!c->ret)
		KUNIT_EXPECT_EQ(test, limit, c->limit);
}

static struct kunit_case ioasids_cases[] = {
	KUNIT_CASE(charge_counts_at_every_level),
	KUNIT_CASE(limit_at_any_level_refuses),
	KUNIT_CASE(nearest_full_cgroup_is_named),
	KUNIT_CASE(siblings_share_their_parents_limit),
	KUNIT_CASE(lowered_limit_refuses_until_below),
	KUNIT_CASE(refusal_is_counted_where_it_belongs),
	KUNIT_CASE(peak_is_the_highest_that_was),
	KUNIT_CASE(move_takes_all_charges_along),
	KUNIT_CASE(reader_sees_no_count_that_never_was),
	KUNIT_CASE(common_ancestor_is_the_lowest),
	KUNIT_CASE(offline_hands_accounts_to_the_parent),
	KUNIT_CASE(iommufd_is_counted_apart),
	KUNIT_CASE(account_is_one_per_thread_group),
	KUNIT_CASE(account_lives_while_it_has_charges_or_users),
	KUNIT_CASE(refused_allocation_leaves_no_number_and_no_account),
	KUNIT_CASE(refused_attachment_leaves_no_account),
	KUNIT_CASE(enospc_comes_before_eagain),
	KUNIT_CASE(payer_put_counts_a_refusal_once),
	KUNIT_CASE(kernel_pays_in_the_root_alone),
	KUNIT_CASE_PARAM(max_is_parsed_to_the_letter, parse_gen_params),
	{}
};

static int ioasids_test_init(struct kunit *test)
{
	if (!cgroup_subsys_enabled(ioasids_cgrp_subsys))
		kunit_skip(test, "the controller is disabled");

	return 0;
}

static struct kunit_suite ioasids_suite = {
	.name		= "ioasids_cgroup",
	.init		= ioasids_test_init,
	.test_cases	= ioasids_cases,
};

kunit_test_suite(ioasids_suite);
