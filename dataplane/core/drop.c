/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Counting and recording drops (worker), and forgetting a port (control calls, worker does).
 */
#include "core/drop.h"

#include <stdlib.h>
#include <string.h>

#include "core/stage.h"
#include "core/tap.h"
#include "tables/dfw_filter.h"
#include "tables/port.h"

// Whether the ring that all reasons share has it.
static bool record(struct rd_worker *w, struct rte_mbuf *m, const struct rd_meta *md, uint16_t port,
	uint64_t ns)
{
	uint32_t len = RTE_MIN(m->pkt_len, w->droplog.snap);
	struct rd_droplog_slot *to[2];
	unsigned nb = rd_droplog_begin(&w->droplog, md->reason, ns, to);

	for (unsigned i = 0; i < nb; i++) {
		const uint8_t *bytes;

		rd_droplog_open(to[i]);
		to[i]->rec = (struct rd_droplog_rec){.ns = ns,
			.packet_id = md->packet_id,
			.rule_id = md->rule_id,
			.vni = md->vni,
			.len = m->pkt_len,
			.port = port,
			.port_gen = rd_port_gen[port],
			.reason = md->reason,
			.stage = md->stage,
			.worker = (uint8_t)w->id,
			.flags = md->flags};
		bytes = rte_pktmbuf_read(m, 0, len, to[i]->bytes);
		to[i]->rec.cap_len = bytes != NULL ? (uint16_t)len : 0;
		if (bytes != NULL && bytes != to[i]->bytes)
			memcpy(to[i]->bytes, bytes, len);
		rd_droplog_close(to[i]);
	}
	return nb > 1;
}

void rd_drop_note(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md, uint64_t ns)
{
	uint16_t port = rd_stage_port(md->stage, md);
	bool shared;

	if (md->reason == RD_DROP_NONE || md->reason >= RD_DROP_MAX)
		md->reason = RD_DROP_INTERNAL_UNSPEC;
	w->drops[md->reason]++;
	w->ports[port].drops++;
	w->tally[port].in[RD_STAGE_DROP]++;
	shared = record(w, m, md, port, ns);
	rd_dropcount_add(w->dropcount,
		&(struct rd_dropcount_row){.port = port,
			.reason = md->reason,
			.stage = md->stage,
			.packets = 1,
			.bytes = m->pkt_len,
			.suppressed = !shared,
			.first_ns = ns,
			.last_ns = ns});
}

void rd_drop_lost(struct rd_worker *w, struct rte_mbuf *m, unsigned stage, enum rd_drop_reason r)
{
	struct rd_meta *md = rd_meta(m), before = *md;

	w->stages[stage].created++;
	w->stages[stage].drops++;
	md->stage = (uint8_t)stage;
	md->reason = (uint16_t)r;
	w->tally[rd_stage_port(stage, md)].created[stage]++;
	rd_tap_see(w, RD_STAGE_DROP, m);
	w->stages[RD_STAGE_DROP].in++;
	rd_drop_note(w, m, md, rd_clock_ns(&w->clock, rd_tsc()));
	w->stages[RD_STAGE_DROP].consumed++;
	before.cap_done = md->cap_done;
	before.cap_match = md->cap_match;
	*md = before;
}

struct forget {
	uint16_t port;
	struct rd_dropcount *table[RD_WORKER_MAX]; // a new one by worker id, then the old one
};

// What waits in the inject ring for the port: it would come out at the port that gets the index next.
static void drain(struct rd_worker *w, uint16_t port)
{
	unsigned nb = rte_ring_count(w->inject);
	struct rte_mbuf *m;

	for (; nb > 0 && rte_ring_dequeue(w->inject, (void **)&m) == 0; nb--) {
		if (rd_meta(m)->in_port != port && rte_ring_enqueue(w->inject, m) == 0)
			continue;
		rd_drop_lost(w, m, RD_STAGE_UPLINK_RX, RD_DROP_RX_PORT_DOWN);
		rte_pktmbuf_free(m);
	}
}

static void forget_one(struct rd_worker *w, void *arg)
{
	struct forget *f = arg;

	drain(w, f->port);
	w->ports[f->port] = (struct rd_port_stats){0};
	rd_tally_forget(w, f->port);
	rd_dfw_filter_forget(w->id, f->port);
	if (f->table[w->id] == NULL)
		return;
	rd_dropcount_forget(f->table[w->id], w->dropcount, f->port);
	f->table[w->id] = __atomic_exchange_n(&w->dropcount, f->table[w->id], __ATOMIC_ACQ_REL);
}

void rd_worker_forget_port(uint16_t port)
{
	struct forget f = {.port = port};

	rd_tap_forget_port(port);
	for (unsigned i = 0; i < rd_nb_workers; i++)
		if (rd_workers[i]->ports[port].drops != 0 || !rte_ring_empty(rd_workers[i]->inject))
			f.table[i] = calloc(1, sizeof(*f.table[i]));
	rd_worker_call_all(forget_one, &f);
	for (unsigned i = 0; i < rd_nb_workers; i++)
		free(f.table[i]);
}
