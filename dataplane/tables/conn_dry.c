/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What tracking would say of a packet, without a trace of it: for walks that only ask (core/dry.h). Control thread.
 *
 * Slot 0 is no connection: it holds a copy of the one that is asked about, whose state the packet changes as it would the
 * original's. The copy's zone is that of no port, and its counts are taken back.
 */
#include "tables/conn_priv.h"

#include <string.h>

#define SCRATCH 0

// The workers write meanwhile, word by word.
static void copy_line(uint32_t from)
{
	const uint64_t *src = (const uint64_t *)&rd_conn_fast_.line[from];
	uint64_t words[sizeof(struct rd_conn_line) / 8];

	for (unsigned i = 0; i < sizeof(words) / 8; i++)
		words[i] = __atomic_load_n(&src[i], __ATOMIC_RELAXED);
	memcpy(&rd_conn_fast_.line[SCRATCH], words, sizeof(words));
}

// With the lock of the original.
static void copy(uint32_t from)
{
	copy_line(from);
	conn_table_.id[SCRATCH] = conn_table_.id[from];
	conn_table_.id[SCRATCH].key.zone = RD_PORT_NONE;
	conn_table_.tcp[SCRATCH] = conn_table_.tcp[from];
}

// Reference 0 finds nothing, as before.
static void clean(void)
{
	rd_conn_fast_.line[SCRATCH].state = 0;
	rd_conn_fast_.line[SCRATCH].inc = 1;
}

int rd_conn_try(rd_conn_ref ref, enum rd_conn_dir dir, uint8_t proto, const struct rd_conn_l4 *l4)
{
	uint32_t i = conn_index(ref);
	struct conn_id *id = &conn_table_.id[i];
	struct rd_conn_seg seg;
	uint8_t before;
	int rc;

	if (rd_conn_fits(ref, dir, proto, l4, &seg))
		return 0;
	conn_lock(&id->lock);
	before = RD_CONN_GET(rd_conn_fast_.line[i].state);
	if (!conn_is(ref) || before == 0) {
		conn_unlock(&id->lock);
		return RD_CONN_GONE;
	}
	copy(i);
	conn_unlock(&id->lock);
	rc = conn_changed(SCRATCH, dir, proto, l4);
	conn_set_state(SCRATCH, before); // what it changed of its zone's counts
	clean();
	return rc;
}

// Of a connection that would end first, so that another takes its place.
static void leave(rd_conn_ref ref, uint32_t *nb, uint32_t *half_open)
{
	if (ref == 0 || !conn_is(ref))
		return;
	*nb -= *nb > 0;
	if (conn_is_half_open(RD_CONN_GET(rd_conn_line(ref)->state)))
		*half_open -= *half_open > 0;
}

int rd_conn_would(const struct rd_conn_key *k, const struct rd_conn_limits *limits,
	const struct rd_conn_l4 *l4, rd_conn_ref instead)
{
	const struct conn_zone *z = conn_zone_of(k);
	uint32_t nb = RD_CONN_GET(z->nb), half_open = RD_CONN_GET(z->half_open);
	uint8_t state;
	int rc;

	if (conn_table_.capacity == 0)
		return RD_DROP_DFW_STATE_MEMORY;
	leave(instead, &nb, &half_open);
	rc = conn_zone_refuses(k, limits, nb + 1, half_open);
	if (rc == 0 && !conn_has_room())
		rc = RD_DROP_DFW_STATE_MEMORY;
	if (rc != 0)
		return rc;
	conn_clear(SCRATCH, k, 0);
	rc = conn_first_packet(SCRATCH, k, l4, &state);
	clean();
	return rc;
}

enum rd_conn_state rd_conn_state_now(rd_conn_ref ref)
{
	return conn_is(ref) ? conn_state_of(RD_CONN_GET(rd_conn_line(ref)->state)) : RD_CONN_NONE;
}
