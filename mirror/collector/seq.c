/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sequence numbers, see seq.h. Pure.
 */
#include "collector/seq.h"

#include <string.h>

#define RESTART_AFTER 16u // numbers; fewer may be copies of copies

static uint64_t bit_of(uint32_t number)
{
	return UINT64_C(1) << (number % 64);
}

static uint64_t *word_of(struct rd_seq *s, uint32_t number)
{
	return &s->seen[number % RD_SEQ_WINDOW / 64];
}

static void begin_at(struct rd_seq *s, uint32_t number)
{
	memset(s->seen, 0, sizeof(s->seen));
	*word_of(s, number) |= bit_of(number);
	s->highest = s->floor = number;
	s->has_behind = false;
}

// Moves the window up to number: what it takes in has not come yet.
static void advance(struct rd_seq *s, uint32_t number)
{
	uint32_t step = number - s->highest;

	if (step >= RD_SEQ_WINDOW) {
		memset(s->seen, 0, sizeof(s->seen));
	} else {
		for (uint32_t n = s->highest + 1; n != number; n++)
			*word_of(s, n) &= ~bit_of(n);
	}
	*word_of(s, number) |= bit_of(number);
	s->highest = number;
}

static enum rd_seq_what add_ahead(struct rd_seq *s, uint32_t number, uint32_t step)
{
	s->has_behind = false;
	if (step >= RD_SEQ_JUMP) {
		s->jumps++;
		s->skipped += step - 1;
		begin_at(s, number);
		return RD_SEQ_JUMPED;
	}
	advance(s, number);
	if (step == 1)
		return RD_SEQ_NEXT;
	s->gaps++;
	s->missing += step - 1;
	return RD_SEQ_GAP;
}

// Whether number is the second of a restart; else whether it may be the first is noted.
static bool is_restart(struct rd_seq *s, uint32_t number, bool suspect)
{
	uint32_t first = s->behind;
	bool second = s->has_behind && number - first == 1;

	s->has_behind = suspect && !second;
	s->behind = number;
	if (!second)
		return false;
	s->restarts++;
	begin_at(s, first);
	advance(s, number);
	return true;
}

static enum rd_seq_what add_duplicate(struct rd_seq *s, uint32_t number, uint32_t late)
{
	if (is_restart(s, number, number <= 1 && late >= RESTART_AFTER)) {
		s->duplicates--; // the first of the two
		return RD_SEQ_RESTARTED;
	}
	s->duplicates++;
	return RD_SEQ_DUPLICATE;
}

static enum rd_seq_what add_late(struct rd_seq *s, uint32_t number, uint32_t late)
{
	if (*word_of(s, number) & bit_of(number))
		return add_duplicate(s, number, late);
	*word_of(s, number) |= bit_of(number);
	s->has_behind = false;
	s->reordered++;
	if (late > s->most_late)
		s->most_late = late;
	if (late > s->highest - s->floor) { // before what we took for the first
		s->missing += s->floor - number - 1;
		s->floor = number;
	} else {
		s->missing--;
	}
	return RD_SEQ_LATE;
}

// One far behind may have been on its way for long; two in a row are a sender that counts anew.
static enum rd_seq_what add_behind(struct rd_seq *s, uint32_t number)
{
	if (is_restart(s, number, true)) {
		s->too_late--; // the first of the two
		return RD_SEQ_RESTARTED;
	}
	s->too_late++;
	return RD_SEQ_TOO_LATE;
}

enum rd_seq_what rd_seq_add(struct rd_seq *s, uint32_t number)
{
	uint32_t ahead = number - s->highest;

	s->last = number;
	if (s->packets++ == 0) {
		s->first = number;
		begin_at(s, number);
		return RD_SEQ_NEXT;
	}
	if (ahead != 0 && ahead <= INT32_MAX)
		return add_ahead(s, number, ahead);
	if (-ahead < RD_SEQ_WINDOW)
		return add_late(s, number, -ahead);
	return add_behind(s, number);
}

bool rd_seq_stands_still(const struct rd_seq *s)
{
	return s->packets > 1 && s->duplicates == s->packets - 1 && s->first == s->highest;
}
