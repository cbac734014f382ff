/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See workers.h.
 */
#include "workers.h"

#include <stdio.h>
#include <string.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>

#include "base/clock.h"
#include "base/pkt.h"
#include "core/rxq.h"
#include "tables/flow.h"
#include "tables/tables.h"

#define SLOTS 2048
#define PAYLOAD 18
#define MAC_SRC "02:00:00:00:00:01"
#define MAC_DST "02:00:00:00:00:02"
#define L4_OFF 34
#define SEQ_OFF (L4_OFF + 8)

unsigned wk_workers = 2;
bool wk_threads;
struct rte_ring *wk_src[WK_QUEUES], *wk_dst;
uint16_t wk_port_src, wk_port_dst;

static struct rte_ring *unused; // tx of the source, rx of the destination
static struct rd_ethdev_info dev_src, dev_dst;
static struct gf_frame frame;
static unsigned mbufs_at_start;

// All lcores may run on all cpus that we have: "(0-4)@(0,1)".
static void lcores(char *text, size_t size)
{
	cpu_set_t set;
	size_t len = (size_t)snprintf(text, size, "(0-%u)@(", wk_workers);

	sched_getaffinity(0, sizeof(set), &set);
	for (int cpu = 0, first = 1; cpu < CPU_SETSIZE && len + 8 < size; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s%d", first ? "" : ",", cpu);
		first = 0;
	}
	snprintf(text + len, size - len, ")");
}

static int eal(void)
{
	char map[256], *args[12];
	static const char *const words[] = {"workers-test", "--no-huge", "-m", "192", "--no-pci",
		"--no-shconf", "--no-telemetry", "--log-level", "error", "--lcores"};
	static char copy[RTE_DIM(words)][16];

	lcores(map, sizeof(map));
	for (unsigned i = 0; i < RTE_DIM(words); i++) {
		snprintf(copy[i], sizeof(copy[i]), "%s", words[i]);
		args[i] = copy[i];
	}
	args[RTE_DIM(words)] = map;
	if (rte_eal_init(RTE_DIM(words) + 1, args) >= 0)
		return 0;
	print_error("EAL: %s\n", rte_strerror(rte_errno));
	return -1;
}

static int devices(void)
{
	struct rd_err err = {0};
	char name[32];

	for (unsigned q = 0; q < WK_QUEUES; q++) {
		snprintf(name, sizeof(name), "src%u", q);
		wk_src[q] = rte_ring_create(name, SLOTS, SOCKET_ID_ANY, 0);
	}
	wk_dst = rte_ring_create("dst", SLOTS, SOCKET_ID_ANY, 0);
	unused = rte_ring_create("unused", SLOTS, SOCKET_ID_ANY, 0);
	if (rte_eth_from_rings("src", wk_src, WK_QUEUES, &unused, 1, 0) < 0
		|| rte_eth_from_rings("dst", &unused, 1, &wk_dst, 1, 0) < 0)
		return -1;
	if (rd_ethdev_open_queues("net_ring_src", 1500, WK_QUEUES, &dev_src, &err) < 0
		|| rd_ethdev_open("net_ring_dst", 1500, &dev_dst, &err) < 0) {
		print_error("%s\n", err.what);
		return -1;
	}
	return 0;
}

int wk_setup(void **state)
{
	struct rd_core_opts opts = {.nb_mbufs = 16383, .flow_capacity = 4096, .idle = RD_IDLE_NAP};
	uint16_t ports[2] = {1000, 9};

	(void)state;
	opts.nb_workers = wk_workers;
	if (eal() < 0)
		return -1;
	rd_coarse_tick();
	if (rd_core_init(&opts) < 0 || devices() < 0)
		return -1;
	frame = gr_udp((struct gr_l2){.dst = MAC_DST, .src = MAC_SRC}, "192.0.2.1", "192.0.2.2",
		ports, PAYLOAD);
	return wk_threads ? rd_workers_start() : 0;
}

int wk_teardown(void **state)
{
	(void)state;
	rd_workers_stop();
	rd_ethdev_close(&dev_src);
	rd_ethdev_close(&dev_dst);
	for (unsigned q = 0; q < WK_QUEUES; q++)
		rte_ring_free(wk_src[q]);
	rte_ring_free(wk_dst);
	rte_ring_free(unused);
	rd_core_fini();
	return rte_eal_cleanup() == 0 ? 0 : -1;
}

static uint16_t add_guest(const char *name, uint16_t seg, const char *mac, struct rd_ethdev_info *d)
{
	struct rd_port *p = gt_port(name, "h/sw", RD_PORT_VNIC);

	gt_mac(p, mac);
	p->segment = seg;
	p->attach = RD_ATTACH_ETHDEV;
	p->eth = *d;
	p->ethdev = d->port_id;
	p->nb_txq = d->nb_txq;
	snprintf(p->device, sizeof(p->device), "net_ring_%s", name);
	return gt_publish(p);
}

static void zero(struct rd_worker *w, void *arg)
{
	(void)arg;
	rd_flow_flush(w->flows);
	memset(w->stages, 0, sizeof(w->stages));
	memset(w->drops, 0, sizeof(w->drops));
	memset(w->ports, 0, sizeof(w->ports));
}

int wk_begin(void **state)
{
	uint16_t seg;

	(void)state;
	if (rd_fdb_init(4096) < 0)
		return -1;
	rd_worker_call_all(zero, NULL);
	mbufs_at_start = rte_mempool_in_use_count(rd_pool());
	gt_host("h");
	gt_switch("sw", "h", 1, 1500);
	seg = gt_segment("seg", "h/sw", 0, 0);
	wk_port_src = add_guest("src", seg, MAC_SRC, &dev_src);
	wk_port_dst = add_guest("dst", seg, MAC_DST, &dev_dst);
	return rd_rxq_refresh();
}

static int check_stages(void)
{
	uint64_t dropped = 0, died = 0;

	for (unsigned i = 0; i < rd_stages_count; i++) {
		struct rd_stage_stats sum = {0};

		for (unsigned w = 0; w < rd_nb_workers; w++) {
			const struct rd_stage_stats *s = &rd_workers[w]->stages[rd_stages[i].id];

			sum.in += s->in + s->created;
			sum.out += s->out + s->consumed + s->drops;
			dropped += s->drops;
			died += rd_stages[i].id == RD_STAGE_DROP ? s->in : 0;
		}
		if (sum.in == sum.out)
			continue;
		print_error("%s: %lu in, %lu out\n", rd_stages[i].name, sum.in, sum.out);
		return -1;
	}
	if (dropped == died)
		return 0;
	print_error("%lu dropped, %lu in drop\n", dropped, died);
	return -1;
}

// What one worker handed over, the other one took.
static int check_handoffs(void)
{
	for (unsigned a = 0; a < rd_nb_workers; a++) {
		for (unsigned b = 0; b < rd_nb_workers; b++) {
			uint64_t given = rd_workers[a]->handoff.to[b].packets,
				 taken = rd_workers[b]->handoff.from[a].packets;

			if (given == taken)
				continue;
			print_error("%u to %u: %lu given, %lu taken\n", a, b, given, taken);
			return -1;
		}
	}
	return 0;
}

int wk_end(void **state)
{
	unsigned in_use;
	struct rte_mbuf *m;
	int ret;

	(void)state;
	rd_handoff_set_model(RD_MODEL_RTC); // the rings are empty then
	while (rte_ring_dequeue(wk_dst, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	ret = check_stages() + check_handoffs();
	rd_tables_fini();
	if (rd_rxq_refresh() < 0)
		ret = -1;
	in_use = rte_mempool_in_use_count(rd_pool());
	if (in_use == mbufs_at_start)
		return ret;
	print_error("%u mbufs leaked\n", in_use - mbufs_at_start);
	return -1;
}

struct rte_mbuf *wk_frame(uint16_t flow, uint32_t seq)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(rd_pool());
	uint8_t *bytes = m != NULL ? (uint8_t *)rte_pktmbuf_append(m, (uint16_t)frame.len) : NULL;

	if (bytes == NULL)
		return NULL;
	memcpy(bytes, frame.bytes, frame.len);
	rd_put16(bytes + L4_OFF, flow);
	rd_put16(bytes + L4_OFF + 6, 0); // no checksum
	rd_put32(bytes + SEQ_OFF, seq);
	return m;
}

uint16_t wk_flow(struct rte_mbuf *m, uint32_t *seq)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(m, const uint8_t *);

	*seq = rd_be32(bytes + SEQ_OFF);
	return rd_be16(bytes + L4_OFF);
}

uint64_t wk_handed(void)
{
	uint64_t sum = 0;

	for (unsigned a = 0; a < rd_nb_workers; a++)
		for (unsigned b = 0; b < rd_nb_workers; b++)
			sum += rd_workers[a]->handoff.to[b].packets;
	return sum;
}

uint64_t wk_drops_of(enum rd_drop_reason r)
{
	uint64_t sum = 0;

	for (unsigned w = 0; w < rd_nb_workers; w++)
		sum += rd_workers[w]->drops[r];
	return sum;
}

uint64_t wk_drops(void)
{
	uint64_t sum = 0;

	for (unsigned r = 1; r < RD_DROP_MAX; r++)
		sum += wk_drops_of((enum rd_drop_reason)r);
	return sum;
}

unsigned wk_not_polled(void)
{
	struct rte_mbuf *m;
	unsigned nb = 0;

	for (unsigned q = 0; q < WK_QUEUES; q++)
		for (; rte_ring_dequeue(wk_src[q], (void **)&m) == 0; nb++)
			rte_pktmbuf_free(m);
	return nb;
}

void wk_walk(unsigned worker)
{
	rd_worker_walk_once(rd_workers[worker]);
}
