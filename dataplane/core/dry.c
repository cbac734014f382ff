/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See dry.h. The worker is made at the first question, and kept. Control thread, but what a probe runs on worker 0.
 */
#include "core/dry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_malloc.h>

#include "core/graph.h"
#include "core/packet_id.h"
#include "core/rxq.h"
#include "core/stage.h"
#include "tables/flow.h"
#include "tables/index.h"
#include "tables/segment.h"

#define FLOWS 1024
#define INJECT_SLOTS 64
#define DROP_SLOTS 64
#define FRAME_MAX 65535
#define PROBE_WALKS 256

static struct rd_worker *asker;
static struct rd_dry dry;

static const uint8_t *keep(struct rte_mbuf *m)
{
	uint8_t *to = dry.bytes + dry.used;
	const void *from;

	if (m->pkt_len > RD_DRY_BYTES - dry.used)
		return NULL;
	from = rte_pktmbuf_read(m, 0, m->pkt_len, to);
	if (from != NULL && from != to)
		memcpy(to, from, m->pkt_len);
	dry.used += m->pkt_len;
	return to;
}

static bool is_family(uint64_t id)
{
	for (unsigned i = 0; i < dry.nb_family; i++)
		if (dry.family[i] == id)
			return true;
	return false;
}

// Whether the packet is the probe, or comes of it.
static bool concerns(const struct rd_meta *md)
{
	if (dry.nb_family == 0 || is_family(md->packet_id))
		return true;
	if (md->parent_id == 0 || !is_family(md->parent_id) || dry.nb_family == RD_DRY_FAMILY)
		return false;
	dry.family[dry.nb_family++] = md->packet_id;
	return true;
}

static void record(struct rd_worker *w, unsigned stage, struct rte_mbuf *m)
{
	const struct rd_meta *md = rd_meta(m);

	if (!concerns(md))
		return;
	if (dry.nb_hops == RD_DRY_HOPS) {
		dry.lost++;
		return;
	}
	dry.hop[dry.nb_hops++] = (struct rd_dry_hop){.md = *md,
		.port = rd_stage_port(stage, md),
		.stage = (uint8_t)stage,
		.len = m->pkt_len,
		.ns = rd_clock_ns(&w->clock, rd_tsc()),
		.bytes = keep(m)};
}

static uint16_t dry_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	struct rd_worker *w = rd_worker_self();
	unsigned stage = w->stage_of[node->id];

	for (uint16_t i = 0; i < nb; i++)
		record(w, stage, objs[i]);
	return w->process[stage](graph, node, objs, nb);
}

static int make_parts(struct rd_worker *w)
{
	w->inject = rte_ring_create("dry", INJECT_SLOTS, SOCKET_ID_ANY, RING_F_SC_DEQ);
	w->flows = rd_flow_table_create(FLOWS, 0);
	w->rxqs = calloc(1, sizeof(*w->rxqs));
	w->dropcount = calloc(1, sizeof(*w->dropcount));
	w->tally = rd_tally_create();
	dry.bytes = malloc(RD_DRY_BYTES);
	if (w->inject == NULL || w->flows == NULL || w->rxqs == NULL || w->dropcount == NULL
		|| w->tally == NULL || dry.bytes == NULL
		|| rd_droplog_init(&w->droplog, DROP_SLOTS, DROP_SLOTS) < 0)
		return -ENOMEM;
	return rd_graph_create(w);
}

static int make(void)
{
	struct rd_worker *w = rte_zmalloc("dry", sizeof(*w), RTE_CACHE_LINE_SIZE);
	int ret;

	if (w == NULL)
		return -ENOMEM;
	asker = w;
	w->id = RD_WORKER_DRY;
	w->lcore = LCORE_ID_ANY;
	w->id_base = (rd_workers[0]->id_base & ~(UINT64_C(0xff) << 40)) | UINT64_C(0xfd) << 40;
	w->id_next = 1;
	w->polling = true;
	w->staged = true;
	w->model = RD_MODEL_RTC;
	w->dry = &dry;
	ret = make_parts(w);
	for (unsigned i = 0; ret == 0 && i < rd_stages_count; i++)
		w->nodes[rd_stages[i].id]->process = dry_process;
	if (ret < 0)
		rd_dry_fini();
	return ret;
}

void rd_dry_fini(void)
{
	struct rd_worker *w = asker;

	if (w == NULL)
		return;
	rd_graph_destroy(w);
	rd_flow_table_free(w->flows);
	rte_ring_free(w->inject);
	free(w->rxqs);
	free(w->dropcount);
	free(w->tally);
	rd_droplog_fini(&w->droplog);
	rte_free(w);
	free(dry.bytes);
	dry.bytes = NULL;
	asker = NULL;
}

static struct rte_mbuf *packet(uint16_t port, const uint8_t *frame, size_t len, bool held)
{
	struct rte_mbuf *m = rd_frame_to_mbuf(frame, len);

	if (m == NULL)
		return NULL;
	*rd_meta(m) = (struct rd_meta){
		.packet_id = rd_packet_id_next(asker),
		.in_port = port,
		.flags = RD_META_INJECTED,
		.held = held,
	};
	return m;
}

static int check(uint16_t port, size_t len)
{
	const struct rd_port *p = port < RD_PORT_MAX ? rd_port_at(port) : NULL;

	if (p == NULL || rd_poll_edge(p->type) < 0)
		return -EINVAL;
	if (len == 0 || len > FRAME_MAX)
		return -EMSGSIZE;
	return asker == NULL ? make() : 0;
}

static void forget(void)
{
	dry.nb_hops = dry.nb_notes = dry.nb_stations = dry.nb_conns = dry.lost = dry.nb_family = 0;
	dry.used = 0;
}

int rd_dry_run(uint16_t port, const uint8_t *frame, size_t len, const struct rd_dry **out)
{
	int ret = check(port, len);
	struct rte_mbuf *m;

	if (ret < 0)
		return ret;
	m = packet(port, frame, len, false);
	if (m == NULL)
		return -ENOBUFS;
	forget();
	rd_flow_flush(asker->flows);
	if (rte_ring_enqueue(asker->inject, m) != 0) { // it is empty
		rte_pktmbuf_free(m);
		return -ENOBUFS;
	}
	rd_worker_walk_once(asker);
	*out = &dry;
	return 0;
}

struct probe {
	struct rte_mbuf *m;
	int ret;
};

static rte_node_process_t
	real[RD_STAGE_MAX]; // of the worker that a probe goes through: taps, perhaps

static uint16_t probe_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	struct rd_worker *w = rd_worker_self();
	unsigned stage = w->stage_of[node->id];

	for (uint16_t i = 0; i < nb; i++)
		record(w, stage, objs[i]);
	return real[stage](graph, node, objs, nb);
}

// Every packet takes the stages, and none goes to another worker: as in a walk of its own.
static void probe_walk(struct rd_worker *w, void *arg)
{
	bool staged = w->staged;
	uint8_t model = w->model;
	struct probe *p = arg;

	p->ret = rte_ring_enqueue(w->inject, p->m) == 0 ? 0 : -EAGAIN;
	if (p->ret < 0) {
		rte_pktmbuf_free(p->m);
		return;
	}
	for (unsigned i = 0; i < rd_stages_count; i++) {
		struct rte_node *n = w->nodes[rd_stages[i].id];

		real[rd_stages[i].id] = n->process;
		n->process = probe_process;
	}
	w->staged = true;
	w->model = RD_MODEL_RTC;
	for (unsigned n = 0; n < PROBE_WALKS && dry.nb_hops == 0; n++) // others may be before it
		rd_worker_walk_once(w);
	w->staged = staged;
	w->model = model;
	for (unsigned i = 0; i < rd_stages_count; i++)
		w->nodes[rd_stages[i].id]->process = real[rd_stages[i].id];
	p->ret = dry.nb_hops != 0 ? 0 : -EAGAIN;
}

int rd_probe_run(
	uint16_t port, const uint8_t *frame, size_t len, bool deliver, const struct rd_dry **out)
{
	struct probe p = {.ret = check(port, len)};

	if (p.ret < 0)
		return p.ret;
	p.m = packet(port, frame, len, !deliver);
	if (p.m == NULL)
		return -ENOBUFS;
	forget();
	dry.family[dry.nb_family++] = rd_meta(p.m)->packet_id;
	rd_worker_call(rd_workers[0], probe_walk, &p);
	*out = &dry;
	return p.ret;
}

void rd_dry_note(
	struct rd_worker *w, const struct rd_meta *md, enum rd_dry_what what, uint32_t value)
{
	struct rd_dry *d = w->dry;

	if (d->nb_notes == RD_DRY_NOTES)
		return;
	d->note[d->nb_notes++] = (struct rd_dry_note){.packet_id = md->packet_id,
		.stage = md->stage,
		.what = (uint8_t)what,
		.hop = md->hop,
		.value = value};
}

bool rd_dry_flow(struct rd_worker *w, const struct rd_meta *md, const struct rd_flow_key *k,
	uint32_t hash, struct rd_flow *copy)
{
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		if (!rd_flow_peek(rd_workers[i]->flows, k, hash, copy))
			continue;
		rd_dry_note(w, md, RD_DRY_FLOW, i);
		return true;
	}
	return false;
}

static uint64_t station(uint16_t segment, const uint8_t mac[6])
{
	return (uint64_t)segment << 48 | rd_mac48(mac);
}

uint32_t rd_dry_learn(struct rd_worker *w, const struct rd_meta *md, const uint8_t mac[6],
	bool is_tunnel, uint16_t to)
{
	struct rd_dry *d = w->dry;
	bool changes;
	uint32_t slot = rd_fdb_would_learn(md->segment, mac, is_tunnel, to, w->now_s, &changes);

	if (!changes || d->nb_stations == RD_DRY_STATIONS)
		return slot;
	rd_dry_note(w, md, RD_DRY_LEARNS, to);
	d->station[d->nb_stations].key = station(md->segment, mac);
	d->station[d->nb_stations].is_tunnel = is_tunnel;
	d->station[d->nb_stations++].to = to;
	return slot;
}

bool rd_dry_lookup(
	struct rd_worker *w, uint16_t segment, const uint8_t mac[6], struct rd_fdb_entry *e)
{
	const struct rd_dry *d = w->dry;
	uint64_t key = station(segment, mac);

	for (unsigned i = d->nb_stations; i-- > 0;) {
		if (d->station[i].key != key)
			continue;
		*e = (struct rd_fdb_entry){.segment = segment,
			.kind = RD_FDB_LEARNED,
			.is_tunnel = d->station[i].is_tunnel,
			.to = d->station[i].to};
		return true;
	}
	return rd_fdb_lookup(segment, mac, e);
}

void rd_dry_begin(
	struct rd_worker *w, const struct rd_conn_key *key, uint32_t rule_id, uint16_t rule_slot)
{
	struct rd_dry *d = w->dry;

	if (d->nb_conns < RD_DRY_CONNS)
		d->conn[d->nb_conns++] = (struct rd_dry_conn){*key, rule_id, rule_slot};
}

const struct rd_dry_conn *rd_dry_begun(const struct rd_worker *w, const struct rd_conn_key *key)
{
	const struct rd_dry *d = w->dry;

	for (unsigned i = 0; i < d->nb_conns; i++) {
		const struct rd_conn_key *k = &d->conn[i].key;

		if (k->zone == key->zone && k->to_guest != key->to_guest && k->proto == key->proto
			&& k->family == key->family && k->sport == key->dport
			&& k->dport == key->sport && memcmp(k->src, key->dst, 16) == 0
			&& memcmp(k->dst, key->src, 16) == 0)
			return &d->conn[i];
	}
	return NULL;
}
