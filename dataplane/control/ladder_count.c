/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See ladder.h.
 */
#include "control/ladder.h"

#include "base/str.h"
#include "control/hwcount.h"

// The name of a drop, and the number.
static void put_reason(struct ladder_count *x, size_t *len, const char *name, uint64_t nb)
{
	rd_str_addf(x->reasons, sizeof(x->reasons), len, "%s%s %llu", *len != 0 ? ", " : "", name,
		(unsigned long long)nb);
}

static void add_drops(const struct ladder_ports *s, unsigned stage, struct ladder_count *x)
{
	uint64_t sum[RD_DROP_MAX] = {0};
	struct rd_dropcount_row r;
	size_t len = 0;

	for (unsigned w = 0; w < rd_nb_workers; w++)
		for (uint32_t i = 0; i < RD_DROPCOUNT_SLOTS; i++) {
			if (!rd_dropcount_row(rd_workers[w]->dropcount, i, &r) || r.stage != stage
				|| r.reason >= RD_DROP_MAX)
				continue;
			for (unsigned p = 0; p < s->nb; p++)
				if (s->p[p]->idx == r.port)
					sum[r.reason] += r.packets;
		}
	for (unsigned i = 0; i < rd_drops_count; i++) {
		if (sum[rd_drops[i].id] == 0)
			continue;
		x->drops += sum[rd_drops[i].id];
		put_reason(x, &len, rd_drops[i].name, sum[rd_drops[i].id]);
	}
}

static void add_stage(const struct ladder_ports *s, unsigned layer, struct ladder_count *x)
{
	for (unsigned w = 0; w < rd_nb_workers; w++)
		for (unsigned p = 0; p < s->nb; p++) {
			x->packets += rd_tally_in(rd_workers[w], s->p[p]->idx, layer);
			x->created += rd_tally_created(rd_workers[w], s->p[p]->idx, layer);
		}
	x->counts = true;
	add_drops(s, layer, x);
}

static void add_port(const struct ladder_ports *s, unsigned layer, struct ladder_count *x)
{
	for (unsigned w = 0; w < rd_nb_workers; w++)
		for (unsigned p = 0; p < s->nb; p++) {
			const struct rd_port_stats *st = &rd_workers[w]->ports[s->p[p]->idx];

			x->packets += layer == LADDER_PORT_RX ? st->rx_packets : st->tx_packets;
		}
	x->counts = true;
}

// What came to the device, and what it lost of that.
static void add_device_rx(const struct rd_hwcount *c, struct ladder_count *x, uint64_t lost[3])
{
	x->packets += c->value[RD_HW_RX_PACKETS];
	for (unsigned i = 0; i < 3; i++) {
		lost[i] += c->value[RD_HW_RX_MISSED + i];
		x->packets += c->value[RD_HW_RX_MISSED + i];
		x->drops += c->value[RD_HW_RX_MISSED + i];
	}
}

// What it was given: those that it refused are the TX stage's drops, so they are none of its own.
static void add_device_tx(
	const struct rd_port *p, const struct rd_hwcount *c, struct ladder_count *x, uint64_t *lost)
{
	uint64_t given = 0, swallowed;

	for (unsigned w = 0; w < rd_nb_workers; w++)
		given += rd_workers[w]->ports[p->idx].tx_packets;
	swallowed = given - RTE_MIN(given, c->value[RD_HW_TX_PACKETS]);
	swallowed = RTE_MIN(swallowed, c->value[RD_HW_TX_ERROR]);
	x->packets += c->value[RD_HW_TX_PACKETS] + swallowed;
	x->drops += swallowed;
	*lost += swallowed;
}

static void add_device(const struct ladder_ports *s, unsigned layer, struct ladder_count *x)
{
	static const char *const names[] = {
		"HW_RX_MISSED", "HW_RX_ERROR", "HW_RX_NOMBUF", "HW_TX_ERROR"};
	bool rx = layer == LADDER_DEVICE_RX;
	unsigned need = rx ? RD_HW_RX_PACKETS : RD_HW_TX_PACKETS;
	uint64_t lost[RTE_DIM(names)] = {0};
	struct rd_hwcount c;
	size_t len = 0;

	for (unsigned i = 0; i < s->nb; i++) {
		if (!rd_hw_read(s->p[i], &c) || (c.counted >> need & 1) == 0)
			continue;
		x->counts = true;
		if (rx)
			add_device_rx(&c, x, lost);
		else
			add_device_tx(s->p[i], &c, x, &lost[3]);
	}
	for (unsigned i = 0; i < RTE_DIM(names); i++)
		if (lost[i] != 0)
			put_reason(x, &len, names[i], lost[i]);
}

void ladder_count(const struct ladder_ports *s, unsigned layer, struct ladder_count *n)
{
	if (layer == LADDER_DEVICE_RX || layer == LADDER_DEVICE_TX)
		add_device(s, layer, n);
	else if (layer == LADDER_PORT_RX || layer == LADDER_PORT_TX)
		add_port(s, layer, n);
	else
		add_stage(s, layer, n);
}
