/* SPDX-License-Identifier: GPL-2.0-only */
/* What a system call meets when the kernel runs out of memory at some point. */
#ifndef FAILNTH_H
#define FAILNTH_H

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Make @call with @arg while the @nth allocation of this thread fails in the
 * kernel. @error is what it met, 0 where it did well all the same. Returns false
 * where it came to fewer allocations.
 */
static inline bool fail_nth(int nth, int (*call)(const void *arg),
			    const void *arg, int *error)
{
	int control = open("/proc/thread-self/fail-nth", O_RDWR);
	char left[16] = "";

	if (control < 0 || dprintf(control, "%d", nth) < 0)
		err(2, "/proc/thread-self/fail-nth");
	*error = call(arg) < 0 ? errno : 0;
	if (pread(control, left, sizeof(left) - 1, 0) < 0)
		err(2, "/proc/thread-self/fail-nth");
	/* What has not been used would fail our own output. */
	dprintf(control, "0");
	close(control);
	return !atoi(left);
}

#endif /* FAILNTH_H */
