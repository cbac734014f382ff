/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The encapsulator byte for byte: one frame per encapsulation, which tshark decodes as meant (tests/e2e/mirror_heads_test.py reads the same
 * frames, written by tests/e2e/encap_frames.c), and what must be refused.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "encap/decap.h"
#include "encap_golden.h"

static void goldens_byte_for_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < NB_GOLDENS; i++) {
		struct bytes want = golden_bytes(&goldens[i]), got;

		assert_int_equal(golden_make(&goldens[i], &got), 0);
		if (got.len != want.len || memcmp(got.b, want.b, want.len) != 0)
			fail_msg("%s differs", goldens[i].name);
	}
}

// What the decapsulator finds in them: the frame that went in, and the session's numbers.
static void decapsulated(void **state)
{
	(void)state;
	for (size_t i = 0; i < NB_GOLDENS; i++) {
		const struct golden *g = &goldens[i];
		struct bytes f, inner = golden_inner(g);
		struct rd_decap d;

		assert_int_equal(golden_make(g, &f), 0);
		if (g->conf.kind == RD_ENCAP_RSPAN) {
			assert_int_equal(rd_decap(f.b, f.len, f.len, &d), RD_DECAP_NO);
			continue;
		}
		assert_int_equal(rd_decap(f.b, f.len, f.len, &d), RD_DECAP_YES);
		assert_string_equal(rd_decap_name(d.kind), rd_encap_name(g->conf.kind));
		assert_int_equal(d.inner_len, inner.len);
		assert_memory_equal(f.b + d.inner, inner.b, inner.len);
		if (g->conf.kind == RD_ENCAP_ERSPAN2 || g->conf.kind == RD_ENCAP_ERSPAN3) {
			assert_int_equal(d.id, g->conf.session);
			assert_int_equal(d.seq, g->copy.seq);
			assert_int_equal(
				d.erspan.truncated, (g->copy.flags & RD_COPY_TRUNCATED) != 0);
		}
	}
}

static uint16_t udp6_sum(const struct bytes *f) // 0 when it is right
{
	const uint8_t *ip = f->b + 14;
	uint32_t len = rd_be16(ip + 4);

	return rd_csum_fold(
		rd_csum_add(rd_csum_add(len + RD_IPPROTO_UDP, ip + 8, 32), ip + 40, len));
}

// Over IPv6 every UDP tunnel has a checksum, TZSP's odd header and odd frames included.
static void udp_checksum_over_ipv6(void **state)
{
	static const enum rd_encap_kind kinds[] = {RD_ENCAP_VXLAN, RD_ENCAP_GENEVE, RD_ENCAP_TZSP};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		for (uint32_t cut = 0; cut < 2; cut++) {
			struct rd_encap_conf conf = {.kind = kinds[i],
				.family = 6,
				.ttl = 64,
				.src = {0x20, 1},
				.dst = {0x20, 2, 0xff},
				.options = 15};
			struct rd_encap_copy copy = {.flow = 12345, .seq = 7};
			struct bytes inner = from_hex(SYN), f;
			struct rd_encap e;

			inner.len -= cut;
			assert_int_equal(rd_encap_prepare(&e, &conf, NULL), 0);
			rd_encap_head(&e, &copy, inner.b, (uint32_t)inner.len, f.b);
			memcpy(f.b + e.len, inner.b, inner.len);
			f.len = e.len + inner.len;
			assert_int_not_equal(rd_be16(f.b + 14 + 40 + 6), 0);
			assert_int_equal(udp6_sum(&f), 0);
			assert_in_range(rd_be16(f.b + 14 + 40), 49152, 65535);
		}
	}
}

static uint32_t room(const struct rd_encap_conf *conf, uint32_t mtu)
{
	struct rd_encap e;

	assert_int_equal(rd_encap_prepare(&e, conf, NULL), 0);
	return rd_encap_room(&e, mtu);
}

// The longest whole frames at an MTU of 1500, worked out by hand from the headers' lengths.
static void rooms(void **state)
{
	struct rd_encap_conf c = {.kind = RD_ENCAP_ERSPAN1, .family = 4, .ttl = 1};

	(void)state;
	assert_int_equal(room(&c, 1500), 1476);
	c.kind = RD_ENCAP_GRE;
	assert_int_equal(room(&c, 1500), 1476);
	c.has_key = true;
	assert_int_equal(room(&c, 1500), 1472);
	c.has_seq = true;
	assert_int_equal(room(&c, 1500), 1468);
	c.kind = RD_ENCAP_ERSPAN2;
	assert_int_equal(room(&c, 1500), 1464);
	c.kind = RD_ENCAP_VXLAN;
	assert_int_equal(room(&c, 1500), 1464);
	c.kind = RD_ENCAP_ERSPAN3;
	assert_int_equal(room(&c, 1500), 1460);
	c.sub_id = 3;
	assert_int_equal(room(&c, 1500), 1452);
	c.family = 6;
	assert_int_equal(room(&c, 1500), 1432);
	c = (struct rd_encap_conf){.kind = RD_ENCAP_GENEVE, .family = 4, .ttl = 1, .options = 7};
	assert_int_equal(room(&c, 1500), 1428);
	assert_int_equal(room(&c, 72), 0);
	c.tci = 100; // of the frame, not of the packet
	assert_int_equal(room(&c, 1500), 1428);
	c = (struct rd_encap_conf){.kind = RD_ENCAP_RSPAN, .rspan_vid = 1, .rspan_tpid = 0x8100};
	assert_int_equal(room(&c, 1518), 1514);
}

struct refusal {
	struct rd_encap_conf conf;
	const char *text;
};

static const struct refusal refusals[] = {
	{{.kind = RD_ENCAP_KINDS, .family = 4, .ttl = 1}, "no such encapsulation"},
	{{.kind = RD_ENCAP_VXLAN, .ttl = 1}, "IPv4 or IPv6"},
	{{.kind = RD_ENCAP_VXLAN, .family = 4, .ttl = 1, .vni = 1 << 24}, "more than 24 bits"},
	{{.kind = RD_ENCAP_GENEVE, .family = 4, .ttl = 1, .vni = 1 << 24}, "more than 24 bits"},
	{{.kind = RD_ENCAP_VXLAN, .family = 4}, "ttl 0"},
	{{.kind = RD_ENCAP_VXLAN, .family = 4, .ttl = 1, .dscp = 64}, "dscp 64"},
	{{.kind = RD_ENCAP_ERSPAN2, .family = 4, .ttl = 1, .session = 1024}, "session id 1024"},
	{{.kind = RD_ENCAP_ERSPAN3, .family = 4, .ttl = 1, .session = 1024}, "session id 1024"},
	{{.kind = RD_ENCAP_ERSPAN3, .family = 4, .ttl = 1, .gra = 3}, "units of"},
	{{.kind = RD_ENCAP_ERSPAN3, .family = 4, .ttl = 1, .sub_id = 2}, "sub-header 2"},
	{{.kind = RD_ENCAP_ERSPAN3, .family = 4, .ttl = 1, .gra = RD_GRA_1588}, "IEEE 1588"},
	{{.kind = RD_ENCAP_ERSPAN3, .family = 4, .ttl = 1, .sub_id = 5}, "IEEE 1588"},
	{{.kind = RD_ENCAP_ERSPAN3,
		 .family = 4,
		 .ttl = 1,
		 .gra = RD_GRA_1588,
		 .sub_id = 5,
		 .switch_id = 1024},
		"switch id 1024"},
	{{.kind = RD_ENCAP_RSPAN, .rspan_tpid = 0x8100}, "vlan 0"},
	{{.kind = RD_ENCAP_RSPAN, .rspan_vid = 4095, .rspan_tpid = 0x8100}, "vlan 4095"},
	{{.kind = RD_ENCAP_RSPAN, .rspan_vid = 5, .rspan_tpid = 0x9100}, "a tag's type"},
};

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct rd_err err = {0};
		struct rd_encap e;

		assert_int_equal(rd_encap_prepare(&e, &refusals[i].conf, &err), -EINVAL);
		if (strstr(err.what, refusals[i].text) == NULL)
			fail_msg("%zu: \"%s\" does not say \"%s\"", i, err.what, refusals[i].text);
	}
}

static void names(void **state)
{
	(void)state;
	for (int k = 0; k < RD_ENCAP_KINDS; k++)
		assert_int_equal(rd_encap_by_name(rd_encap_name((enum rd_encap_kind)k)), k);
	assert_int_equal(rd_encap_by_name("erspan"), -ENOENT);
}

// A head never is longer than it may be: the longest of all.
static void the_longest_head(void **state)
{
	struct rd_encap_conf c = {
		.kind = RD_ENCAP_GENEVE, .family = 6, .ttl = 1, .tci = 5, .options = 0xff};
	struct rd_encap e;

	(void)state;
	assert_int_equal(rd_encap_prepare(&e, &c, NULL), 0);
	assert_int_equal(e.len, 18 + 40 + 8 + 8 + 4 * 12);
	assert_true(e.len <= RD_ENCAP_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goldens_byte_for_byte),
		cmocka_unit_test(decapsulated),
		cmocka_unit_test(udp_checksum_over_ipv6),
		cmocka_unit_test(rooms),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(names),
		cmocka_unit_test(the_longest_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
