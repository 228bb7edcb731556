// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PCI Express endpoint that has PASIDs, address translation services and page
 * requests, and does nothing at all: its control bits stick, that is all that the
 * driver of an IOMMU asks of it. It raises no interrupt and makes no DMA.
 *
 * It speaks vfio-user, as QEMU's documentation has it. Whatever a message may
 * say, nothing outside of the device and of the answer is written.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "endpoint.h"

enum command {
	VERSION		= 1,
	DMA_MAP		= 2,
	DMA_UNMAP	= 3,
	GET_INFO	= 4,
	GET_REGION_INFO	= 5,
	GET_IRQ_INFO	= 7,
	SET_IRQS	= 8,
	REGION_READ	= 9,
	REGION_WRITE	= 10,
	RESET		= 13,
};

#define TYPE_MASK	0xf
#define TYPE_REPLY	0x1
#define NO_REPLY	0x10
#define IS_ERROR	0x20

struct version {
	uint16_t major;
	uint16_t minor;
	char data[40];
};

struct dma_unmap {
	uint32_t argsz;
	uint32_t flags;
	uint64_t address;
	uint64_t size;
};

struct info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t regions;
	uint32_t irqs;
};

#define INFO_RESET	0x1
#define INFO_PCI	0x2

/* Of a PCI device: six BARs, the ROM, the configuration space, and VGA. */
#define REGION_BAR	0
#define REGION_CONFIG	7
#define REGIONS		9
/* INTx, MSI, MSI-X, errors, and requests to let go of the device. */
#define IRQS		5

struct region_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t cap_offset;
	uint64_t size;
	uint64_t offset;
};

#define REGION_READABLE		0x1
#define REGION_WRITABLE		0x2

struct irq_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t count;
};

struct access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};

static void set(uint8_t *at, uint32_t value, unsigned int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		*at++ = value;
}

/* @bytes of configuration space, of which a write changes the bits in @mask. */
static void field(struct device *device, unsigned int at, unsigned int bytes,
		  uint32_t value, uint32_t mask)
{
	set(&device->config[at], value, bytes);
	set(&device->writable[at], mask, bytes);
}

/* Where things are in configuration space. */
#define EXPRESS	0x40
#define ATS	0x100
#define PRI	0x110
#define PASID	0x120
#define KILL	0x130

#define extended(id, next)	((id) | 1 << 16 | (uint32_t)(next) << 20)

#define PRI_CONTROL_ENABLE	0x1
/* The high byte of its status: responses are to have a PASID. */
#define PRI_STATUS_STOPPED	0x81
#define PRI_STATUS_STARTED	0x80

void device_reset(struct device *device, unsigned int pasid_bits)
{
	memset(device, 0, sizeof(*device));
	device->pasid_bits = pasid_bits;

	field(device, 0x00, 4, 0x10a51234, 0);		/* device and vendor */
	field(device, 0x04, 2, 0, 0x0406);		/* command: memory, DMA, no INTx */
	field(device, 0x06, 2, 0x0010, 0);		/* status: has capabilities */
	field(device, 0x08, 4, 0x12000001, 0);		/* an accelerator */
	field(device, 0x10, 4, 0, ~(BAR_SIZE - 1U));	/* a BAR of memory */
	field(device, 0x2c, 4, 0x10a51234, 0);		/* subsystem */
	field(device, 0x34, 1, EXPRESS, 0);

	field(device, EXPRESS, 4, 0x00020010, 0);	/* PCI Express 2, an endpoint */
	field(device, EXPRESS + 0x04, 4, 1 << 15, 0);	/* reports errors by role */
	field(device, EXPRESS + 0x08, 2, 0, 0x7fff);	/* device control */
	field(device, EXPRESS + 0x0c, 4, 0x11, 0);	/* link: 2.5 GT/s, one lane */
	field(device, EXPRESS + 0x10, 2, 0, 0x01fb);
	field(device, EXPRESS + 0x12, 2, 0x11, 0);
	field(device, EXPRESS + 0x24, 4, 1 << 21, 0);	/* end-to-end prefixes: PASIDs */
	field(device, EXPRESS + 0x28, 2, 0, 0xffff);
	field(device, EXPRESS + 0x2c, 4, 1 << 1, 0);	/* link speeds: 2.5 GT/s */

	field(device, ATS, 4, extended(0x0f, PRI), 0);
	field(device, ATS + 4, 2, 1 << 5, 0);		/* page-aligned requests */
	field(device, ATS + 6, 2, 0, 0x801f);

	field(device, PRI, 4, extended(0x13, PASID), 0);
	field(device, PRI + 4, 2, 0, PRI_CONTROL_ENABLE);
	field(device, PRI + 6, 2, PRI_STATUS_STOPPED << 8, 0);
	field(device, PRI + 8, 4, 32, 0);		/* requests that it could make */
	field(device, PRI + 12, 4, 0, ~0U);

	field(device, PASID, 4, extended(0x1b, KILL), 0);
	field(device, PASID + 4, 2, pasid_bits << 8 | 0x4, 0);	/* privileged mode */
	field(device, PASID + 6, 2, 0, 0x7);

	/* Vendor-specific, 12 bytes: whatever is written to the last four is the end. */
	field(device, KILL, 4, extended(0x0b, 0), 0);
	field(device, KILL + 4, 4, 0x00c00001, 0);
}

static void write_config(struct device *device, size_t offset,
			 const uint8_t *data, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t *byte = &device->config[offset + i];
		uint8_t mask = device->writable[offset + i];

		*byte = (*byte & ~mask) | (data[i] & mask);
		if (offset + i >= KILL + 8 && offset + i < KILL + 12)
			device->killed = 1;
	}

	/* Requests stop as soon as they are not enabled: none is under way. */
	device->config[PRI_STATUS] = device->config[PRI + 4] & PRI_CONTROL_ENABLE ?
				  PRI_STATUS_STARTED : PRI_STATUS_STOPPED;
}

static size_t region_size(uint32_t region)
{
	switch (region) {
	case REGION_BAR:
		return BAR_SIZE;
	case REGION_CONFIG:
		return CONFIG_SIZE;
	default:
		return 0;
	}
}

static bool fits(const struct access *access)
{
	size_t size = region_size(access->region);

	return access->offset <= size && access->count <= size - access->offset;
}

/*
 * Each of these reads @size bytes of a message behind its header, and writes what
 * the answer has there. They return how much that is, or an errno below 0.
 */
static long answer_version(const void *message, size_t size, void *answer)
{
	struct version version = {
		.data = "{\"capabilities\":{}}",
	};

	if (size < offsetof(struct version, data))
		return -EINVAL;
	memcpy(&version.major, message, sizeof(version.major));
	if (version.major != 0)
		return -ENOTSUP;

	memcpy(answer, &version, sizeof(version));
	return offsetof(struct version, data) + strlen(version.data) + 1;
}

/* It makes no DMA, so what may be reached need not be remembered. */
static long answer_dma_unmap(const void *message, size_t size, void *answer)
{
	if (size < sizeof(struct dma_unmap))
		return -EINVAL;

	memcpy(answer, message, sizeof(struct dma_unmap));
	return sizeof(struct dma_unmap);
}

static long answer_info(void *answer)
{
	const struct info info = {
		.argsz		= sizeof(info),
		.flags		= INFO_RESET | INFO_PCI,
		.regions	= REGIONS,
		.irqs		= IRQS,
	};

	memcpy(answer, &info, sizeof(info));
	return sizeof(info);
}

static long answer_region_info(const void *message, size_t size, void *answer)
{
	struct region_info info;

	if (size < sizeof(info))
		return -EINVAL;
	memcpy(&info, message, sizeof(info));
	if (info.index >= REGIONS)
		return -EINVAL;

	info = (struct region_info) {
		.argsz	= sizeof(info),
		.index	= info.index,
		.size	= region_size(info.index),
	};
	if (info.size)
		info.flags = REGION_READABLE | REGION_WRITABLE;
	memcpy(answer, &info, sizeof(info));
	return sizeof(info);
}

static long answer_irq_info(const void *message, size_t size, void *answer)
{
	struct irq_info info;

	if (size < sizeof(info))
		return -EINVAL;
	memcpy(&info, message, sizeof(info));
	if (info.index >= IRQS)
		return -EINVAL;

	info = (struct irq_info) {
		.argsz	= sizeof(info),
		.index	= info.index,
	};
	memcpy(answer, &info, sizeof(info));
	return sizeof(info);
}

static long answer_read(struct device *device, const void *message, size_t size,
			uint8_t *answer)
{
	struct access access;

	if (size < sizeof(access))
		return -EINVAL;
	memcpy(&access, message, sizeof(access));
	if (!fits(&access))
		return -EINVAL;

	memcpy(answer, &access, sizeof(access));
	memcpy(answer + sizeof(access), access.region == REGION_BAR ?
	       &device->bar[access.offset] : &device->config[access.offset],
	       access.count);
	return sizeof(access) + access.count;
}

static long answer_write(struct device *device, const uint8_t *message,
			 size_t size, void *answer)
{
	const uint8_t *data = message + sizeof(struct access);
	struct access access;

	if (size < sizeof(access))
		return -EINVAL;
	memcpy(&access, message, sizeof(access));
	if (!fits(&access) || access.count > size - sizeof(access))
		return -EINVAL;

	if (access.region == REGION_BAR)
		memcpy(&device->bar[access.offset], data, access.count);
	else
		write_config(device, access.offset, data, access.count);
	memcpy(answer, &access, sizeof(access));
	return sizeof(access);
}

static long answer_command(struct device *device, uint16_t command,
			   const void *message, size_t size, void *answer)
{
	switch (command) {
	case VERSION:
		return answer_version(message, size, answer);
	case DMA_MAP:
	case SET_IRQS:
		return 0;
	case DMA_UNMAP:
		return answer_dma_unmap(message, size, answer);
	case GET_INFO:
		return answer_info(answer);
	case GET_REGION_INFO:
		return answer_region_info(message, size, answer);
	case GET_IRQ_INFO:
		return answer_irq_info(message, size, answer);
	case REGION_READ:
		return answer_read(device, message, size, answer);
	case REGION_WRITE:
		return answer_write(device, message, size, answer);
	case RESET:
		device_reset(device, device->pasid_bits);
		return 0;
	default:
		return -ENOTSUP;
	}
}

/*
 * @message has as many bytes as its header says, from that of a header up to
 * MESSAGE_SIZE. Returns the bytes of @answer, which has room for MESSAGE_SIZE, or
 * 0 where none is wanted.
 */
size_t device_answer(struct device *device, const void *message, void *answer)
{
	struct header header;
	long size;

	memcpy(&header, message, sizeof(header));
	if ((header.flags & TYPE_MASK) == TYPE_REPLY)
		return 0;

	size = answer_command(device, header.command,
			      (const uint8_t *)message + sizeof(header),
			      header.size - sizeof(header),
			      (uint8_t *)answer + sizeof(header));
	if (header.flags & NO_REPLY)
		return 0;

	header.flags = TYPE_REPLY;
	header.error = 0;
	if (size < 0) {
		header.flags |= IS_ERROR;
		header.error = -size;
		size = 0;
	}
	header.size = sizeof(header) + size;
	memcpy(answer, &header, sizeof(header));
	return header.size;
}
