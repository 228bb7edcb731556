// SPDX-License-Identifier: GPL-2.0-only
/*
 * terminal COLUMNS LINES COMMAND...: run COMMAND on a terminal of that size. What it
 * writes there goes to standard output as it is, and what is read from standard
 * input is typed. Exits as the command does, or with 128 and the signal; the last line
 * says whether the terminal was left as it was: "kept" or "changed".
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

/* Pass on what there is; 0 at the end. */
static int pass(int from, int to)
{
	char bytes[4096];
	ssize_t len = read(from, bytes, sizeof(bytes));

	return len > 0 && write(to, bytes, len) == len;
}

int main(int argc, char **argv)
{
	struct pollfd ends[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .events = POLLIN } };
	struct termios before = { 0 }, after = { 0 };
	struct winsize size = { 0 };
	int master, slave, status;
	pid_t pid;

	if (argc < 4)
		errx(2, "usage: terminal COLUMNS LINES COMMAND...");
	size.ws_col = atoi(argv[1]);
	size.ws_row = atoi(argv[2]);
	if (openpty(&master, &slave, NULL, NULL, &size) || tcgetattr(slave, &before))
		err(2, "openpty");
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		close(master);
		if (login_tty(slave))
			err(2, "login_tty");
		execvp(argv[3], argv + 3);
		err(127, "%s", argv[3]);
	}

	/* The terminal stays open here, so its end is that of the command. */
	ends[1].fd = master;
	for (;;) {
		int ready = poll(ends, 2, 100);

		if (ready > 0 && ends[1].revents & POLLIN) {
			pass(master, STDOUT_FILENO);
			continue;
		}
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		if (ready > 0 && ends[0].revents && !pass(STDIN_FILENO, master))
			ends[0].fd = -1;
	}
	while (poll(ends + 1, 1, 0) > 0 && pass(master, STDOUT_FILENO))
		;
	if (tcgetattr(slave, &after))
		err(2, "tcgetattr");
	printf("\n%s\n", memcmp(&before, &after, sizeof(before)) ? "changed" : "kept");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
