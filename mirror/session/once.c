/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See once.h. What was sent is kept for some thousand packets: those between a packet's first and last stage, and a full ring. What is
 * pushed out by others would be sent again. It is looked at before the device is: a copy that the device does not take (tx_drop) counts
 * as sent, and a later stage's is not sent in its place. Worker 0 only.
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
static uint32_t now;

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

bool mirror_once_was_sent(const struct mirror_copy *c, unsigned which)
{
	struct sent one, *set, *oldest;

	describe(c, which, &one);
	set = table[(one.packet_id * UINT64_C(0x9e3779b97f4a7c15)) >> 52];
	oldest = set;
	for (unsigned i = 0; i < WAYS; i++) {
		if (is_same(&set[i], &one))
			return true;
		if (now - set[i].age > now - oldest->age)
			oldest = &set[i];
	}
	*oldest = one;
	return false;
}

_Static_assert(SETS == 1 << (64 - 52), "the hash's upper bits choose a set");
