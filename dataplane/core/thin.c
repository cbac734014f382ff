/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The controller behind --max-cost, see thin.h. Up at once and by at most a factor of two per window, down slowly: by a quarter,
 * and only when it is clear several times that the limit would have been kept. Worker thread.
 */
#include "core/thin.h"

#define SAMPLES 16u // of a window, at least
#define WINDOWS_PER_S 100u // at most
#define CALM 4u
#define STOLEN (UINT64_C(1) << 22) // cycles: the sampled burst was not computing all that time

static void set_n(struct rd_thin *t, uint32_t n)
{
	t->keep = UINT32_MAX / n;
	__atomic_store_n(&t->one_in, n, __ATOMIC_RELAXED);
}

void rd_thin_init(struct rd_thin *t, uint32_t limit, uint64_t hz)
{
	*t = (struct rd_thin){.limit = limit, .least = hz / WINDOWS_PER_S};
	set_n(t, 1);
}

static uint32_t step_up(uint32_t n, uint64_t share, uint32_t limit)
{
	uint64_t want = (n * share + limit - 1) / limit, most = 2 * (uint64_t)n;

	want = want < most ? want : most;
	return want < RD_THIN_MAX ? (uint32_t)want : RD_THIN_MAX;
}

uint32_t rd_thin_next(struct rd_thin *t, uint64_t share)
{
	uint32_t n = t->one_in, less = n - (n < 4 ? n > 1 : n / 4);

	if (t->limit == 0)
		return n;
	if (share > t->limit) {
		t->calm = 0;
		return step_up(n, share, t->limit);
	}
	// With less than a quarter to spare it would soon have to go up again.
	if (less == n || share * n * 4 > (uint64_t)t->limit * less * 3)
		t->calm = 0;
	else if (++t->calm == CALM) {
		t->calm = 0;
		return less;
	}
	return n;
}

static void begin(struct rd_thin *t, uint64_t now)
{
	t->began = now;
	t->cycles = 0;
	t->samples = 0;
}

bool rd_thin_sample(struct rd_thin *t, uint64_t now, uint64_t cycles)
{
	uint32_t before = t->one_in;

	if (t->began == 0 || now <= t->began) {
		begin(t, now);
		return false;
	}
	if (cycles < STOLEN) {
		t->cycles += cycles;
		t->samples++;
	}
	if (t->samples < SAMPLES || now - t->began < t->least)
		return false;
	set_n(t, rd_thin_next(t, t->cycles * RD_THIN_PERIOD * RD_THIN_PPM / (now - t->began)));
	begin(t, now);
	return t->one_in != before;
}
