/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The bench; see bench.h. Everything on one thread: the graph is walked by hand, so no scheduler is measured.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_eal.h>
#include <rte_malloc.h>

#include "base/pkt.h"
#include "core/ethdev.h"
#include "core/stage.h"
#include "tables/dfw_edit.h"
#include "tables/port.h"
#include "tables/segment.h"
#include "tables/tunnel.h"

#define VNI 74752

static const uint8_t mac_guest[6] = {0x00, 0x50, 0x56, 0xa1, 0x99, 0x9e};
static const uint8_t mac_client[6] = {0x00, 0x50, 0x56, 0xa1, 0xfc, 0xf3};
static const uint8_t mac_tep[6] = {0x00, 0x50, 0x56, 0x67, 0xeb, 0x13};
static const uint8_t mac_remote[6] = {0x00, 0x50, 0x56, 0x63, 0x04, 0x5c};
static const uint8_t ip_tep[4] = {192, 168, 4, 60}, ip_remote[4] = {192, 168, 4, 57};
static const uint8_t ip_guest[4] = {172, 16, 31, 25}, ip_client[4] = {172, 16, 31, 26};

static void must(int ret, const struct rd_err *err, const char *what)
{
	char text[700];

	if (ret >= 0)
		return;
	fprintf(stderr, "bench: %s: %s\n", what,
		err != NULL ? rd_err_text(err, text, sizeof(text)) : "failed");
	exit(77); // meson: skipped
}

static void eal_init(void)
{
	char arg[][24] = {"bench", "--no-huge", "-m512", "--no-pci", "--no-shconf",
		"--no-telemetry", "-l0", "--log-level=error"};
	char *argv[RTE_DIM(arg)];

	for (unsigned i = 0; i < RTE_DIM(arg); i++)
		argv[i] = arg[i];
	must(rte_eal_init(RTE_DIM(arg), argv), NULL, "EAL");
}

static struct rd_port *attach(struct rd_port *p, const char *dev, struct rd_err *err)
{
	must(rd_ethdev_open(dev, 1600, &p->eth, err), err, dev);
	p->attach = RD_ATTACH_ETHDEV;
	p->ethdev = p->eth.port_id;
	p->nb_txq = p->eth.nb_txq;
	p->link_up = true;
	p->admin_up = true;
	return p;
}

static void rules(uint16_t port, struct rd_err *err)
{
	struct rd_dfw_model *m = rd_dfw_edit(NULL, err);
	int rc = m == NULL ? -ENOMEM : rd_dfw_local_stateful(m, port, 0, err);

	for (uint32_t id = 1; rc == 0 && id <= 3; id++) {
		struct rd_dfw_rule *r = rd_dfw_rule_new(id);
		struct rd_dfw_service *s = id == 3 ? NULL : calloc(1, sizeof(*s));

		must(r == NULL || (id != 3 && s == NULL) ? -ENOMEM : 0, err, "rule");
		r->action = id == 3 ? RD_DFW_ALLOW : RD_DFW_DROP;
		if (s != NULL)
			*s = (struct rd_dfw_service){.proto = RD_IPPROTO_TCP,
				.sport_hi = UINT16_MAX,
				.dport_lo = (uint16_t)id,
				.dport_hi = (uint16_t)id};
		r->service = s;
		r->nb_services = s != NULL;
		rc = rd_dfw_local_add(m, port, r, err);
	}
	must(rd_dfw_done(m, rc, err), err, "rules");
}

static void topology(struct bench *b)
{
	struct rd_err err = {0};
	struct rd_tep tep = {.host = 1,
		.ttl = 64,
		.df = true,
		.dport = RD_GENEVE_PORT,
		.opt_len = 8,
		.opt = {0x01, 0x04, 0x00, 0x01}};
	struct rd_segment_opts seg = {
		.vlan = -1, .vni = VNI, .flood = true, .learn = true, .aging_s = 300};

	must(rd_host_add("arm", true, &err), &err, "host");
	must(rd_switch_add("sw", "arm", 3, 1700, &err), &err, "switch");
	struct rd_switch *sw = rd_switch_find("sw", &err);
	struct rd_port *up =
		attach(rd_port_new("vmnic0", sw, RD_PORT_UPLINK, &err), "net_null0,no-rx=1", &err);

	must(rd_port_publish(up, &err), &err, "uplink");
	b->uplink = up->idx;
	memcpy(tep.ip, ip_tep, 4);
	memcpy(tep.mac, mac_tep, 6);
	tep.team[0] = b->uplink;
	tep.nb_team = 1;
	must(rd_tep_add(&tep, &err), &err, "tep");
	must(rd_tunnel_add("far", rd_tep_find("192.168.4.60", &err), ip_remote, mac_remote, &err),
		&err, "tunnel");
	seg.tunnel[seg.nb_tunnels++] = rd_tunnel_find("far", &err)->idx;
	must(rd_segment_add("seg", sw, &seg, &err), &err, "segment");
	uint16_t seg_idx = rd_segment_find("seg", &err)->idx;
	struct rd_port *vnic =
		attach(rd_port_new("guest", sw, RD_PORT_VNIC, &err), "net_null1,no-rx=1", &err);

	vnic->segment = seg_idx;
	memcpy(vnic->mac, mac_guest, 6);
	vnic->team[0] = b->uplink;
	vnic->nb_team = 1;
	must(rd_port_publish(vnic, &err), &err, "vnic");
	b->vnic = vnic->idx;
	rules(b->vnic, &err);
	must(rd_fdb_add(seg_idx, mac_client, RD_FDB_STATIC, true, seg.tunnel[0]), NULL, "fdb");
}

void bench_init(struct bench *b)
{
	struct rd_core_opts opts = {.nb_workers = 1, .nb_mbufs = 8191, .flow_capacity = 65536};

	memset(b, 0, sizeof(*b));
	eal_init();
	must(rd_core_init(&opts), NULL, "core");
	must(rd_fdb_init(4096), NULL, "fdb");
	b->w = rd_workers[0];
	topology(b);
	b->in_port[BENCH_TO_GUEST] = b->uplink;
	b->in_port[BENCH_FROM_GUEST] = b->vnic;
}

static size_t put_ipv4(uint8_t *p, size_t len, const uint8_t *src, const uint8_t *dst,
	uint16_t sport, uint16_t dport)
{
	memset(p, 0, 28);
	p[0] = 0x45;
	rd_put16(p + 2, (uint16_t)len);
	p[8] = 64;
	p[9] = RD_IPPROTO_UDP;
	memcpy(p + 12, src, 4);
	memcpy(p + 16, dst, 4);
	rd_put16(p + 10, rd_csum_fold(rd_csum_add(0, p, 20)));
	rd_put16(p + 20, sport);
	rd_put16(p + 22, dport);
	rd_put16(p + 24, (uint16_t)(len - 20));
	return 28;
}

static void put_eth(uint8_t *p, const uint8_t *dst, const uint8_t *src)
{
	memcpy(p, dst, 6);
	memcpy(p + 6, src, 6);
	rd_put16(p + 12, RD_ETHERTYPE_IPV4);
}

void bench_frames(struct bench *b, size_t inner_len)
{
	uint8_t *g = b->frame[BENCH_FROM_GUEST], *u = b->frame[BENCH_TO_GUEST];
	uint8_t *in = u + 58;

	memset(b->frame, 0, sizeof(b->frame));
	put_eth(g, mac_client, mac_guest);
	put_ipv4(g + 14, inner_len - 14, ip_guest, ip_client, 5001, 40001);
	put_eth(u, mac_tep, mac_remote);
	put_ipv4(u + 14, inner_len + 44, ip_remote, ip_tep, 50000, RD_GENEVE_PORT);
	u[42] = 2; // 8 bytes of options
	rd_put16(u + 44, RD_ETHERTYPE_TEB);
	rd_put32(u + 46, VNI << 8);
	u[50] = 0x01;
	u[51] = 0x04;
	u[53] = 1;
	put_eth(in, mac_guest, mac_client);
	put_ipv4(in + 14, inner_len - 14, ip_client, ip_guest, 40001, 5001);
	b->len[BENCH_FROM_GUEST] = inner_len;
	b->len[BENCH_TO_GUEST] = inner_len + 58;
}

static void feed_burst(struct bench *b, enum bench_dir dir)
{
	struct rte_mbuf *m[RD_BURST];

	if (rte_pktmbuf_alloc_bulk(rd_pool(), m, RD_BURST) != 0)
		must(-1, NULL, "the pool ran dry: a leak");
	for (unsigned i = 0; i < RD_BURST; i++) {
		memcpy(rte_pktmbuf_mtod(m[i], void *), b->frame[dir], b->len[dir]);
		m[i]->data_len = (uint16_t)b->len[dir];
		m[i]->pkt_len = (uint32_t)b->len[dir];
		rd_meta_init(b->w, m[i], b->in_port[dir]);
	}
	rte_ring_enqueue_bulk(b->w->inject, (void **)m, RD_BURST, NULL);
}

void bench_run(struct bench *b, enum bench_dir dir, uint64_t n)
{
	for (uint64_t done = 0; done < n; done += RD_BURST) {
		feed_burst(b, dir);
		rd_worker_walk_once(b->w);
	}
}

// The graph's own statistics; node counters are reset by remembering them.
void bench_sample(struct bench *b, uint64_t packets, struct bench_sample *s)
{
	static uint64_t cycles0[RD_STAGE_MAX], objs0[RD_STAGE_MAX];
	uint64_t total = 0;

	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < rd_stages_count; i++) {
		unsigned id = rd_stages[i].id;
		struct rte_node *n = b->w->nodes[id];
		uint64_t cycles = n->total_cycles - cycles0[id], objs = n->total_objs - objs0[id];

		cycles0[id] = n->total_cycles;
		objs0[id] = n->total_objs;
		s->cycles[id] = objs != 0 ? (double)cycles / (double)objs : 0;
		total += cycles;
	}
	s->total = packets != 0 ? (double)total / (double)packets : 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), compare);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

void bench_fini(struct bench *b)
{
	uint16_t eth[] = {rd_port_at(b->uplink)->ethdev, rd_port_at(b->vnic)->ethdev};

	for (unsigned i = 0; i < RTE_DIM(eth); i++)
		rd_ethdev_close(&(struct rd_ethdev_info){.port_id = eth[i]});
	rd_core_fini();
	rd_fdb_fini();
	rte_eal_cleanup();
}
