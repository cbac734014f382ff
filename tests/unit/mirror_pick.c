/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mirror sessions send as many copies in a second as they may, however few that are.
 */
#include "unit.h"

#include <stdlib.h>

#include "session/pick.h"

#define SECOND UINT64_C(1000000000)
#define SECONDS 20
#define OFFERED 100000 // in a second

static unsigned taken(const struct mirror_run *r, uint64_t from)
{
	unsigned n = 0;

	for (uint64_t i = 0; i < SECONDS * OFFERED; i++)
		n += mirror_rate(r, from + i * (SECOND / OFFERED), 100);
	return n;
}

static void few_a_second(void **state)
{
	static const unsigned rates[] = {1, 2, 10, 29, 30, 31, 50, 58, 59, 60, 61, 1000, 30000};
	struct mirror_run *r = calloc(1, sizeof(*r));

	(void)state;
	assert_non_null(r);
	for (unsigned i = 0; i < RTE_DIM(rates); i++) {
		unsigned want = SECONDS * rates[i], n;

		r->state = calloc(1, sizeof(*r->state));
		assert_non_null(r->state);
		r->spec.pps = rates[i];
		r->spec.burst_ms = 10;
		mirror_pick_prepare(r);
		n = taken(r, UINT64_C(1700000000) * SECOND);
		assert_in_range(n, want - want / 100, want + want / 100 + 2 + rates[i] / 50);
		free(r->state);
	}
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
