/* SPDX-License-Identifier: BSD-3-Clause
 *
 * base/err: the first text wins, texts are cut and not overrun, names and codes match.
 */
#include "base/err.h"

#include "unit.h"

#include <string.h>

static void keeps_the_first_text(void **state)
{
	struct rd_err err = {0};
	char text[700];

	(void)state;
	rd_err_hint(&err, "nothing to hint at");
	assert_string_equal(rd_err_text(&err, text, sizeof(text)), "");
	assert_int_equal(rd_err_set(&err, -ENOENT, "no port is named %s", "vmnic9"), -ENOENT);
	assert_int_equal(rd_err_set(&err, -EINVAL, "second"), -EINVAL);
	assert_int_equal(err.code, -ENOENT);
	assert_string_equal(rd_err_text(&err, text, sizeof(text)), "no port is named vmnic9");
	rd_err_hint(&err, "show port");
	rd_err_hint(&err, "second");
	rd_err_where(&err, "demo.rd:%d", 12);
	rd_err_where(&err, "second");
	assert_string_equal(rd_err_text(&err, text, sizeof(text)),
		"no port is named vmnic9 (demo.rd:12); try: show port");
}

static void accepts_null(void **state)
{
	(void)state;
	assert_int_equal(rd_err_set(NULL, -EIO, "x"), -EIO);
	rd_err_where(NULL, "x");
	rd_err_hint(NULL, "x");
}

static void cuts_long_texts(void **state)
{
	struct rd_err err = {0};
	char lots[1000], text[20];

	(void)state;
	memset(lots, 'x', sizeof(lots) - 1);
	lots[sizeof(lots) - 1] = '\0';
	rd_err_set(&err, -EIO, "%s", lots);
	assert_int_equal(strlen(err.what), sizeof(err.what) - 1);
	assert_int_equal(strlen(rd_err_text(&err, text, sizeof(text))), sizeof(text) - 1);
}

static void names_and_codes(void **state)
{
	(void)state;
	assert_string_equal(rd_err_name(-ENOENT), "ENOENT");
	assert_string_equal(rd_err_name(-EPROTO), "EPROTO");
	assert_string_equal(rd_err_name(-ENOTSUP), "ENOTSUP");
	assert_string_equal(rd_err_name(-9999), "EIO");
	assert_string_equal(rd_err_name(0), "OK");
	assert_int_equal(rd_err_code("EOPNOTSUPP"), -ENOTSUP);
	assert_int_equal(rd_err_code("nonsense"), 0);
	assert_int_equal(rd_err_code(""), 0);
	assert_int_equal(rd_err_code(NULL), 0);
	for (int code = 1; code < 134; code++) {
		const char *name = rd_err_name(-code);

		if (strcmp(name, "EIO") != 0)
			assert_int_equal(rd_err_code(name), -code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_first_text),
		cmocka_unit_test(accepts_null),
		cmocka_unit_test(cuts_long_texts),
		cmocka_unit_test(names_and_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
