/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See once.h. What was sent is kept for some thousand packets: those between a packet's first and last stage, and a full ring. What is
 * pushed out by others would be sent again. A copy is noted when the device is about to be asked; until it was, the note is younger than
 * `settled`, and nobody is refused because of it. Worker 0 only.
 */
#include "session/once.h"

#include <string.h>

#define SETS 4096 // more than the ring's slots
#define WAYS 4

struct sent { // exactly who got which packet
	uint64_t packet_id; // 0 = free
	uint8_t addr[16];
	uint16_t port; // of collectors without an address
	uint8_t family, once;
	uint32_t age; // when it came, in copies
};

static struct sent table[SETS][WAYS];
static uint32_t now, settled;

static void describe(const struct mirror_copy *c, unsigned which, struct sent *s)
{
	const struct rd_mirror_spec *spec = &c->run->spec;

	*s = (struct sent){.packet_id = c->head.packet_id, .once = spec->once, .age = ++now};
	if (which < spec->nb_dests) {
		s->family = (uint8_t)spec->dest[which].family;
		memcpy(s->addr, spec->dest[which].addr, sizeof(s->addr));
	} else {
		s->port = c->state->dest[which].port;
	}
}

static bool is_same(const struct sent *a, const struct sent *b)
{
	return a->packet_id == b->packet_id && a->once == b->once && a->family == b->family
		&& a->port == b->port && memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

static struct sent *set_of(const struct sent *s)
{
	return table[(s->packet_id * UINT64_C(0x9e3779b97f4a7c15)) >> 52];
}

enum mirror_once mirror_once_ask(const struct mirror_copy *c, unsigned which)
{
	struct sent one, *set, *oldest;

	describe(c, which, &one);
	oldest = set = set_of(&one);
	for (unsigned i = 0; i < WAYS; i++) {
		if (is_same(&set[i], &one))
			return now - set[i].age < now - settled ? MIRROR_ONCE_WAITS
								: MIRROR_ONCE_SENT;
		if (now - set[i].age > now - oldest->age)
			oldest = &set[i];
	}
	*oldest = one;
	return MIRROR_ONCE_FIRST;
}

void mirror_once_settle(void)
{
	settled = now;
}

void mirror_once_forget(const struct mirror_copy *c, unsigned which)
{
	struct sent one, *set;

	describe(c, which, &one);
	set = set_of(&one);
	for (unsigned i = 0; i < WAYS; i++)
		if (is_same(&set[i], &one))
			set[i].packet_id = 0;
}

_Static_assert(SETS == 1 << (64 - 52), "the hash's upper bits choose a set");
