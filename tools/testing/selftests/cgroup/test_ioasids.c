// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test the ioasids controller. A process that opens the device of the software
 * IOMMU (CONFIG_IOASID_MOCK) takes one PASID, and keeps it as long as it has the
 * device open or its address space lives.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "cgroup_util.h"

#define DEVICE		"/dev/ioasid_mock-0"

#define DYING		"nr_dying_subsys_ioasids "
#define DYING_RETRIES	100

/*
 * Every test has these cgroups, with the controller enabled all the way down;
 * processes are in LEAF and SIDE.
 *
 *	TOP - MID - LOW - LEAF
 *	    \ SIDE
 */
enum { TOP, MID, LOW, LEAF, SIDE, NR_CGROUPS };

static const char * const names[NR_CGROUPS] = {
	[TOP]	= "ioasids_test",
	[MID]	= "ioasids_test/mid",
	[LOW]	= "ioasids_test/mid/low",
	[LEAF]	= "ioasids_test/mid/low/leaf",
	[SIDE]	= "ioasids_test/side",
};

static int create_tree(const char *root, char *cg[NR_CGROUPS])
{
	for (int i = 0; i < NR_CGROUPS; i++) {
		cg[i] = cg_name(root, names[i]);
		if (!cg[i] || cg_create(cg[i]))
			return -1;
		if (i < LEAF &&
		    cg_write(cg[i], "cgroup.subtree_control", "+ioasids"))
			return -1;
	}

	return 0;
}

/* Remove the cgroups, and kill and reap whoever is still in them. */
static void destroy_tree(char *cg[NR_CGROUPS])
{
	for (int i = NR_CGROUPS - 1; i >= 0; i--) {
		cg_destroy(cg[i]);
		free(cg[i]);
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void on_one_line(char *text)
{
	while ((text = strchr(text, '\n')))
		*text = ' ';
}

/* Return 0 if the file reads exactly so; say how it does if not. */
static __printf(3, 4)
int expect(const char *cgroup, const char *control, const char *fmt, ...)
{
	char expected[BUF_SIZE], buf[BUF_SIZE] = "";
	va_list args;

	va_start(args, fmt);
	vsnprintf(expected, sizeof(expected), fmt, args);
	va_end(args);

	if (!cg_read(cgroup, control, buf, sizeof(buf)) &&
	    !strcmp(buf, expected))
		return 0;

	on_one_line(expected);
	on_one_line(buf);
	ksft_print_msg("%s/%s is '%s', not '%s'\n", cgroup, control, buf,
		       expected);
	return -1;
}

/* The same for PASIDs held now, and at most so far, in @first and up to @last. */
static int expect_held(char *cg[NR_CGROUPS], int first, int last, int nr,
		       int peak)
{
	long sva;

	for (int i = first; i <= last; i++) {
		if (expect(cg[i], "ioasids.current", "%d\n", nr) ||
		    expect(cg[i], "ioasids.peak", "%d\n", peak))
			return -1;
		sva = cg_read_key_long(cg[i], "ioasids.stat", "sva ");
		if (sva != nr) {
			ksft_print_msg("%s: %d held, %ld of them for sva\n",
				       cg[i], nr, sva);
			return -1;
		}
	}

	return 0;
}

struct holder {
	const char *heir;
	int said;
};

/*
 * Open the device, say how that went, and stay. Where there is a cgroup for an
 * heir, a child goes there with the open device, and stays instead.
 */
static int run_holder(const char *cgroup, void *arg)
{
	struct holder *holder = arg;
	int result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	result = open(DEVICE, O_RDWR) < 0 ? -errno : getpid();
	if (result > 0 && holder->heir) {
		if (fork())
			return EXIT_SUCCESS;
		result = cg_enter_current(holder->heir) ?: getpid();
	}

	if (write(holder->said, &result, sizeof(result)) != sizeof(result) ||
	    result < 0)
		return EXIT_FAILURE;

	return pause();
}

/* Return the process that stays, or what the open of the device failed with. */
static pid_t start_holder(const char *cgroup, const char *heir)
{
	struct holder holder = { .heir = heir };
	int said[2];
	pid_t pid, result = -EIO;

	if (pipe(said))
		return -errno;
	holder.said = said[1];
	pid = cg_run_nowait(cgroup, run_holder, &holder);
	close(said[1]);
	if (pid > 0 && read(said[0], &result, sizeof(result)) < 0)
		result = -errno;
	close(said[0]);

	if (pid > 0 && pid != result)
		waitpid(pid, NULL, 0);

	return result;
}

/* Take @nr PASIDs for as many processes in @cgroup, and return the last. */
static pid_t hold(const char *cgroup, int nr)
{
	pid_t pid = 0;

	while (nr-- && pid >= 0)
		pid = start_holder(cgroup, NULL);
	if (pid < 0)
		ksft_print_msg("%s: no PASID: %s\n", cgroup, strerror(-pid));

	return pid;
}

/* Return 0 if a process in @cgroup does not get a PASID for want of room. */
static int refused(const char *cgroup)
{
	pid_t pid = start_holder(cgroup, NULL);

	if (pid == -EAGAIN)
		return 0;

	ksft_print_msg("%s: %s, not %s\n", cgroup,
		       pid < 0 ? strerror(-pid) : "a PASID", strerror(EAGAIN));
	return -1;
}

/* End a process; when this returns it has been reaped. */
static int finish(pid_t pid)
{
	return kill(pid, SIGKILL) || waitpid(pid, NULL, 0) != pid;
}

/*
 * A new cgroup has no limit, holds nothing and has seen nothing; a limit reads
 * back as it was written.
 */
static int test_ioasids_defaults(const char *root)
{
	char *cg[NR_CGROUPS] = {};
	int ret = KSFT_FAIL;

	if (create_tree(root, cg))
		goto cleanup;

	for (int i = 0; i < NR_CGROUPS; i++) {
		if (expect(cg[i], "ioasids.max", "max\n") ||
		    expect(cg[i], "ioasids.events", "max 0\nalloc_fail 0\n") ||
		    expect(cg[i], "ioasids.events.local",
			   "max 0\nalloc_fail 0\n") ||
		    expect_held(cg, i, i, 0, 0))
			goto cleanup;
	}

	if (cg_write(cg[LEAF], "ioasids.max", "2") ||
	    expect(cg[LEAF], "ioasids.max", "2\n") ||
	    cg_write(cg[LEAF], "ioasids.max", "max") ||
	    expect(cg[LEAF], "ioasids.max", "max\n"))
		goto cleanup;

	ret = KSFT_PASS;

cleanup:
	destroy_tree(cg);
	return ret;
}

/* Two places at @level, for all who are below it; others do not notice. */
static int limit_at(const char *root, int level)
{
	char *cg[NR_CGROUPS] = {};
	int ret = KSFT_FAIL;
	pid_t pid;

	if (create_tree(root, cg))
		goto cleanup;

	if (cg_write(cg[level], "ioasids.max", "2"))
		goto cleanup;
	pid = hold(cg[LEAF], 2);
	if (pid < 0 || refused(cg[LEAF]))
		goto cleanup;

	/* At no level has the refused one left a trace. */
	if (expect_held(cg, TOP, LEAF, 2, 2))
		goto cleanup;

	if (level == TOP ? refused(cg[SIDE]) : hold(cg[SIDE], 1) < 0)
		goto cleanup;
	if (finish(pid) || hold(cg[LEAF], 1) < 0 || refused(cg[LEAF]))
		goto cleanup;

	ret = KSFT_PASS;

cleanup:
	destroy_tree(cg);
	return ret;
}

/* A limit on the payer's own cgroup refuses with EAGAIN, exactly when it is full. */
static int test_ioasids_max_leaf(const char *root)
{
	return limit_at(root, LEAF);
}

/* A limit between the payer and the top stops its subtree and nothing beside it. */
static int test_ioasids_max_middle(const char *root)
{
	return limit_at(root, MID);
}

/* A limit at the top stops everything below it, however deep. */
static int test_ioasids_max_top(const char *root)
{
	return limit_at(root, TOP);
}

/*
 * Siblings compete for their parent's limit. A limit of their own that is higher
 * does not help them, and one that is lower is met first.
 */
static int test_ioasids_siblings(const char *root)
{
	char *cg[NR_CGROUPS] = {};
	int ret = KSFT_FAIL;
	pid_t pid;

	if (create_tree(root, cg))
		goto cleanup;

	if (cg_write(cg[TOP], "ioasids.max", "3") ||
	    cg_write(cg[MID], "ioasids.max", "2") ||
	    cg_write(cg[SIDE], "ioasids.max", "100"))
		goto cleanup;

	pid = hold(cg[LEAF], 2);
	if (pid < 0 || refused(cg[LEAF]))
		goto cleanup;
	if (hold(cg[SIDE], 1) < 0 || refused(cg[SIDE]))
		goto cleanup;

	/* What one gives back, the other may take. */
	if (finish(pid) || hold(cg[SIDE], 1) < 0)
		goto cleanup;
	if (refused(cg[LEAF]) || refused(cg[SIDE]))
		goto cleanup;
	if (expect_held(cg, TOP, TOP, 3, 3) ||
	    expect_held(cg, MID, LEAF, 1, 2) ||
	    expect_held(cg, SIDE, SIDE, 2, 2))
		goto cleanup;

	ret = KSFT_PASS;

cleanup:
	destroy_tree(cg);
	return ret;
}

/*
 * current and stat count what is held here and below, at each level; peak is
 * the most that was ever held at one time.
 */
static int test_ioasids_counts(const char *root)
{
	char *cg[NR_CGROUPS] = {};
	int ret = KSFT_FAIL;
	pid_t pid;

	if (create_tree(root, cg))
		goto cleanup;

	pid = hold(cg[LEAF], 3);
	if (pid < 0 || expect_held(cg, TOP, LEAF, 3, 3))
		goto cleanup;

	/* One ends before another begins, so the top never has four. */
	if (finish(pid) || hold(cg[SIDE], 1) < 0)
		goto cleanup;
	if (expect_held(cg, TOP, TOP, 3, 3) ||
	    expect_held(cg, MID, LEAF, 2, 3) ||
	    expect_held(cg, SIDE, SIDE, 1, 1))
		goto cleanup;

	/* Now it has; each of its children had less. */
	if (hold(cg[SIDE], 1) < 0)
		goto cleanup;
	if (expect_held(cg, TOP, TOP, 4, 4) ||
	    expect_held(cg, MID, LEAF, 2, 3) ||
	    expect_held(cg, SIDE, SIDE, 2, 2))
		goto cleanup;

	ret = KSFT_PASS;

cleanup:
	destroy_tree(cg);
	return ret;
}

/*
 * In ioasids.events a refusal is "max" from the limit up, and "alloc_fail" from
 * the payer up. Of two limits without room the nearer one refuses. What succeeds
 * is no event.
 */
static int test_ioasids_events(const char *root)
{
	char *cg[NR_CGROUPS] = {};
	int ret = KSFT_FAIL;

	if (create_tree(root, cg))
		goto cleanup;

	if (cg_write(cg[MID], "ioasids.max", "1") ||
	    cg_write(cg[TOP], "ioasids.max", "1") ||
	    hold(cg[LEAF], 1) < 0)
		goto cleanup;
	for (int i = 0; i < NR_CGROUPS; i++) {
		if (expect(cg[i], "ioasids.events", "max 0\nalloc_fail 0\n"))
			goto cleanup;
	}

	if (refused(cg[LEAF]) || refused(cg[LEAF]))
		goto cleanup;
	for (int i = TOP; i <= LEAF; i++) {
		if (expect(cg[i], "ioasids.events", "max %d\nalloc_fail 2\n",
			   i <= MID ? 2 : 0))
			goto cleanup;
	}
	if (expect(cg[SIDE], "ioasids.events", "max 0\nalloc_fail 0\n"))
		goto cleanup;

	/* Now the top refuses, which the subtree of MID sees as no "max". */
	if (cg_write(cg[MID], "ioasids.max", "max") || refused(cg[LEAF]))
		goto cleanup;
	for (int i = TOP; i <= LEAF; i++) {
		if (expect(cg[i], "ioasids.events", "max %d\nalloc_fail 3\n",
			   i == TOP ? 3 : i == MID ? 2 : 0))
			goto cleanup;
	}

	ret = KSFT_PASS;

cleanup:
	destroy_tree(cg);
	return ret;
}

/*
 * In ioasids.events.local a refusal is "max" in the cgroup of the limit alone,
 * and "alloc_fail" in the payer's alone; they can be the same one.
 */
static int test_ioasids_events_local(const char *root)
{
	char *cg[NR_CGROUPS] = {};
	int ret = KSFT_FAIL;

	if (create_tree(root, cg))
		goto cleanup;

	if (cg_write(cg[MID], "ioasids.max", "0") ||
	    refused(cg[LEAF]) || refused(cg[LEAF]))
		goto cleanup;
	for (int i = 0; i < NR_CGROUPS; i++) {
		if (expect(cg[i], "ioasids.events.local",
			   "max %d\nalloc_fail %d\n",
			   i == MID ? 2 : 0, i == LEAF ? 2 : 0))
			goto cleanup;
	}

	if (cg_write(cg[LEAF], "ioasids.max", "0") || refused(cg[LEAF]))
		goto cleanup;
	for (int i = 0; i < NR_CGROUPS; i++) {
		if (expect(cg[i], "ioasids.events.local",
			   "max %d\nalloc_fail %d\n",
			   i == MID ? 2 : i == LEAF ? 1 : 0,
			   i == LEAF ? 3 : 0))
			goto cleanup;
	}

	ret = KSFT_PASS;

cleanup:
	destroy_tree(cg);
	return ret;
}

/* Has the file been notified since it was last read? It is read again. */
static bool notified(int fd, int timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLPRI };
	char buf[BUF_SIZE];

	return poll(&pollfd, 1, timeout_ms) == 1 &&
	       (pollfd.revents & POLLPRI) &&
	       pread(fd, buf, sizeof(buf), 0) > 0;
}

/* Who polls the events of a cgroup is woken by a refusal that counts there. */
static int test_ioasids_events_poll(const char *root)
{
	const struct {
		int level;
		const char *control;
	} files[] = {
		{ TOP, "ioasids.events" },
		{ MID, "ioasids.events" },
		{ LEAF, "ioasids.events" },
		{ MID, "ioasids.events.local" },
		{ LEAF, "ioasids.events.local" },
	};
	char *cg[NR_CGROUPS] = {};
	int fds[ARRAY_SIZE(files)];
	int ret = KSFT_FAIL;
	char buf[BUF_SIZE];
	int nr = 0;

	if (create_tree(root, cg) || cg_write(cg[MID], "ioasids.max", "0"))
		goto cleanup;

	for (; nr < ARRAY_SIZE(files); nr++) {
		fds[nr] = cg_open(cg[files[nr].level], files[nr].control,
				  O_RDONLY);
		if (fds[nr] < 0)
			goto cleanup;
		if (read(fds[nr], buf, sizeof(buf)) <= 0) {
			close(fds[nr]);
			goto cleanup;
		}
	}

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < nr; i++) {
			if (notified(fds[i], 0))
				goto cleanup;
		}
		if (refused(cg[LEAF]))
			goto cleanup;
		for (int i = 0; i < nr; i++) {
			if (!notified(fds[i], 10000))
				goto cleanup;
		}
	}

	ret = KSFT_PASS;

cleanup:
	while (nr--)
		close(fds[nr]);
	destroy_tree(cg);
	return ret;
}

/* When a process has been reaped its place is free, at once and at every level. */
static int test_ioasids_given_back(const char *root)
{
	char *cg[NR_CGROUPS] = {};
	int ret = KSFT_FAIL;
	pid_t pid;

	if (create_tree(root, cg))
		goto cleanup;

	if (cg_write(cg[MID], "ioasids.max", "1"))
		goto cleanup;
	for (int round = 0; round < 20; round++) {
		pid = hold(cg[LEAF], 1);
		if (pid < 0 || refused(cg[LEAF]) || finish(pid) ||
		    expect_held(cg, TOP, LEAF, 0, 1))
			goto cleanup;
	}

	ret = KSFT_PASS;

cleanup:
	destroy_tree(cg);
	return ret;
}

/*
 * A process takes its charge along when it is moved. No limit refuses that, and
 * it is no event; then no other gets in until there is room.
 */
static int test_ioasids_move(const char *root)
{
	char *cg[NR_CGROUPS] = {};
	int ret = KSFT_FAIL;
	pid_t pid;

	if (create_tree(root, cg))
		goto cleanup;

	if (cg_write(cg[TOP], "ioasids.max", "1") ||
	    cg_write(cg[SIDE], "ioasids.max", "0"))
		goto cleanup;
	pid = hold(cg[LEAF], 1);
	if (pid < 0 || cg_enter(cg[SIDE], pid))
		goto cleanup;

	/* The top had it before and has it now. */
	if (expect_held(cg, TOP, TOP, 1, 1) ||
	    expect_held(cg, MID, LEAF, 0, 1) ||
	    expect_held(cg, SIDE, SIDE, 1, 1) ||
	    expect(cg[SIDE], "ioasids.events", "max 0\nalloc_fail 0\n"))
		goto cleanup;
	if (refused(cg[LEAF]) || refused(cg[SIDE]) ||
	    expect(cg[SIDE], "ioasids.events", "max 1\nalloc_fail 1\n"))
		goto cleanup;

	/* It is given back where the process is now. */
	if (finish(pid) ||
	    expect_held(cg, TOP, TOP, 0, 1) ||
	    expect_held(cg, SIDE, SIDE, 0, 1) ||
	    refused(cg[SIDE]) || hold(cg[LEAF], 1) < 0)
		goto cleanup;

	ret = KSFT_PASS;

cleanup:
	destroy_tree(cg);
	return ret;
}

/*
 * Where the controller is enabled over processes that hold PASIDs it counts
 * them, and where it is disabled the parent goes on counting them: that is no
 * way around a limit.
 */
static int test_ioasids_enable_disable(const char *root)
{
	char *cg[NR_CGROUPS] = {};
	int ret = KSFT_FAIL;

	if (create_tree(root, cg))
		goto cleanup;

	if (cg_write(cg[TOP], "ioasids.max", "2") || hold(cg[LEAF], 2) < 0)
		goto cleanup;

	for (int i = LOW; i >= TOP; i--) {
		if (cg_write(cg[i], "cgroup.subtree_control", "-ioasids") ||
		    cg_read_long(cg[i + 1], "ioasids.current") != -1 ||
		    expect_held(cg, TOP, i, 2, 2) ||
		    refused(cg[LEAF]))
			goto cleanup;
	}

	for (int i = TOP; i <= LOW; i++) {
		if (cg_write(cg[i], "cgroup.subtree_control", "+ioasids") ||
		    expect_held(cg, TOP, i + 1, 2, 2) ||
		    refused(cg[LEAF]))
			goto cleanup;
	}

	/* The new counts are as good as the old: a limit on one holds. */
	if (cg_write(cg[TOP], "ioasids.max", "max") ||
	    cg_write(cg[LEAF], "ioasids.max", "3") ||
	    hold(cg[LEAF], 1) < 0 || refused(cg[LEAF]))
		goto cleanup;

	ret = KSFT_PASS;

cleanup:
	destroy_tree(cg);
	return ret;
}

/*
 * What is left when its process has gone, because another one inherited the
 * device, stays where the process was. When that cgroup is removed the parent
 * has it, in earnest, and the removed one does not stay behind.
 */
static int test_ioasids_rmdir(const char *root)
{
	char *cg[NR_CGROUPS] = {};
	int ret = KSFT_FAIL;
	pid_t heir;

	if (create_tree(root, cg))
		goto cleanup;

	heir = start_holder(cg[LEAF], cg[SIDE]);
	if (heir < 0 || expect_held(cg, SIDE, SIDE, 0, 0) ||
	    cg_write(cg[TOP], "ioasids.max", "1"))
		goto cleanup;

	for (int i = LEAF; i > TOP; i--) {
		if (expect_held(cg, TOP, i, 1, 1) || rmdir(cg[i]))
			goto cleanup;
		if (cg_read_key_long_poll(cg[i - 1], "cgroup.stat", DYING, 0,
					  DYING_RETRIES,
					  DEFAULT_WAIT_INTERVAL_US))
			goto cleanup;
	}
	if (expect_held(cg, TOP, TOP, 1, 1) || refused(cg[SIDE]))
		goto cleanup;

	if (finish(heir) || expect_held(cg, TOP, TOP, 0, 1) ||
	    hold(cg[SIDE], 1) < 0)
		goto cleanup;

	ret = KSFT_PASS;

cleanup:
	destroy_tree(cg);
	return ret;
}

/*
 * A limit is "max" or a decimal number that fits, white space aside. Anything
 * else is refused and leaves the limit as it was.
 */
static int test_ioasids_bad_writes(const char *root)
{
	static const struct {
		char *text;
		int err;
		const char *max;
	} writes[] = {
		{ "0",			0,	 "0\n" },
		{ " \t12\n",		0,	 "12\n" },
		{ "007",		0,	 "7\n" },
		{ "4294967295",		0,	 "4294967295\n" },
		{ "\nmax ",		0,	 "max\n" },
		{ "7",			0,	 "7\n" },
		{ "\n",			-EINVAL, "7\n" },
		{ "-1",			-EINVAL, "7\n" },
		{ "+1",			-EINVAL, "7\n" },
		{ "0x10",		-EINVAL, "7\n" },
		{ "1.0",		-EINVAL, "7\n" },
		{ "1 2",		-EINVAL, "7\n" },
		{ "2k",			-EINVAL, "7\n" },
		{ "max1",		-EINVAL, "7\n" },
		{ "Max",		-EINVAL, "7\n" },
		{ "max max",		-EINVAL, "7\n" },
		{ "18446744073709551615",	-ERANGE, "7\n" },
		{ "18446744073709551616",	-ERANGE, "7\n" },
		{ "99999999999999999999999999",	-ERANGE, "7\n" },
		{ "99999999999999999999999999x", -EINVAL, "7\n" },
	};
	char *cg[NR_CGROUPS] = {};
	int ret = KSFT_FAIL;

	if (create_tree(root, cg))
		goto cleanup;

	for (int i = 0; i < ARRAY_SIZE(writes); i++) {
		int err = cg_write(cg[LEAF], "ioasids.max", writes[i].text);

		if (err != writes[i].err) {
			ksft_print_msg("write %d ended with %d\n", i, err);
			goto cleanup;
		}
		if (expect(cg[LEAF], "ioasids.max", "%s", writes[i].max))
			goto cleanup;
	}

	ret = KSFT_PASS;

cleanup:
	destroy_tree(cg);
	return ret;
}

/*
 * A limit below current takes nothing away. It refuses until current has fallen
 * below it.
 */
static int test_ioasids_lowered(const char *root)
{
	char *cg[NR_CGROUPS] = {};
	int ret = KSFT_FAIL;
	pid_t pids[3];

	if (create_tree(root, cg))
		goto cleanup;

	for (int i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = hold(cg[LEAF], 1);
		if (pids[i] < 0)
			goto cleanup;
	}
	if (cg_write(cg[MID], "ioasids.max", "1") ||
	    expect(cg[MID], "ioasids.max", "1\n"))
		goto cleanup;

	for (int i = 0; i < ARRAY_SIZE(pids); i++) {
		if (expect_held(cg, TOP, LEAF, 3 - i, 3) ||
		    refused(cg[LEAF]) || finish(pids[i]))
			goto cleanup;
	}
	if (hold(cg[LEAF], 1) < 0)
		goto cleanup;

	ret = KSFT_PASS;

cleanup:
	destroy_tree(cg);
	return ret;
}

#define T(x) { x, #x }
static struct ioasids_test {
	int (*fn)(const char *root);
	const char *name;
} tests[] = {
	T(test_ioasids_defaults),
	T(test_ioasids_max_leaf),
	T(test_ioasids_max_middle),
	T(test_ioasids_max_top),
	T(test_ioasids_siblings),
	T(test_ioasids_counts),
	T(test_ioasids_events),
	T(test_ioasids_events_local),
	T(test_ioasids_events_poll),
	T(test_ioasids_given_back),
	T(test_ioasids_move),
	T(test_ioasids_enable_disable),
	T(test_ioasids_rmdir),
	T(test_ioasids_bad_writes),
	T(test_ioasids_lowered),
};

#undef T

int main(int argc, char **argv)
{
	char root[PATH_MAX];

	ksft_print_header();
	if (cg_find_unified_root(root, sizeof(root), NULL))
		ksft_exit_skip("cgroup v2 isn't mounted\n");

	if (cg_read_strstr(root, "cgroup.controllers", "ioasids"))
		ksft_exit_skip("ioasids controller isn't available\n");

	if (access(DEVICE, R_OK | W_OK))
		ksft_exit_skip(DEVICE " isn't there (CONFIG_IOASID_MOCK)\n");

	if (cg_read_strstr(root, "cgroup.subtree_control", "ioasids"))
		if (cg_write(root, "cgroup.subtree_control", "+ioasids"))
			ksft_exit_skip("Failed to set ioasids controller\n");

	/* Whoever is left by its parent is reaped here. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		ksft_exit_fail_perror("prctl");

	ksft_set_plan(ARRAY_SIZE(tests));
	for (int i = 0; i < ARRAY_SIZE(tests); i++)
		ksft_test_result_report(tests[i].fn(root), "%s\n",
					tests[i].name);

	ksft_finished();
}
