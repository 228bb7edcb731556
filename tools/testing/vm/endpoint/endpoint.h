/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device that endpoint.c serves: what it answers to a message, apart from how
 * messages come and go.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

#define CONFIG_SIZE	4096
#define BAR_SIZE	4096

/* The byte of configuration space that changes of its own accord. */
#define PRI_STATUS	0x117

/* Room for any message that the device takes, and for any answer that it gives. */
#define MESSAGE_SIZE	(CONFIG_SIZE + 64)

/* Every message starts with this; all of it is in the byte order of the host. */
struct header {
	uint16_t id;
	uint16_t command;
	uint32_t size;		/* of all of the message, this included */
	uint32_t flags;
	uint32_t error;
};

struct device {
	uint8_t config[CONFIG_SIZE];
	uint8_t writable[CONFIG_SIZE];	/* the bits of config that a write changes */
	uint8_t bar[BAR_SIZE];
	unsigned int pasid_bits;
	int killed;			/* the guest has asked for a sudden end */
};

void device_reset(struct device *device, unsigned int pasid_bits);
size_t device_answer(struct device *device, const void *message, void *answer);

#endif
