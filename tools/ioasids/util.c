// SPDX-License-Identifier: GPL-2.0-only
/* Strings, errors, small files, signals. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "ioasids.h"

/* The exit status after an error. */
int failure = 1;
/* What must be done first, such as to leave top's screen. */
void (*before_failure)(void);

/**
 * fail_errno() - end with a line of error that says what errno says
 * @fmt: what failed
 */
void fail_errno(const char *fmt, ...)
{
	int error = errno;
	va_list args;

	if (before_failure)
		before_failure();
	errno = error;
	va_start(args, fmt);
	verr(failure, fmt, args);
}

/**
 * fail() - end with a line of error
 * @fmt: what was wrong, and what to do
 */
void fail(const char *fmt, ...)
{
	va_list args;

	if (before_failure)
		before_failure();
	va_start(args, fmt);
	verrx(failure, fmt, args);
}

/**
 * misused() - end with a line of error about the arguments
 * @fmt: what was wrong, and what to do
 */
void misused(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	verrx(failure == EXIT_NOT_RUN ? EXIT_NOT_RUN : EXIT_USAGE, fmt, args);
}

/**
 * grow() - make room for one more in an array
 * @array: the array, or NULL
 * @nr: how many are in it
 * @size: of one of them
 *
 * Return: the array, which may have moved.
 */
void *grow(void *array, size_t nr, size_t size)
{
	/* Twice as much each time that a power of two is full. */
	if (nr & (nr - 1))
		return array;
	array = reallocarray(array, nr ? 2 * nr : 1, size);
	if (!array)
		fail_errno("memory");
	return array;
}

/**
 * format() - asprintf() that cannot fail
 * @fmt: as for printf()
 *
 * Return: the string, to be freed.
 */
char *format(const char *fmt, ...)
{
	va_list args;
	char *string;

	va_start(args, fmt);
	if (vasprintf(&string, fmt, args) < 0)
		fail_errno("memory");
	va_end(args);
	return string;
}

/* Whether there is a byte in octal: "\040" is a space. */
static bool is_octal(const char *s)
{
	return *s == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		s[3] >= '0' && s[3] <= '7';
}

/**
 * unescape() - decode bytes in octal, as the table of PASIDs has them
 * @string: is changed
 *
 * Return: @string.
 */
char *unescape(char *string)
{
	char *to = string;

	for (const char *s = string; *s; to++) {
		if (is_octal(s)) {
			*to = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
	return string;
}

/* How many bytes a character has; 0 if it is no text or takes no column. */
static int character(const char *s)
{
	wchar_t c;
	int len = mbtowc(&c, s, MB_CUR_MAX);

	return len > 0 && wcwidth(c) > 0 ? len : 0;
}

/**
 * printable() - a name that can be shown
 * @string: any bytes
 * @quotes: escape it for quotes, too, as Prometheus and JSON have them
 *
 * What is no text is written in octal: a name must not play with a terminal or spoil a
 * file. So is a backslash that could be taken for that.
 *
 * Return: the name, to be freed.
 */
char *printable(const char *string, bool quotes)
{
	const char *backslash = quotes ? "\\\\" : "\\";
	char *result = malloc(5 * strlen(string) + 1);
	char *to = result;

	if (!result)
		fail_errno("memory");
	while (*string) {
		int len = character(string);

		if (!len || is_octal(string))
			to += sprintf(to, "%s%03o", backslash, (unsigned char)*string++);
		else if (quotes && (*string == '\\' || *string == '"'))
			to += sprintf(to, "\\%c", *string++);
		else
			while (len--)
				*to++ = *string++;
	}
	*to = '\0';
	return result;
}

/**
 * slurp() - read a small file of a cgroup, without its last newline
 * @dirfd: where @dir is
 * @dir: the cgroup
 * @name: the file
 * @content: gets what is in it, ended by a NUL
 * @size: of @content
 *
 * Return: false if it cannot be read.
 */
bool slurp(int dirfd, const char *dir, const char *name, char *content, size_t size)
{
	char path[NAME_MAX + 64], *longer = NULL;
	ssize_t len = -1;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		longer = format("%s/%s", dir, name);
	fd = openat(dirfd, longer ?: path, O_RDONLY | O_CLOEXEC);
	free(longer);
	if (fd >= 0) {
		len = read(fd, content, size - 1);
		close(fd);
	} else if (errno == EMFILE || errno == ENFILE) {
		/* This must not look like a cgroup that has gone. */
		fail_errno("cgroups so deep");
	}
	if (len < 0)
		return false;
	content[len] = '\0';
	if (len && content[len - 1] == '\n')
		content[len - 1] = '\0';
	return true;
}

/**
 * has_word() - whether a word is in a list
 * @list: the words
 * @word: the word
 * @separators: the characters between them
 *
 * Return: true if it is.
 */
bool has_word(const char *list, const char *word, const char *separators)
{
	size_t len = strlen(word);

	while (*list) {
		size_t n = strcspn(list, separators);

		if (n == len && !memcmp(list, word, len))
			return true;
		list += n + !!list[n];
	}
	return false;
}

/**
 * is_within() - whether a cgroup is another one or below it
 * @cgroup: its path
 * @above: the path of the other one; "" is the root
 *
 * Return: true if it is.
 */
bool is_within(const char *cgroup, const char *above)
{
	size_t len = strlen(above);

	return !strncmp(cgroup, above, len) && (!cgroup[len] || cgroup[len] == '/');
}

/**
 * in_initial_namespace() - whether we are in the machine's own namespace
 * @type: "cgroup" or "pid"
 * @inode: the number that the kernel gives the initial one
 *
 * Return: true if we are.
 */
bool in_initial_namespace(const char *type, unsigned long inode)
{
	char *name = format("/proc/self/ns/%s", type);
	struct stat st;
	bool initial = stat(name, &st) || st.st_ino == inode;

	free(name);
	return initial;
}

/**
 * close_or_fail() - close a file, and end with an error if not all could be written
 * @out: the file
 * @name: for the error
 */
void close_or_fail(FILE *out, const char *name)
{
	if (fflush(out) || ferror(out) || fclose(out))
		fail_errno("%s", name);
}

/**
 * block_signals() - block those that would end us, so that they can be waited for
 * @signals: gets which these are
 * @more: one more
 * @before: gets those that were blocked, or NULL
 *
 * Not blocked are those that say that we have a fault, and those that stop and continue.
 */
void block_signals(sigset_t *signals, int more, sigset_t *before)
{
	static const int others[] = {
		SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS,
		SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGCHLD, SIGURG, SIGWINCH,
	};

	sigfillset(signals);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		sigdelset(signals, others[i]);
	sigaddset(signals, more);
	sigprocmask(SIG_BLOCK, signals, before);
}
