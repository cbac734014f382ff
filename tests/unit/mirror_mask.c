/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Masks of mirror sessions: headers stay, payload does not, and what is not understood counts as payload.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "session/copy.h"

#define LEN 200
#define SECRET 0x5a

static uint8_t bytes[LEN];
static struct rte_mbuf copy;
static struct mirror_view view;
static struct rd_tap_seen seen;

// Masks a frame whose head this is, and whose rest is secret.
static void mask(const struct mirror_run *r, const void *head, size_t head_len)
{
	memset(bytes, SECRET, sizeof(bytes));
	memcpy(bytes, head, head_len);
	memset(&view, 0, sizeof(view));
	view.seen = &seen;
	view.bytes = bytes;
	view.len = seen.len = LEN;
	(void)rd_pkt_parse(bytes, LEN, LEN, 0, &view.outer);
	copy = (struct rte_mbuf){.buf_addr = bytes, .data_len = LEN, .pkt_len = LEN, .nb_segs = 1};
	mirror_mask(r, &view, &copy);
}

static unsigned secrets(unsigned from)
{
	unsigned n = 0;

	for (unsigned i = from; i < LEN; i++)
		n += bytes[i] == SECRET;
	return n;
}

static const uint8_t udp[42] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 186, 0, 0, 0,
	0, 64, 17, 0xf6, 0x2f, 192, 0, 2, 1, 192, 0, 2, 2, 0, 53, 0x30, 0, 0, 166};

static struct mirror_run *run(unsigned kind, unsigned after)
{
	struct mirror_run *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->spec.mask = (uint8_t)kind;
	r->spec.mask_after = (uint16_t)after;
	return r;
}

static void payload(void **state)
{
	struct mirror_run *r = run(RD_MIRROR_MASK_ZERO, 8);

	(void)state;
	mask(r, udp, sizeof(udp));
	assert_memory_equal(bytes, udp, sizeof(udp));
	assert_int_equal(secrets(0), 8);
	assert_int_equal(secrets(50), 0);
	free(r);
}

static void what_is_not_understood(void **state)
{
	static const struct {
		uint8_t head[24];
		uint8_t len, stays;
	} cases[] = {
		{{[12] = 0x88, [13] = 0x47}, 14, 14}, // MPLS
		{{[12] = 0x88, [13] = 0x64}, 14, 14}, // PPPoE
		{{[12] = 0, [13] = 186}, 14, 14}, // 802.3
		{{[12] = 8, [13] = 0, [14] = 0x75}, 15, 14}, // IPv7
		{{[12] = 0x88, [13] = 0xa8, [16] = 0x81, [20] = 0x81}, 24, 22}, // three tags
	};
	struct mirror_run *r = run(RD_MIRROR_MASK_ZERO, 0);

	(void)state;
	for (unsigned i = 0; i < RTE_DIM(cases); i++) {
		mask(r, cases[i].head, cases[i].len);
		assert_memory_equal(bytes, cases[i].head, cases[i].stays);
		assert_int_equal(secrets(0), 0);
	}
	free(r);
}

// ARP has no payload.
static void addresses(void **state)
{
	static const uint8_t arp[42] = {[12] = 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, [31] = 7, [41] = 9};
	struct mirror_run *r = run(RD_MIRROR_MASK_ZERO, 0);

	(void)state;
	mask(r, arp, sizeof(arp));
	assert_memory_equal(bytes, arp, sizeof(arp));
	assert_int_equal(secrets(0), 0);
	free(r);
}

// The same payload twice: were it a code, it would look the same twice.
static void random_bytes(void **state)
{
	struct mirror_run *r = run(RD_MIRROR_MASK_RANDOM, 0);
	uint8_t first[LEN];
	unsigned same = 0;

	(void)state;
	mask(r, udp, sizeof(udp));
	memcpy(first, bytes, LEN);
	mask(r, udp, sizeof(udp));
	assert_memory_equal(bytes, udp, sizeof(udp));
	for (unsigned i = sizeof(udp); i < LEN; i++)
		same += first[i] == bytes[i];
	assert_in_range(same, 0, 10); // 158 bytes, each with 1 in 256
	assert_in_range(secrets(sizeof(udp)), 0, 10);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(payload),
		cmocka_unit_test(what_is_not_understood),
		cmocka_unit_test(addresses),
		cmocka_unit_test(random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
