/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Good frames with bytes changed, cut and cut up at random (a fixed seed), at every port of a
 * topology: whatever comes in, every packet ends somewhere, none leaks, and no stage drops without
 * a reason. RD_SOAK sets the number.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "tables/flow.h"

static uint64_t seed = 0x5eed5eed;

static uint32_t rnd(uint32_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % bound;
}

static struct gf_frame frames[256];
static unsigned nb_frames;

// Bytes near the front matter most. IPv4 checksums are mended half of the time, to get beyond them.
static struct gf_frame mutant(void)
{
	struct gf_frame f = frames[rnd(nb_frames)];
	uint32_t front = RTE_MIN(f.len, 130u);

	for (uint32_t n = rnd(4); n > 0 && front > 0; n--)
		f.bytes[rnd(front)] = (uint8_t)rnd(256);
	if (rnd(4) == 0 && f.len > 1)
		f.len = 1 + rnd(f.len - 1);
	if (rnd(2) == 0 && f.len >= 34 && rd_be16(f.bytes + 12) == RD_ETHERTYPE_IPV4) {
		rd_put16(f.bytes + 24, 0);
		rd_put16(f.bytes + 24, rd_csum_fold(rd_csum_add(0, f.bytes + 14, 20)));
	}
	return f;
}

static void send(uint16_t port)
{
	struct gf_frame f = mutant();
	uint16_t splits[6] = {0};

	if (rnd(2) == 0) {
		gf_send(port, f.bytes, f.len);
		return;
	}
	for (unsigned i = 0; i < 5; i++)
		splits[i] = (uint16_t)(1 + rnd(60));
	gf_send_split(port, f.bytes, f.len, splits);
}

static void everything(void **state)
{
	const char *text = getenv("RD_SOAK");
	uint64_t nb = text != NULL ? strtoull(text, NULL, 10) : 60000;
	struct gt_emulated t;

	(void)state;
	nb_frames = gr_pcap("in/corpus.pcap", frames, 250);
	frames[nb_frames++] = gr_pcap_one("in/emulated-syn.pcap");
	frames[nb_frames++] = gr_pcap_one("in/emulated-synack.pcap");
	gt_emulated(&t, NULL);
	gf_trace(false);
	const uint16_t ports[] = {t.arm_uplink, t.arm_uplink2, t.mux, t.x86_uplink, t.guest, t.vmk};

	for (uint64_t i = 0; i < nb; i++) {
		send(ports[rnd(RTE_DIM(ports))]);
		if (i % 500 == 499) {
			gf_sink_drain(0);
			gf_sink_drain(1);
		}
	}
	assert_int_equal(gf_w->drops[RD_DROP_INTERNAL_UNSPEC], 0);
	assert_int_equal(gf_w->drops[RD_DROP_MEM_CLONE], 0);
	assert_true(gf_w->stages[RD_STAGE_UPLINK_TX].consumed > nb / 100);
	assert_true(gf_w->stages[RD_STAGE_DROP].in > nb / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everything, gf_begin, gf_end),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
