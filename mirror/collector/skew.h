/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The times that a source puts into its copies, against the clock that they arrive by. ERSPAN III sends 32 bits of a count of 100 us or
 * 100 ns, which wrap, unless a sub-header has the upper half; or the nanoseconds of a second, unless one has the seconds. What is missing is
 * taken from the arrival: of all times that would look so, the nearest to the one expected. Geneve's option has the whole time.
 *
 * The difference (arrival less source) is the delay and what the clocks differ by; it can't be told apart. Its slope is how much faster one
 * clock runs, told with its error: queues make it uncertain. One thread per tracker; nothing is allocated.
 */
#pragma once

#include "collector/facts.h"

enum rd_stamp_form { // what the source's times are
	RD_STAMP_NONE,
	RD_STAMP_WHOLE, // ns since 1970
	RD_STAMP_100US, // 32 bits of them: wrap after 4.97 days
	RD_STAMP_100NS, // ... 429 s
	RD_STAMP_1588, // ns of the second
	RD_STAMP_CUSTOM, // units of its own: not compared
	RD_STAMP_FORMS,
};

struct rd_stamp {
	enum rd_stamp_form form;
	uint64_t ns; // what is known of it, in nanoseconds
	uint64_t wrap_ns; // known but for a multiple of this; 0 = whole
};
// What a copy says of its time.
struct rd_stamp rd_stamp_of(const struct rd_decap *d, const struct rd_facts *f);

struct rd_skew { // zeroed to start with
	enum rd_stamp_form form; // of the last
	uint64_t wrap_ns; // of the last
	uint64_t stamps;
	uint64_t wraps; // times that an unknown upper part went up
	uint64_t went_back; // copies with a time before that of an earlier one
	int64_t first, last, min, max; // difference, ns
	uint64_t last_source, last_arrival, first_arrival;
	double mean_t, mean_d, tt, td,
		dd; // of time (s) and difference (ns): running means and sums of products
};

// Notes one. The source's time, whole; 0 if it says none that can be compared.
uint64_t rd_skew_add(struct rd_skew *c, const struct rd_stamp *stamp, uint64_t arrival_ns);
double rd_skew_mean(const struct rd_skew *c); // of the difference, ns

// How much slower the source's clock runs than ours, in parts per million, and the standard error. false: too few to tell.
bool rd_skew_ppm(const struct rd_skew *c, double *ppm, double *error);

const char *rd_stamp_name(enum rd_stamp_form form); // "100ns"
