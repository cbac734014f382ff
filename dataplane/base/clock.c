/* SPDX-License-Identifier: BSD-3-Clause
 *
 * TSC, wall clock and the line between them. discipline: control thread; sync: workers, through a
 * sequence lock whose reader never waits; the coarse clock: written by control, read by workers.
 */
#include "base/clock.h"

#include "base/clock_priv.h"

#include <pthread.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#define NS_PER_S 1000000000ull
#define MEASURE_NS 20000000ull // calibration at first use
#define RATE_MIN_NS 500000000ull // a shorter interval gives no better rate than the one we have

struct sample {
	uint64_t tsc, realtime, monotonic;
};

static struct { // the published line; seq is odd while control writes
	uint32_t seq;
	struct rd_clock_line line;
} published;

static pthread_once_t calibrated = PTHREAD_ONCE_INIT;
static pthread_mutex_t control_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t hz; // written once, in calibrate()
static uint64_t nominal; // ns per tick, 32.32; control
static struct sample last_sample; // control
static uint32_t coarse_s, coarse_offset;

uint64_t rd_tsc(void)
{
#if defined(__x86_64__)
	return __rdtsc();
#elif defined(__aarch64__)
	uint64_t v;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(v));
	return v;
#else
	return rd_monotonic_ns();
#endif
}

static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t rd_realtime_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t rd_monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

// All clocks at one instant: the tightest of some tries, for we may be interrupted in between.
static struct sample take_sample(void)
{
	struct sample best = {0};
	uint64_t best_width = UINT64_MAX;

	for (int i = 0; i < 5; i++) {
		uint64_t before = rd_tsc(), realtime = rd_realtime_ns(),
			 monotonic = rd_monotonic_ns();
		uint64_t width = rd_tsc() - before;

		if (width >= best_width)
			continue;
		best_width = width;
		best = (struct sample){before + width / 2, realtime, monotonic};
	}
	return best;
}

static uint64_t rate_between(const struct sample *a, const struct sample *b)
{
	uint64_t ticks = b->tsc > a->tsc ? b->tsc - a->tsc : 1;

	return (uint64_t)(((unsigned __int128)(b->monotonic - a->monotonic) << 32) / ticks);
}

// A rate that is off by more than 1 % is no drift but a jump of the TSC (migration): keep the old
// one.
static uint64_t plausible_rate(uint64_t rate, uint64_t old)
{
	uint64_t diff = rate > old ? rate - old : old - rate;

	return diff <= old / 100 ? rate : old;
}

static void publish(const struct rd_clock_line *line)
{
	uint32_t seq = published.seq;

	__atomic_store_n(&published.seq, seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&published.line.base_tsc, line->base_tsc, __ATOMIC_RELAXED);
	__atomic_store_n(&published.line.base_ns, line->base_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&published.line.mult, line->mult, __ATOMIC_RELAXED);
	__atomic_store_n(&published.seq, seq + 2, __ATOMIC_RELEASE);
}

static void calibrate(void)
{
	struct timespec nap = {.tv_nsec = MEASURE_NS};
	struct sample first = take_sample();

	(void)nanosleep(&nap, NULL); // cut short by a signal: the interval is measured anyway
	last_sample = take_sample();
	nominal = rate_between(&first, &last_sample);
	if (nominal == 0)
		nominal = 1;
	hz = (uint64_t)(((unsigned __int128)NS_PER_S << 32) / nominal);
	publish(&(struct rd_clock_line){last_sample.tsc, last_sample.realtime, nominal});
}

uint64_t rd_tsc_hz(void)
{
	pthread_once(&calibrated, calibrate);
	return hz;
}

uint64_t rd_clock_line_ns(const struct rd_clock_line *line, uint64_t tsc)
{
	uint64_t delta = tsc > line->base_tsc ? tsc - line->base_tsc : 0;

	return line->base_ns + (uint64_t)(((unsigned __int128)delta * line->mult) >> 32);
}

struct rd_clock_line rd_clock_line_correct(
	const struct rd_clock_line *line, uint64_t tsc, uint64_t ns, uint64_t rate)
{
	uint64_t here = rd_clock_line_ns(line, tsc);
	int64_t error = (int64_t)(ns - here);
	int64_t slew;

	if (error > CLOCK_STEP_NS || error < -CLOCK_STEP_NS)
		return (struct rd_clock_line){tsc, ns, rate};
	// The error spread over the next second; at most a tenth of the rate.
	slew = (int64_t)((__int128)error * (__int128)rate / (int64_t)NS_PER_S);
	return (struct rd_clock_line){tsc, here, rate + (uint64_t)slew};
}

void rd_clock_discipline(void)
{
	struct rd_clock_line line;
	struct sample now;

	pthread_once(&calibrated, calibrate);
	pthread_mutex_lock(&control_lock);
	now = take_sample();
	if (now.monotonic - last_sample.monotonic >= RATE_MIN_NS) {
		nominal = plausible_rate(rate_between(&last_sample, &now), nominal);
		last_sample = now;
	}
	line = rd_clock_line_correct(&published.line, now.tsc, now.realtime, nominal);
	publish(&line);
	pthread_mutex_unlock(&control_lock);
}

void rd_clock_sync(struct rd_clock *c)
{
	uint32_t seq = __atomic_load_n(&published.seq, __ATOMIC_ACQUIRE);
	struct rd_clock_line line;

	if (seq == c->seq && seq != 0)
		return;
	if (seq == 0) { // the first reader is ahead of control
		pthread_once(&calibrated, calibrate);
		seq = __atomic_load_n(&published.seq, __ATOMIC_ACQUIRE);
	}
	line.base_tsc = __atomic_load_n(&published.line.base_tsc, __ATOMIC_RELAXED);
	line.base_ns = __atomic_load_n(&published.line.base_ns, __ATOMIC_RELAXED);
	line.mult = __atomic_load_n(&published.line.mult, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if ((seq & 1) != 0 || seq != __atomic_load_n(&published.seq, __ATOMIC_RELAXED)) {
		if (c->seq == 0)
			rd_clock_sync(c); // no old line to go on with
		return; // control is writing: next time
	}
	c->base_tsc = line.base_tsc;
	c->base_ns = line.base_ns;
	c->mult = line.mult;
	c->seq = seq;
}

uint32_t rd_coarse_s(void)
{
	return __atomic_load_n(&coarse_s, __ATOMIC_RELAXED);
}

void rd_coarse_tick(void)
{
	uint32_t now = (uint32_t)(rd_monotonic_ns() / NS_PER_S);

	__atomic_store_n(&coarse_s, now + __atomic_load_n(&coarse_offset, __ATOMIC_RELAXED),
		__ATOMIC_RELAXED);
}

void rd_coarse_advance(uint32_t seconds)
{
	__atomic_fetch_add(&coarse_offset, seconds, __ATOMIC_RELAXED);
	rd_coarse_tick();
}
