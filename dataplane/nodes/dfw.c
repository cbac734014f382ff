/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The firewall stages' common part. A denied flow is memoised and live like an allowed one, so that
 * its next packets cost one lookup. Worker thread.
 */
#include "nodes/dfw.h"

#include "nodes/path.h"

static struct rd_dfw_verdict decide(const struct rd_dfw *dfw, const struct rte_mbuf *m,
	const struct rd_meta *md, enum rd_dfw_dir dir)
{
	struct rd_dfw_verdict pass = {.action = RD_DFW_ALLOW};
	struct rd_flow_key k;

	if (dfw == NULL)
		return pass;
	rd_key_fill(m, md, &k);
	return rd_dfw_match(dfw, dir, &k);
}

static void memoise(struct rd_flow *f, enum rd_dfw_dir dir, const struct rd_dfw_verdict *v)
{
	rd_flow_write_begin(f);
	if (dir == RD_DFW_IN)
		f->rule_in = v->slot;
	else
		f->rule_out = v->slot;
	if (v->action != RD_DFW_ALLOW) {
		f->acts |= RD_ACT_DROP;
		f->reason = v->reason;
		f->drop_stage = dir == RD_DFW_IN ? RD_STAGE_DFW_IN : RD_STAGE_DFW_OUT;
	}
	f->decided |= dir == RD_DFW_IN ? RD_DECIDED_DFW_IN : RD_DECIDED_DFW_OUT;
	rd_flow_write_end(f);
}

static struct rd_dfw_verdict recall(const struct rd_flow *f, enum rd_dfw_dir dir)
{
	unsigned stage = dir == RD_DFW_IN ? RD_STAGE_DFW_IN : RD_STAGE_DFW_OUT;

	uint16_t slot = dir == RD_DFW_IN ? f->rule_in : f->rule_out;

	return (struct rd_dfw_verdict){
		.action = (f->acts & RD_ACT_DROP) == 0 || f->drop_stage != stage ? RD_DFW_ALLOW
										 : RD_DFW_DROP,
		.rule_id = rd_dfw_slot_id(slot),
		.slot = slot,
		.reason = f->reason,
	};
}

int rd_dfw_stage(
	struct rd_worker *w, const struct rte_mbuf *m, struct rd_meta *md, enum rd_dfw_dir dir)
{
	const struct rd_dfw *dfw = rd_dfw_of(w, dir == RD_DFW_IN ? md->out_port : md->in_port);
	uint8_t bit = dir == RD_DFW_IN ? RD_DECIDED_DFW_IN : RD_DECIDED_DFW_OUT;
	struct rd_flow *f = md->flow;
	struct rd_dfw_verdict v;

	if (f != NULL && (f->decided & bit)) {
		v = recall(f, dir);
	} else {
		v = decide(dfw, m, md, dir);
		if (f != NULL)
			memoise(f, dir, &v);
	}
	md->rule_id = v.rule_id;
	if (v.slot != 0)
		rd_dfw_hit(w->id, v.slot, 1, m->pkt_len);
	if (v.action == RD_DFW_ALLOW)
		return 0;
	if (f != NULL) // flow_install won't see it
		rd_flow_make_live(w, f);
	return v.reason;
}
