/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Each row of the failure table, driven by a scripted driver through planner and rules to the words that an operator reads.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "flow_world.h"

static bool second_copy(const struct script_rule *r) // of another order
{
	return is_real_copy(r) && r->sample_at == 1 && r->count;
}
static bool copy_not_split(const struct script_rule *r)
{
	return is_real_copy(r) && !r->jump;
}

struct row {
	const char *name;
	struct script_answer a[3];
	bool hybrid; // an rx queue is set apart: R2 is possible
	bool marks;
	unsigned sample; // random 1/n
	enum rd_recipe recipe; // that it ends at
	enum rd_flow_why why;
	const char *line; // of `mirror explain`, the refusal that counts
	uint32_t ratio; // 0 = don't care
	unsigned rules;
	bool retry;
};

static const struct row rows[] = {
	{.name = "no flow API",
		.a = {{.ops = SCRIPT_BOTH | SCRIPT_PROXY,
			.code = -ENOSYS,
			.type = RTE_FLOW_ERROR_TYPE_UNSPECIFIED,
			.message = "Function not implemented"}},
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_NO_COPY,
		.line = "R1 full-hw probe no-sample: the NIC cannot copy packets: ENOSYS, cause unspecified: \"Function not implemented\""},
	{.name = "no SAMPLE, but MARK",
		.a = {{.ops = SCRIPT_BOTH,
			.when = has_sample,
			.code = -ENOTSUP,
			.type = RTE_FLOW_ERROR_TYPE_ACTION,
			.message = "action not supported"}},
		.hybrid = true,
		.marks = true,
		.recipe = RD_RECIPE_MARK,
		.why = RD_FLOW_WHY_NO_COPY,
		.line = "R1 full-hw probe no-sample: the NIC cannot copy packets: ENOTSUP, specific action: \"action not supported\"",
		.rules = 1},
	{.name = "no SAMPLE, no MARK",
		.a = {{.ops = SCRIPT_BOTH,
			      .when = has_sample,
			      .code = -ENOTSUP,
			      .type = RTE_FLOW_ERROR_TYPE_ACTION},
			{.ops = SCRIPT_BOTH,
				.when = has_mark,
				.code = -ENOTSUP,
				.type = RTE_FLOW_ERROR_TYPE_ACTION}},
		.hybrid = true,
		.marks = true,
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_NO_COPY,
		.line = "R4 mark-only probe no-mark: the NIC cannot mark packets: ENOTSUP, specific action"},
	{.name = "no SAMPLE, as net_e1000_igb says it",
		.a = {{.ops = SCRIPT_BOTH,
			.when = has_sample,
			.code = -EINVAL,
			.type = RTE_FLOW_ERROR_TYPE_ACTION,
			.message = "Not supported action.",
			.blames = RD_FLOW_PART_SAMPLE}},
		.hybrid = true,
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_NO_COPY,
		.line = "R2 hybrid-queue probe no-sample: the NIC cannot copy packets: EINVAL, specific action: \"Not supported action.\""},
	{.name = "no SAMPLE only when it counts",
		.a = {{.ops = SCRIPT_CREATE,
			.when = is_real_copy,
			.code = -ENOTSUP,
			.type = RTE_FLOW_ERROR_TYPE_ACTION,
			.message = "sample: no resources in this mode",
			.blames = RD_FLOW_PART_SAMPLE}},
		.hybrid = true,
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_NO_COPY,
		.line = "R2 hybrid-queue create no-sample: the NIC cannot copy packets: ENOTSUP, specific action: \"sample: no resources in this mode\""},
	{.name = "no ratio, validated",
		.a = {{.ops = SCRIPT_VALIDATE,
			.when = has_ratio,
			.code = -ENOTSUP,
			.type = RTE_FLOW_ERROR_TYPE_ACTION,
			.message = "ratio must be 1"}},
		.hybrid = true,
		.sample = 10,
		.recipe = RD_RECIPE_QUEUE,
		.why = RD_FLOW_WHY_SESSION,
		.line = "R1 full-hw session session: this session needs software: ENOTSUP, no cause given: \"samples that leave the NIC at once can't be counted\"",
		.ratio = 1,
		.rules = 1},
	{.name = "no ratio above 2, by EINVAL",
		.a = {{.ops = SCRIPT_BOTH,
			.when = is_real_copy,
			.times = 1,
			.code = -EINVAL,
			.type = RTE_FLOW_ERROR_TYPE_ACTION_CONF,
			.message = "bad ratio"}},
		.hybrid = true,
		.sample = 10,
		.recipe = RD_RECIPE_QUEUE,
		.why = RD_FLOW_WHY_NO_RATIO,
		.line = "R2 hybrid-queue validate no-ratio: the NIC cannot sample: EINVAL, action configuration: \"bad ratio\"",
		.ratio = 1,
		.rules = 1},
	{.name = "sampled in the card",
		.hybrid = true,
		.sample = 10,
		.recipe = RD_RECIPE_QUEUE,
		.why = RD_FLOW_WHY_SESSION,
		.line = "R1 full-hw session session: this session needs software: ENOTSUP, no cause given: \"samples that leave the NIC at once can't be counted\"",
		.ratio = 10,
		.rules = 1},
	{.name = "no encap",
		.a = {{.ops = SCRIPT_BOTH,
			.when = has_encap,
			.code = -ENOTSUP,
			.type = RTE_FLOW_ERROR_TYPE_ACTION,
			.message = "unsupported sub action"}},
		.hybrid = true,
		.recipe = RD_RECIPE_QUEUE,
		.why = RD_FLOW_WHY_NO_ENCAP,
		.line = "R1 full-hw probe no-encap: the NIC cannot put headers before a copy: ENOTSUP, specific action: \"unsupported sub action\"",
		.rules = 1},
	{.name = "no encap, blamed by pointer when created",
		.a = {{.ops = SCRIPT_CREATE,
			.when = is_real_copy,
			.times = 1,
			.code = -ENOTSUP,
			.type = RTE_FLOW_ERROR_TYPE_ACTION,
			.blames = RD_FLOW_PART_ENCAP}},
		.hybrid = true,
		.recipe = RD_RECIPE_QUEUE,
		.why = RD_FLOW_WHY_NO_ENCAP,
		.line = "R1 full-hw create no-encap: the NIC cannot put headers before a copy: ENOTSUP, specific action",
		.rules = 1},
	{.name = "order: COUNT first",
		.a = {{.ops = SCRIPT_BOTH,
			.when = second_copy,
			.code = -EINVAL,
			.type = RTE_FLOW_ERROR_TYPE_ACTION,
			.message = "wrong action order"}},
		.recipe = RD_RECIPE_FULL,
		.why = RD_FLOW_WHY_ORDER,
		.line = "R1 full-hw validate order: the NIC wants other actions together, or another order: EINVAL, specific action: \"wrong action order\"",
		.rules = 1},
	{.name = "order: split",
		.a = {{.ops = SCRIPT_BOTH,
			.when = copy_not_split,
			.code = -EINVAL,
			.type = RTE_FLOW_ERROR_TYPE_ACTION,
			.message = "invalid combination"}},
		.recipe = RD_RECIPE_FULL,
		.why = RD_FLOW_WHY_ORDER,
		.line = "R1 full-hw validate order: the NIC wants other actions together, or another order: EINVAL, specific action: \"invalid combination\"",
		.rules = 2},
	{.name = "order: never",
		.a = {{.ops = SCRIPT_BOTH,
			.when = is_real_copy,
			.code = -EINVAL,
			.type = RTE_FLOW_ERROR_TYPE_ACTION,
			.message = "order"}},
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_ORDER,
		.line = "R1 full-hw validate order: the NIC wants other actions together, or another order: EINVAL, specific action: \"order\""},
	{.name = "collision",
		.a = {{.ops = SCRIPT_CREATE,
			.when = is_real,
			.code = -EEXIST,
			.type = RTE_FLOW_ERROR_TYPE_HANDLE,
			.message = "rule exists"}},
		.hybrid = true,
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_OVERLAP,
		.line = "R1 full-hw create overlap: another mirror rule has these packets: EEXIST, flow rule: \"rule exists\""},
	{.name = "no memory",
		.a = {{.ops = SCRIPT_CREATE,
			.when = is_real,
			.code = -ENOMEM,
			.type = RTE_FLOW_ERROR_TYPE_UNSPECIFIED,
			.message = "table full"}},
		.hybrid = true,
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_FULL,
		.line = "R1 full-hw create full: the NIC's table is full: ENOMEM, cause unspecified: \"table full\"",
		.retry = true},
	{.name = "no space",
		.a = {{.ops = SCRIPT_VALIDATE,
			.when = is_real,
			.code = -ENOSPC,
			.type = RTE_FLOW_ERROR_TYPE_UNSPECIFIED}},
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_FULL,
		.line = "R1 full-hw validate full: the NIC's table is full: ENOSPC, cause unspecified",
		.retry = true},
	{.name = "busy",
		.a = {{.ops = SCRIPT_CREATE,
			.when = is_real,
			.code = -EBUSY,
			.type = RTE_FLOW_ERROR_TYPE_STATE,
			.message = "stop the port first"}},
		.hybrid = true,
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_BUSY,
		.line = "R1 full-hw create busy: the NIC would take it only while the port is stopped: EBUSY, device state: \"stop the port first\""},
	{.name = "device gone",
		.a = {{.ops = SCRIPT_CREATE,
			.when = is_real,
			.code = -EIO,
			.type = RTE_FLOW_ERROR_TYPE_UNSPECIFIED,
			.message = "Input/output error"}},
		.hybrid = true,
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_GONE,
		.line = "R1 full-hw create gone: the device is gone or was reset: EIO, cause unspecified: \"Input/output error\""},
	{.name = "fails without an errno",
		.a = {{.ops = SCRIPT_CREATE, .when = is_real, .code = INT32_MAX, .silent = true}},
		.hybrid = true,
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_UNKNOWN,
		.line = "R1 full-hw create unknown: the driver failed in an unknown way: EPROTO, no cause given"},
	{.name = "an errno of its own",
		.a = {{.ops = SCRIPT_CREATE,
			.when = is_real,
			.code = -ERANGE,
			.type = RTE_FLOW_ERROR_TYPE_UNSPECIFIED,
			.message = "firmware 0x17"}},
		.hybrid = true,
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_UNKNOWN,
		.line = "R1 full-hw create unknown: the driver failed in an unknown way: ERANGE, cause unspecified: \"firmware 0x17\""},
	{.name = "no transfer rules",
		.a = {{.ops = SCRIPT_BOTH,
			.when = is_transfer,
			.code = -ENOTSUP,
			.type = RTE_FLOW_ERROR_TYPE_ATTR_TRANSFER}},
		.hybrid = true,
		.recipe = RD_RECIPE_QUEUE,
		.why = RD_FLOW_WHY_DOMAIN,
		.line = "R1 full-hw probe domain: the NIC takes no rules there: ENOTSUP, transfer",
		.rules = 1},
	{.name = "cannot count",
		.a = {{.ops = SCRIPT_CREATE,
			.when = has_count,
			.code = -ENOTSUP,
			.type = RTE_FLOW_ERROR_TYPE_ACTION,
			.blames = RD_FLOW_PART_COUNT}},
		.recipe = RD_RECIPE_FULL,
		.why = RD_FLOW_FINE,
		.rules = 1},
	{.name = "counts in trials only",
		.a = {{.ops = SCRIPT_CREATE,
			.when = is_real,
			.times = 1,
			.code = -ENOTSUP,
			.type = RTE_FLOW_ERROR_TYPE_ACTION,
			.blames = RD_FLOW_PART_COUNT}},
		.recipe = RD_RECIPE_FULL,
		.why = RD_FLOW_WHY_COUNT,
		.line = "R1 full-hw create no-count: the NIC cannot count what it copies: ENOTSUP, specific action",
		.rules = 1},
	{.name = "pattern",
		.a = {{.ops = SCRIPT_BOTH,
			.when = is_real,
			.code = -ENOTSUP,
			.type = RTE_FLOW_ERROR_TYPE_ITEM_MASK,
			.message = "partial mask"}},
		.hybrid = true,
		.recipe = RD_RECIPE_SOFTWARE,
		.why = RD_FLOW_WHY_PATTERN,
		.line = "R1 full-hw validate pattern: the NIC cannot tell these packets from others: ENOTSUP, item mask: \"partial mask\""},
	{.name = "everything works", .recipe = RD_RECIPE_FULL, .why = RD_FLOW_FINE, .rules = 1},
};

static void run_row(const struct row *row)
{
	struct world w;
	const struct rd_offload_result *r;
	struct rte_flow *foreign;

	world_init(&w, &flow_script_ops);
	for (unsigned i = 0; i < 3 && row->a[i].ops != 0; i++)
		script_answer(&w.script, row->a[i]);
	if (row->hybrid)
		w.script.facts[1].copy_queue = 5;
	w.script.facts[1].reads_marks = row->marks;
	foreign = script_foreign(&w.script, 1);
	if (row->sample != 0) {
		w.spec.sampling = RD_MIRROR_SAMPLE_RANDOM;
		w.spec.sample = row->sample;
	}
	assert_int_equal(world_set(&w), 0);
	r = rd_offload_result(w.session, 0);
	assert_string_equal(rd_recipe_name(r->recipe), rd_recipe_name(row->recipe));
	assert_string_equal(rd_flow_reason(r->why)->word, rd_flow_reason(row->why)->word);
	if (row->line != NULL)
		world_expect_line(&w, 0, row->line);
	if (row->ratio != 0)
		assert_int_equal(r->ratio, row->ratio);
	assert_int_equal(script_rules(&w.script), row->rules);
	assert_int_equal(r->rules, row->rules);
	assert_int_equal(r->retrying, row->retry);
	rd_offload_revoke(w.session);
	assert_int_equal(script_rules(&w.script), 0);
	assert_non_null(foreign);
	world_end(&w);
}

static void every_row(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].name);
		run_row(&rows[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
