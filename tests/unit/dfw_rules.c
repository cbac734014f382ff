/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See dfw_rules.h.
 */
#include "dfw_rules.h"

#include "base/str.h"

#include <stdlib.h>

static struct rd_dfw_addr *addr(const char *text, uint16_t *nb)
{
	struct rd_dfw_addr *a = calloc(1, sizeof(*a));
	int family;

	assert_non_null(a);
	assert_int_equal(rd_parse_prefix(text, &family, a->addr, &a->len), 0);
	a->family = (uint8_t)family;
	*nb = family != 0;
	return a;
}

struct rd_dfw_rule *dfw_rule(const struct rule_text *t)
{
	struct rd_dfw_rule *r = rd_dfw_rule_new(t->id);

	assert_non_null(r);
	r->dir = (uint8_t)t->dir;
	r->action = t->allow ? RD_DFW_ALLOW : RD_DFW_DROP;
	r->from = addr(t->from, &r->nb_from);
	r->to = addr(t->to, &r->nb_to);
	r->service = calloc(1, sizeof(*r->service));
	assert_non_null(r->service);
	r->nb_services = 1;
	r->service->proto = t->proto;
	assert_int_equal(rd_parse_range(t->sport, &r->service->sport_lo, &r->service->sport_hi), 0);
	assert_int_equal(rd_parse_range(t->dport, &r->service->dport_lo, &r->service->dport_hi), 0);
	return r;
}
