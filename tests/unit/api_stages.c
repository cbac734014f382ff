/* SPDX-License-Identifier: BSD-3-Clause
 *
 * api/stages: lookups, and that stages.def and drops.def fit each other.
 */
#include "api/stages.h"

#include "unit.h"

#include <string.h>

static void finds_stages(void **state)
{
	(void)state;
	for (unsigned i = 0; i < rd_stages_count; i++) {
		const struct rd_stage_desc *d = &rd_stages[i];

		assert_ptr_equal(rd_stage_by_id(d->id), d);
		assert_ptr_equal(rd_stage_by_name(d->name), d);
		assert_true(strlen(d->help) > 0);
	}
	assert_null(rd_stage_by_id(0));
	assert_null(rd_stage_by_id(RD_STAGE_MAX));
	assert_null(rd_stage_by_id(UINT32_MAX));
	assert_null(rd_stage_by_name(""));
	assert_null(rd_stage_by_name("nonsense"));
	assert_int_equal(rd_stage_by_name("UplinkRcvKernel")->id, RD_STAGE_UPLINK_RX);
	assert_int_equal(rd_stage_by_name("drop")->kind, RD_STAGE_KIND_DROP);
}

static void finds_drops(void **state)
{
	(void)state;
	for (unsigned i = 0; i < rd_drops_count; i++) {
		assert_ptr_equal(rd_drop_by_id(rd_drops[i].id), &rd_drops[i]);
		assert_ptr_equal(rd_drop_by_name(rd_drops[i].name), &rd_drops[i]);
	}
	assert_int_equal(rd_drop_by_name("dfw_rule_deny")->id, RD_DROP_DFW_RULE_DENY);
	assert_int_equal(rd_drop_by_id(RD_DROP_DFW_RULE_DENY)->class, 'P');
	assert_null(rd_drop_by_id(0));
	assert_null(rd_drop_by_id(RD_DROP_MAX));
	assert_null(rd_drop_by_name("nonsense"));
}

static void drops_name_real_stages(void **state)
{
	(void)state;
	for (unsigned i = 0; i < rd_drops_count; i++)
		if (strcmp(rd_drops[i].stage, "any") != 0)
			assert_non_null(rd_stage_by_name(rd_drops[i].stage));
}

static void names_are_unique(void **state)
{
	(void)state;
	for (unsigned i = 0; i < rd_drops_count; i++)
		for (unsigned j = i + 1; j < rd_drops_count; j++)
			assert_string_not_equal(rd_drops[i].name, rd_drops[j].name);
	for (unsigned i = 0; i < rd_stages_count; i++)
		for (unsigned j = i + 1; j < rd_stages_count; j++)
			assert_string_not_equal(rd_stages[i].name, rd_stages[j].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_stages),
		cmocka_unit_test(finds_drops),
		cmocka_unit_test(drops_name_real_stages),
		cmocka_unit_test(names_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
