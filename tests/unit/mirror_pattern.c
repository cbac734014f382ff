/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rules of a session as rules of a card: random rules, random packets. What the items select, in order of priority, read as rte_flow.h
 * explains them, is what the session's rules say, told here a second time.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mirror_pattern_model.h"
#include "session/flow_pattern.h"

static void same_packets(void **state)
{
	static struct rd_mirror_spec spec;
	struct rd_offload_point point = {.port = 1, .ethdev = 1, .mtu = 1500};
	struct rd_offload_want want = {.spec = &spec, .id = 1, .geneve_port = 6081};
	unsigned told = 0, refused = 0, selected = 0;

	(void)state;
	srand(20261127);
	for (unsigned n = 0; n < 4000; n++) {
		struct rd_flow_match m[RD_FLOW_RULES];
		struct rd_err err = {0};
		int nb;

		memset(&spec, 0, sizeof(spec));
		spec.nb_rules = (uint8_t)model_pick(4);
		for (unsigned i = 0; i < spec.nb_rules; i++)
			spec.rule[i] = model_random_rule();
		point.stage = model_pick(2) ? RD_STAGE_UPLINK_RX : RD_STAGE_VNIC_RX;
		point.segment_vni = point.stage == RD_STAGE_VNIC_RX ? 5001 : 0;
		nb = rd_flow_pattern(&want, &point, m, &err);
		if (nb < 0) {
			assert_true(nb == -ENOTSUP || nb == -E2BIG);
			assert_true(strlen(err.what) > 10);
			refused++;
			continue;
		}
		told++;
		for (unsigned i = 0; i < 40; i++) {
			struct packet p = model_random_packet();
			bool want_it = model_says(&spec, &p, &point);

			selected += want_it;
			if (model_selects(m, (unsigned)nb, &p) != want_it)
				fail_msg("session %u, packet %u: wanted %d", n, i, want_it);
		}
	}
	print_message(
		"%u sessions told, %u refused, %u packets selected\n", told, refused, selected);
	assert_true(told > 1000 && refused > 100 && selected > 10000);
}

// Every range: its masks cover it, nothing else, and nothing twice.
static void ranges(void **state)
{
	(void)state;
	srand(7);
	for (unsigned n = 0; n < 300; n++) {
		struct rd_flow_masked16 m[RD_FLOW_RANGE_MAX];
		uint16_t a = n == 0 ? 0 : (uint16_t)rand(),
			 b = n == 0 ? 65535
			: n == 1    ? 65534
				    : (uint16_t)rand();
		uint16_t lo = n == 1 ? 1 : a < b ? a : b, hi = n == 1 ? 65534 : a < b ? b : a;
		unsigned nb = rd_flow_range(lo, hi, m);

		assert_in_range(nb, 1, RD_FLOW_RANGE_MAX);
		for (unsigned v = 0; v <= 65535; v++) {
			unsigned in = 0;

			for (unsigned i = 0; i < nb; i++)
				in += ((v ^ m[i].value) & m[i].mask) == 0;
			if (in != (v >= lo && v <= hi))
				fail_msg("%u in %u-%u: %u times", v, lo, hi, in);
		}
	}
}

// Two rules that do meet in a packet are said to; chance finds the packets.
static void overlap(void **state)
{
	static struct rd_mirror_spec a, b;
	struct rd_offload_point point = {
		.port = 1, .ethdev = 1, .mtu = 1500, .stage = RD_STAGE_UPLINK_RX};
	unsigned apart = 0;

	(void)state;
	srand(99);
	for (unsigned n = 0; n < 3000; n++) {
		struct rd_flow_match ma[RD_FLOW_RULES], mb[RD_FLOW_RULES];
		struct rd_offload_want want = {.spec = &a, .id = 1, .geneve_port = 6081};
		int nb_a, nb_b;

		a.nb_rules = b.nb_rules = 1;
		a.rule[0] = model_random_rule();
		b.rule[0] = model_random_rule();
		a.rule[0].deny = b.rule[0].deny = false;
		nb_a = rd_flow_pattern(&want, &point, ma, &(struct rd_err){0});
		want.spec = &b;
		nb_b = rd_flow_pattern(&want, &point, mb, &(struct rd_err){0});
		for (int i = 0; i < nb_a && i < 4; i++)
			for (int k = 0; k < nb_b && k < 4; k++) {
				bool meet = rd_flow_overlap(&ma[i], &mb[k]);

				assert_int_equal(meet, rd_flow_overlap(&mb[k], &ma[i]));
				apart += !meet;
				for (unsigned t = 0; !meet && t < 30; t++) {
					struct packet p = model_random_packet();

					assert_false(model_selects(&ma[i], 1, &p)
						&& model_selects(&mb[k], 1, &p));
				}
			}
	}
	assert_true(apart > 1000);
}

static void own_packets_first(void **state)
{
	static struct rd_mirror_spec spec;
	const struct rd_offload_own own[] = {
		{.family = 4, .proto = 47, .src = {192, 0, 2, 1}, .dst = {192, 0, 2, 2}},
		{.family = 6, .proto = 17, .dport = 4789, .src = {0x20, 1}, .dst = {0x20, 2}}};
	struct rd_offload_point point = {.ethdev = 1, .stage = RD_STAGE_UPLINK_TX};
	struct rd_offload_want want = {
		.spec = &spec, .id = 1, .geneve_port = 6081, .own = own, .nb_own = 2};
	struct packet gre = {.outer = {.family = AF_INET,
				     .proto = 47,
				     .src = {192, 0, 2, 1},
				     .dst = {192, 0, 2, 2}}};
	struct packet vxlan = {.outer = {.family = AF_INET6,
				       .proto = 17,
				       .dport = 4789,
				       .src = {0x20, 1},
				       .dst = {0x20, 2}}};
	struct rd_flow_match m[RD_FLOW_RULES];
	int nb = rd_flow_pattern(&want, &point, m, &(struct rd_err){0});

	(void)state;
	assert_int_equal(nb, 3);
	assert_false(model_selects(m, 3, &gre));
	assert_false(model_selects(m, 3, &vxlan));
	gre.outer.dst[3] = 3;
	vxlan.outer.dport = 4788;
	assert_true(model_selects(m, 3, &gre));
	assert_true(model_selects(m, 3, &vxlan));
	point.stage = RD_STAGE_VNIC_TX; // a guest gets none of them
	assert_int_equal(rd_flow_pattern(&want, &point, m, &(struct rd_err){0}), 1);
}

static void too_many(void **state)
{
	static struct rd_mirror_spec spec;
	struct rd_offload_point point = {.ethdev = 1, .stage = RD_STAGE_VNIC_RX};
	struct rd_offload_want want = {.spec = &spec, .id = 1, .geneve_port = 6081};
	struct rd_flow_match m[RD_FLOW_RULES];
	struct rd_err err = {0};

	(void)state;
	spec.nb_rules = 1;
	assert_int_equal(
		rd_mirror_rule_parse(&spec.rule[0], "permit proto tcp sport 1-65534", &err), 0);
	assert_int_equal(rd_flow_pattern(&want, &point, m, &err), -E2BIG);
	assert_string_equal(err.what, "its rules would take more than 32 in the NIC");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_packets),
		cmocka_unit_test(ranges),
		cmocka_unit_test(overlap),
		cmocka_unit_test(own_packets_first),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
