/* SPDX-License-Identifier: BSD-3-Clause
 *
 * cli/walk: what `walk report` makes of records, with a daemon that exists only in this file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/cli.h"
#include "walk/walk.h"

static const char *const ports[] = {
	"{\"name\":\"up\",\"qname\":\"a/up\",\"host\":\"a\",\"switch\":\"s\",\"id\":11,\"type\":\"uplink\","
	"\"type_code\":4,\"subtype\":0,\"mac\":\"02:00:00:00:00:0b\"}",
	"{\"name\":\"mux\",\"qname\":\"a/mux\",\"host\":\"a\",\"switch\":\"s\",\"id\":12,\"type\":\"mux\","
	"\"type_code\":13,\"subtype\":0,\"mac\":\"02:00:00:00:00:0c\"}",
	"{\"name\":\"up\",\"qname\":\"b/up\",\"host\":\"b\",\"switch\":\"s\",\"id\":12,\"type\":\"uplink\","
	"\"type_code\":4,\"subtype\":0,\"mac\":\"02:00:00:00:00:0d\"}",
	NULL,
};
static const char *const hosts[] = {"{\"name\":\"a\",\"default\":true}", "{\"name\":\"b\"}", NULL};
static const char *const flows[] = {
	"{\"id\":5,\"host\":\"b\",\"ft\":\"L4\",\"dst_mac\":\"wrong\",\"actions\":[]}",
	"{\"id\":4,\"host\":\"a\",\"ft\":\"L4\",\"dst_mac\":\"other\",\"actions\":[]}",
	"{\"id\":5,\"host\":\"a\",\"ft\":\"L4\",\"dst_mac\":\"right\",\"actions\":[\"GENEVE DECAP\"]}",
	NULL,
};

static const char records[] =
	"{\"stage\":\"uplink_rx\",\"port\":\"a/up\",\"port_id\":11,\"dir\":\"rx\",\"len\":132,\"ns\":1000,"
	"\"packet_id\":7,\"flow\":0,\"verdict\":\"\",\"summary\":\"first\"}\n"
	"{\"stage\":\"flow_lookup\",\"port\":\"a/up\",\"port_id\":11,\"ns\":1100,\"packet_id\":7,\"flow\":5}\n"
	"{\"event\":\"something else\"}\n"
	"{\"stage\":\"mux_tx\",\"port\":\"a/mux\",\"port_id\":12,\"dir\":\"tx\",\"len\":74,\"ns\":1300,"
	"\"packet_id\":7,\"flow\":5,\"verdict\":\"allow\",\"summary\":\"second\"}\n"
	"{\"stage\":\"uplink_rx\",\"port\":\"b/up\",\"port_id\":12,\"dir\":\"rx\",\"len\":74,\"ns\":1350,"
	"\"packet_id\":7,\"flow\":0,\"verdict\":\"\",\"summary\":\"third\"}\n";

static const char *const *items_of(const char *method)
{
	if (strcmp(method, "port.list") == 0)
		return ports;
	if (strcmp(method, "host.list") == 0)
		return hosts;
	return strcmp(method, "flow.list") == 0 ? flows : NULL;
}

static int daemon_call(void *arg, const char *method, json_t *params, rd_client_item_fn each,
	void *each_arg, json_t **result, struct rd_err *err)
{
	const char *const *items = items_of(method);
	const char *host = json_string_value(json_object_get(params, "host"));

	(void)arg;
	(void)err;
	assert_non_null(items);
	for (; *items != NULL; items++) {
		json_t *item = json_loads(*items, 0, NULL);
		const char *own = json_string_value(json_object_get(item, "host"));

		assert_non_null(item);
		if (host == NULL || own == NULL || strcmp(own, host) == 0)
			each(each_arg, item);
		json_decref(item);
	}
	json_decref(params);
	if (result != NULL)
		*result = json_object();
	return 0;
}

// Runs `walk report` on a file with this content; *out is malloc'ed.
static int report(const char *content, bool json, char **out, struct rd_err *err)
{
	const struct rd_cli_transport transport = {.call = daemon_call};
	struct rd_cli *cli = rd_cli_new(&transport);
	char path[] = "/tmp/rd-test-walk-XXXXXX", line[64];
	int fd = mkstemp(path), ret;
	size_t len = 0;
	FILE *f = open_memstream(out, &len);

	assert_true(fd >= 0 && f != NULL);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	close(fd);
	assert_int_equal(rd_cmds_register(cli), 0);
	assert_int_equal(rd_walk_register(cli), 0);
	rd_cli_set_output(cli, f);
	rd_cli_set_json(cli, json, false);
	snprintf(line, sizeof(line), "walk report %s", path);
	ret = rd_cli_run_line(cli, line, err);
	rd_cli_free(cli);
	fclose(f);
	unlink(path);
	return ret;
}

// Each text must come, one after the other.
static void expect_in_order(const char *text, const char *const *wanted)
{
	for (; *wanted != NULL; wanted++) {
		text = strstr(text, *wanted);
		if (text == NULL)
			fail_msg("missing or out of order: %s", *wanted);
		text += strlen(*wanted);
	}
}

static void test_text(void **state)
{
	static const char *const wanted[] = {"packet 7, 3 hops", "hop 1 of 3: uplink_rx at a/up",
		"   a", " b\n", "[up] --> [mux] ==> [up]\n", "    *\n", "net-stats -l host a",
		"02:00:00:00:00:0b", "pktcap --uplink up --dir 2", "first",
		"ens flow-table dump host a", "L4 right", "GENEVE DECAP",
		"hop 2 of 3: mux_tx at a/mux", "02:00:00:00:00:0c",
		"pktcap --switchport 12 --dir 2", "second",
		"300 ns since the previous hop, through flow_lookup\n",
		"hop 3 of 3: uplink_rx at b/up", "net-stats -l host b", "02:00:00:00:00:0d",
		"pktcap --uplink b/up --dir 2", "third", "50 ns since", NULL};
	struct rd_err err = {0};
	char *out;

	(void)state;
	assert_int_equal(report(records, false, &out, &err), 0);
	expect_in_order(out, wanted);
	assert_null(strstr(out, "L4 other"));
	assert_null(strstr(out, "L4 wrong"));
	free(out);
}

static void test_json(void **state)
{
	static const char *const wanted[] = {
		"{\"stage\":\"uplink_rx\",\"port\":\"a/up\",\"port_id\":11,\"dir\":\"rx\",\"len\":132,\"ns\":1000,"
		"\"packet_id\":7,\"flow\":0,\"verdict\":\"\",\"since_ns\":0}\n",
		"{\"stage\":\"mux_tx\"", "\"flow\":5,\"verdict\":\"allow\",\"since_ns\":300}\n",
		"\"port\":\"b/up\"", "\"since_ns\":50}\n", NULL};
	struct rd_err err = {0};
	char *out;

	(void)state;
	assert_int_equal(report(records, true, &out, &err), 0);
	expect_in_order(out, wanted);
	assert_null(strstr(out, "flow_lookup"));
	free(out);
}

// The answer takes the same ports back: the picture stays, the arrows turn.
static void test_reverse(void **state)
{
	static const char back[] =
		"{\"stage\":\"uplink_rx\",\"port\":\"a/up\",\"port_id\":11,\"packet_id\":1,\"ns\":1}\n"
		"{\"stage\":\"mux_tx\",\"port\":\"a/mux\",\"port_id\":12,\"packet_id\":1,\"ns\":2}\n"
		"{\"stage\":\"mux_rx\",\"port\":\"a/mux\",\"port_id\":12,\"packet_id\":2,\"ns\":3}\n"
		"{\"stage\":\"uplink_tx\",\"port\":\"a/up\",\"port_id\":11,\"packet_id\":2,\"ns\":4}\n";
	static const char *const wanted[] = {"walk 1 of 2", "[up] --> [mux]\n    *", "walk 2 of 2",
		"hop 1 of 2: mux_rx", "[up] <-- [mux]\n             *", "[up] <-- [mux]\n    *",
		NULL};
	struct rd_err err = {0};
	char *out;

	(void)state;
	assert_int_equal(report(back, false, &out, &err), 0);
	expect_in_order(out, wanted);
	free(out);
}

static void test_bad_files(void **state)
{
	static const char *const bad[] = {"", "{\"stage\":\"nosuch\"}\n", "[1]\n", "{\"stage\":\n",
		"{\"stage\":\"mux_rx\",\"packet_id\":1}\nrubbish\n"};

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rd_err err = {0};
		char *out;

		assert_true(report(bad[i], false, &out, &err) < 0);
		assert_true(err.what[0] != '\0');
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_reverse),
		cmocka_unit_test(test_bad_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
