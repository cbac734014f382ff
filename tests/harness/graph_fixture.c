/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See graph_fixture.h. The tables are built afresh for every test; EAL, worker and sink devices
 * live as long as the program.
 */
#include "graph_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>

#include "base/clock.h"
#include "tables/conn.h"
#include "tables/dfw_filter.h"
#include "tables/flow.h"
#include "tables/frag.h"
#include "tables/segment.h"
#include "tables/tables.h"

#define SINK_SLOTS 1024

struct rd_worker *gf_w;
struct gf_hop gf_hops[GF_HOPS_MAX];
unsigned gf_nb_hops;

static struct rte_ring *sink[GF_SINKS];
static struct rd_ethdev_info sink_dev[GF_SINKS];
static unsigned mbufs_at_start;

static void note(unsigned stage, struct rte_mbuf *m)
{
	struct rd_meta *md = rd_meta(m);
	struct gf_hop *h = &gf_hops[gf_nb_hops];
	uint32_t len = RTE_MIN(m->pkt_len, (uint32_t)GF_BYTES);
	const void *bytes = rte_pktmbuf_read(m, 0, len, h->bytes);

	if (gf_nb_hops == GF_HOPS_MAX)
		fail_msg("more than %d hops", GF_HOPS_MAX);
	gf_nb_hops++;
	h->packet_id = md->packet_id;
	h->parent_id = md->parent_id;
	h->len = m->pkt_len;
	h->rule_id = md->rule_id;
	h->vni = md->vni;
	h->port = rd_stage_port(stage, md);
	h->reason = md->reason;
	h->stage = (uint8_t)stage;
	h->flags = md->flags;
	if (bytes != h->bytes)
		memcpy(h->bytes, bytes, len);
	rte_mbuf_sanity_check(m, 1);
}

static uint16_t hook(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	for (unsigned id = 1; id < RD_STAGE_MAX; id++) {
		if (gf_w->nodes[id] != node)
			continue;
		for (uint16_t i = 0; i < nb; i++)
			note(id, objs[i]);
		return gf_w->process[id](graph, node, objs, nb);
	}
	fail_msg("a node that is no stage");
	return 0;
}

void gf_trace(bool on)
{
	for (unsigned i = 0; i < rd_stages_count; i++) {
		unsigned id = rd_stages[i].id;

		gf_w->nodes[id]->process = on ? hook : gf_w->process[id];
	}
	gf_w->staged = on; // as with a tap: who looks sees every stage
}

void gf_forget(void)
{
	gf_nb_hops = 0;
}

static int make_sink(unsigned n)
{
	struct rd_err err = {0};
	char name[32];

	snprintf(name, sizeof(name), "sink%u", n);
	sink[n] = rte_ring_create(name, SINK_SLOTS, SOCKET_ID_ANY, 0);
	if (sink[n] == NULL || rte_eth_from_ring(sink[n]) < 0)
		return -1;
	snprintf(name, sizeof(name), "net_ring_sink%u", n);
	if (rd_ethdev_open(name, 1600, &sink_dev[n], &err) < 0) {
		print_error("%s: %s\n", name, err.what);
		return -1;
	}
	return 0;
}

int gf_group_setup(void **state)
{
	static const char *const words[] = {"graph-test", "--no-huge", "-m", "128", "--no-pci",
		"--no-shconf", "-l", "0", "--no-telemetry", "--log-level", "error"};
	char text[RTE_DIM(words)][16], *args[RTE_DIM(words)]; // the EAL wants to write them
	struct rd_core_opts opts = {.nb_workers = 1, .nb_mbufs = 8191, .flow_capacity = 4096};

	(void)state;
	for (unsigned i = 0; i < RTE_DIM(words); i++) {
		snprintf(text[i], sizeof(text[i]), "%s", words[i]);
		args[i] = text[i];
	}
	if (rte_eal_init(RTE_DIM(words), args) < 0) {
		print_error("EAL: %s\n", rte_strerror(rte_errno));
		return -1;
	}
	rd_coarse_tick();
	if (rd_core_init(&opts) < 0)
		return -1;
	gf_w = rd_workers[0];
	for (unsigned n = 0; n < GF_SINKS; n++)
		if (make_sink(n) < 0)
			return -1;
	return 0;
}

int gf_group_teardown(void **state)
{
	(void)state;
	for (unsigned n = 0; n < GF_SINKS; n++) {
		rd_ethdev_close(&sink_dev[n]);
		rte_ring_free(sink[n]);
	}
	rd_core_fini();
	return rte_eal_cleanup() == 0 ? 0 : -1;
}

int gf_begin(void **state)
{
	(void)state;
	if (rd_fdb_init(4096) < 0)
		return -1;
	rd_flow_flush(gf_w->flows);
	(void)rd_conn_flush(0);
	rd_frag_clear();
	memset(&gf_w->flows->stats, 0, sizeof(gf_w->flows->stats));
	memset(gf_w->stages, 0, sizeof(gf_w->stages));
	memset(gf_w->drops, 0, sizeof(gf_w->drops));
	memset(gf_w->dropcount, 0, sizeof(*gf_w->dropcount));
	memset(gf_w->droplog.reason, 0, sizeof(gf_w->droplog.reason));
	gf_w->droplog.head = 0;
	memset(gf_w->ports, 0, sizeof(gf_w->ports));
	for (unsigned i = 0; i < RD_PORT_MAX; i++)
		rd_dfw_filter_forget(gf_w->id, (uint16_t)i);
	gf_forget();
	gf_trace(true);
	mbufs_at_start = rte_mempool_in_use_count(rd_pool());
	return 0;
}

// in + created = out + consumed + drops at every stage; what one stage hands out, others take in.
// Every packet at a firewall is its port's, passed or dropped; a port that is gone takes its counts along.
static int check_firewalls(void)
{
	static const unsigned stages[2] = {RD_STAGE_DFW_IN, RD_STAGE_DFW_OUT};
	uint64_t sum[2] = {0};
	struct rd_dfw_filter f;

	for (unsigned i = 0; i < rd_port_bound(); i++) {
		rd_dfw_filter_sum((uint16_t)i, &f);
		for (unsigned n = 0; n < RD_DFW_FAMILIES; n++) {
			sum[0] += f.pass[0][n] + f.drop[0][n];
			sum[1] += f.pass[1][n] + f.drop[1][n];
		}
	}
	for (unsigned way = 0; way < 2; way++) {
		if (sum[way] <= gf_w->stages[stages[way]].in)
			continue;
		print_error("%lu at firewalls, %lu at their stage\n", sum[way],
			gf_w->stages[stages[way]].in);
		return -1;
	}
	return 0;
}

static int check_conservation(void)
{
	uint64_t entered = 0, left = 0, dropped = 0, reasons = 0, ports = 0, rows = 0;
	struct rd_dropcount_row row;

	for (unsigned i = 0; i < rd_stages_count; i++) {
		const struct rd_stage_stats *s = &gf_w->stages[rd_stages[i].id];

		if (s->in + s->created != s->out + s->consumed + s->drops) {
			print_error(
				"%s: in %lu + created %lu != out %lu + consumed %lu + drops %lu\n",
				rd_stages[i].name, s->in, s->created, s->out, s->consumed,
				s->drops);
			return -1;
		}
		entered += s->in + s->created;
		left += s->consumed;
		dropped += s->drops;
	}
	for (unsigned r = 1; r < RD_DROP_MAX; r++)
		reasons += gf_w->drops[r];
	for (unsigned i = 0; i < RD_PORT_MAX; i++)
		ports += gf_w->ports[i].drops;
	for (uint32_t i = 0; i < RD_DROPCOUNT_SLOTS; i++)
		rows += rd_dropcount_row(gf_w->dropcount, i, &row) ? row.packets : 0;
	if (dropped != gf_w->stages[RD_STAGE_DROP].in || dropped != reasons || dropped != rows
		|| dropped < ports) { // a port that is gone takes its count along
		print_error(
			"%lu drops, %lu in drop, %lu with a reason, %lu of ports, %lu in rows\n",
			dropped, gf_w->stages[RD_STAGE_DROP].in, reasons, ports, rows);
		return -1;
	}
	return entered >= left ? check_firewalls() : -1;
}

int gf_end(void **state)
{
	unsigned in_use;
	int ret = check_conservation();

	(void)state;
	gf_trace(false);
	for (unsigned n = 0; n < GF_SINKS; n++)
		gf_sink_drain(n);
	in_use = rte_mempool_in_use_count(rd_pool());
	if (in_use != mbufs_at_start) {
		print_error("%u mbufs leaked\n", in_use - mbufs_at_start);
		ret = -1;
	}
	rd_flow_flush(gf_w->flows);
	rd_tables_fini();
	return ret;
}

void gf_attach_sink(struct rd_port *p, unsigned n)
{
	p->attach = RD_ATTACH_ETHDEV;
	p->eth = sink_dev[n];
	p->ethdev = sink_dev[n].port_id;
	p->nb_txq = sink_dev[n].nb_txq;
	snprintf(p->device, sizeof(p->device), "net_ring_sink%u", n);
}

bool gf_sink_take(unsigned n, struct gf_frame *f)
{
	struct rte_mbuf *m;
	const void *bytes;

	if (rte_ring_dequeue(sink[n], (void **)&m) != 0)
		return false;
	f->len = m->pkt_len;
	bytes = rte_pktmbuf_read(m, 0, RTE_MIN(f->len, (uint32_t)GF_BYTES), f->bytes);
	if (bytes != f->bytes)
		memcpy(f->bytes, bytes, RTE_MIN(f->len, (uint32_t)GF_BYTES));
	rte_pktmbuf_free(m);
	return true;
}

unsigned gf_sink_drain(unsigned n)
{
	struct rte_mbuf *m;
	unsigned nb = 0;

	for (; rte_ring_dequeue(sink[n], (void **)&m) == 0; nb++)
		rte_pktmbuf_free(m);
	return nb;
}

unsigned gf_sink_room(unsigned n)
{
	return rte_ring_free_count(sink[n]);
}

void gf_sink_put(unsigned n)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(rd_pool());

	assert_non_null(m);
	assert_int_equal(rte_ring_enqueue(sink[n], m), 0);
}

int gf_main(const struct CMUnitTest *tests, size_t nb)
{
	return _cmocka_run_group_tests("graph", tests, nb, gf_group_setup, gf_group_teardown);
}
