/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the reader of every kind of capture file: classic pcap, pcapng, both packed, links made into Ethernet. Input: a file; its
 * first byte says in what pieces it arrives. Everything that comes out is read.
 */
#include "pcapng/capfile.h"

#include "../harness/pieces.h"
#include "fuzz.h"

#include <string.h>

#define EVENTS 20000 // a packed file may hold millions

static size_t touch(const struct rd_pcapng_packet *p)
{
	size_t sum = 0;

	FUZZ_CHECK(p->cap_len <= RD_PCAPNG_READ_MAX + 14);
	for (uint32_t i = 0; i < p->cap_len; i++)
		sum += p->bytes[i];
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pieces in = {.data = data + 1, .len = size - 1};
	struct rd_pcapng_event ev;
	struct rd_err err = {0};
	struct rd_capfile *f;
	int kind = 1;

	if (size == 0)
		return 0;
	in.piece = 1u + data[0] * 16u;
	f = rd_capfile_new(pieces_read, &in);
	FUZZ_CHECK(f != NULL);
	for (unsigned i = 0; i < EVENTS && kind > 0; i++) {
		kind = rd_capfile_next(f, &ev, &err);
		if (kind == RD_PCAPNG_AT_PACKET) {
			FUZZ_CHECK(rd_capfile_iface(f, ev.packet.iface) != NULL);
			FUZZ_CHECK(touch(&ev.packet) < SIZE_MAX);
		}
	}
	FUZZ_CHECK(kind >= 0 || err.code == kind);
	rd_capfile_free(f);
	return 0;
}
