/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes api/msg. Input: one byte that says in which pieces the stream arrives, then the stream.
 * Whatever comes out must survive being written and read again.
 */
#include "api/msg.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_round_trip(const json_t *msg)
{
	struct rd_msg_reader r = {0};
	json_t *again;
	size_t len;
	char *line = rd_msg_dump(msg, &len);

	FUZZ_CHECK(line != NULL && memchr(line, '\n', len) == line + len - 1);
	FUZZ_CHECK(rd_msg_feed(&r, line, len) == 0);
	FUZZ_CHECK(rd_msg_next(&r, &again, NULL) == 1);
	FUZZ_CHECK(json_equal(msg, again));
	json_decref(again);
	free(line);
	rd_msg_reader_free(&r);
}

static void check_error(const json_t *msg)
{
	struct rd_err err = {0}, back = {0};
	json_t *copy;

	rd_msg_error_parse(json_object_get(msg, "error"), &err);
	FUZZ_CHECK(err.code < 0 && err.what[0] != '\0');
	copy = rd_msg_error(1, &err);
	FUZZ_CHECK(copy != NULL);
	rd_msg_error_parse(json_object_get(copy, "error"), &back);
	FUZZ_CHECK(back.code == err.code);
	json_decref(copy);
}

static void drain(struct rd_msg_reader *r)
{
	struct rd_err err = {0};
	json_t *msg;
	int rc;

	while ((rc = rd_msg_next(r, &msg, &err)) != 0) {
		FUZZ_CHECK((rc == 1) == (msg != NULL));
		FUZZ_CHECK(rc == 1 || (rc == -EBADMSG && err.code == -EBADMSG));
		if (rc != 1)
			continue;
		FUZZ_CHECK(json_is_object(msg));
		check_round_trip(msg);
		check_error(msg);
		json_decref(msg);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd_msg_reader r = {0};
	size_t step, at = 1;

	if (size < 1)
		return 0;
	step = data[0] > 0 ? data[0] : size;
	while (at < size) {
		size_t n = step < size - at ? step : size - at;

		if (rd_msg_feed(&r, data + at, n) < 0)
			break;
		if (data[0] % 2 == 0) // else all is read at the end
			drain(&r);
		at += n;
	}
	drain(&r);
	rd_msg_reader_free(&r);
	return 0;
}
