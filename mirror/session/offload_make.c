/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One point: from its plan to rules that are really there, and what is shown of it. Control thread.
 */
#include <string.h>

#include "session/offload_priv.h"

static const struct rd_flow_facts *out_facts(struct rd_offload *off, uint16_t ethdev)
{
	struct rd_flow_dev dev = offload_dev(off, ethdev);

	if (ethdev == RD_FLOW_NOWHERE || rd_flow_facts_get(&dev, &off->out) < 0)
		return NULL;
	return &off->out;
}

struct rd_flow_ask offload_ask(struct rd_offload_session *s, const struct offload_point *p)
{
	struct rd_offload *off = s->off;
	bool forbidden = s->wish.spec.offload == RD_MIRROR_OFFLOAD_FORBID;

	return (struct rd_flow_ask){.dev = offload_dev(off, p->at.ethdev),
		// A session that wants no card is not to touch one, not even with a probe.
		.cap = forbidden ? &off->nothing : rd_offload_capability(off, p->at.ethdev, false),
		.out = out_facts(off, s->wish.want.out_ethdev),
		.want = &s->wish.want,
		.point = &p->at,
		.replaces = p->old_set != 0,
		.taken = offload_taken,
		.taken_arg = s};
}

static uint64_t jitter(struct rd_offload *off)
{
	off->random ^= off->random << 13;
	off->random ^= off->random >> 17;
	off->random ^= off->random << 5;
	return off->random % (OFFLOAD_RETRY_S / 3) * OFFLOAD_NS_PER_S;
}

void offload_show(struct rd_offload_session *s, struct offload_point *p)
{
	static const uint8_t paths[RD_RECIPES] = {[RD_RECIPE_FULL] = RD_PATH_HW,
		[RD_RECIPE_QUEUE] = RD_PATH_HYBRID,
		[RD_RECIPE_PORT] = RD_PATH_HYBRID};
	struct rd_offload_result *r = &p->result;
	struct rd_offload_result before = *r;

	r->recipe = p->plan.recipe;
	r->path = paths[p->plan.recipe];
	r->why = p->plan.why;
	r->retrying = p->retry_ns != 0;
	r->rules = (uint8_t)rd_flow_rules_of(&s->off->rules, p->set);
	r->counted = p->plan.form.count;
	r->ratio = p->plan.form.ratio;
	r->mark = p->plan.form.mark;
	r->shared = p->plan.form.nb_with;
	r->hits = p->past_hits + p->set_hits;
	r->bytes = p->past_bytes + p->set_bytes;
	if (r->path == RD_PATH_SW)
		r->proof = RD_PROOF_NONE;
	s->changed |= before.recipe != r->recipe || before.rules != r->rules
		|| before.proof != r->proof || before.shared != r->shared;
}

// A frame went the way that the point's packets go, and came back as this plan's copies leave.
static bool is_probed(const struct rd_flow_ask *ask, const struct rd_flow_plan *plan)
{
	const struct rd_flow_loop *l = &ask->cap->loop;

	return l->code == 0 && l->copies && plan->form.nb_with == 0
		&& (plan->form.head_len == 0 || l->heads) && plan->recipe != RD_RECIPE_QUEUE
		&& rd_flow_side_of(ask->point) == RD_FLOW_TX;
}

static uint8_t first_proof(const struct rd_flow_ask *ask, const struct rd_flow_plan *plan)
{
	if (is_probed(ask, plan))
		return RD_PROOF_PROBED;
	return plan->form.count ? RD_PROOF_NONE : RD_PROOF_BLIND;
}

// A driver that compares rules takes none beside an old one for the same packets: the old one goes first then. Copies are missed for a
// moment, and nothing else: without a rule packets go the same way.
static bool make_room(struct rd_offload_session *s, struct offload_point *p, enum rd_flow_why why)
{
	return why == RD_FLOW_WHY_OVERLAP && offload_evict(s, p);
}

void offload_plan_again(struct rd_offload_session *s, struct offload_point *p)
{
	struct rd_flow_ask ask;
	uint32_t old = p->set;

	offload_fold(s->off, p);
	p->old_set = old;
	ask = offload_ask(s, p);
	rd_flow_plan(&ask, &p->plan);
	offload_make(s, p);
	p->old_set = 0;
	offload_let_go(s, old);
	offload_show(s, p);
}

void offload_make(struct rd_offload_session *s, struct offload_point *p)
{
	struct rd_flow_ask ask = offload_ask(s, p);

	p->set = 0;
	p->set_hits = p->set_bytes = 0;
	p->still = 0;
	p->seen_at_hit = p->seen;
	while (p->set == 0 && p->plan.recipe != RD_RECIPE_SOFTWARE) {
		struct rd_flow_fail fail;
		enum rd_flow_why why;

		p->set = rd_flow_rules_make(&s->off->rules, &ask, &p->plan, &fail, &why);
		if (p->set == 0 && !make_room(s, p, why))
			rd_flow_plan_next(&ask, &p->plan, RD_PHASE_CREATE, &fail,
				rd_flow_why_shared(&p->plan, why));
	}
	p->wait = p->plan.why == RD_FLOW_WHY_GONE && p->set == 0;
	p->retry_ns = p->plan.retry && p->set == 0
		? s->off->now_ns + OFFLOAD_RETRY_S * OFFLOAD_NS_PER_S + jitter(s->off)
		: 0;
	p->result.proof = first_proof(&ask, &p->plan);
	if (p->set != 0 && p->plan.form.nb_with != 0)
		offload_take_along(s, p);
	offload_show(s, p);
	offload_put_back(s->off);
}
