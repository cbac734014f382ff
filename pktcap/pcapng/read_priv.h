/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Inside of the pcapng reader: shared by read.c (blocks off the stream) and read_block.c (what is in them).
 */
#pragma once

#include "base/err.h"
#include "pcapng/read.h"

struct read_iface {
	struct rd_pcapng_iface pub; // its texts are owned
	uint8_t tsresol;
	int64_t tsoffset; // seconds
};

struct rd_pcapng_reader {
	rd_pcapng_read_fn fn;
	void *arg;
	uint8_t *block; // the current block without its first 8 and last 4 bytes
	size_t len, cap;
	uint64_t offset; // of the next block in the file
	struct read_iface *ifaces;
	uint32_t nb_ifaces, ifaces_cap;
	uint32_t first_iface; // of the current section
	bool in_section;
	bool swapped; // the section has the other byte order
	bool dead; // after an error
};

uint16_t read_u16(const struct rd_pcapng_reader *r, const uint8_t *p);
uint32_t read_u32(const struct rd_pcapng_reader *r, const uint8_t *p);
uint64_t read_u64(const struct rd_pcapng_reader *r, const uint8_t *p);

// Each decodes r->block. 0 or a negative errno with the complaint in *err.
int read_section(struct rd_pcapng_reader *r, struct rd_pcapng_section *s, struct rd_err *err);
int read_iface(struct rd_pcapng_reader *r, struct rd_err *err);
int read_packet(struct rd_pcapng_reader *r, struct rd_pcapng_packet *p, struct rd_err *err);
int read_simple_packet(struct rd_pcapng_reader *r, struct rd_pcapng_packet *p, struct rd_err *err);
int read_stats(struct rd_pcapng_reader *r, struct rd_pcapng_stats *s, struct rd_err *err);
