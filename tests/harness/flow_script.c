/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See flow_script.h.
 */
#include "flow_script.h"

#include "unit.h"

#include <errno.h>
#include <string.h>
#include <rte_errno.h>

#include "session/flow_why.h"

#define HANDLE(i) ((struct rte_flow *)(uintptr_t)(0x1000 + (i)))

// Where the packet would go without the rule, told here a second time and from the other end.
static bool right_fate(const struct flow_script *s, uint16_t port, const struct script_rule *r)
{
	if (r->trial || r->egress || r->fate == RTE_FLOW_ACTION_TYPE_PASSTHRU)
		return true;
	if (r->jump) { // then by a rule that is there before
		for (unsigned i = 0; i < SCRIPT_RULES; i++)
			if (s->live[i].used && s->live[i].rule.group == 1
				&& s->live[i].port == port)
				return true;
		return false;
	}
	if (r->transfer)
		return r->fate_port == r->of
			&& r->fate
			== (r->from_other_side ? RTE_FLOW_ACTION_TYPE_PORT_REPRESENTOR
					       : RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT);
	return r->fate
		== (s->facts[port].nb_rxq > 1 ? RTE_FLOW_ACTION_TYPE_RSS
					      : RTE_FLOW_ACTION_TYPE_QUEUE);
}

static struct script_answer *applies(
	struct flow_script *s, unsigned op, const struct script_rule *r)
{
	for (unsigned i = 0; i < s->nb_answers; i++) {
		struct script_answer *a = &s->answer[i];

		if ((a->ops & op) == 0 || (a->when != NULL && (r == NULL || !a->when(r))))
			continue;
		if (a->met++ < a->after || (a->times != 0 && a->met > a->after + a->times))
			continue;
		return a;
	}
	return NULL;
}

static int refuse(
	const struct script_answer *a, const struct script_rule *r, struct rte_flow_error *error)
{
	int code = a->code == INT32_MAX ? 0 : a->code;

	if (!a->silent && error != NULL)
		*error = (struct rte_flow_error){.type = (enum rte_flow_error_type)a->type,
			.message = a->message,
			.cause = r != NULL ? r->cause[a->blames] : NULL};
	rte_errno = -code;
	return a->wrong_sign ? -code : code;
}

static int facts(void *drv, uint16_t port, struct rd_flow_facts *out)
{
	struct flow_script *s = drv;

	if (port >= SCRIPT_PORTS)
		return -ENODEV;
	*out = s->facts[port];
	return s->facts_code;
}

static bool same_place(const struct script_rule *a, const struct script_rule *b)
{
	return a->transfer == b->transfer && a->group == b->group
		&& a->from_other_side == b->from_other_side && a->of == b->of
		&& a->priority == b->priority && a->items == b->items;
}

static bool has(const struct flow_script *s, uint16_t port, const struct script_rule *r)
{
	for (unsigned i = 0; i < SCRIPT_RULES; i++)
		if (s->live[i].used && s->live[i].port == port && same_place(&s->live[i].rule, r))
			return true;
	return false;
}

static int validate(void *drv, uint16_t port, const struct rte_flow_attr *attr,
	const struct rte_flow_item *pattern, const struct rte_flow_action *actions,
	struct rte_flow_error *error)
{
	struct flow_script *s = drv;
	struct script_rule r = script_read(attr, pattern, actions);
	struct script_answer *a = applies(s, SCRIPT_VALIDATE, &r);

	assert_true(port < SCRIPT_PORTS);
	s->validates++;
	s->creating = false;
	if (a == NULL && s->compares_early && has(s, port, &r))
		return -EEXIST;
	return a != NULL ? refuse(a, &r, error) : 0;
}

static struct rte_flow *keep(
	struct flow_script *s, uint16_t port, const struct script_rule *r, bool foreign)
{
	for (unsigned i = 0; i < SCRIPT_RULES; i++)
		if (!s->live[i].used) {
			s->live[i] = (struct script_live){.rule = *r,
				.port = port,
				.used = true,
				.foreign = foreign,
				.born = ++s->born,
				.batch = s->batch};
			return HANDLE(i);
		}
	fail_msg("more than %d rules", SCRIPT_RULES);
	return NULL;
}

static struct rte_flow *create(void *drv, uint16_t port, const struct rte_flow_attr *attr,
	const struct rte_flow_item *pattern, const struct rte_flow_action *actions,
	struct rte_flow_error *error)
{
	struct flow_script *s = drv;
	struct script_rule r = script_read(attr, pattern, actions);
	struct script_answer *a = applies(s, SCRIPT_CREATE, &r);
	struct rte_flow *flow;

	assert_true(port < SCRIPT_PORTS);
	s->creates++;
	s->batch += !s->creating;
	s->creating = true;
	if (a != NULL) {
		refuse(a, &r, error);
		return NULL;
	}
	if (s->compares && has(s, port, &r)) {
		rte_errno = EEXIST;
		return NULL;
	}
	s->wrong_fate += !right_fate(s, port, &r);
	flow = keep(s, port, &r, false);
	if (script_rules(s) > s->most)
		s->most = script_rules(s);
	return flow;
}

static struct script_live *find(struct flow_script *s, uint16_t port, const struct rte_flow *flow)
{
	uintptr_t i = (uintptr_t)flow - 0x1000;

	if (i >= SCRIPT_RULES || !s->live[i].used || s->live[i].port != port)
		return NULL;
	return &s->live[i];
}

// New rules may be made before old ones go: only those that were made together are held to the order.
static bool is_last(const struct flow_script *s, const struct script_live *l)
{
	for (unsigned i = 0; i < SCRIPT_RULES; i++)
		if (s->live[i].used && s->live[i].batch == l->batch && s->live[i].born > l->born)
			return false;
	return true;
}

static int destroy(void *drv, uint16_t port, struct rte_flow *flow, struct rte_flow_error *error)
{
	struct flow_script *s = drv;
	struct script_live *l = find(s, port, flow);
	struct script_answer *a;

	s->destroys++;
	s->creating = false;
	if (l == NULL) {
		s->unknown++;
		return -ENOENT;
	}
	a = applies(s, SCRIPT_DESTROY, &l->rule);
	if (a != NULL)
		return refuse(a, &l->rule, error);
	s->foreign_touched += l->foreign;
	s->wrong_order += !is_last(s, l);
	l->used = false;
	return 0;
}

static int query(void *drv, uint16_t port, struct rte_flow *flow,
	const struct rte_flow_action *action, void *data, struct rte_flow_error *error)
{
	struct flow_script *s = drv;
	struct script_live *l = find(s, port, flow);
	struct rte_flow_query_count *c = data;
	struct script_answer *a;

	s->queries++;
	assert_int_equal(action->type, RTE_FLOW_ACTION_TYPE_COUNT);
	if (l == NULL) {
		s->unknown++;
		return -ENOENT;
	}
	a = applies(s, SCRIPT_QUERY, &l->rule);
	if (a != NULL)
		return refuse(a, &l->rule, error);
	c->hits_set = c->bytes_set = s->counts;
	c->hits = l->hits;
	c->bytes = l->hits * 100;
	return 0;
}

static int flush(void *drv, uint16_t port, struct rte_flow_error *error)
{
	struct flow_script *s = drv;
	struct script_answer *a = applies(s, SCRIPT_FLUSH, NULL);

	s->flushes++;
	if (a != NULL)
		return refuse(a, NULL, error);
	for (unsigned i = 0; i < SCRIPT_RULES; i++)
		if (s->live[i].used && s->live[i].port == port)
			s->live[i].used = false;
	return 0;
}

static int proxy(void *drv, uint16_t port, uint16_t *proxy_port, struct rte_flow_error *error)
{
	struct flow_script *s = drv;
	struct script_answer *a = applies(s, SCRIPT_PROXY, NULL);

	if (a != NULL)
		return refuse(a, NULL, error);
	*proxy_port = s->proxy[port];
	return 0;
}

const struct rd_flow_ops flow_script_ops = {.facts = facts,
	.validate = validate,
	.create = create,
	.destroy = destroy,
	.query = query,
	.flush = flush,
	.proxy = proxy};
const struct rd_flow_ops flow_script_ops_loop = {.facts = facts,
	.validate = validate,
	.create = create,
	.destroy = destroy,
	.query = query,
	.flush = flush,
	.proxy = proxy,
	.pass = script_pass};

void script_init(struct flow_script *s)
{
	memset(s, 0, sizeof(*s));
	s->counts = true;
	s->pass_copies = 1;
	for (unsigned i = 0; i < SCRIPT_PORTS; i++) {
		s->proxy[i] = 0;
		s->facts[i] = (struct rd_flow_facts){.driver = "net_script",
			.firmware = "1.0",
			.started = true,
			.nb_rxq = 1,
			.domain = 7,
			.copy_queue = RD_FLOW_NOWHERE,
			.copy_port = RD_FLOW_NOWHERE,
			.look_port = RD_FLOW_NOWHERE,
			.link = true};
	}
}

void script_answer(struct flow_script *s, struct script_answer a)
{
	assert_true(s->nb_answers < SCRIPT_ANSWERS);
	s->answer[s->nb_answers++] = a;
}

void script_forget_answers(struct flow_script *s)
{
	s->nb_answers = 0;
}

struct rte_flow *script_foreign(struct flow_script *s, uint16_t port)
{
	return keep(s, port, &(struct script_rule){.ingress = true}, true);
}

void script_orphan(struct flow_script *s, uint16_t port)
{
	keep(s, port, &(struct script_rule){.ingress = true, .samples = 1}, false);
}

unsigned script_rules(const struct flow_script *s)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < SCRIPT_RULES; i++)
		nb += s->live[i].used && !s->live[i].foreign;
	return nb;
}

const struct script_rule *script_rule(const struct flow_script *s, unsigned n)
{
	unsigned after = 0;

	for (;;) {
		const struct script_live *next = NULL;

		for (unsigned i = 0; i < SCRIPT_RULES; i++)
			if (s->live[i].used && !s->live[i].foreign && s->live[i].born > after
				&& (next == NULL || s->live[i].born < next->born))
				next = &s->live[i];
		if (next == NULL || n-- == 0)
			return next == NULL ? NULL : &next->rule;
		after = next->born;
	}
}

void script_traffic(struct flow_script *s, uint64_t packets)
{
	for (unsigned i = 0; i < SCRIPT_RULES; i++)
		if (s->live[i].used && s->live[i].rule.count)
			s->live[i].hits += packets;
}

void script_check(const struct flow_script *s)
{
	assert_int_equal(s->wrong_order, 0);
	assert_int_equal(s->unknown, 0);
	assert_int_equal(s->foreign_touched, 0);
	assert_int_equal(s->wrong_fate, 0);
	if (s->pass_code == 0)
		assert_int_equal(s->let_out, 0);
}
