/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Drivers are not believed: whatever they answer becomes an errno, a type and words.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "flow_script.h"
#include "session/flow_call.h"

static void answers_made_sane(void **state)
{
	static const struct {
		struct script_answer a;
		const char *text;
	} cases[] = {
		{{.code = -ENOTSUP,
			 .type = RTE_FLOW_ERROR_TYPE_ACTION,
			 .message = "action not supported"},
			"ENOTSUP, specific action: \"action not supported\""},
		{{.code = -ENOSYS, .type = RTE_FLOW_ERROR_TYPE_UNSPECIFIED},
			"ENOSYS, cause unspecified"},
		{{.code = -ENOTSUP, .silent = true}, "ENOTSUP, no cause given"},
		{{.code = -EINVAL,
			 .wrong_sign = true,
			 .type = RTE_FLOW_ERROR_TYPE_ITEM,
			 .message = ""},
			"EINVAL, specific item"},
		{{.code = -EINVAL, .type = 9999, .message = "a\nb\033[31m\"c\""},
			"EINVAL, cause unspecified: \"a?b?[31m'c'\""},
		{{.code = -100000, .silent = true}, "EPROTO, no cause given"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rte_flow_attr attr = {.ingress = 1};
		const struct rte_flow_item item[] = {{.type = RTE_FLOW_ITEM_TYPE_END}};
		const struct rte_flow_action action[] = {{.type = RTE_FLOW_ACTION_TYPE_END}};
		const struct rd_flow_rule rule = {attr, item, action};
		struct flow_script s;
		struct rd_flow_dev dev = {&flow_script_ops, &s, 0};
		struct rte_flow *flow;
		struct rd_flow_fail f;
		char text[RD_FLOW_FAIL_TEXT];

		script_init(&s);
		script_answer(&s, cases[i].a);
		s.answer[0].ops = SCRIPT_ALL;
		assert_true(rd_flow_validate(&dev, &rule, &f) < 0);
		assert_string_equal(rd_flow_fail_text(&f, text, sizeof(text)), cases[i].text);
		assert_true(rd_flow_create(&dev, &rule, &flow, &f) < 0);
		assert_null(flow);
		assert_string_equal(rd_flow_fail_text(&f, text, sizeof(text)), cases[i].text);
	}
}

// NULL, and no errno at all.
static void failure_without_errno(void **state)
{
	const struct rte_flow_attr attr = {.ingress = 1};
	const struct rte_flow_item item[] = {{.type = RTE_FLOW_ITEM_TYPE_END}};
	const struct rte_flow_action action[] = {{.type = RTE_FLOW_ACTION_TYPE_END}};
	const struct rd_flow_rule rule = {attr, item, action};
	struct flow_script s;
	struct rd_flow_dev dev = {&flow_script_ops, &s, 0};
	struct rte_flow *flow;
	struct rd_flow_fail f;

	(void)state;
	script_init(&s);
	script_answer(&s,
		(struct script_answer){.ops = SCRIPT_CREATE, .code = INT32_MAX, .silent = true});
	assert_int_equal(rd_flow_create(&dev, &rule, &flow, &f), -EPROTO);
	assert_int_equal(
		rd_flow_classify(&f, &(struct rd_flow_asked){.sample = true}), RD_FLOW_WHY_UNKNOWN);
}

// A message of any length is cut, and so is a query that gives no number told from one that fails.
static void counters(void **state)
{
	struct flow_script s;
	struct rd_flow_dev dev = {&flow_script_ops, &s, 1};
	struct rte_flow *flow;
	struct rd_flow_fail f;
	uint64_t hits, bytes;

	(void)state;
	script_init(&s);
	flow = script_foreign(&s, 1);
	s.live[0].hits = 9;
	assert_int_equal(rd_flow_count(&dev, flow, &hits, &bytes, &f), 0);
	assert_int_equal(hits, 9);
	assert_int_equal(bytes, 900);
	s.counts = false;
	assert_int_equal(rd_flow_count(&dev, flow, &hits, &bytes, &f), -ENODATA);
	script_answer(&s, (struct script_answer){.ops = SCRIPT_QUERY, .code = -EIO});
	assert_int_equal(rd_flow_count(&dev, flow, &hits, &bytes, &f), -EIO);
}

// Each reason has words of its own, whatever the number.
static void words_for_all(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= RD_FLOW_WHYS + 3u; i++) {
		const struct rd_flow_reason *r = rd_flow_reason(i);

		assert_true(strlen(r->word) > 2 && strlen(r->meaning) > 5 && strlen(r->action) > 5);
		for (unsigned k = 0; k < i && i < RD_FLOW_WHYS; k++)
			assert_string_not_equal(r->word, rd_flow_reason(k)->word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_made_sane),
		cmocka_unit_test(failure_without_errno),
		cmocka_unit_test(counters),
		cmocka_unit_test(words_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
