/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Before a packet goes in, the walk that only asks (core/dry.h) has to say what the reference says: the same drops at the
 * same firewalls, the same bytes at the same ports. Nothing may have been counted by it; that nothing was learned or
 * kept shows when the packet itself goes through. Test thread.
 */
#include "semantics.h"

#include <stdio.h>
#include <string.h>

#include "core/dry.h"

#define PORTS 32 // whose counters are compared

static struct {
	struct rd_stage_stats stages[RD_STAGE_MAX];
	struct rd_port_stats ports[PORTS];
	uint64_t drops[RD_DROP_MAX];
} before;

static char text[200];

static void snapshot(void)
{
	memcpy(before.stages, gf_w->stages, sizeof(before.stages));
	memcpy(before.ports, gf_w->ports, sizeof(before.ports));
	memcpy(before.drops, gf_w->drops, sizeof(before.drops));
}

static const char *counted(void)
{
	if (memcmp(before.stages, gf_w->stages, sizeof(before.stages)) == 0
		&& memcmp(before.ports, gf_w->ports, sizeof(before.ports)) == 0
		&& memcmp(before.drops, gf_w->drops, sizeof(before.drops)) == 0)
		return NULL;
	return "asking has counted something";
}

// Takes the frame that is expected there out of the list.
static bool expected(struct sem_result *left, int sink, struct sem_frame *f)
{
	sem_blank_id(f);
	for (unsigned i = 0; i < left->nb_out; i++) {
		if (left->out[i].sink != sink || left->out[i].f.len != f->len
			|| memcmp(left->out[i].f.b, f->b, f->len) != 0)
			continue;
		left->out[i].sink = -1;
		return true;
	}
	return false;
}

static const char *leaves(const struct rd_dry_hop *h, struct sem_result *left)
{
	const struct sem_port *p = sem_port(h->md.out_port);
	struct sem_frame f = {.len = h->len};

	assert_non_null(h->bytes);
	assert_true(h->len <= SEM_BYTES);
	memcpy(f.b, h->bytes, h->len);
	if (p != NULL && expected(left, p->sink, &f))
		return NULL;
	snprintf(text, sizeof(text), "the walk that asks sends %u bytes out of port %u", h->len,
		h->md.out_port);
	return text;
}

static bool is_tx(unsigned stage)
{
	return rd_stage_by_id(stage)->kind == RD_STAGE_KIND_TX;
}

// Whether a later hop is the same packet's.
static bool goes_on(const struct rd_dry *d, unsigned i)
{
	for (unsigned j = i + 1; j < d->nb_hops; j++)
		if (d->hop[j].md.packet_id == d->hop[i].md.packet_id)
			return true;
	return false;
}

static const char *drops(const struct rd_dry *d, const struct sem_result *want)
{
	uint64_t got[RD_DROP_MAX] = {0}, out = 0, in = 0;

	for (unsigned i = 0; i < d->nb_hops; i++) {
		const struct rd_meta *md = &d->hop[i].md;

		if (d->hop[i].stage != RD_STAGE_DROP)
			continue;
		got[md->reason]++;
		out += md->stage == RD_STAGE_DFW_OUT;
		in += md->stage == RD_STAGE_DFW_IN;
	}
	for (unsigned r = 1; r < RD_DROP_MAX; r++) {
		if (got[r] == want->drops[r])
			continue;
		snprintf(text, sizeof(text), "the walk that asks has %lu drops for %s, not %lu",
			got[r], gf_reason_name((enum rd_drop_reason)r), want->drops[r]);
		return text;
	}
	return out == want->dfw_out && in == want->dfw_in
		? NULL
		: "the walk that asks is stopped by the other firewall";
}

const char *sem_ask(uint16_t port, const struct sem_pkt *k, const struct sem_result *want)
{
	static struct sem_result left;
	const struct rd_dry *d = NULL;
	const char *fault;
	struct sem_frame f;

	left = *want;
	sem_build(k, &f);
	snapshot();
	assert_int_equal(rd_dry_run(port, f.b, f.len, &d), 0);
	assert_int_equal(d->lost, 0);
	fault = counted();
	if (fault == NULL)
		fault = drops(d, want);
	for (unsigned i = 0; i < d->nb_hops && fault == NULL; i++)
		if (is_tx(d->hop[i].stage) && !goes_on(d, i))
			fault = leaves(&d->hop[i], &left);
	for (unsigned i = 0; i < left.nb_out && fault == NULL; i++)
		if (left.out[i].sink >= 0)
			fault = "the walk that asks does not send a frame";
	return fault;
}
