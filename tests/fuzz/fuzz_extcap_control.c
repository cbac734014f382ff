/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the toolbar's messages. Input: one byte that says in which pieces they arrive, then what arrives. What is understood
 * must be the same when it is written and read again, and no message may choose what there is not.
 */
#include "control.h"
#include "toolbar.h"

#include "fuzz.h"

#include "api/stages.h"

#include <string.h>

static void round_trip(const struct ex_message *m)
{
	struct ex_control_reader r = {0};
	struct ex_message again;
	uint8_t bytes[EX_CONTROL_MAX];
	size_t len =
		ex_control_pack(bytes, m->control, (enum ex_command)m->command, m->text, m->len);

	FUZZ_CHECK(ex_control_feed(&r, bytes, len) == len);
	FUZZ_CHECK(ex_control_next(&r, &again) == 1);
	FUZZ_CHECK(again.control == m->control && again.command == m->command);
	FUZZ_CHECK(again.len == m->len && memcmp(again.text, m->text, m->len + 1) == 0);
	FUZZ_CHECK(ex_control_next(&r, &again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ex_toolbar t = {.in = -1, .out = -1};
	struct ex_message m;
	size_t step, at = 1;
	int rc = 0;

	if (size < 1)
		return 0;
	step = data[0] > 0 ? data[0] : size;
	while (at < size && rc == 0) {
		size_t n = step < size - at ? step : size - at;

		n = ex_control_feed(&t.reader, data + at, n);
		FUZZ_CHECK(n > 0); // what was read made room
		at += n;
		while ((rc = ex_control_next(&t.reader, &m)) > 0) {
			FUZZ_CHECK(m.len < sizeof(m.text) && m.text[m.len] == '\0');
			ex_toolbar_obey(&t, &m);
			round_trip(&m);
			FUZZ_CHECK(t.stage[0] == '\0' || rd_stage_by_name(t.stage) != NULL);
		}
	}
	return 0;
}
