/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The command engine on a small tree of its own: abbreviation, ambiguity, quotes, values, options
 * in any order, places of errors, completion, files.
 */
#include "engine/cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli_fake.h"

static const struct rd_arg_names names_box = {"box.list", "name", "qname"};

static const struct rd_arg_desc box_args[] = {
	{.key = "name", .type = RD_ARG_NAME, .param = "name", .help = "its name"},
	{.key = "box", .type = RD_ARG_REF, .param = "box", .help = "the box", .names = &names_box},
	{.key = "size",
		.type = RD_ARG_NUM,
		.param = "size",
		.min = 1,
		.max = 9,
		.help = "its size"},
	{.key = "mac", .type = RD_ARG_MAC, .param = "mac"},
	{.key = "team", .type = RD_ARG_REFS, .param = "team", .names = &names_box},
	{.key = "lid", .type = RD_ARG_ONOFF, .param = "lid"},
	{.key = "kind", .type = RD_ARG_WORD, .param = "kind"},
	{.key = "to", .type = RD_ARG_IP, .param = "to"},
	{.key = "after", .type = RD_ARG_MS, .param = "after_ms"},
	{.key = "label", .type = RD_ARG_TEXT, .param = "label"},
	{.key = "hex", .type = RD_ARG_HEX, .param = "hex"},
	{.key = "open", .type = RD_ARG_FLAG, .param = "open"},
	{.key = "shut", .type = RD_ARG_FLAG_NOT, .param = "open"},
	{.key = "file", .type = RD_ARG_FILE, .param = "file"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "box", .help = "boxes"},
	{"box add NAME [size N] [mac MAC] [team BOX,..] [lid (on|off)] [label TEXT] [open|shut]",
		"add a box", "box.add", box_args, NULL},
	{"box send BOX (to IP|hex BYTES) [after DURATION]", "send a box", "box.send", box_args,
		NULL},
	{"box send all", "send all boxes", "box.send_all", NULL, NULL},
	{"box kind BOX kind (round|square)", "shape it", "box.kind", box_args, NULL},
	{"box read file FILE", "read", "box.read", box_args, NULL},
	{"bottle", "a bottle", "bottle", NULL, NULL},
	{"show box/boxes/chest [BOX] [size N]", "show boxes", "box.list", box_args, NULL},
};

static int setup(void **state)
{
	static struct fake f;
	struct rd_err err = {0};

	fake_open(&f);
	*state = &f;
	return rd_cli_add(f.cli, cmds, sizeof(cmds) / sizeof(cmds[0]), &err);
}

static int teardown(void **state)
{
	fake_close(*state);
	return 0;
}

static void expect_params(struct fake *f, const char *line, const char *method, const char *params)
{
	json_t *want = json_loads(params, 0, NULL);
	struct rd_err err = {0};

	f->method[0] = '\0';
	if (rd_cli_run_line(f->cli, line, &err) < 0)
		fail_msg("%s: %s", line, err.what);
	assert_string_equal(f->method, method);
	if (!json_equal(f->params, want))
		fail_msg("%s: %s", line, json_dumps(f->params, 0));
	json_decref(want);
}

static void expect_error(
	struct fake *f, const char *line, const char *what, const char *where, const char *hint)
{
	struct rd_err err = {0};

	f->method[0] = '\0';
	assert_true(rd_cli_run_line(f->cli, line, &err) < 0);
	assert_string_equal(err.what, what);
	assert_string_equal(err.where, where);
	assert_string_equal(err.hint, hint);
	assert_string_equal(f->method, "");
}

static void abbreviates(void **state)
{
	expect_params(*state, "box add b1", "box.add", "{\"name\":\"b1\"}");
	expect_params(*state, "box a b1 si 3", "box.add", "{\"name\":\"b1\",\"size\":3}");
	expect_params(*state, "s boxes", "box.list", "{}");
	expect_params(*state, "s chest", "box.list", "{}");
	expect_params(*state, "s ch", "box.list", "{}");
	expect_params(*state, "bot", "bottle", "{}");
	expect_params(*state, "box k b1 k sq", "box.kind", "{\"box\":\"b1\",\"kind\":\"square\"}");
	expect_params(*state, "   box add b1   # the rest", "box.add", "{\"name\":\"b1\"}");
}

static void says_what_is_ambiguous(void **state)
{
	expect_error(*state, "bo add", "\"bo\" could mean several words", "column 1: bo add",
		"box, bottle");
	expect_error(*state, "box add b l on", "\"l\" could mean several words",
		"column 11: box add b l on", "lid on|off, label TEXT");
}

static void takes_options_in_any_order_once(void **state)
{
	expect_params(*state, "box add b open size 2 lid off mac 00:50:56:A1:99:9E", "box.add",
		"{\"name\":\"b\",\"size\":2,\"lid\":false,\"mac\":\"00:50:56:a1:99:9e\",\"open\":true}");
	expect_params(*state, "box add b shut", "box.add", "{\"name\":\"b\",\"open\":false}");
	expect_params(*state, "box add b team x,h/y", "box.add",
		"{\"name\":\"b\",\"team\":[\"x\",\"h/y\"]}");
	expect_error(*state, "box add b open shut", "\"shut\" is not known here",
		"column 16: box add b open shut",
		"size N, mac MAC, team BOX,.., lid on|off, label TEXT, end of line");
}

static void quotes(void **state)
{
	expect_params(*state, "box add b label \"a # \\\"b\\\" \\\\\"", "box.add",
		"{\"name\":\"b\",\"label\":\"a # \\\"b\\\" \\\\\"}");
	expect_params(
		*state, "box add b label a#b", "box.add", "{\"name\":\"b\",\"label\":\"a#b\"}");
	// A quoted word is a value; a bare one that is exactly a word is the word.
	expect_params(*state, "box send \"all\" to 10.0.0.1", "box.send",
		"{\"box\":\"all\",\"to\":\"10.0.0.1\"}");
	expect_params(*state, "box send all", "box.send_all", "{}");
	expect_params(*state, "box send al to ::1", "box.send", "{\"box\":\"al\",\"to\":\"::1\"}");
	expect_error(*state, "box add b label \"a", "a quotation mark is not closed",
		"column 17: box add b label \"a", "");
}

static void checks_values(void **state)
{
	expect_error(*state, "box add b size 10", "\"10\" is not a number from 1 to 9",
		"column 16: box add b size 10", "N");
	expect_error(*state, "box add b mac 00:11",
		"\"00:11\" is not a MAC address, such as 00:50:56:a1:99:9e",
		"column 15: box add b mac 00:11", "MAC");
	expect_error(*state, "box add a/b", "\"a/b\" is not a name: 1 to 63 of A-Z a-z 0-9 . _ : -",
		"column 9: box add a/b", "NAME");
	expect_error(*state, "box add b lid of f", "\"f\" is not known here",
		"column 18: box add b lid of f",
		"size N, mac MAC, team BOX,.., label TEXT, open, shut, end of line");
	expect_error(*state, "box send b hex 0g", "\"0g\" is not a row of hex bytes",
		"column 16: box send b hex 0g", "BYTES");
	expect_params(*state, "box send b hex \"00:FF a1\" after 1s", "box.send",
		"{\"box\":\"b\",\"hex\":\"00ffa1\",\"after_ms\":1000}");
	expect_error(*state, "box add b team x,,y", "\"x,,y\" is not a list of names: A,B",
		"column 16: box add b team x,,y", "BOX,..");
}

static void names_the_place(void **state)
{
	expect_error(*state, "jar", "\"jar\" is not known here", "column 1: jar",
		"help, box, bottle, show");
	expect_error(*state, "box", "the command is not complete", "column 5: box",
		"add, send, kind, read");
	expect_error(*state, "box send b", "the command is not complete", "column 12: box send b",
		"to IP, hex BYTES");
	expect_error(*state, "bottle x", "nothing more is expected at \"x\"", "column 8: bottle x",
		"end of line");
}

static void puts_a_caret_under_it(void **state)
{
	struct fake *f = *state;
	struct rd_err err = {0};

	rd_cli_run_line(f->cli, "box add b lxd on", &err);
	rd_cli_print_error(f->cli, f->stream, &err);
	assert_string_equal(fake_output(f),
		"error: \"lxd\" is not known here\n"
		"where: column 11: box add b lxd on\n"
		"                            ^\n"
		"try:   size N, mac MAC, team BOX,.., lid on|off, label TEXT, "
		"open, shut, end of line\n");
}

static void blames_the_value_that_the_daemon_names(void **state)
{
	struct fake *f = *state;
	struct rd_err err = {0};

	f->fail = (struct rd_err){.code = -ENOENT, .what = "no box is named b9", .where = "box"};
	assert_int_equal(rd_cli_run_line(f->cli, "box send b9 to 1.2.3.4", &err), -ENOENT);
	assert_string_equal(err.what, "no box is named b9");
	assert_string_equal(err.where, "column 10: box send b9 to 1.2.3.4");
}

struct words {
	char text[512];
};

static void add_word(void *arg, const char *word, const char *help)
{
	struct words *w = arg;
	size_t len = strlen(w->text);

	snprintf(w->text + len, sizeof(w->text) - len, "%s%s", len > 0 ? " " : "",
		word[0] != '\0' ? word : help);
}

static void expect_completion(struct fake *f, const char *line, const char *want, size_t want_start)
{
	struct words w = {""};
	size_t start;

	assert_int_equal(rd_cli_complete(f->cli, line, &start, add_word, &w), 0);
	assert_string_equal(w.text, want);
	assert_int_equal(start, want_start);
}

static void completes(void **state)
{
	struct fake *f = *state;

	fake_items(
		f, "[{\"name\":\"b1\",\"qname\":\"h/b1\"},{\"name\":\"c2\",\"qname\":\"h/c2\"}]");
	expect_completion(f, "", "help box bottle show", 0);
	expect_completion(f, "bo", "box bottle", 0);
	expect_completion(f, "box ", "add send kind read", 4);
	expect_completion(f, "box add n", "NAME its name", 8);
	expect_completion(f, "box add n l", "lid label", 10);
	expect_completion(f, "box add n lid ", "on off", 14);
	expect_completion(f, "box add n lid on open ", "size mac team label", 22);
	expect_completion(f, "show b", "box", 5);
	expect_completion(f, "show boxes", "boxes", 5);
	expect_completion(f, "show c", "chest", 5);
	expect_completion(f, "show boxes b", "b1", 11);
	assert_int_equal(
		json_array_size(json_object_get(f->params, "fields")), 2); // not all that a box has
	expect_completion(f, "show box h/", "h/b1 h/c2", 9);
	expect_completion(f, "box add n team c2,b", "c2,b1", 15);
	expect_completion(f, "box send \"b", "b1", 9);
	assert_true(rd_cli_complete(f->cli, "jar x ", NULL, add_word, &(struct words){""}) < 0);
}

static void explains(void **state)
{
	struct fake *f = *state;

	assert_int_equal(rd_cli_run_line(f->cli, "box send b ?", NULL), 0);
	assert_string_equal(fake_output(f),
		"  to IP                        \n"
		"  hex BYTES                    \n");
	// Where a command is complete, what it does.
	assert_int_equal(rd_cli_run_line(f->cli, "bottle --help", NULL), 0);
	assert_string_equal(fake_output(f),
		"  <enter>                      run it: a bottle\n"
		"  |                            match, except, count, last, json, save, refresh, no-more\n");
	assert_int_equal(rd_cli_run_line(f->cli, "help box read", NULL), 0);
	assert_string_equal(fake_output(f), "  box read file FILE\n        read\n");
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void runs_files_up_to_the_first_error(void **state)
{
	char dir[] = "/tmp/cli_engine_test.XXXXXX", path[64], want[128];
	struct fake *f = *state;
	struct rd_err err = {0};

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/t.rd", dir);
	write_file(path, "# first\n\nbox add b1\nbox read file x.pcap\n");
	assert_int_equal(rd_cli_run_file(f->cli, path, &err), 0);
	assert_int_equal(json_array_size(f->requests), 2);
	snprintf(want, sizeof(want), "%s/x.pcap", dir);
	assert_string_equal(json_string_value(json_object_get(f->params, "file")), want);

	write_file(path, "box add b1\n  box add b2 sz 0\nbox add b3\n");
	assert_int_equal(rd_cli_run_file(f->cli, path, &err), -EINVAL);
	snprintf(want, sizeof(want), "%s:2:14:   box add b2 sz 0", path);
	assert_string_equal(err.where, want);
	assert_int_equal(json_array_size(f->requests), 3);
	assert_int_equal(rd_cli_run_file(f->cli, "/nowhere/t.rd", &err), -ENOENT);
	unlink(path);
	rmdir(dir);
}

static void survives_hostile_lines(void **state)
{
	struct fake *f = *state;
	size_t size = 1 << 20;
	char *line = malloc(size + 1);
	struct rd_err err = {0};

	for (size_t i = 0; i < size; i++)
		line[i] = i % 2 ? ' ' : 'b';
	line[size] = '\0';
	assert_int_equal(rd_cli_run_line(f->cli, line, &err), -E2BIG);
	line[600] = '\0'; // 300 words
	assert_int_equal(rd_cli_run_line(f->cli, line, &err), -E2BIG);
	line[500] = '\0';
	assert_int_equal(rd_cli_run_line(f->cli, line, &err), -EINVAL);
	assert_int_equal(rd_cli_run_line(f->cli, "\xff\xfe\x01", &err), -EINVAL);
	assert_int_equal(rd_cli_run_line(f->cli, "\"\"", &err), -EINVAL);
	assert_int_equal(rd_cli_run_line(f->cli, "?", &err), 0);
	free(line);
}

static void refuses_broken_grammars(void **state)
{
	static const char *const grammars[] = {"a [b", "a (b|)", "a b]", "a [VALUE]", "a []"};
	struct fake *f = *state;

	for (unsigned i = 0; i < sizeof(grammars) / sizeof(grammars[0]); i++) {
		struct rd_cmd cmd = {grammars[i], "broken", "none", NULL, NULL};

		assert_int_equal(rd_cli_add(f->cli, &cmd, 1, NULL), -EINVAL);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(abbreviates),
		TEST(says_what_is_ambiguous),
		TEST(takes_options_in_any_order_once),
		TEST(quotes),
		TEST(checks_values),
		TEST(names_the_place),
		TEST(puts_a_caret_under_it),
		TEST(blames_the_value_that_the_daemon_names),
		TEST(completes),
		TEST(explains),
		TEST(runs_files_up_to_the_first_error),
		TEST(survives_hostile_lines),
		TEST(refuses_broken_grammars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
