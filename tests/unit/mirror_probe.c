/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The capability probe on a scripted driver: only what was made counts, one rule at a time, nothing left behind; and what a session is told that
 * a card could not do anyway.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "flow_world.h"

static unsigned answers(const struct rd_flow_cap *cap, enum rd_flow_answer answer)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < RD_FLOW_RUNGS; i++)
		nb += cap->cell[i].answer == answer;
	return nb;
}

static bool in_group_0(const struct script_rule *r)
{
	return r->group == 0 && r->priority == 0;
}
static bool in_group_1(const struct script_rule *r)
{
	return r->group != 0;
}
static bool new_copy_words(const struct script_rule *r)
{
	return r->copy_represented || r->copy_representor;
}

static void all_of_it(void **state)
{
	struct world w;
	const struct rd_flow_cap *cap;

	(void)state;
	world_init(&w, &flow_script_ops);
	cap = rd_offload_capability(w.off, 2, false);
	assert_int_equal(
		answers(cap, RD_FLOW_MADE), RD_FLOW_RUNGS - 1); // one queue: RSS is not asked for
	assert_int_equal(cap->cell[RD_FLOW_RUNG_IN_RSS].answer, RD_FLOW_NOT_ASKED);
	w.script.facts[1].nb_rxq = 4;
	w.script.validates = w.script.creates = w.script.destroys = w.script.most = 0;
	cap = rd_offload_capability(w.off, 1, false);
	assert_int_equal(answers(cap, RD_FLOW_MADE), RD_FLOW_RUNGS);
	assert_int_equal(w.script.most, 1); // one at a time
	assert_int_equal(w.script.creates, w.script.destroys);
	assert_true(cap->complete);
	assert_int_equal(cap->proxy, 0);
	assert_string_equal(cap->facts.driver, "net_script");
	assert_int_equal(cap->loop.code, -ENOTSUP);
	for (unsigned i = 0; i < RD_FLOW_RUNGS; i++) {
		const struct rd_flow_rung_desc *d = rd_flow_rung_desc(i);

		assert_true(strlen(d->word) > 2 && strlen(d->help) > 5
			&& strlen(rd_flow_domain_name(d->domain)) > 5);
	}
	assert_null(rd_flow_rung_desc(RD_FLOW_RUNGS));
	world_end(&w);
}

// Asked once, until something changes or somebody asks again.
static void kept_by_key(void **state)
{
	struct world w;
	unsigned asked;

	(void)state;
	world_init(&w, &flow_script_ops);
	rd_offload_capability(w.off, 1, false);
	asked = w.script.validates;
	rd_offload_capability(w.off, 1, false);
	assert_int_equal(w.script.validates, asked);
	rd_offload_capability(w.off, 1, true);
	assert_int_equal(w.script.validates, 2 * asked);
	w.script.facts[1].firmware[2] = '1';
	rd_offload_capability(w.off, 1, false);
	assert_int_equal(w.script.validates, 3 * asked);
	rd_offload_capability(w.off, 2, false); // another port
	assert_int_equal(w.script.validates, 4 * asked);
	world_end(&w);
}

static void no_flow_functions(void **state)
{
	struct world w;
	const struct rd_flow_cap *cap;

	(void)state;
	world_init(&w, &flow_script_ops);
	script_answer(&w.script,
		(struct script_answer){
			.ops = SCRIPT_ALL, .code = -ENOSYS, .message = "Function not implemented"});
	cap = rd_offload_capability(w.off, 1, false);
	assert_int_equal(answers(cap, RD_FLOW_REFUSED), 2);
	assert_int_equal(answers(cap, RD_FLOW_NOT_ASKED), RD_FLOW_RUNGS - 2);
	assert_int_equal(w.script.validates, 2); // one in each domain of the port
	assert_int_equal(w.script.creates, 0);
	assert_string_equal(
		cap->cell[RD_FLOW_RUNG_SW_INNER].fail.message, "Function not implemented");
	world_end(&w);
}

static void validated_but_not_made(void **state)
{
	struct world w;
	const struct rd_flow_cap *cap;

	(void)state;
	world_init(&w, &flow_script_ops);
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_CREATE,
			.when = has_sample,
			.code = -EINVAL,
			.message = "kernel refused"});
	cap = rd_offload_capability(w.off, 1, false);
	assert_int_equal(cap->cell[RD_FLOW_RUNG_IN_SAMPLE].answer, RD_FLOW_LIED);
	assert_string_equal(cap->cell[RD_FLOW_RUNG_IN_SAMPLE].fail.message, "kernel refused");
	assert_int_equal(cap->cell[RD_FLOW_RUNG_IN_MARK].answer, RD_FLOW_MADE);
	world_end(&w);
}

static void kept_by_the_driver(void **state)
{
	struct world w;
	const struct rd_flow_cap *cap;

	(void)state;
	world_init(&w, &flow_script_ops);
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_DESTROY,
			.when = has_mark,
			.times = 1,
			.code = -EBUSY,
			.message = "in use"});
	cap = rd_offload_capability(w.off, 1, false);
	assert_int_equal(cap->cell[RD_FLOW_RUNG_IN_MARK].answer, RD_FLOW_LIED);
	rd_offload_port_opened(w.off, 0);
	rd_offload_port_opened(w.off, 1); // flushed
	world_end(&w);
}

// Where there are groups, no rule is made where traffic is.
static void in_a_group_of_its_own(void **state)
{
	struct world w;
	const struct rd_flow_cap *cap;

	(void)state;
	world_init(&w, &flow_script_ops);
	script_answer(&w.script,
		(struct script_answer){
			.ops = SCRIPT_CREATE, .when = in_group_0, .after = 3, .code = -EPERM});
	cap = rd_offload_capability(w.off, 1, false);
	assert_int_equal(cap->cell[RD_FLOW_RUNG_IN_SAMPLE].answer, RD_FLOW_MADE);
	script_forget_answers(&w.script);
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_BOTH, .when = in_group_1, .code = -ENOTSUP});
	cap = rd_offload_capability(w.off, 1, true);
	assert_int_equal(cap->cell[RD_FLOW_RUNG_IN_GROUP].answer, RD_FLOW_REFUSED);
	assert_int_equal(cap->cell[RD_FLOW_RUNG_IN_SAMPLE].answer, RD_FLOW_MADE);
	world_end(&w);
}

// The old words for a port are found, and used by the session's rule.
static void old_words(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	script_answer(&w.script,
		(struct script_answer){
			.ops = SCRIPT_BOTH, .when = new_copy_words, .code = -ENOTSUP});
	assert_int_equal(world_set(&w), 0);
	assert_int_equal(rd_offload_result(w.session, 0)->recipe, RD_RECIPE_FULL);
	assert_true(script_rule(&w.script, 0)->copy_port_id);
	world_end(&w);
}

static void device_gone(void **state)
{
	struct world w;
	const struct rd_flow_cap *cap;

	(void)state;
	world_init(&w, &flow_script_ops);
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_VALIDATE, .after = 5, .code = -EIO});
	cap = rd_offload_capability(w.off, 1, false);
	assert_false(cap->complete);
	assert_int_equal(cap->cell[RD_FLOW_RUNG_SW_PORT].answer, RD_FLOW_REFUSED);
	script_forget_answers(&w.script);
	cap = rd_offload_capability(w.off, 1, false); // not kept
	assert_true(cap->complete);
	w.script.facts_code = -EIO;
	cap = rd_offload_capability(w.off, 2, false);
	assert_int_equal(answers(cap, RD_FLOW_NOT_ASKED), RD_FLOW_RUNGS);
	assert_string_equal(cap->cell[0].fail.message, "the device does not say what it is");
	cap = rd_offload_capability(w.off, RD_FLOW_NOWHERE, false);
	assert_int_equal(answers(cap, RD_FLOW_NOT_ASKED), RD_FLOW_RUNGS);
	w.script.facts_code = 0;
	world_end(&w);
}

// --- what no driver is asked ---

struct wish {
	const char *words; // of the refusal
	void (*set)(struct world *w);
};

#define WISH(name, ...)                          \
	static void wish_##name(struct world *w) \
	{                                        \
		__VA_ARGS__;                     \
	}
WISH(reason, w->spec.by_reason = true)
WISH(trigger, w->spec.trigger = RD_MIRROR_TRIGGER_RST)
WISH(mask, w->spec.mask = RD_MIRROR_MASK_ZERO)
WISH(exclusive, w->spec.exclusive = true)
WISH(by_flow, w->spec.sampling = RD_MIRROR_SAMPLE_FLOW; w->spec.sample = 10)
WISH(sample, w->spec.sample = 10)
WISH(stage, w->point[0].stage = RD_STAGE_DFW_IN)
WISH(stages, w->spec.stages = 1u << RD_STAGE_VNIC_RX | 1u << RD_STAGE_PORT_OUT)
WISH(device, w->point[0].ethdev = RD_FLOW_NOWHERE)
WISH(isolated, w->script.facts[1].isolated = true)
WISH(snaplen, w->spec.snaplen = 128)
WISH(pps, w->spec.pps = 1000)
WISH(packets, w->spec.max_packets = 5)
WISH(hybrid, w->spec.offload = RD_MIRROR_OFFLOAD_HYBRID)
WISH(file, w->spec.encap = RD_MIRROR_FILE)
WISH(replicate, w->spec.nb_dests = 2; w->spec.mode = RD_MIRROR_REPLICATE)
WISH(erspan2, w->head.kind = RD_ENCAP_ERSPAN2; w->head.session = 100)
WISH(sequence, w->head.has_seq = true)
WISH(options,
	w->head = (struct rd_encap_conf){
		.kind = RD_ENCAP_GENEVE, .family = 4, .ttl = 1, .options = RD_OPT_ORIGIN})
WISH(udp6, w->head.kind = RD_ENCAP_VXLAN; w->head.family = 6)
WISH(rspan,
	w->head = (struct rd_encap_conf){
		.kind = RD_ENCAP_RSPAN, .rspan_vid = 9, .rspan_tpid = 0x8100})
WISH(mtu, w->want.out_mtu = 1541)
WISH(no_way, w->want.head = NULL)
WISH(no_out, w->want.out_ethdev = RD_FLOW_NOWHERE)
WISH(elsewhere, w->script.facts[0].domain = 8)
WISH(no_switch, w->script.facts[1].domain = RD_FLOW_DOMAIN_NONE)
WISH(length, world_rule(w, "permit length 64-128"))
WISH(arp, world_rule(w, "permit ethertype arp"))

static const struct wish wishes[] = {
	{"drop reasons are software's", wish_reason},
	{"a trigger is watched for in software", wish_trigger},
	{"payload is masked in software", wish_mask},
	{"software decides which exclusive session gets a packet", wish_exclusive},
	{"sampling by flow is software's", wish_by_flow},
	{"samples that leave the NIC at once can't be counted", wish_sample},
	{"stage dfw_in is inside the dataplane", wish_stage},
	{"it copies at stage port_out, too: inside the dataplane", wish_stages},
	{"the port has no device of its own", wish_device},
	{"the device is isolated: a rule would take packets that are not ours", wish_isolated},
	{"snaplen 128: no copy action cuts", wish_snaplen},
	{"a rate limit is software's: pps 0 and bps 0 lift it", wish_pps},
	{"an end after so many packets or bytes is software's", wish_packets},
	{"offload hybrid", wish_hybrid},
	{"a file is written by software", wish_file},
	{"replicate to 2 collectors is software's", wish_replicate},
	{"erspan2 numbers its copies", wish_erspan2},
	{"gre numbers its copies", wish_sequence},
	{"Geneve's options differ from copy to copy", wish_options},
	{"UDP over IPv6 needs a checksum of each copy", wish_udp6},
	{"no copy action pushes a tag", wish_rspan},
	{"frames of 1514 bytes do not fit behind the head into MTU 1541", wish_mtu},
	{"the way to the collector is not known yet", wish_no_way},
	{"copies do not leave by a device", wish_no_out},
	{"copies leave by a device outside this one's switch", wish_elsewhere},
	{"the port's device has no embedded switch", wish_no_switch},
	{"rule 1: no NIC rule can tell the length of a frame", wish_length},
	{"rule 1: no NIC rule can tell an Ethertype behind any number of tags", wish_arp},
};

static void refused_without_a_driver(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		struct rd_offload_step step;
		struct world w;

		world_init(&w, &flow_script_ops);
		wishes[i].set(&w);
		assert_int_equal(world_set(&w), 0);
		assert_int_equal(rd_offload_result(w.session, 0)->recipe, RD_RECIPE_SOFTWARE);
		assert_int_equal(rd_offload_result(w.session, 0)->path, RD_PATH_SW);
		assert_true(rd_offload_step(w.session, 0, 0, &step));
		assert_string_equal(step.message, wishes[i].words);
		assert_string_equal(step.phase, "session");
		assert_int_equal(script_rules(&w.script), 0);
		world_end(&w);
	}
}

// What fits to the byte is taken.
static void fits(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	w.want.out_mtu = 1542; // 20 + 8 + 1514
	assert_int_equal(world_set(&w), 0);
	assert_int_equal(rd_offload_result(w.session, 0)->recipe, RD_RECIPE_FULL);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it),
		cmocka_unit_test(kept_by_key),
		cmocka_unit_test(no_flow_functions),
		cmocka_unit_test(validated_but_not_made),
		cmocka_unit_test(kept_by_the_driver),
		cmocka_unit_test(in_a_group_of_its_own),
		cmocka_unit_test(old_words),
		cmocka_unit_test(device_gone),
		cmocka_unit_test(refused_without_a_driver),
		cmocka_unit_test(fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
