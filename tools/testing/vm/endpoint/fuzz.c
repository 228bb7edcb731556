// SPDX-License-Identifier: GPL-2.0-only
/*
 * For libFuzzer: its input is what comes through the socket, one message after
 * another. Whatever that is, the device answers within its room, and stays what it
 * is: no write changes a bit of configuration space that is not to be changed.
 */
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"

/* By the name that libFuzzer knows it. */
int one_input(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

int one_input(const uint8_t *data, size_t size)
{
	static struct device device, fresh;
	uint8_t *message, *answer;
	struct header header;

	device_reset(&device, 20);
	device_reset(&fresh, 20);

	while (size >= sizeof(header)) {
		memcpy(&header, data, sizeof(header));
		if (header.size < sizeof(header) || header.size > MESSAGE_SIZE ||
		    header.size > size)
			break;

		/* Of their very sizes, so that ASan sees a step beyond. */
		message = malloc(header.size);
		answer = malloc(MESSAGE_SIZE);
		memcpy(message, data, header.size);
		if (device_answer(&device, message, answer) > MESSAGE_SIZE)
			abort();
		free(message);
		free(answer);
		data += header.size;
		size -= header.size;
	}

	/* All but the status of page requests, which has a bit of its own accord. */
	device.config[PRI_STATUS] = fresh.config[PRI_STATUS];
	for (size_t i = 0; i < CONFIG_SIZE; i++) {
		if ((device.config[i] ^ fresh.config[i]) & ~device.writable[i])
			abort();
	}

	return 0;
}
