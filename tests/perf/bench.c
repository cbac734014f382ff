/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The bench; see bench.h. It starts as main.c does, but for workers, socket and event loop. One thread.
 */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_ethdev.h>
#include <rte_graph_worker.h>

#include "base/pkt.h"
#include "cmds/cmds.h"
#include "control/device.h"
#include "control/eal.h"
#include "tables/port.h"
#include "tables/tables.h"

#define MBUFS 8191
#define FDB_CAPACITY 65536
#define OUTER_LEN 50

// As tests/perf/traffic.py sends them.
static const uint8_t mac_1[6] = {2, 0, 0, 0, 0, 1}, mac_2[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t mac_tep[6] = {2, 0, 0, 0, 0x10, 1}, mac_peer[6] = {2, 0, 0, 0, 0x10, 2};
static const uint8_t ip_tep[4] = {172, 31, 1, 1}, ip_peer[4] = {172, 31, 1, 2};
static const uint8_t ip_1[4] = {10, 1, 0, 1}, ip_2[4] = {10, 128, 0, 1};
#define VNI 5001u

static void must(int ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "bench: %s failed\n", what);
	exit(77); // meson: skipped
}

static void refused(struct bench *b, const struct rd_err *err)
{
	rd_cli_print_error(b->cli, stderr, err);
	exit(77);
}

void bench_cmd(struct bench *b, const char *fmt, ...)
{
	struct rd_err err = {0};
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (rd_cli_run_line(b->cli, line, &err) < 0)
		refused(b, &err);
}

static void start_dataplane(unsigned flow_capacity, unsigned workers)
{
	struct rd_eal_opts eal = {.nb_workers = workers, .mem_mb = 512 + flow_capacity / 2048};
	struct rd_core_opts core = {
		.nb_workers = workers, .nb_mbufs = MBUFS, .flow_capacity = flow_capacity};
	struct rd_err err = {0};

	must(rd_eal_start(&eal, &err), "the EAL");
	rd_coarse_tick(); // never 0: that means "never" in the tables
	must(rd_core_init(&core), "the dataplane");
	must(rd_fdb_init(FDB_CAPACITY), "the forwarding database");
}

static void start_control(struct bench *b)
{
	const struct rd_cli_transport local = {.call = rd_ctl_call, .arg = &b->ctl};

	b->base = event_base_new();
	must(b->base != NULL ? rd_ctl_init(&b->ctl, b->base) : -1, "control");
	b->cli = rd_cli_new(&local);
	must(b->cli != NULL ? rd_cmds_register(b->cli) : -1, "the commands");
	b->silence = fopen("/dev/null", "w");
	must(b->silence != NULL ? 0 : -1, "/dev/null");
	rd_cli_set_output(b->cli, b->silence);
}

static void list_nodes(struct bench *b)
{
	rte_graph_off_t off;
	rte_node_t count;
	struct rte_node *n;

	rte_graph_foreach_node(count, off, b->w->graph, n)
	{
		if (b->nb_nodes < BENCH_NODES)
			b->node[b->nb_nodes++].node = n;
	}
}

static uint16_t ethdev_of(const char *name)
{
	for (uint16_t i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at(i);

		if (p != NULL && strcmp(p->name, name) == 0)
			return p->ethdev;
	}
	must(-1, name);
	return 0;
}

void bench_init_workers(struct bench *b, const char *dir, const char *kind, unsigned flow_capacity,
	unsigned workers)
{
	struct rd_err err = {0};
	char path[512];

	memset(b, 0, sizeof(*b));
	snprintf(b->kind, sizeof(b->kind), "%s", kind);
	start_dataplane(flow_capacity, workers);
	b->w = rd_workers[0];
	start_control(b);
	snprintf(path, sizeof(path), "%s/%s.rd", dir, kind);
	if (rd_cli_run_file(b->cli, path, &err) < 0)
		refused(b, &err);
	bench_cmd(b, "port set source device net_ring0 queues %u", workers);
	bench_cmd(b, "port set sink device \"net_null0,no-rx=1\"");
	b->source = ethdev_of("source");
	list_nodes(b);
}

void bench_init(struct bench *b, const char *dir, const char *kind, unsigned flow_capacity)
{
	bench_init_workers(b, dir, kind, flow_capacity, 1);
}

void bench_firewall(struct bench *b, const char *dir)
{
	char path[512], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/firewall.rd", dir);
	f = fopen(path, "r");
	must(f != NULL ? 0 : -1, path);
	while (fgets(line, sizeof(line), f) != NULL) {
		char *at = strstr(line, "GUEST"), *rest = at != NULL ? at + 5 : line;

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || at == NULL)
			continue;
		bench_cmd(b, "%.*s%s%s", (int)(at - line), line,
			strcmp(b->kind, "decap") == 0 ? "sink" : "source", rest);
	}
	fclose(f);
}

static void put_udp(uint8_t *p, size_t len, const uint8_t *src, const uint8_t *dst, uint16_t dport)
{
	p[0] = 0x45;
	rd_put16(p + 2, (uint16_t)len);
	p[6] = 0x40;
	p[8] = 64;
	p[9] = RD_IPPROTO_UDP;
	memcpy(p + 12, src, 4);
	memcpy(p + 16, dst, 4);
	rd_put16(p + 10, rd_csum_fold(rd_csum_add(0, p, 20)));
	rd_put16(p + 20, 50000);
	rd_put16(p + 22, dport);
	rd_put16(p + 24, (uint16_t)(len - 20));
}

static void put_eth(uint8_t *p, const uint8_t *dst, const uint8_t *src)
{
	memcpy(p, dst, 6);
	memcpy(p + 6, src, 6);
	rd_put16(p + 12, RD_ETHERTYPE_IPV4);
}

void bench_traffic(struct bench *b, size_t inner_len, uint32_t flows)
{
	uint8_t *f = b->frame;

	memset(b->frame, 0, sizeof(b->frame));
	b->inner_off = strcmp(b->kind, "decap") == 0 ? OUTER_LEN : 0;
	b->len = inner_len + b->inner_off;
	b->flows = flows;
	if (b->inner_off != 0) {
		put_eth(f, mac_tep, mac_peer);
		put_udp(f + 14, b->len - 14, ip_peer, ip_tep, RD_GENEVE_PORT);
		rd_put16(f + 44, RD_ETHERTYPE_TEB);
		rd_put32(f + 46, VNI << 8);
	}
	put_eth(f + b->inner_off, mac_2, mac_1);
	put_udp(f + b->inner_off + 14, inner_len - 14, ip_1, ip_2, 5000);
}

void bench_feed(struct bench *b, unsigned queue, unsigned nb)
{
	struct rte_mbuf *m[RD_BURST];

	if (rte_pktmbuf_alloc_bulk(rd_pool(), m, nb) != 0)
		must(-1, "the pool ran dry: a leak, it");
	for (unsigned i = 0; i < nb; i++) {
		uint8_t *p = rte_pktmbuf_mtod(m[i], uint8_t *);

		memcpy(p, b->frame, b->len);
		// Ports make the flow: no checksum covers them.
		rd_put32(p + b->inner_off + 34, 0x04000000u + b->next);
		b->next = b->flows != 0 && b->next + 1 >= b->flows ? 0 : b->next + 1;
		m[i]->data_len = (uint16_t)b->len;
		m[i]->pkt_len = (uint32_t)b->len;
	}
	must(rte_eth_tx_burst(b->source, (uint16_t)queue, m, (uint16_t)nb) == nb ? 0 : -1,
		"the ring");
}

void bench_run(struct bench *b, uint64_t n)
{
	for (uint64_t done = 0; done < n; done += RD_BURST) {
		bench_feed(b, 0, RD_BURST);
		uint64_t t = rd_tsc();

		rd_worker_walk_once(b->w);
		b->walk_tsc += rd_tsc() - t;
	}
}

void bench_sample(struct bench *b, uint64_t packets, struct bench_sample *s)
{
	double per = packets != 0 ? 1.0 / (double)packets : 0;

	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < b->nb_nodes; i++) {
		struct bench_node *n = &b->node[i];

		s->cycles[i] = (double)(n->node->total_cycles - n->cycles0) * per;
		s->visits[i] = (double)(n->node->total_objs - n->objs0) * per;
		n->cycles0 = n->node->total_cycles;
		n->objs0 = n->node->total_objs;
		s->total += s->cycles[i];
	}
	s->walk = (double)b->walk_tsc * per;
	b->walk_tsc = 0;
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
	rd_cli_free(b->cli);
	fclose(b->silence);
	rd_ctl_fini(&b->ctl);
	rd_device_close_all();
	rd_tables_fini();
	event_base_free(b->base);
	libevent_global_shutdown();
	rd_core_fini();
	rd_eal_stop();
}
