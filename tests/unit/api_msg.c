/* SPDX-License-Identifier: BSD-3-Clause
 *
 * api/msg: the reader on split, many, oversize and garbage input; error objects there and back;
 * socket paths.
 */
#include "api/msg.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void feed(struct rd_msg_reader *r, const char *text)
{
	assert_int_equal(rd_msg_feed(r, text, strlen(text)), 0);
}

static void expect_id(struct rd_msg_reader *r, json_int_t id)
{
	json_t *msg;

	assert_int_equal(rd_msg_next(r, &msg, NULL), 1);
	assert_int_equal(json_integer_value(json_object_get(msg, "id")), id);
	json_decref(msg);
}

static void expect_none(struct rd_msg_reader *r)
{
	json_t *msg;

	assert_int_equal(rd_msg_next(r, &msg, NULL), 0);
	assert_null(msg);
}

static void byte_by_byte(void **state)
{
	static const char text[] = "{\"id\":1}\n{\"id\":2}\r\n";
	struct rd_msg_reader r = {0};

	(void)state;
	expect_none(&r);
	for (size_t i = 0; i < strlen(text); i++) {
		assert_int_equal(rd_msg_feed(&r, text + i, 1), 0);
		if (text[i] == '\n')
			expect_id(&r, i < 10 ? 1 : 2);
		expect_none(&r);
	}
	rd_msg_reader_free(&r);
}

static void many_in_one(void **state)
{
	struct rd_msg_reader r = {0};
	char line[32];

	(void)state;
	for (int i = 1; i <= 1000; i++) {
		int n = snprintf(line, sizeof(line), "{\"id\":%d}\n", i);

		assert_int_equal(rd_msg_feed(&r, line, (size_t)n), 0);
		if (i % 10 == 0) // leave some behind: the rest moves to the front
			expect_id(&r, i / 10);
	}
	for (int i = 101; i <= 1000; i++)
		expect_id(&r, i);
	expect_none(&r);
	rd_msg_reader_free(&r);
}

static void expect_bad(struct rd_msg_reader *r)
{
	struct rd_err err = {0};
	json_t *msg;

	assert_int_equal(rd_msg_next(r, &msg, &err), -EBADMSG);
	assert_null(msg);
	assert_non_null(strstr(err.what, "not a JSON object"));
}

static void garbage_costs_one_line(void **state)
{
	static const char *const bad[] = {"\n", "garbage\n", "[1]\n", "\"text\"\n", "1\n", "{}x\n",
		"{\"a\":1,\"a\":2}\n", "{\"a\":\"\\u0000\"}\n", "{\"a\":\"\xff\"}\n", "{\"a\":1\n",
		"null\n"};
	struct rd_msg_reader r = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		feed(&r, bad[i]);
		feed(&r, "{\"id\":5}\n");
		expect_bad(&r);
		expect_id(&r, 5);
	}
	assert_int_equal(rd_msg_feed(&r, "{\"a\":\"\0\"}\n", 10), 0); // a raw NUL
	expect_bad(&r);
	expect_none(&r);
	rd_msg_reader_free(&r);
}

static void deep_nesting_is_refused(void **state)
{
	struct rd_msg_reader r = {0};
	char *deep = malloc(400001);

	(void)state;
	assert_non_null(deep);
	memset(deep, '[', 400000);
	memcpy(deep, "{\"a\":", 5);
	deep[400000] = '\n';
	assert_int_equal(rd_msg_feed(&r, deep, 400001), 0);
	expect_bad(&r);
	free(deep);
	rd_msg_reader_free(&r);
}

// One line whose text has n bytes, without its newline.
static char *long_line(size_t n)
{
	char *line = malloc(n + 1);

	assert_non_null(line);
	memset(line, 'x', n);
	memcpy(line, "{\"id\":1,\"a\":\"", 13);
	memcpy(line + n - 2, "\"}\n", 3);
	return line;
}

static void longest_line_passes(void **state)
{
	struct rd_msg_reader r = {0};
	char *line = long_line(RD_MSG_MAX);

	(void)state;
	assert_int_equal(rd_msg_feed(&r, line, RD_MSG_MAX), 0);
	expect_none(&r);
	feed(&r, "\n");
	expect_id(&r, 1);
	assert_int_equal(r.cap, 0); // and its memory goes back
	free(line);
	rd_msg_reader_free(&r);
}

static void longer_lines_close_the_stream(void **state)
{
	struct rd_msg_reader r = {0};
	char *line = long_line(RD_MSG_MAX + 1);

	(void)state;
	assert_int_equal(rd_msg_feed(&r, line, RD_MSG_MAX + 2), -EMSGSIZE); // at once
	rd_msg_reader_free(&r);
	feed(&r, "{\"id\":1}\n");
	assert_int_equal(rd_msg_feed(&r, line, RD_MSG_MAX), 0); // in two parts
	assert_int_equal(rd_msg_feed(&r, line, 1), -EMSGSIZE);
	assert_int_equal(rd_msg_feed(&r, "\n", 1), -EMSGSIZE); // for good
	expect_id(&r, 1); // what was complete before stays readable
	free(line);
	rd_msg_reader_free(&r);
	rd_msg_reader_free(NULL);
}

static void errors_travel(void **state)
{
	struct rd_err err = {0}, back = {0};
	struct rd_msg_reader r = {0};
	json_t *msg, *parsed;
	size_t len;
	char *line;

	(void)state;
	rd_err_set(&err, -ENOENT, "no port is named %s", "vmnic9\n\xff");
	rd_err_where(&err, "port");
	rd_err_hint(&err, "show port");
	msg = rd_msg_error(7, &err);
	line = rd_msg_dump(msg, &len);
	assert_non_null(line);
	assert_ptr_equal(strchr(line, '\n'), line + len - 1); // exactly one line
	assert_int_equal(rd_msg_feed(&r, line, len), 0);
	assert_int_equal(rd_msg_next(&r, &parsed, NULL), 1);
	assert_int_equal(json_integer_value(json_object_get(parsed, "id")), 7);
	rd_msg_error_parse(json_object_get(parsed, "error"), &back);
	assert_int_equal(back.code, -ENOENT);
	assert_string_equal(back.what, "no port is named vmnic9\n?");
	assert_string_equal(back.where, "port");
	assert_string_equal(back.hint, "show port");
	json_decref(msg);
	json_decref(parsed);
	free(line);
	rd_msg_reader_free(&r);
}

static void odd_errors_are_errors(void **state)
{
	struct rd_err err = {0};
	json_t *odd = json_pack("{s:s, s:i}", "code", "EWHATEVER", "what", 1);

	(void)state;
	rd_msg_error_parse(odd, &err);
	assert_int_equal(err.code, -EIO);
	assert_string_equal(err.what, "unknown error");
	json_decref(odd);
	err = (struct rd_err){0};
	rd_msg_error_parse(NULL, &err);
	assert_int_equal(err.code, -EIO);
}

static void socket_paths(void **state)
{
	char path[128], want[128];

	(void)state;
	setenv("REDDOT_SOCKET", "/x/y.sock", 1);
	assert_string_equal(rd_socket_path(path, sizeof(path)), "/x/y.sock");
	setenv("REDDOT_SOCKET", "", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	rd_socket_path(path, sizeof(path));
	if (geteuid() == 0)
		assert_string_equal(path, "/run/reddot/reddotd.sock");
	else
		assert_string_equal(path, "/run/user/7/reddot/reddotd.sock");
	unsetenv("XDG_RUNTIME_DIR");
	snprintf(want, sizeof(want), "/tmp/reddot-%u/reddotd.sock", (unsigned)geteuid());
	if (geteuid() != 0)
		assert_string_equal(rd_socket_path(path, sizeof(path)), want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(many_in_one),
		cmocka_unit_test(garbage_costs_one_line),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(longest_line_passes),
		cmocka_unit_test(longer_lines_close_the_stream),
		cmocka_unit_test(errors_travel),
		cmocka_unit_test(odd_errors_are_errors),
		cmocka_unit_test(socket_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
