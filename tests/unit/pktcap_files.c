/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The names of files that follow each other, and the records that wait for a trigger.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "held.h"
#include "names.h"

static const char *used; // names, each with a blank behind it

static bool is_used(void *arg, const char *name)
{
	char word[64];

	(void)arg;
	assert_true(snprintf(word, sizeof(word), "%s ", name) < (int)sizeof(word));
	return used != NULL && strstr(used, word) != NULL;
}

static void assert_names(const char *pattern, struct pk_rotate_opts o, time_t step, unsigned nb,
	const char *const want[])
{
	struct pk_names n = {.pattern = pattern, .opts = &o, .is_used = is_used};
	char name[64];

	for (unsigned i = 0; i < nb; i++) {
		assert_int_equal(
			pk_names_next(&n, 1000000000 + step * (time_t)i, name, sizeof(name)), 0);
		assert_string_equal(name, want[i]);
	}
}

static void names(void **state)
{
	static const char *const plain[] = {"x", "x1", "x2"};
	static const char *const cycle[] = {"x0", "x1", "x2", "x0"};
	static const char *const ten[] = {"x0", "x1"};
	static const char *const eleven[] = {"x00", "x01"};
	static const char *const changes[] = {"x40", "x41", "x42"};
	static const char *const others[] = {"x401", "x402", "x405"};
	struct pk_rotate_opts by_time = {.seconds = 10};

	(void)state;
	used = NULL;
	assert_names("x", (struct pk_rotate_opts){.size = 1}, 0, 3, plain);
	assert_names("x%S", (struct pk_rotate_opts){.size = 1}, 0, 1, (const char *[]){"x%S"});
	assert_names("x", (struct pk_rotate_opts){.size = 1, .files = 3}, 0, 4, cycle);
	assert_names("x", (struct pk_rotate_opts){.size = 1, .files = 10}, 0, 2, ten);
	assert_names("x", (struct pk_rotate_opts){.size = 1, .files = 11}, 0, 2, eleven);
	assert_names("x%S", by_time, 1, 3, changes);
	assert_names("x%S.", by_time, 0, 3, (const char *[]){"x40.", "x40.1", "x40.2"});
	used = "x40 x403 x404 ";
	assert_names("x%S", by_time, 0, 3, others);
	used = NULL;
}

static void names_too_long(void **state)
{
	struct pk_rotate_opts o = {.size = 1}, by_time = {.seconds = 1};
	struct pk_names n = {.pattern = "longer", .opts = &o, .is_used = is_used};
	char name[4];

	(void)state;
	assert_int_equal(pk_names_next(&n, 0, name, sizeof(name)), -ENAMETOOLONG);
	n = (struct pk_names){.pattern = "%Y", .opts = &by_time, .is_used = is_used};
	assert_int_equal(pk_names_next(&n, 0, name, sizeof(name)), -ENAMETOOLONG);
}

struct record {
	struct rd_cap_rec rec;
	uint8_t bytes[70000];
};

static void add(struct pk_held *h, struct record *r, uint64_t id, uint32_t len)
{
	r->rec = (struct rd_cap_rec){.hdr_len = sizeof(r->rec), .cap_len = len, .packet_id = id};
	memset(r->bytes, (int)id, len);
	assert_int_equal(pk_held_add(h, &r->rec), 0);
}

static void assert_next(struct pk_held *h, uint64_t id, uint32_t len)
{
	const struct rd_cap_rec *rec = pk_held_take(h);
	const uint8_t *bytes = (const uint8_t *)(rec + 1);

	assert_non_null(rec);
	assert_int_equal(rec->packet_id, id);
	assert_int_equal(rec->cap_len, len);
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], (uint8_t)id);
}

static void last_ones(void **state)
{
	struct pk_held *h = pk_held_new(3);
	struct record *r = malloc(sizeof(*r));

	(void)state;
	assert_null(pk_held_take(h));
	for (uint64_t id = 1; id <= 10; id++) // places are used again, by shorter and longer ones
		add(h, r, id, (uint32_t)(id * 37 % 11 * 100));
	assert_int_equal(pk_held_count(h), 3);
	for (uint64_t id = 8; id <= 10; id++)
		assert_next(h, id, (uint32_t)(id * 37 % 11 * 100));
	assert_null(pk_held_take(h));
	add(h, r, 11, 5);
	assert_next(h, 11, 5);
	pk_held_free(h);
	pk_held_free(NULL);
	free(r);
}

// Bytes bound it as well: of records of 70,080 bytes there is room for 3,830 in 256 MiB.
static void bounded_bytes(void **state)
{
	enum {
		N = 4000,
		FIT = PK_HELD_BYTES / sizeof(struct record)
	};
	struct pk_held *h = pk_held_new(PK_HELD_MAX);
	struct record *r = malloc(sizeof(*r));

	(void)state;
	assert_true(N > FIT);
	for (uint64_t id = 1; id <= N; id++)
		add(h, r, id, sizeof(r->bytes));
	assert_int_equal(pk_held_count(h), FIT);
	for (uint64_t id = N - FIT + 1; id <= N; id++)
		assert_int_equal(pk_held_take(h)->packet_id, id);
	pk_held_free(h);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(names_too_long),
		cmocka_unit_test(last_ones),
		cmocka_unit_test(bounded_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
