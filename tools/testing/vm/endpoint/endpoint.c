// SPDX-License-Identifier: GPL-2.0-only
/*
 * endpoint SOCKET PASID_BITS COMMAND...: become COMMAND, which is a QEMU or another
 * endpoint, and leave a process behind that is a PCI Express endpoint for the QEMU
 * that connects to SOCKET. That ends when COMMAND does, or when the guest asks for
 * it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "endpoint.h"

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		errx(2, "%s is too long for a socket", path);
	strcpy(address.sun_path, path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, 1))
		err(1, "%s", path);

	return fd;
}

/* False at the end of file, where nothing was begun. */
static bool receive(int fd, void *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		/* Descriptors that come along are dropped: it needs none. */
		ssize_t n = read(fd, (char *)to + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err(1, "read");
		if (!n && done)
			errx(1, "a message that ends too early");
		if (!n)
			return false;
		done += n;
	}

	return true;
}

static void send_all(int fd, const char *from, size_t size)
{
	while (size) {
		ssize_t n = send(fd, from, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err(1, "send");
		from += n;
		size -= n;
	}
}

static void serve(int fd, struct device *device)
{
	static char message[MESSAGE_SIZE], answer[MESSAGE_SIZE];
	struct header header;
	size_t size;

	while (!device->killed && receive(fd, &header, sizeof(header))) {
		if (header.size < sizeof(header) || header.size > sizeof(message))
			errx(1, "a message of %u bytes", header.size);
		memcpy(message, &header, sizeof(header));
		if (header.size > sizeof(header) &&
		    !receive(fd, message + sizeof(header), header.size - sizeof(header)))
			errx(1, "a message without its end");
		size = device_answer(device, message, answer);
		/*
		 * Who dies does not answer. It would also have QEMU's next request meet
		 * the end of this, and QEMU 11.1 may die of that, too.
		 */
		if (!device->killed)
			send_all(fd, answer, size);
	}
}

/* Whoever is @parent goes on to be COMMAND. */
static void be_endpoint(int fd, int bits, pid_t parent)
{
	static struct device device;
	int client;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		exit(1);
	/* What COMMAND writes to is at its end when COMMAND is. */
	dup2(fd, 3);
	close_range(4, ~0U, 0);

	client = accept(3, NULL, NULL);
	if (client < 0)
		err(1, "accept");
	device_reset(&device, bits);
	serve(client, &device);
	exit(0);
}

int main(int argc, char **argv)
{
	int bits = argc > 3 ? atoi(argv[2]) : 0;
	pid_t self = getpid();
	int fd;

	if (bits < 1 || bits > 20)
		errx(2, "usage: endpoint SOCKET PASID_BITS COMMAND...");

	fd = listen_at(argv[1]);
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		be_endpoint(fd, bits, self);
	}

	execvp(argv[3], argv + 3);
	err(127, "%s", argv[3]);
}
