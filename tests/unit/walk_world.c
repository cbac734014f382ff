/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Three walks, see walk_world.h.
 */
#include "walk_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

// Ethernet, IPv4 with this TTL, UDP 1000 > 53, four bytes.
#define FRAME(ttl, sum)                                             \
	"02000000000202000000000108004500002000000000" ttl "11" sum \
	"0a0000010a00000203e80035000c0000736563"                    \
	"72"

static const struct hop hops[] = {
	{71, 1000, "uplink_rx", "arm/up", FRAME("40", "66cb"), ""},
	{71, 1300, "dfw_in", "arm/g", FRAME("40", "66cb"), ",\"rule\":1041"},
	{71, 5000, "vnic_tx", "x86/g", FRAME("3f", "67cb"), ",\"verdict\":\"delivered\""},
	{72, 9000, "uplink_rx", "arm/up", FRAME("40", "66cb"), ""},
	{72, 9100, "drop", "arm/\\u001b]0;g\\u0007", FRAME("40", "66cb"),
		",\"verdict\":\"drop\",\"reason\":\"DFW_RULE_DENY\",\"rule\":1042"},
	{73, 20000, "uplink_rx", "arm/up", FRAME("40", "66cb"), ""},
	{73, 20700, "dfw_in", "arm/g", FRAME("40", "66cb"), ",\"rule\":1041"},
	{73, 21000, "vnic_tx", "x86/g", FRAME("30", "76cb"), ",\"verdict\":\"delivered\""},
};

struct rd_store store;
struct rd_view view;

int fill_with(const struct hop *list, unsigned n, unsigned len)
{
	if (rd_store_open(&store) != 0)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		char text[1024];
		json_t *o;

		snprintf(text, sizeof(text),
			"{\"packet_id\":%u,\"stage\":\"%s\",\"port\":\"%s\",\"ns\":%u,\"len\":%u,\"hex\":\"%s\"%s}",
			list[i].id, list[i].stage, list[i].port, list[i].ns, len, list[i].hex,
			list[i].more);
		o = json_loads(text, 0, NULL);
		if (o == NULL || rd_store_add(&store, o) != 0)
			return -1;
		json_decref(o);
	}
	view = (struct rd_view){.source = "x", .walk = 3};
	return 0;
}

int fill(void **state)
{
	(void)state;
	return fill_with(hops, sizeof(hops) / sizeof(hops[0]), 46);
}

int empty(void **state)
{
	(void)state;
	rd_store_close(&store);
	return 0;
}

void type(const char *text)
{
	for (; *text != '\0'; text++)
		assert_true(rd_view_key(&view, &store, *text));
}

bool has_at(int rows, int cols, const char *text, int from)
{
	struct rd_grid g;
	char row[2048];
	bool found = false;

	rd_view_tick(&view, &store, false);
	assert_int_equal(rd_grid_open(&g, rows, cols), 0);
	rd_view_draw(&view, &store, &g);
	for (int i = 0; i < rows && !found; i++) {
		rd_grid_row(&g, i, row, sizeof(row));
		found = (int)strlen(row) > from && strstr(row + from, text) != NULL;
	}
	rd_grid_close(&g);
	return found;
}

bool has(const char *text)
{
	return has_at(30, 100, text, 0);
}
