/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What looks like a copy of ours is never copied. It stops a session only if the network brings it back, not when a guest or a
 * stranger makes such frames; and rules see the ports of SCTP.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "session/copy.h"
#include "tables/port.h"

#define UPLINK 1
#define LINK 2 // joins two tiers
#define MS UINT64_C(1000000)
#define NOW (UINT64_C(1700000000000) * MS)

static const struct rd_port uplink = {.attach = RD_ATTACH_ETHDEV},
			    tier = {.attach = RD_ATTACH_LINK};
static struct mirror_run *r;
static struct mirror_excludes *excludes;
static uint8_t frame[100];
static struct mirror_view view;
static struct rd_tap_seen seen;

static int start(void **state)
{
	(void)state;
	r = calloc(1, sizeof(*r));
	excludes = calloc(1, sizeof(*excludes) + sizeof(excludes->v[0]));
	if (r == NULL || excludes == NULL)
		return -1;
	r->state = calloc(1, sizeof(*r->state));
	excludes->nb = 1;
	excludes->v[0] = (struct mirror_exclude){
		.family = AF_INET, .proto = 47, .src = {192, 0, 2, 1}, .dst = {192, 0, 2, 2}};
	r->spec.encap = RD_ENCAP_ERSPAN2;
	r->spec.nb_dests = 1;
	r->spec.dest[0].family = AF_INET;
	memcpy(r->spec.dest[0].addr, excludes->v[0].dst, 16);
	rd_port_table[UPLINK] = (struct rd_port *)(uintptr_t)&uplink;
	rd_port_table[LINK] = (struct rd_port *)(uintptr_t)&tier;
	return r->state != NULL ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	free(r->state);
	free(r);
	free(excludes);
	rd_port_table[UPLINK] = rd_port_table[LINK] = NULL;
	return 0;
}

static void see(unsigned stage, uint16_t port, uint64_t ns)
{
	memset(&view, 0, sizeof(view));
	seen = (struct rd_tap_seen){
		.stage = (uint8_t)stage, .port = port, .ns = ns, .len = sizeof(frame)};
	view.seen = &seen;
	view.bytes = frame;
	view.len = sizeof(frame);
	(void)rd_pkt_parse(frame, sizeof(frame), sizeof(frame), 0, &view.outer);
	assert_true(mirror_is_excluded(excludes, &view));
}

static void make_copy(uint32_t seq)
{
	static const uint8_t head[38] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 86,
		0, 0, 0, 0, 64, 47, 0xf6, 0x75, 192, 0, 2, 1, 192, 0, 2, 2, 0x10, 0, 0x88, 0xbe};

	memcpy(frame, head, sizeof(head));
	rd_put32(frame + 38, seq);
}

// Ten frames, 50 ms apart, while as many copies were sent as `sent` says for each.
static bool loops(unsigned stage, uint16_t port, uint32_t seq, unsigned sent)
{
	bool loop = false;

	for (unsigned i = 0; i < 10; i++) {
		make_copy(seq);
		see(stage, port, NOW + i * 50 * MS);
		loop |= mirror_is_loop(r, &view);
		r->state->owned.packets += sent;
	}
	return loop;
}

static void the_network_brings_them_back(void **state)
{
	(void)state;
	r->state->dest[0].seq = 1000;
	assert_true(loops(RD_STAGE_UPLINK_RX, UPLINK, 999, 1));
}

static void a_guest_makes_them(void **state)
{
	static const unsigned stages[] = {RD_STAGE_VNIC_RX, RD_STAGE_UPT_RX, RD_STAGE_MUX_RX,
		RD_STAGE_VMK_RX, RD_STAGE_PORT_IN, RD_STAGE_VNIC_TX, RD_STAGE_UPLINK_TX};

	(void)state;
	r->state->dest[0].seq = 1000;
	for (unsigned i = 0; i < RTE_DIM(stages); i++)
		assert_false(loops(stages[i], UPLINK, 999, 1));
	assert_false(loops(RD_STAGE_UPLINK_RX, LINK, 999, 1)); // a guest of the other tier
}

static void a_stranger_makes_them(void **state)
{
	(void)state;
	r->state->dest[0].seq = 1000;
	assert_false(loops(RD_STAGE_UPLINK_RX, UPLINK, 1000, 1)); // has not been sent
	assert_false(loops(RD_STAGE_UPLINK_RX, UPLINK, 0xdeadbeef, 1));
	assert_false(loops(RD_STAGE_UPLINK_RX, UPLINK, 999, 100)); // a few of many
	r->spec.dest[0].addr[3] = 3; // of another session
	assert_false(loops(RD_STAGE_UPLINK_RX, UPLINK, 999, 1));
}

static void without_numbers(void **state)
{
	(void)state;
	r->spec.encap = RD_ENCAP_ERSPAN1;
	assert_false(loops(RD_STAGE_UPLINK_RX, UPLINK, 0, 100));
	r->state->loops[0] = 0;
	assert_true(loops(RD_STAGE_UPLINK_RX, UPLINK, 0, 2));
}

static void ports_of_sctp(void **state)
{
	struct rd_mirror_spec s = {.nb_rules = 1};

	(void)state;
	s.rule[0] = (struct rd_mirror_rule){.has = RD_MIRROR_HAS_PROTO | RD_MIRROR_HAS_DPORT,
		.proto = 132,
		.dport_lo = 2905,
		.dport_hi = 2905};
	make_copy(0);
	frame[23] = 132;
	frame[25] = 0x20; // the checksum
	rd_put16(frame + 34, 40000);
	rd_put16(frame + 36, 2905);
	memset(&view, 0, sizeof(view));
	seen.len = sizeof(frame);
	view.seen = &seen;
	view.bytes = frame;
	view.len = sizeof(frame);
	assert_int_equal(rd_pkt_parse(frame, sizeof(frame), sizeof(frame), 0, &view.outer), 0);
	assert_int_equal(mirror_match(&s, &view), 0);
	rd_put16(frame + 36, 2906);
	assert_int_equal(mirror_match(&s, &view), 1);
	s.rule[0].either_way = true;
	rd_put16(frame + 34, 2905);
	assert_int_equal(mirror_match(&s, &view), 0);
	view.len = 36; // its ports are cut off
	assert_int_equal(mirror_match(&s, &view), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_network_brings_them_back, start, stop),
		cmocka_unit_test_setup_teardown(a_guest_makes_them, start, stop),
		cmocka_unit_test_setup_teardown(a_stranger_makes_them, start, stop),
		cmocka_unit_test_setup_teardown(without_numbers, start, stop),
		cmocka_unit_test_setup_teardown(ports_of_sctp, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
