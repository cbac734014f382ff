/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What puts a recipe out of the question before a driver sees its rules: the session's own wishes, then what the probe of the port has found.
 * Every text is read by an operator in `mirror explain`. Control thread.
 */
#include <errno.h>

#include "api/stages.h"
#include "base/pkt.h"
#include "session/flow_build_priv.h"
#include "session/flow_plan.h"
#include "session/spec.h"

#define NO(...) rd_flow_fail_set(fail, -ENOTSUP, __VA_ARGS__)

bool rd_flow_is_edge(unsigned stage)
{
	switch (stage) {
	case RD_STAGE_UPLINK_RX:
	case RD_STAGE_VNIC_RX:
	case RD_STAGE_UPT_RX:
	case RD_STAGE_UPLINK_TX:
	case RD_STAGE_VNIC_TX:
	case RD_STAGE_UPT_TX:
		return true;
	default:
		return false;
	}
}

enum rd_flow_side rd_flow_side_of(const struct rd_offload_point *p)
{
	const struct rd_stage_desc *d = rd_stage_by_id(p->stage);

	return d != NULL && d->kind == RD_STAGE_KIND_TX ? RD_FLOW_TX : RD_FLOW_RX;
}

static const char *stage_name(unsigned id)
{
	const struct rd_stage_desc *d = rd_stage_by_id(id);

	return d != NULL ? d->name : "?";
}

// A session that copies inside the dataplane as well tells its copies apart by a packet id, that no NIC can make.
static int refuse_stages(const struct rd_flow_ask *ask, struct rd_flow_fail *fail)
{
	if (!rd_flow_is_edge(ask->point->stage))
		return NO("stage %s is inside the dataplane", stage_name(ask->point->stage));
	for (unsigned i = 1; i < RD_STAGE_MAX; i++)
		if ((ask->want->spec->stages >> i & 1) != 0 && !rd_flow_is_edge(i))
			return NO(
				"it copies at stage %s, too: inside the dataplane", stage_name(i));
	return 0;
}

static int refuse_any(const struct rd_flow_ask *ask, struct rd_flow_fail *fail)
{
	const struct rd_mirror_spec *s = ask->want->spec;

	if (s->offload == RD_MIRROR_OFFLOAD_FORBID)
		return NO("offload forbid");
	if (ask->point->ethdev == RD_FLOW_NOWHERE)
		return NO("the port has no device of its own");
	if (s->by_reason)
		return NO("drop reasons are software's");
	if (s->trigger != RD_MIRROR_TRIGGER_NONE)
		return NO("a trigger is watched for in software");
	if (s->mask != RD_MIRROR_MASK_NONE)
		return NO("payload is masked in software");
	if (s->exclusive)
		return NO("software decides which exclusive session gets a packet");
	if (s->sampling == RD_MIRROR_SAMPLE_FLOW && s->sample > 1)
		return NO("sampling by flow is software's");
	if (ask->cap->facts.isolated)
		return NO("the device is isolated: a rule would take packets that are not ours");
	return refuse_stages(ask, fail);
}

static int refuse_head(const struct rd_flow_ask *ask, struct rd_flow_fail *fail)
{
	const struct rd_encap_conf *c = ask->want->head;
	unsigned kind = c != NULL ? c->kind : ask->want->spec->encap;
	uint32_t longest = ask->point->mtu + RD_ETH_LEN;
	struct rd_err err = {0};
	struct rd_encap e;

	if (ask->want->spec->encap == RD_MIRROR_PORT)
		return 0;
	if (kind == RD_ENCAP_ERSPAN2 || kind == RD_ENCAP_ERSPAN3)
		return NO("%s numbers its copies", rd_encap_name((enum rd_encap_kind)kind));
	if (kind == RD_ENCAP_RSPAN)
		return NO("no copy action pushes a tag");
	if (c == NULL)
		return 0; // refuse_switch()
	if (rd_encap_prepare(&e, c, &err) < 0)
		return NO("%s", err.what);
	if (rd_encap_has_seq(&e) && c->kind != RD_ENCAP_GENEVE)
		return NO("%s numbers its copies", rd_encap_name(c->kind));
	if (c->kind == RD_ENCAP_GENEVE && c->options != 0)
		return NO("Geneve's options differ from copy to copy");
	if (c->family == 6 && c->kind != RD_ENCAP_ERSPAN1 && c->kind != RD_ENCAP_GRE)
		return NO("UDP over IPv6 needs a checksum of each copy");
	if (rd_encap_room(&e, ask->want->out_mtu) < longest)
		return NO("frames of %u bytes do not fit behind the head into MTU %u", longest,
			ask->want->out_mtu);
	return 0;
}

static int refuse_limits(const struct rd_mirror_spec *s, struct rd_flow_fail *fail)
{
	if (s->sample > 1)
		return NO("samples that leave the NIC at once can't be counted");
	if (s->snaplen != 0)
		return NO("snaplen %u: no copy action cuts", s->snaplen);
	if (s->pps != 0 || s->bps != 0)
		return NO("a rate limit is software's: pps 0 and bps 0 lift it");
	if (s->max_packets != 0 || s->max_bytes != 0)
		return NO("an end after so many packets or bytes is software's");
	return 0;
}

static int refuse_full(const struct rd_flow_ask *ask, struct rd_flow_fail *fail)
{
	const struct rd_mirror_spec *s = ask->want->spec;
	int ret = refuse_limits(s, fail);

	if (ret < 0)
		return ret;
	if (s->offload == RD_MIRROR_OFFLOAD_HYBRID)
		return NO("offload hybrid");
	if (s->encap == RD_MIRROR_FILE)
		return NO("a file is written by software");
	if (s->nb_dests > 1 && s->mode != RD_MIRROR_STANDBY)
		return NO("%s to %u collectors is software's",
			s->mode == RD_MIRROR_BALANCE ? "balance" : "replicate", s->nb_dests);
	return refuse_head(ask, fail);
}

static int refuse_switch(const struct rd_flow_ask *ask, struct rd_flow_fail *fail)
{
	if (ask->want->head == NULL && ask->want->spec->encap != RD_MIRROR_PORT)
		return NO("the way to the collector is not known yet");
	if (ask->cap->facts.domain == RD_FLOW_DOMAIN_NONE)
		return NO("the port's device has no embedded switch");
	if (ask->out == NULL)
		return NO("copies do not leave by a device");
	if (ask->out->domain != ask->cap->facts.domain)
		return NO("copies leave by a device outside this one's switch");
	return 0;
}

static int refuse_received(const struct rd_flow_ask *ask, struct rd_flow_fail *fail)
{
	return rd_flow_side_of(ask->point) == RD_FLOW_TX
		? NO("what we send does not enter an rx queue")
		: 0;
}

enum rd_flow_why rd_flow_session_refuses(
	const struct rd_flow_ask *ask, enum rd_recipe recipe, struct rd_flow_fail *fail)
{
	int ret = refuse_any(ask, fail);

	if (ret == 0 && recipe == RD_RECIPE_FULL)
		ret = refuse_full(ask, fail);
	if (ret == 0 && (recipe == RD_RECIPE_QUEUE || recipe == RD_RECIPE_MARK))
		ret = refuse_received(ask, fail);
	return ret < 0 ? RD_FLOW_WHY_SESSION : RD_FLOW_FINE;
}

enum rd_flow_why rd_flow_ours_refuses(
	const struct rd_flow_ask *ask, enum rd_recipe recipe, struct rd_flow_fail *fail)
{
	const struct rd_flow_facts *f = &ask->cap->facts;
	int ret = 0;

	if (recipe == RD_RECIPE_FULL)
		ret = refuse_switch(ask, fail);
	else if (recipe == RD_RECIPE_QUEUE && f->copy_queue == RD_FLOW_NOWHERE)
		ret = NO("no rx queue of this device is set apart for copies");
	else if (recipe == RD_RECIPE_PORT && f->copy_port == RD_FLOW_NOWHERE)
		ret = NO("no device of this switch is set apart for copies");
	else if (recipe == RD_RECIPE_MARK && !f->reads_marks)
		ret = NO("software looks at the packets anyway: a mark would save nothing here");
	return ret < 0 ? RD_FLOW_WHY_OURS : RD_FLOW_FINE;
}

static enum rd_flow_why cell(const struct rd_flow_ask *ask, enum rd_flow_rung rung,
	const struct rd_flow_asked *asked, struct rd_flow_fail *fail)
{
	const struct rd_flow_cell *c = &ask->cap->cell[rung];
	enum rd_flow_why why;

	if (c->answer == RD_FLOW_MADE)
		return RD_FLOW_FINE;
	*fail = c->fail;
	if (fail->code == 0)
		rd_flow_fail_set(fail, -EAGAIN, "%s: not asked", rd_flow_rung_desc(rung)->word);
	why = rd_flow_classify(fail, asked);
	return why != RD_FLOW_WHY_FULL && why != RD_FLOW_WHY_BUSY && why != RD_FLOW_WHY_GONE
			&& fail->code == -EAGAIN
		? RD_FLOW_WHY_KNOWN
		: why;
}

static enum rd_flow_rung head_rung(unsigned len)
{
	static const struct {
		unsigned len;
		enum rd_flow_rung rung;
	} sizes[] = {{38, RD_FLOW_RUNG_SW_RAW_38}, {50, RD_FLOW_RUNG_SW_RAW_50},
		{54, RD_FLOW_RUNG_SW_RAW_54}, {62, RD_FLOW_RUNG_SW_RAW_62},
		{90, RD_FLOW_RUNG_SW_RAW_90}};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (len <= sizes[i].len)
			return sizes[i].rung;
	return RD_FLOW_RUNG_SW_RAW_132;
}

static enum rd_flow_why copies_to_port(
	const struct rd_flow_ask *ask, const struct rd_flow_plan *plan, struct rd_flow_fail *fail)
{
	const struct rd_flow_asked sample = {.sample = true, .ratio = 1};
	const struct rd_flow_asked encap = {.sample = true, .encap = true, .ratio = 1};
	enum rd_flow_why why = cell(ask, RD_FLOW_RUNG_SW_SAMPLE_PORT, &sample, fail);

	if (why != RD_FLOW_FINE && rd_flow_can(ask->cap, RD_FLOW_RUNG_SW_SAMPLE_PORT_ID))
		why = RD_FLOW_FINE;
	if (why != RD_FLOW_FINE || plan->form.head_len == 0)
		return why;
	return cell(ask, head_rung(plan->form.head_len), &encap, fail);
}

static enum rd_flow_why can_copy(const struct rd_flow_ask *ask, enum rd_recipe recipe,
	const struct rd_flow_plan *plan, struct rd_flow_fail *fail)
{
	const struct rd_flow_asked sample = {.sample = true, .ratio = 1},
				   mark = {.mark = true, .ratio = 1};

	switch (recipe) {
	case RD_RECIPE_FULL:
		return copies_to_port(ask, plan, fail);
	case RD_RECIPE_QUEUE:
		return cell(ask, RD_FLOW_RUNG_IN_SAMPLE_MARK, &sample, fail);
	case RD_RECIPE_PORT:
		return cell(ask, RD_FLOW_RUNG_SW_SAMPLE_REPR, &sample, fail);
	default:
		return cell(ask, RD_FLOW_RUNG_IN_MARK_MAX, &mark, fail);
	}
}

static bool fate_known(const struct rd_flow_ask *ask, enum rd_recipe recipe)
{
	const struct rd_flow_cap *cap = ask->cap;

	if (rd_flow_domain_of(recipe) == RD_FLOW_TRANSFER)
		return rd_flow_can(cap,
			rd_flow_side_of(ask->point) == RD_FLOW_RX ? RD_FLOW_RUNG_SW_REPRESENTOR
								  : RD_FLOW_RUNG_SW_PORT);
	return rd_flow_can(cap, cap->facts.nb_rxq > 1 ? RD_FLOW_RUNG_IN_RSS : RD_FLOW_RUNG_IN_QUEUE)
		|| rd_flow_can(cap, RD_FLOW_RUNG_IN_PASSTHRU);
}

static enum rd_flow_why caught(const struct rd_flow_ask *ask, enum rd_recipe recipe,
	const struct rd_flow_form *form, struct rd_flow_fail *fail)
{
	const struct rd_flow_cap *cap = ask->cap;

	if ((cap->lies >> recipe & 1) != 0) {
		rd_flow_fail_set(fail, -EIO, "it took such a rule before, and nothing was counted");
		return RD_FLOW_WHY_LIES;
	}
	// The switch is what a frame was sent through.
	if (rd_flow_domain_of(recipe) != RD_FLOW_TRANSFER || cap->loop.code != 0)
		return RD_FLOW_FINE;
	if (!cap->loop.copies) {
		*fail = cap->loop.fail;
		return RD_FLOW_WHY_LIES;
	}
	if (form->head_len != 0 && !cap->loop.heads && cap->loop.head_fail.code == -EIO) {
		*fail = cap->loop.head_fail;
		return RD_FLOW_WHY_LIES;
	}
	return RD_FLOW_FINE;
}

enum rd_flow_why rd_flow_probe_refuses(const struct rd_flow_ask *ask, enum rd_recipe recipe,
	const struct rd_flow_plan *plan, struct rd_flow_fail *fail)
{
	const struct rd_flow_asked order = {.ratio = 1};
	enum rd_flow_domain domain = rd_flow_domain_of(recipe);
	enum rd_flow_why why = caught(ask, recipe, &plan->form, fail);

	if (why == RD_FLOW_FINE && domain == RD_FLOW_TRANSFER && ask->cap->proxy_fail.code != 0) {
		*fail = ask->cap->proxy_fail;
		why = fail->code == -ENOSYS ? RD_FLOW_WHY_NO_COPY : RD_FLOW_WHY_DOMAIN;
	}
	if (why == RD_FLOW_FINE)
		why = can_copy(ask, recipe, plan, fail);
	if (why == RD_FLOW_FINE && plan->nb_matches > 1) {
		why = cell(ask,
			domain == RD_FLOW_TRANSFER ? RD_FLOW_RUNG_SW_PRIORITY
						   : RD_FLOW_RUNG_IN_PRIORITY,
			&order, fail);
		why = why == RD_FLOW_FINE ? why : RD_FLOW_WHY_PRIORITY;
	}
	if (why == RD_FLOW_FINE && !fate_known(ask, recipe)) {
		NO("no action that it takes leads the packet where it belongs");
		why = RD_FLOW_WHY_FATE;
	}
	return why;
}
