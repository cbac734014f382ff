/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See router_help.h.
 */
#include "router_help.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

const uint8_t help_router_mac[6] = RD_ROUTER_MAC;

struct rd_rif_addr help_addr(const char *text)
{
	struct rd_rif_addr a = {.family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET};
	uint32_t len = a.family == AF_INET ? 32 : 128;
	char *slash, copy[64];

	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	if (slash != NULL) {
		*slash = '\0';
		assert_int_equal(rd_parse_u32(slash + 1, 0, 255, &len), 0);
	}
	a.len = (uint8_t)len;
	assert_int_equal(inet_pton(a.family, copy, a.addr), 1);
	return a;
}

int help_router_setup(void **state)
{
	int rc = help_setup(state);

	for (int i = 1; i <= 3; i++) {
		struct rd_segment_opts o = {.vlan = i, .flood = true, .learn = true};
		char name[8];

		snprintf(name, sizeof(name), "v%d", i);
		assert_int_equal(
			rd_segment_add(name, help_switch("x86/DvsPortset-1"), &o, NULL), 0);
	}
	assert_int_equal(rd_router_add("r", rd_host_find("x86")->idx, help_router_mac, NULL), 0);
	return rc;
}

uint16_t help_router(void)
{
	const struct rd_router *r = rd_router_find("x86/r", NULL);

	assert_non_null(r);
	return r->idx;
}

struct rd_rif_opts help_rif_opts(const char *segment, const char *a, const char *b)
{
	struct rd_rif_opts o = {.segment = help_segment(segment)->idx};

	if (a != NULL)
		o.addr[o.nb_addrs++] = help_addr(a);
	if (b != NULL)
		o.addr[o.nb_addrs++] = help_addr(b);
	return o;
}

uint16_t help_rif(const char *name, const char *segment, const char *a, const char *b)
{
	struct rd_rif_opts o = help_rif_opts(segment, a, b);
	struct rd_err err = {0};

	if (rd_rif_add(name, help_router(), &o, &err) != 0)
		fail_msg("%s", err.what);
	return rd_rif_find(name, NULL)->idx;
}

struct rd_route help_route(const char *prefix, enum rd_route_kind kind, const char *via)
{
	struct rd_rif_addr p = help_addr(prefix);
	struct rd_route r = {
		.router = help_router(), .family = p.family, .len = p.len, .kind = (uint8_t)kind};

	memcpy(r.addr, p.addr, 16);
	if (via != NULL) {
		struct rd_rif_addr hop = help_addr(via);

		memcpy(r.path[r.nb_paths++].addr, hop.addr, 16);
	}
	return r;
}
