// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer writes to ioasids.max. What is accepted, and what reads back, is what
 * a second reading of the rules says, written without the first in view.
 */
#include "world.h"

#include <stdio.h>

#define SPACE		" \t\n\v\f\r\xa0"

enum verdict { LIMIT, INVALID, RANGE };

static bool is_space(char c)
{
	return c && strchr(SPACE, c);
}

/* The digits of a number without leading zeros, or NULL. */
static const char *number(const char *text)
{
	if (!*text || text[strspn(text, "0123456789")])
		return NULL;
	while (text[0] == '0' && text[1])
		text++;
	return text;
}

/* Longer is larger; of the same length, the first digit that differs decides. */
static bool too_large(const char *digits)
{
	static const char none[] = "18446744073709551615";	/* is "max" */

	if (strlen(digits) != strlen(none))
		return strlen(digits) > strlen(none);
	return strcmp(digits, none) >= 0;
}

/* What @text, trimmed in place, asks for, as it is to read back. */
static enum verdict judge(char *text, size_t size, const char **reads)
{
	size_t n = size;

	if (memchr(text, 0, size))
		return INVALID;
	while (n && is_space(text[n - 1]))
		text[--n] = 0;
	while (is_space(*text))
		text++;
	if (!strcmp(text, "max")) {
		*reads = text;
		return LIMIT;
	}
	*reads = number(text);
	if (!*reads)
		return INVALID;
	return too_large(*reads) ? RANGE : LIMIT;
}

static void expect(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "%s\n", what);
		abort();
	}
}

static struct cgroup *cgroup;

static void write_and_compare(char *buf, size_t size, enum verdict verdict, const char *reads)
{
	static const ssize_t errors[] = { [INVALID] = -EINVAL, [RANGE] = -ERANGE };
	struct seq_file sf;
	ssize_t ret;

	world_write(cgroup, "max", "7");
	ret = world_write_bytes(cgroup, "max", buf, size);
	world_show(cgroup, "max", &sf);
	expect(sf.buf[sf.count - 1] == '\n', "a line");
	sf.buf[sf.count - 1] = 0;
	if (verdict == LIMIT) {
		expect(ret == (ssize_t)size, "is a limit");
		expect(!strcmp(sf.buf, reads), "reads back as written");
	} else {
		expect(ret == errors[verdict], "is no limit");
		expect(!strcmp(sf.buf, "7"), "the old limit stays");
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	enum verdict verdict;
	const char *reads;
	char *text, *buf;

	if (!cgroup) {
		world_init();
		cgroup = world_mkdir(world_root);
	}

	/* As large as it has to be, so that one byte beyond is noticed. */
	text = calloc(1, size + 1);
	buf = calloc(1, size + 1);
	memcpy(text, data, size);
	memcpy(buf, data, size);
	verdict = judge(text, size, &reads);
	write_and_compare(buf, size, verdict, reads);
	free(text);
	free(buf);
	return 0;
}
