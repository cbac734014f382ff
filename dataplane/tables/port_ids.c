/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Numbers of ports. The public id is (uplink << 31) | (portset << 25) | index. A generated index is the lowest free
 * one above the highest that was given in the switch. Generated ENS ids count from 64 in every switch, so that the
 * small ones can still be given to later ports. Called by rd_port_publish().
 */
#include "tables/tables.h"

#include <string.h>

#define INDEX_MASK 0x1ffffffu
#define ENS_FIRST 64

static uint32_t id_base(const struct rd_port *p)
{
	uint32_t portset = rd_switch_at(p->sw)->portset;

	return (p->type == RD_PORT_UPLINK ? UINT32_C(1) << 31 : 0) | portset << 25;
}

// Numbers from `first` on, of which the lowest free one is looked for. There are fewer ports than bits.
struct window {
	uint32_t first;
	uint64_t used[RD_PORT_MAX / 64];
};

static void mark(struct window *w, uint32_t number)
{
	uint32_t n = number - w->first; // below `first`: very large

	if (n < RD_PORT_MAX)
		w->used[n / 64] |= UINT64_C(1) << n % 64;
}

static uint32_t lowest_free(const struct window *w)
{
	unsigned i = 0;

	while (i < RD_PORT_MAX / 64 - 1 && w->used[i] == UINT64_MAX)
		i++;
	return w->first + i * 64 + (uint32_t)__builtin_ctzll(~w->used[i]);
}

// An uplink and another port of a switch never share an index.
static void mark_indexes(const struct rd_port *p, struct window *w)
{
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *q = rd_port_at((uint16_t)i);

		if (q != NULL && q->host == p->host
			&& (q->sw == p->sw || (q->id & ~INDEX_MASK) == id_base(p)))
			mark(w, q->id & INDEX_MASK);
	}
}

static uint32_t highest_given(uint16_t sw)
{
	uint32_t highest = 0;

	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *q = rd_port_at((uint16_t)i);

		if (q != NULL && q->sw == sw && q->id_given && (q->id & INDEX_MASK) > highest)
			highest = q->id & INDEX_MASK;
	}
	return highest;
}

static int generate_id(struct rd_port *p, struct rd_err *err)
{
	struct window w = {.first = highest_given(p->sw) + 1};
	uint32_t index;

	mark_indexes(p, &w);
	index = lowest_free(&w);
	if (index > INDEX_MASK)
		return rd_err_set(err, -ENOSPC, "no free port id above the highest given one");
	p->id = id_base(p) | index;
	return 0;
}

static uint16_t generate_ens(const struct rd_port *p)
{
	struct window w = {.first = ENS_FIRST};

	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *q = rd_port_at((uint16_t)i);

		if (q != NULL && q->sw == p->sw && q->idx != p->idx)
			mark(&w, q->ens);
	}
	return (uint16_t)lowest_free(&w);
}
_Static_assert(ENS_FIRST + RD_PORT_MAX <= UINT16_MAX, "every port can have one");

// Locally administered, and different for every port of a daemon: "r", "d", host, index.
static void generate_mac(struct rd_port *p)
{
	const uint8_t mac[6] = {0x02, 'r', 'd', p->host, (uint8_t)(p->idx >> 8), (uint8_t)p->idx};

	if (p->attach == RD_ATTACH_ETHDEV && !rd_mac_is_zero(p->eth.mac)
		&& !rd_mac_is_multicast(p->eth.mac))
		memcpy(p->mac, p->eth.mac, 6);
	else
		memcpy(p->mac, mac, 6);
}

int rd_port_ids(struct rd_port *p, struct rd_err *err)
{
	int rc;

	if (p->id != 0) {
		// An edited record carries the id it was born with.
		p->id_given = rd_port_at(p->idx) == NULL ? true : p->id_given;
	} else {
		rc = generate_id(p, err);
		if (rc < 0)
			return rc;
	}
	if (p->ens == 0)
		p->ens = generate_ens(p);
	if (rd_mac_is_zero(p->mac))
		generate_mac(p);
	return 0;
}
