/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sending packets into the test's graph, and reading the notes of the hooks. See graph_fixture.h.
 */
#include "graph_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static uint64_t next_id = 1; // of packets made here; far from the worker's and the injector's

void gf_walk(void)
{
	rd_coarse_tick();
	rd_worker_walk_once(gf_w);
}

uint64_t gf_queue(uint16_t port, const uint8_t *frame, size_t len)
{
	uint64_t id = 0;

	assert_int_equal(rd_inject(port, frame, len, &id), 0);
	return id;
}

uint64_t gf_send(uint16_t port, const uint8_t *frame, size_t len)
{
	uint64_t id = gf_queue(port, frame, len);

	gf_walk();
	return id;
}

uint64_t gf_queue_mbuf(uint16_t port, struct rte_mbuf *m)
{
	*rd_meta(m) = (struct rd_meta){
		.packet_id = UINT64_C(0xfe) << 40 | next_id++,
		.in_port = port,
		.flags = RD_META_INJECTED,
	};
	assert_int_equal(rte_ring_enqueue(gf_w->inject, m), 0);
	return rd_meta(m)->packet_id;
}

static struct rte_mbuf *segment(const uint8_t *bytes, size_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(rd_pool());

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), bytes, len);
	return m;
}

uint64_t gf_send_split(uint16_t port, const uint8_t *frame, size_t len, const uint16_t *splits)
{
	struct rte_mbuf *head = NULL;
	uint64_t id;

	for (size_t off = 0; off < len || head == NULL;) {
		size_t n = *splits != 0 ? *splits++ : 2000; // fits a data room
		n = RTE_MIN(n, len - off);
		struct rte_mbuf *m = segment(frame + off, n);

		if (head == NULL)
			head = m;
		else
			assert_int_equal(rte_pktmbuf_chain(head, m), 0);
		off += n;
	}
	id = gf_queue_mbuf(port, head);
	gf_walk();
	return id;
}

const char *gf_path(uint64_t packet_id)
{
	static char text[4096];
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < gf_nb_hops; i++) {
		const struct gf_hop *h = &gf_hops[i];
		const struct rd_port *p = rd_port_at(h->port);

		if (h->packet_id != packet_id)
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s@%s",
			len != 0 ? " " : "", rd_stage_by_id(h->stage)->name,
			p != NULL ? p->name : "-");
		if (len >= sizeof(text))
			fail_msg("path too long");
	}
	return text;
}

const struct gf_hop *gf_hop(uint64_t packet_id, unsigned stage)
{
	for (unsigned i = 0; i < gf_nb_hops; i++)
		if (gf_hops[i].packet_id == packet_id && gf_hops[i].stage == stage)
			return &gf_hops[i];
	fail_msg("packet %#lx did not come to %s, but: %s", packet_id, rd_stage_by_id(stage)->name,
		gf_path(packet_id));
	return NULL;
}

unsigned gf_count(unsigned stage)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < gf_nb_hops; i++)
		nb += gf_hops[i].stage == stage;
	return nb;
}

uint64_t gf_seen(unsigned stage, unsigned n)
{
	for (unsigned i = 0; i < gf_nb_hops; i++)
		if (gf_hops[i].stage == stage && n-- == 0)
			return gf_hops[i].packet_id;
	fail_msg("not so many packets at %s", rd_stage_by_id(stage)->name);
	return 0;
}

// drop notes the reason in the packet just before it goes to the drop stage.
enum rd_drop_reason gf_reason(uint64_t packet_id)
{
	for (unsigned i = 0; i < gf_nb_hops; i++)
		if (gf_hops[i].packet_id == packet_id && gf_hops[i].stage == RD_STAGE_DROP)
			return (enum rd_drop_reason)gf_hops[i].reason;
	return RD_DROP_NONE;
}

const char *gf_reason_name(enum rd_drop_reason r)
{
	const struct rd_drop_desc *d = rd_drop_by_id(r);

	return d != NULL ? d->name : "forwarded";
}
