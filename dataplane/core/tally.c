/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See tally.h. Control thread, but for rd_tally_forget().
 */
#include "core/tally.h"

#include <stdlib.h>

#include "core/worker.h"

struct rd_tally *rd_tally_create(void)
{
	return calloc(RD_PORT_MAX, sizeof(struct rd_tally));
}

static unsigned rx_stage(unsigned kind)
{
	if (kind & FAST_RX_VNIC)
		return RD_STAGE_VNIC_RX;
	return kind & FAST_RX_UPT ? RD_STAGE_UPT_RX : RD_STAGE_UPLINK_RX;
}

// Of the stages that count a packet for the port that it came from. The others' ports are known when it leaves: see
// fast_count_out().
static bool passes(unsigned kind, unsigned stage)
{
	switch (stage) {
	case RD_STAGE_UPLINK_RX:
	case RD_STAGE_VNIC_RX:
	case RD_STAGE_UPT_RX:
		return stage == rx_stage(kind);
	case RD_STAGE_CLASSIFY:
	case RD_STAGE_FLOW_LOOKUP:
		return true;
	case RD_STAGE_TUNNEL_DECAP:
		return (kind & FAST_DECAP) != 0;
	case RD_STAGE_PORT_IN:
		return (kind & FAST_DECAP) == 0;
	case RD_STAGE_DFW_OUT:
		return (kind & FAST_DFW_OUT) != 0;
	case RD_STAGE_TUNNEL_ENCAP:
	case RD_STAGE_UPLINK_SELECT:
		return (kind & FAST_ENCAP) != 0;
	default:
		return false;
	}
}

uint64_t rd_tally_in(const struct rd_worker *w, uint16_t port, unsigned stage)
{
	const struct rd_tally *t = &w->tally[port];
	uint64_t sum = t->in[stage];

	for (unsigned kind = 0; kind < FAST_KINDS; kind++)
		if (t->fast[kind] != 0 && passes(kind, stage))
			sum += t->fast[kind];
	return sum;
}

uint64_t rd_tally_created(const struct rd_worker *w, uint16_t port, unsigned stage)
{
	return w->tally[port].created[stage];
}

void rd_tally_forget(struct rd_worker *w, uint16_t port)
{
	struct rd_tally *from = &w->tally[port], *to = &w->tally[0];

	for (unsigned i = 0; i < RD_TALLY_STAGES; i++) {
		to->in[i] += from->in[i];
		to->created[i] += from->created[i];
	}
	for (unsigned i = 0; i < FAST_KINDS; i++)
		to->fast[i] += from->fast[i];
	*from = (struct rd_tally){0};
}
