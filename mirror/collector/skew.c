/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A source's clock, see skew.h. Pure.
 */
#include "collector/skew.h"

#include <math.h>

#include "base/pkt.h"

#define SECOND UINT64_C(1000000000)
#define SKEW_MIN_STAMPS 10u
#define SKEW_MIN_NS (SECOND / 10)

enum {
	GRA_100US,
	GRA_100NS,
	GRA_1588,
	GRA_CUSTOM
};

// The 64 bits of a count, where a sub-header has the upper ones; false: none has.
static bool upper_of(const struct rd_erspan *e, uint32_t *upper)
{
	uint8_t id = e->sub[0] >> 2;

	if (!e->has_sub || (id != 0 && id != 3 && id != 7))
		return false;
	*upper = rd_be32(e->sub + 4);
	return true;
}

static struct rd_stamp stamp_1588(const struct rd_erspan *e)
{
	uint8_t id = e->sub[0] >> 2;

	if (e->time >= SECOND)
		return (struct rd_stamp){.form = RD_STAMP_CUSTOM};
	if (!e->has_sub || (id != 5 && id != 6))
		return (struct rd_stamp){.form = RD_STAMP_1588, .ns = e->time, .wrap_ns = SECOND};
	return (struct rd_stamp){
		.form = RD_STAMP_1588, .ns = rd_be32(e->sub + 4) * SECOND + e->time};
}

static struct rd_stamp stamp_count(const struct rd_erspan *e)
{
	uint64_t unit = e->gra == GRA_100US ? 100000 : 100;
	struct rd_stamp s = {.form = e->gra == GRA_100US ? RD_STAMP_100US : RD_STAMP_100NS};
	uint32_t upper;

	if (!upper_of(e, &upper)) {
		s.ns = e->time * unit;
		s.wrap_ns = unit << 32;
	} else if (__builtin_mul_overflow((uint64_t)upper << 32 | e->time, unit, &s.ns)) {
		s.form = RD_STAMP_CUSTOM;
	}
	return s;
}

struct rd_stamp rd_stamp_of(const struct rd_decap *d, const struct rd_facts *f)
{
	if (f->has & RD_FACT_TIME)
		return (struct rd_stamp){.form = RD_STAMP_WHOLE, .ns = f->ns};
	if (d->kind != RD_DECAP_ERSPAN3)
		return (struct rd_stamp){.form = RD_STAMP_NONE};
	if (d->erspan.gra == GRA_CUSTOM)
		return (struct rd_stamp){.form = RD_STAMP_CUSTOM};
	return d->erspan.gra == GRA_1588 ? stamp_1588(&d->erspan) : stamp_count(&d->erspan);
}

// Of the times ns + n * wrap the nearest to expected.
static uint64_t nearest(uint64_t ns, uint64_t wrap, uint64_t expected)
{
	uint64_t base = expected - expected % wrap + ns;

	if (base > expected && base - expected > wrap / 2 && base >= wrap)
		return base - wrap;
	return base < expected && expected - base > wrap / 2 ? base + wrap : base;
}

static uint64_t unwrap(const struct rd_skew *c, const struct rd_stamp *stamp, uint64_t arrival_ns)
{
	uint64_t expected = arrival_ns;

	if (stamp->wrap_ns == 0)
		return stamp->ns;
	if (c->stamps > 0)
		expected = c->last_source + (arrival_ns - c->last_arrival);
	return nearest(stamp->ns, stamp->wrap_ns, expected);
}

// Least squares, a value at a time.
static void add_point(struct rd_skew *c, double t, double d)
{
	double dt = t - c->mean_t, dd = d - c->mean_d, n = (double)c->stamps;

	c->mean_t += dt / n;
	c->mean_d += dd / n;
	c->tt += dt * (t - c->mean_t);
	c->td += dt * (d - c->mean_d);
	c->dd += dd * (d - c->mean_d);
}

static void note(struct rd_skew *c, int64_t difference, uint64_t arrival_ns)
{
	if (c->stamps++ == 0) {
		c->first = c->min = c->max = difference;
		c->first_arrival = arrival_ns;
	}
	c->last = difference;
	if (difference < c->min)
		c->min = difference;
	if (difference > c->max)
		c->max = difference;
	// The first one is taken off, so that a double has room for a nanosecond.
	add_point(c, (double)(int64_t)(arrival_ns - c->first_arrival) / (double)SECOND,
		(double)(int64_t)((uint64_t)difference - (uint64_t)c->first));
}

uint64_t rd_skew_add(struct rd_skew *c, const struct rd_stamp *stamp, uint64_t arrival_ns)
{
	uint64_t source;

	if (stamp->form != RD_STAMP_NONE)
		c->form = stamp->form;
	if (stamp->form == RD_STAMP_NONE || stamp->form == RD_STAMP_CUSTOM)
		return 0;
	source = unwrap(c, stamp, arrival_ns);
	c->wrap_ns = stamp->wrap_ns;
	if (c->stamps > 0 && source < c->last_source)
		c->went_back++;
	else if (c->stamps > 0 && stamp->wrap_ns != 0)
		c->wraps += source / stamp->wrap_ns - c->last_source / stamp->wrap_ns;
	note(c, (int64_t)(arrival_ns - source), arrival_ns);
	c->last_source = source;
	c->last_arrival = arrival_ns;
	return source;
}

double rd_skew_mean(const struct rd_skew *c)
{
	return (double)c->first + c->mean_d;
}

bool rd_skew_ppm(const struct rd_skew *c, double *ppm, double *error)
{
	double n = (double)c->stamps, rest;

	if (c->stamps < SKEW_MIN_STAMPS || !(c->tt > 0)
		|| c->last_arrival - c->first_arrival < SKEW_MIN_NS)
		return false;
	rest = c->dd - c->td * c->td / c->tt;
	*ppm = c->td / c->tt / 1000; // ns per s
	*error = sqrt((rest > 0 ? rest : 0) / (n - 2) / c->tt) / 1000;
	return true;
}

const char *rd_stamp_name(enum rd_stamp_form form)
{
	static const char *const names[RD_STAMP_FORMS] = {
		"", "ns", "100us", "100ns", "1588", "custom"};

	return names[form];
}
