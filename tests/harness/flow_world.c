/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See flow_world.h.
 */
#include "flow_world.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "encap/encap.h"
#include "session/rule.h"

void world_init(struct world *w, const struct rd_flow_ops *ops)
{
	memset(w, 0, sizeof(*w));
	script_init(&w->script);
	w->off = rd_offload_new(ops, &w->script);
	assert_non_null(w->off);
	w->session = rd_offload_session_new(w->off, 100);
	assert_non_null(w->session);
	rd_mirror_spec_init(&w->spec);
	w->spec.encap = RD_ENCAP_GRE;
	w->spec.pps = w->spec.bps = 0;
	w->head = (struct rd_encap_conf){.kind = RD_ENCAP_GRE,
		.dmac = {2, 0, 0, 0, 0, 2},
		.smac = {2, 0, 0, 0, 0, 1},
		.family = 4,
		.src = {192, 0, 2, 1},
		.dst = {192, 0, 2, 2},
		.ttl = 64,
		.key = 0xdeadbeef,
		.has_key = true};
	w->want = (struct rd_offload_want){.spec = &w->spec,
		.id = 100,
		.head = &w->head,
		.out_ethdev = 0,
		.out_mtu = 1600,
		.geneve_port = 6081};
	w->point[0] = (struct rd_offload_point){.port = 11,
		.ethdev = 1,
		.stage = RD_STAGE_VNIC_RX,
		.mtu = 1500,
		.segment_vni = 5001};
	w->nb_points = 1;
	w->ns = 1000000000;
}

void world_end(struct world *w)
{
	rd_offload_session_free(w->session);
	rd_offload_free(w->off);
	assert_int_equal(script_rules(&w->script), 0);
	script_check(&w->script);
}

int world_set(struct world *w)
{
	struct rd_err err = {0};

	return rd_offload_set(w->session, &w->want, w->point, w->nb_points, &err);
}

bool world_tick(struct world *w, unsigned seconds)
{
	bool changed = false;

	while (seconds-- > 0) {
		w->ns += 1000000000;
		changed |= rd_offload_tick(w->off, w->ns);
	}
	return changed;
}

void world_rule(struct world *w, const char *text)
{
	struct rd_err err = {0};

	assert_int_equal(rd_mirror_rule_parse(&w->spec.rule[w->spec.nb_rules++], text, &err), 0);
}

const char *world_line(struct world *w, unsigned point, unsigned step, char buf[512])
{
	struct rd_offload_step s;
	int len;

	if (!rd_offload_step(w->session, point, step, &s))
		return NULL;
	len = snprintf(buf, 512, "%s %s %s: %s: %s, %s", s.recipe, s.phase, s.word, s.meaning,
		s.code, s.type);
	if (s.message[0] != '\0')
		snprintf(buf + len, 512 - (size_t)len, ": \"%s\"", s.message);
	return buf;
}

void world_expect_line(struct world *w, unsigned point, const char *line)
{
	char buf[512];

	for (unsigned i = 0; world_line(w, point, i, buf) != NULL; i++)
		if (strcmp(buf, line) == 0)
			return;
	for (unsigned i = 0; world_line(w, point, i, buf) != NULL; i++)
		print_error("has: %s\n", buf);
	fail_msg("no line: %s", line);
}
