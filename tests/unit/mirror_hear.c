/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who may tell a mirror session where its copies go: the neighbour that was asked, in the VLAN it was asked in, and nobody else. ICMP
 * errors count if they quote a copy. The frames are spelt out here byte by byte; checksums are of scapy.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "session/peer.h"
#include "session/state.h"

#define PORT 7
#define SECOND UINT64_C(1000000000)
#define NOW (100 * SECOND)

static struct rd_mirror session;

struct rd_mirror *rd_mirror_at(unsigned number)
{
	return number == 3 ? &session : NULL;
}

static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1}, hop[6] = {2, 0, 0, 0, 0, 2},
		     other[6] = {2, 0, 0, 0, 0, 0x66};

static struct rd_mirror_peer *reset(int family, const char *src, const char *dst)
{
	struct rd_mirror_peer *p = &session.peer[0];

	memset(&session, 0, sizeof(session));
	session.spec.encap = RD_ENCAP_ERSPAN2;
	session.spec.nb_dests = 1;
	session.spec.dest[0].family = p->family = family;
	p->port = PORT;
	memcpy(p->smac, ours, 6);
	assert_int_equal(inet_pton(family, src, p->src), 1);
	assert_int_equal(inet_pton(family, dst, p->hop), 1);
	memcpy(session.spec.dest[0].addr, p->hop, 16);
	p->tries = 1;
	p->next_ns = NOW + SECOND;
	return p;
}

static struct rd_mirror_peer *reset4(void)
{
	return reset(AF_INET, "192.0.2.1", "192.0.2.2");
}

// "192.0.2.2 is at MAC", for 192.0.2.1.
static uint32_t arp(uint8_t *f, const uint8_t *dmac, const uint8_t *mac, int vlan)
{
	static const uint8_t body[28] = {0, 1, 8, 0, 6, 4, 0, 2, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2, 0,
		0, 0, 0, 0, 0, 192, 0, 2, 1};
	uint32_t at = 12;

	memcpy(f, dmac, 6);
	memcpy(f + 6, mac, 6);
	if (vlan >= 0) {
		memcpy(f + 12, (uint8_t[]){0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan}, 4);
		at = 16;
	}
	f[at] = 8;
	f[at + 1] = 6;
	memcpy(f + at + 2, body, sizeof(body));
	memcpy(f + at + 10, mac, 6);
	memcpy(f + at + 20, dmac, 6);
	return at + 30;
}

static bool hear_arp(const uint8_t *dmac, const uint8_t *mac, int vlan)
{
	uint8_t f[64];
	uint32_t len = arp(f, dmac, mac, vlan);

	return mirror_hear_frame(f, len, PORT, NOW);
}

static void the_answer(void **state)
{
	struct rd_mirror_peer *p = reset4();

	(void)state;
	assert_true(hear_arp(ours, hop, -1));
	assert_true(p->has_mac);
	assert_memory_equal(p->mac, hop, 6);
	assert_int_equal(p->tries, 0);
	p->tries = 1; // asked again, and it is still there
	assert_false(hear_arp(ours, hop, -1));
	assert_int_equal(p->tries, 0);
	p->tries = 1; // another card has its address now
	assert_true(hear_arp(ours, other, -1));
	assert_memory_equal(p->mac, other, 6);
}

// An echo reply from 192.0.2.2, for 192.0.2.1.
static uint32_t echo(uint8_t *f, uint8_t from, uint16_t id, uint16_t seq)
{
	static const uint8_t ip[20] = {
		0x45, 0, 0, 36, 0, 0, 0, 0, 64, 1, 0, 0, 192, 0, 2, 0, 192, 0, 2, 1};

	memset(f, 0, 50);
	memcpy(f, ours, 6);
	memcpy(f + 6, hop, 6);
	f[12] = 8;
	memcpy(f + 14, ip, sizeof(ip));
	f[29] = from;
	rd_put16(f + 24, rd_csum_fold(rd_csum_add(0, f + 14, 20)));
	rd_put16(f + 38, id);
	rd_put16(f + 40, seq);
	return 50;
}

static void echoes(void **state)
{
	struct rd_mirror_peer *p = reset4();
	uint8_t f[64];
	uint32_t len;

	(void)state;
	session.spec.health = RD_MIRROR_HEALTH_ECHO;
	p->echo_id = 0x123;
	p->echo_seq = 2;
	p->echoes = 3;
	p->misses = 2;
	len = echo(f, 9, 0x123, 2); // another host
	assert_false(mirror_hear_frame(f, len, PORT, NOW));
	len = echo(f, 2, 0x124, 2);
	assert_false(mirror_hear_frame(f, len, PORT, NOW));
	len = echo(f, 2, 0x123, 3); // not asked yet
	assert_false(mirror_hear_frame(f, len, PORT, NOW));
	len = echo(f, 2, 0x123, 65535); // too long ago
	assert_false(mirror_hear_frame(f, len, PORT, NOW));
	len = echo(f, 2, 0x123, 2);
	assert_false(mirror_hear_frame(f, len, PORT + 1, NOW));
	assert_false(mirror_hear_frame(f, len - 9, PORT, NOW)); // cut
	assert_false(p->alive);
	assert_int_equal(p->misses, 2);
	assert_false(mirror_hear_frame(f, len, PORT, NOW));
	assert_true(p->alive);
	assert_int_equal(p->misses, 0);
	assert_int_equal(p->echo_answers, 1);
	session.spec.health = RD_MIRROR_HEALTH_NEIGHBOUR;
	p->alive = false;
	assert_false(mirror_hear_frame(f, len, PORT, NOW));
	assert_false(p->alive);
}

static void answers_of_others(void **state)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct rd_mirror_peer *p = reset4();
	uint8_t f[64];
	uint32_t len;

	(void)state;
	assert_false(hear_arp(ours, other, 100)); // a guest's VLAN
	assert_false(hear_arp(all, other, -1));
	assert_false(hear_arp(hop, other, -1)); // flooded, for another one
	len = arp(f, ours, other, -1);
	assert_false(mirror_hear_frame(f, len, PORT + 1, NOW));
	f[41] = 9; // for 192.0.2.9
	assert_false(mirror_hear_frame(f, len, PORT, NOW));
	assert_false(p->has_mac);
	assert_int_equal(p->tries, 1);
	session.spec.outer_vlan = 100;
	assert_false(hear_arp(ours, other, -1));
	assert_false(hear_arp(ours, other, 101));
	assert_true(hear_arp(ours, hop, 100));
}

static void an_answer_that_nobody_asked_for(void **state)
{
	struct rd_mirror_peer *p = reset4();

	(void)state;
	assert_true(hear_arp(ours, hop, -1));
	assert_true(p->next_ns == NOW + 30 * SECOND);
	assert_false(hear_arp(ours, hop, -1)); // no news
	assert_true(p->next_ns == NOW + 30 * SECOND);
	assert_false(hear_arp(ours, other, -1)); // perhaps: it is asked soon, not believed
	assert_memory_equal(p->mac, hop, 6);
	assert_true(p->next_ns == NOW + SECOND);
}

static void short_ones(void **state)
{
	struct rd_mirror_peer *p = reset4();
	uint8_t f[64];
	uint32_t len = arp(f, ours, hop, -1);

	(void)state;
	for (uint32_t n = 0; n < len; n++) {
		uint8_t *heap = malloc(n != 0 ? n : 1); // for the sanitizer

		assert_non_null(heap);
		memcpy(heap, f, n);
		assert_false(mirror_hear_frame(heap, n, PORT, NOW));
		free(heap);
	}
	assert_false(p->has_mac);
}

// fe80::2 is at 02:00:00:00:00:02, for fe80::1.
static const uint8_t advertisement[86] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd, 0x60, 0,
	0, 0, 0, 32, 58, 255, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0xfe, 0x80, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 136, 0, 0x18, 0x1a, 0x60, 0, 0, 0, 0xfe, 0x80, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 1, 2, 0, 0, 0, 0, 2};

static void advertisements(void **state)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} faults[] = {{56, 0}, {21, 64}, {53, 9}, {55, 1}, {0, 6}, {79, 2}, {78, 1}, {19, 24}};
	struct rd_mirror_peer *p = reset(AF_INET6, "fe80::1", "fe80::2");
	uint8_t f[86];

	(void)state;
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		memcpy(f, advertisement, sizeof(f));
		f[faults[i].at] = faults[i].value;
		assert_false(mirror_hear_frame(f, sizeof(f), PORT, NOW));
	}
	assert_false(p->has_mac);
	assert_true(mirror_hear_frame(advertisement, sizeof(advertisement), PORT, NOW));
	assert_memory_equal(p->mac, hop, 6);
}

// "Port unreachable" about a packet from 192.0.2.1 to 192.0.2.2.
static const uint8_t unreachable[70] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 56, 0,
	0, 0, 0, 64, 1, 0xf6, 0xc1, 192, 0, 2, 2, 192, 0, 2, 1, 3, 3, 0, 0, 0, 0, 0, 0, 0x45, 0, 0,
	200, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0xc0, 0, 0x12, 0xb5, 0, 180, 0,
	0};

static void refusals(void **state)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} faults[] = {{0, 6}, {51, 47}, {57, 9}, {61, 9}, {65, 0xb6}};
	struct rd_mirror_peer *p = reset4();
	uint8_t f[70];

	(void)state;
	session.spec.encap = RD_ENCAP_VXLAN;
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		memcpy(f, unreachable, sizeof(f));
		f[faults[i].at] = faults[i].value;
		assert_false(mirror_hear_frame(f, sizeof(f), PORT, NOW));
		assert_int_equal(p->unreachable, 0);
	}
	assert_false(mirror_hear_frame(unreachable, 62, PORT, NOW)); // no ports are quoted
	assert_int_equal(p->unreachable, 0);
	(void)mirror_hear_frame(unreachable, sizeof(unreachable), PORT, NOW);
	assert_int_equal(p->unreachable, 1);
	session.spec.encap = RD_ENCAP_ERSPAN2; // its copies are GRE
	(void)mirror_hear_frame(unreachable, sizeof(unreachable), PORT, NOW);
	assert_int_equal(p->unreachable, 1);
}

// The same in a VLAN: 4 bytes more.
static void hear_refusal(int vlan)
{
	uint8_t f[sizeof(unreachable) + 4];

	memcpy(f, unreachable, 12);
	memcpy(f + 12, (uint8_t[]){0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan}, 4);
	memcpy(f + 16, unreachable + 12, sizeof(unreachable) - 12);
	(void)mirror_hear_frame(f, sizeof(f), PORT, NOW);
}

// Who is in the VLAN that copies go out in may refuse them, whatever the tag's priority; a guest in another one, or without, may not.
static void refusals_with_a_tag(void **state)
{
	struct rd_mirror_peer *p = reset4();

	(void)state;
	session.spec.encap = RD_ENCAP_VXLAN;
	hear_refusal(100);
	assert_int_equal(p->unreachable, 0);
	session.spec.outer_vlan = 100;
	hear_refusal(101);
	(void)mirror_hear_frame(unreachable, sizeof(unreachable), PORT, NOW);
	assert_int_equal(p->unreachable, 0);
	hear_refusal(100);
	assert_int_equal(p->unreachable, 1);
	hear_refusal(0xe000 | 100);
	assert_int_equal(p->unreachable, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer),
		cmocka_unit_test(echoes),
		cmocka_unit_test(answers_of_others),
		cmocka_unit_test(an_answer_that_nobody_asked_for),
		cmocka_unit_test(short_ones),
		cmocka_unit_test(advertisements),
		cmocka_unit_test(refusals),
		cmocka_unit_test(refusals_with_a_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
