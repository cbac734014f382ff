/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Devices that the worker polls, see fast_world.h: rings, one for each port of the topology.
 */
#include "fast_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <rte_eth_ring.h>

#include "core/ethdev.h"
#include "core/graph.h"
#include "core/rxq.h"

#define DEVICES 3
#define SLOTS 64

uint32_t fw_split = UINT32_MAX;
static struct rte_ring *ring[DEVICES];
static struct rd_ethdev_info device[DEVICES];
static uint16_t port_of[DEVICES];
static struct rd_rxq_list *queues, *before;

static void open_one(unsigned i)
{
	struct rd_err err = {0};
	char name[32];

	snprintf(name, sizeof(name), "source%u", i);
	ring[i] = rte_ring_create(name, SLOTS, SOCKET_ID_ANY, 0);
	assert_non_null(ring[i]);
	assert_true(rte_eth_from_ring(ring[i]) >= 0);
	snprintf(name, sizeof(name), "net_ring_source%u", i);
	assert_int_equal(rd_ethdev_open(name, 1600, &device[i], &err), 0);
	queues->q[i] = (struct rd_rxq){.port = port_of[i],
		.ethdev = device[i].port_id,
		.edge = (uint8_t)rd_poll_edge(rd_port_at(port_of[i])->type),
		.fd = -1};
}

void fw_devices_open(const struct fw_topo *t)
{
	queues = calloc(1, sizeof(*queues) + DEVICES * sizeof(queues->q[0]));
	assert_non_null(queues);
	queues->nb = DEVICES;
	for (unsigned i = 0; i < DEVICES; i++) {
		port_of[i] = t->ports[i];
		open_one(i);
	}
	before = gf_w->rxqs;
	gf_w->rxqs = queues;
}

void fw_devices_close(void)
{
	gf_w->rxqs = before;
	for (unsigned i = 0; i < DEVICES; i++) {
		rd_ethdev_close(&device[i]);
		rte_ring_free(ring[i]);
	}
	free(queues);
}

void fw_receive(uint16_t port, const struct gf_frame *f)
{
	uint32_t at = RTE_MIN(fw_split, f->len);
	struct rte_mbuf *m = rd_frame_to_mbuf(f->bytes, at), *tail;
	unsigned i = 0;

	assert_non_null(m);
	if (at < f->len) {
		tail = rd_frame_to_mbuf(f->bytes + at, f->len - at);
		assert_true(tail != NULL && rte_pktmbuf_chain(m, tail) == 0);
	}
	while (port_of[i] != port)
		i++;
	assert_int_equal(rte_ring_enqueue(ring[i], m), 0);
}
