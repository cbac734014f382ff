/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What becomes of programmed rules: counters are read, lost rules made again, full tables tried again, cards that copy nothing found out,
 * devices come and go. Control thread, once a second.
 */
#include <errno.h>

#include "base/log.h"
#include "session/offload_priv.h"

RD_LOG_MODULE(mirror_offload);

#define LIES_PACKETS 16 // that software saw to match while the card counted none
#define LIES_TICKS 3 // a counter may lag behind

#define LOST_MAX 3 // a rule that is lost as often in a row is there: its driver can't count

static bool knows_nothing(int code) // of a counter that is not one
{
	return code == -ENODATA || code == -ENOTSUP || code == -ENOSYS;
}

// The new plan's rules are made before the old ones go.
static void step_down(struct rd_offload_session *s, struct offload_point *p, enum rd_flow_why why,
	const struct rd_flow_fail *fail)
{
	struct rd_flow_ask ask = offload_ask(s, p);
	uint32_t old = p->set;

	offload_fold(s->off, p);
	rd_flow_plan_next(&ask, &p->plan, RD_PHASE_RUN, fail, why);
	p->old_set = 0;
	offload_make(s, p);
	offload_let_go(s, old);
	offload_show(s, p);
}

static void found_out(struct rd_offload_session *s, struct offload_point *p)
{
	struct rd_flow_cap *cap =
		(struct rd_flow_cap *)(uintptr_t)rd_offload_capability(s->off, p->at.ethdev, false);
	struct rd_flow_fail fail;

	rd_flow_fail_set(&fail, -EIO,
		"its counter stood still while software saw %llu packets that match",
		(unsigned long long)(p->seen - p->seen_at_hit));
	if ((cap->lies & 1u << p->plan.recipe) == 0)
		rd_log_warn("device %u (%s) took a mirror rule (%s) but does nothing: %s",
			p->at.ethdev, cap->facts.driver, rd_recipe_name(p->plan.recipe),
			fail.message);
	cap->lies |= 1u << p->plan.recipe;
	step_down(s, p, RD_FLOW_WHY_LIES, &fail);
}

static bool counts_nothing(struct offload_point *p, uint64_t hits)
{
	if (hits != p->set_hits) {
		p->result.proof =
			p->result.proof == RD_PROOF_PROBED ? RD_PROOF_PROBED : RD_PROOF_COUNTED;
		p->seen_at_hit = p->seen;
		p->still = 0;
		return false;
	}
	if (p->seen - p->seen_at_hit < LIES_PACKETS)
		return false;
	return ++p->still >= LIES_TICKS;
}

static void read_point(struct rd_offload_session *s, struct offload_point *p)
{
	uint64_t hits, bytes;
	struct rd_flow_fail fail;
	int ret = rd_flow_rules_count(&s->off->rules, p->set, &hits, &bytes, &fail);
	bool nothing;

	if (ret < 0 && !knows_nothing(ret) && p->lost == LOST_MAX)
		ret = -ENODATA;
	if (knows_nothing(ret)) {
		p->result.counted = false;
		p->plan.form.count = false;
		if (p->result.proof != RD_PROOF_PROBED)
			p->result.proof = RD_PROOF_BLIND;
		return;
	}
	if (ret < 0) {
		p->lost++;
		rd_log_warn("device %u lost a rule of mirror session %u: %s; it is made again",
			p->at.ethdev, s->id,
			fail.message[0] != '\0' ? fail.message : rd_err_name(ret));
		offload_plan_again(s, p);
		return;
	}
	p->lost = 0;
	nothing = counts_nothing(p, hits);
	p->set_hits = hits;
	p->set_bytes = bytes;
	if (nothing)
		found_out(s, p);
	else
		offload_show(s, p);
}

bool rd_offload_tick(struct rd_offload *off, uint64_t ns)
{
	bool changed = false;

	off->now_ns = ns;
	rd_flow_rules_retry(&off->rules);
	for (struct rd_offload_session *s = off->sessions; s != NULL; s = s->next) {
		for (unsigned i = 0; s->programmed && i < s->nb; i++) {
			struct offload_point *p = &s->points[i];

			if (p->set != 0)
				read_point(s, p);
			else if (p->retry_ns != 0 && ns >= p->retry_ns)
				offload_plan_again(s, p);
		}
		changed |= s->changed;
	}
	if (changed)
		offload_tell_shares(off);
	return changed;
}

// --- devices ---

static void of_device(struct rd_offload *off, uint16_t ethdev,
	void (*fn)(struct rd_offload_session *s, struct offload_point *p))
{
	for (struct rd_offload_session *s = off->sessions; s != NULL; s = s->next)
		for (unsigned i = 0; s->programmed && i < s->nb; i++)
			if (s->points[i].at.ethdev == ethdev)
				fn(s, &s->points[i]);
}

static void again_if_waiting(struct rd_offload_session *s, struct offload_point *p)
{
	if (p->wait)
		offload_plan_again(s, p);
}

void rd_offload_port_opened(struct rd_offload *off, uint16_t ethdev)
{
	struct rd_flow_dev dev = offload_dev(off, ethdev);
	struct rd_flow_fail fail;

	rd_flow_rules_forget(&off->rules, ethdev);
	offload_forget_cap(off, ethdev);
	// Rules of a daemon that was killed. A driver without flow functions has none.
	if (rd_flow_flush_port(&dev, &fail) < 0 && fail.code != -ENOSYS && fail.code != -ENOTSUP)
		rd_log_warn("device %u: rules of an earlier life may be left in it: %s", ethdev,
			fail.message[0] != '\0' ? fail.message : rd_err_name(fail.code));
	of_device(off, ethdev, again_if_waiting);
	offload_tell_shares(off);
}

static void leave(struct rd_offload_session *s, struct offload_point *p)
{
	struct rd_flow_fail fail;

	rd_flow_fail_set(&fail, -ENODEV, "the device was closed");
	p->past_hits += p->set_hits;
	p->past_bytes += p->set_bytes;
	rd_flow_rules_drop(&s->off->rules, p->set);
	p->set = 0;
	p->set_hits = p->set_bytes = 0;
	if (p->plan.recipe != RD_RECIPE_SOFTWARE) {
		struct rd_flow_ask ask = offload_ask(s, p);

		rd_flow_plan_next(&ask, &p->plan, RD_PHASE_RUN, &fail, RD_FLOW_WHY_GONE);
	}
	p->wait = true;
	p->retry_ns = 0;
	offload_show(s, p);
}

void rd_offload_port_closing(struct rd_offload *off, uint16_t ethdev)
{
	of_device(off, ethdev, leave);
	rd_flow_rules_forget(&off->rules, ethdev);
	offload_forget_cap(off, ethdev);
}
