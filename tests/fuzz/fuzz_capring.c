/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the reader of api/capring. Input: head and tail (16 bits each), then the ring's bytes.
 * Records that come out must lie within what was published; the bytes are all read.
 */
#include "api/capring.h"

#include "fuzz.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	RING = 4096
};

static uint32_t read_bytes(const struct rd_cap_rec *rec)
{
	const uint8_t *bytes = (const uint8_t *)rec + rec->hdr_len;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < rec->cap_len; i++)
		sum += bytes[i];
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rd_capring ring; // made once; each run overwrites its contents
	struct rd_capring_reader *r;
	const struct rd_cap_rec *rec;
	uint64_t used = 0, published;
	uint16_t head, tail;
	int err;

	if (size < 4 || (ring.hdr == NULL && rd_capring_create(&ring, 1, 1, RING) < 0))
		return 0;
	memcpy(&head, data, 2);
	memcpy(&tail, data + 2, 2);
	memset(ring.ring[0].data, 0, RING);
	memcpy(ring.ring[0].data, data + 4, size - 4 < RING ? size - 4 : RING);
	ring.ring[0].ctl->head = head;
	ring.ring[0].ctl->tail = tail;
	published = (uint64_t)head - tail;
	r = rd_capring_open(dup(ring.fd));
	if (r == NULL)
		return 0;
	while ((rec = rd_capring_peek(r, 0, &err)) != NULL) {
		FUZZ_CHECK(err == 0 && rec->stage < RD_STAGE_MAX);
		FUZZ_CHECK(rec->hdr_len + (uint64_t)rec->cap_len <= rec->rec_len);
		used += rec->rec_len;
		FUZZ_CHECK(used <= published && published <= RING);
		FUZZ_CHECK(read_bytes(rec) <= rec->cap_len * 255u);
		rd_capring_pop(r, 0);
	}
	FUZZ_CHECK(err == 0 ? used == published : err == -EBADMSG);
	rd_capring_close(r);
	return 0;
}
