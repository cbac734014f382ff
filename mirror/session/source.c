/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a mirror session's sources mean now: stages and ports. Control thread.
 */
#include <stdlib.h>
#include <string.h>

#include "session/engine.h"
#include "session/field.h"
#include "session/pick.h"
#include "tables/segment.h"

#define BIT(stage) (UINT64_C(1) << RD_STAGE_##stage)
#define TO_GUEST (BIT(VNIC_TX) | BIT(UPT_TX) | BIT(UPLINK_RX) | BIT(MUX_TX))
#define FROM_GUEST (BIT(VNIC_RX) | BIT(UPT_RX) | BIT(UPLINK_TX) | BIT(MUX_RX) | BIT(VMK_RX))

// Where frames come from, or go to, the device of a port of this type.
static uint64_t edge(unsigned type)
{
	switch (type) {
	case RD_PORT_UPLINK:
		return BIT(UPLINK_RX) | BIT(UPLINK_TX);
	case RD_PORT_MUX:
		return BIT(MUX_RX) | BIT(MUX_TX);
	case RD_PORT_VNIC:
		return BIT(VNIC_RX) | BIT(VNIC_TX);
	case RD_PORT_UPT:
		return BIT(UPT_RX) | BIT(UPT_TX);
	case RD_PORT_VMK:
		return BIT(VMK_RX);
	default:
		return 0;
	}
}

// Of stages that are passed in one direction only, those of the wanted one.
static uint64_t directed(uint64_t stages, uint8_t dir)
{
	if ((dir & RD_MIRROR_TO_GUEST) == 0)
		stages &= ~TO_GUEST;
	if ((dir & RD_MIRROR_FROM_GUEST) == 0)
		stages &= ~FROM_GUEST;
	return stages;
}

static uint64_t wanted(const struct rd_mirror_spec *s)
{
	return s->stages == 0 && s->by_reason ? BIT(DROP) : s->stages;
}

static void add_port(struct mirror_run *r, const struct rd_port *p)
{
	uint64_t stages = wanted(&r->spec);

	stages = directed(stages != 0 ? stages : edge(p->type), r->dir);
	r->at_port[p->idx] |= stages;
	r->stages |= stages;
}

static bool is_guest(const struct rd_port *p)
{
	return p->type == RD_PORT_VNIC || p->type == RD_PORT_UPT;
}

static bool is_meant(const struct rd_mirror_source *src, const struct rd_port *p)
{
	const struct rd_segment *seg = p->segment != 0 ? rd_segment_at(p->segment) : NULL;

	switch (src->from) {
	case RD_MIRROR_SRC_ALL:
		return is_guest(p);
	case RD_MIRROR_SRC_GUEST:
		return strcmp(p->label, src->name) == 0;
	case RD_MIRROR_SRC_VNI:
		return is_guest(p) && seg != NULL && seg->vlan < 0 && seg->vni == src->number;
	case RD_MIRROR_SRC_VLAN:
		return is_guest(p) && seg != NULL && seg->vlan == (int32_t)src->number;
	default:
		return rd_port_find(src->name, NULL) == p;
	}
}

// At stages that were asked for, `all` means every packet, uplinks' included.
static void add_source(struct mirror_run *r, const struct rd_mirror_source *src)
{
	uint64_t stages = directed(wanted(&r->spec), r->dir);

	if (src->from == RD_MIRROR_SRC_ALL && stages != 0) {
		r->any_port |= stages;
		r->stages |= stages;
		return;
	}
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p != NULL && is_meant(src, p))
			add_port(r, p);
	}
}

static bool is_plain(const struct mirror_run *r)
{
	const struct rd_mirror_spec *s = &r->spec;

	return s->nb_rules == 0 && !s->by_reason && s->trigger == RD_MIRROR_TRIGGER_NONE
		&& s->sample <= 1 && s->mask == RD_MIRROR_MASK_NONE && !s->exclusive
		&& !r->wants_flow;
}

static bool is_straight(const struct rd_mirror_spec *s)
{
	return s->mode == RD_MIRROR_STANDBY && s->encap != RD_MIRROR_FILE
		&& s->encap != RD_ENCAP_RSPAN && s->max_packets == 0 && s->max_bytes == 0
		&& s->once == 0;
}

struct mirror_run *mirror_run_new(
	const struct rd_mirror_spec *s, unsigned number, struct mirror_state *st)
{
	struct mirror_run *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->spec = *s;
	r->state = st;
	r->number = (uint8_t)number;
	r->dir = s->dir;
	r->by_flags = ~(TO_GUEST | FROM_GUEST);
	r->fixed_index = rd_mirror_given(s, "index");
	r->fixed_hwid = rd_mirror_given(s, "hwid");
	mirror_pick_prepare(r);
	r->plain = is_plain(r);
	r->straight = is_straight(s);
	for (unsigned i = 0; i < s->nb_sources; i++)
		add_source(r, &s->source[i]);
	for (unsigned i = 0; i < st->nb_dests; i++)
		r->head_len = RTE_MAX(r->head_len, st->dest[i].encap.len);
	return r;
}

void mirror_run_free(struct mirror_run *r)
{
	free(r);
}

bool mirror_run_same_sources(const struct mirror_run *a, const struct mirror_run *b)
{
	return a->any_port == b->any_port && a->stages == b->stages
		&& memcmp(a->at_port, b->at_port, sizeof(a->at_port)) == 0;
}
