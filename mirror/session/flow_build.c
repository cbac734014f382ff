/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule's actions: the copy, the counter, and the packet's own fate. A mirror rule owns that fate (SAMPLE adds nothing to a later rule), so it
 * must name where the packet would have gone without it: see docs/design/mirror-offload.md. Pure.
 */
#include "session/flow_build.h"

#include <string.h>

#include "session/flow_build_priv.h"

#define SPLIT_GROUP 1

static void add(struct rd_flow_built *b, enum rte_flow_action_type type, const void *conf)
{
	b->action[b->nb_actions++] = (struct rte_flow_action){.type = type, .conf = conf};
}

static void copy_to_port(
	const struct rd_flow_form *form, struct rd_flow_copy *c, struct rte_flow_action *out)
{
	c->port.port_id = form->out_port;
	c->port_id = (struct rte_flow_action_port_id){.id = form->out_port};
	if (form->recipe == RD_RECIPE_PORT)
		*out = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_PORT_REPRESENTOR, &c->port};
	else if (form->old_ports)
		*out = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_PORT_ID, &c->port_id};
	else
		*out = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT, &c->port};
}

static void sample_list(const struct rd_flow_form *form, struct rd_flow_copy *c)
{
	unsigned n = 0;

	if (form->recipe == RD_RECIPE_FULL && form->head_len != 0) {
		memcpy(c->head, form->head, form->head_len);
		c->raw =
			(struct rte_flow_action_raw_encap){.data = c->head, .size = form->head_len};
		c->sub[n++] = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_RAW_ENCAP, &c->raw};
	}
	if (form->recipe == RD_RECIPE_QUEUE) {
		c->queue.index = form->out_queue;
		c->sub[n++] = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_MARK, &c->mark};
		c->sub[n++] = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_QUEUE, &c->queue};
	} else {
		copy_to_port(form, c, &c->sub[n++]);
	}
	c->sub[n] = (struct rte_flow_action){.type = RTE_FLOW_ACTION_TYPE_END};
}

void rd_flow_build_copy(const struct rd_flow_form *form, struct rd_flow_copy *c)
{
	memset(c, 0, sizeof(*c));
	c->mark.id = form->mark;
	c->nb = 1;
	if (form->recipe == RD_RECIPE_MARK) {
		c->action[0] = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_MARK, &c->mark};
		return;
	}
	sample_list(form, c);
	c->sample = (struct rte_flow_action_sample){.ratio = form->ratio, .actions = c->sub};
	c->action[0] = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_SAMPLE, &c->sample};
}

// Every queue in turn, by the port's own hash: what the card does without a rule.
static void fate_rss(struct rd_flow_built *b, const struct rd_flow_facts *f)
{
	unsigned nb = f->nb_rxq < RD_FLOW_QUEUES_MAX ? f->nb_rxq : RD_FLOW_QUEUES_MAX;

	for (unsigned i = 0; i < nb; i++)
		b->queues[i] = (uint16_t)i;
	b->rss = (struct rte_flow_action_rss){.types = f->rss_types,
		.key_len = f->rss_key_len,
		.key = f->rss_key_len != 0 ? f->rss_key : NULL,
		.queue_num = nb,
		.queue = b->queues};
	add(b, RTE_FLOW_ACTION_TYPE_RSS, &b->rss);
}

// In the switch: what came from the port's other side goes to ours, and what we sent goes there.
static void fate_switch(struct rd_flow_built *b, const struct rd_flow_where *w)
{
	b->to.port_id = w->ethdev;
	add(b,
		w->side == RD_FLOW_RX ? RTE_FLOW_ACTION_TYPE_PORT_REPRESENTOR
				      : RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT,
		&b->to);
}

static void fate(
	struct rd_flow_built *b, const struct rd_flow_where *w, const struct rd_flow_form *form)
{
	if (form->fate == RD_FLOW_FATE_PASSTHRU)
		add(b, RTE_FLOW_ACTION_TYPE_PASSTHRU, NULL);
	else if (rd_flow_domain_of(form->recipe) == RD_FLOW_TRANSFER)
		fate_switch(b, w);
	else if (w->facts->nb_rxq > 1)
		fate_rss(b, w->facts);
	else
		add(b, RTE_FLOW_ACTION_TYPE_QUEUE, &b->queue);
}

static void add_copies(struct rd_flow_built *b)
{
	for (unsigned k = 0; k < RD_FLOW_COPIES; k++)
		for (unsigned i = 0; i < b->copy[k].nb; i++)
			add(b, b->copy[k].action[i].type, b->copy[k].action[i].conf);
}

// The session's own, and those for others that want the same packets.
static void build_copies(const struct rd_flow_form *form, struct rd_flow_built *b)
{
	struct rd_flow_form one = *form;

	rd_flow_build_copy(form, &b->copy[0]);
	for (unsigned i = 0; i < form->nb_with; i++) {
		const struct rd_flow_with *w = &form->with[i];

		one.mark = w->session;
		one.out_port = w->out_port;
		one.old_ports = w->old_ports;
		one.head_len = w->head_len;
		memcpy(one.head, w->head, sizeof(one.head));
		rd_flow_build_copy(&one, &b->copy[1 + i]);
	}
}

static void actions(struct rd_flow_built *b, const struct rd_flow_where *w,
	const struct rd_flow_form *form, bool copies, unsigned part)
{
	bool split = form->order == RD_FLOW_SPLIT && copies;
	bool counts = form->count && copies && part == (split ? 1 : 0);

	if (counts && form->order != RD_FLOW_SAMPLE_FIRST)
		add(b, RTE_FLOW_ACTION_TYPE_COUNT, &b->count);
	if (copies && part == 0)
		add_copies(b);
	if (counts && form->order == RD_FLOW_SAMPLE_FIRST)
		add(b, RTE_FLOW_ACTION_TYPE_COUNT, &b->count);
	if (split && part == 0) {
		b->jump.group = SPLIT_GROUP;
		add(b, RTE_FLOW_ACTION_TYPE_JUMP, &b->jump);
	} else {
		fate(b, w, form);
	}
	add(b, RTE_FLOW_ACTION_TYPE_END, NULL);
}

unsigned rd_flow_parts(const struct rd_flow_form *form, const struct rd_flow_match *match)
{
	return form->order == RD_FLOW_SPLIT && !match->deny ? 2 : 1;
}

void rd_flow_build(const struct rd_flow_where *where, const struct rd_flow_form *form,
	const struct rd_flow_match *match, unsigned part, struct rd_flow_built *b)
{
	bool copies = !match->deny, sw = rd_flow_domain_of(form->recipe) == RD_FLOW_TRANSFER;

	memset(b, 0, sizeof(*b));
	b->rule.attr = (struct rte_flow_attr){.group = part == 1 ? SPLIT_GROUP : 0,
		.priority = match->priority,
		.ingress = !sw,
		.transfer = sw};
	if (copies && part == 0)
		build_copies(form, b);
	rd_flow_build_items(where, form, match, b);
	actions(b, where, form, copies, part);
	b->asked.sample = copies && part == 0 && form->recipe != RD_RECIPE_MARK;
	b->asked.mark =
		copies && (form->recipe == RD_RECIPE_MARK || form->recipe == RD_RECIPE_QUEUE);
	b->asked.encap = b->asked.sample && form->recipe == RD_RECIPE_FULL && form->head_len != 0;
	b->asked.ratio = b->asked.sample ? form->ratio : 1;
	b->rule.pattern = b->item;
	b->rule.actions = b->action;
}

static bool within(const void *p, const void *start, size_t size)
{
	uintptr_t at = (uintptr_t)p, from = (uintptr_t)start;

	return at >= from && at - from < size;
}

static enum rd_flow_part part_of(enum rte_flow_action_type type, bool of_copy)
{
	switch (type) {
	case RTE_FLOW_ACTION_TYPE_SAMPLE:
		return RD_FLOW_PART_SAMPLE;
	case RTE_FLOW_ACTION_TYPE_RAW_ENCAP:
		return RD_FLOW_PART_ENCAP;
	case RTE_FLOW_ACTION_TYPE_MARK:
		return RD_FLOW_PART_MARK;
	case RTE_FLOW_ACTION_TYPE_COUNT:
		return RD_FLOW_PART_COUNT;
	case RTE_FLOW_ACTION_TYPE_END:
		return RD_FLOW_PART_NONE;
	default:
		return of_copy ? RD_FLOW_PART_COPY_FATE : RD_FLOW_PART_FATE;
	}
}

static enum rd_flow_part blamed(
	const struct rte_flow_action *list, unsigned nb, const void *cause, bool of_copy)
{
	for (unsigned i = 0; i < nb; i++)
		if (within(cause, &list[i], sizeof(list[i]))
			|| (list[i].conf != NULL && cause == list[i].conf))
			return part_of(list[i].type, of_copy);
	return RD_FLOW_PART_NONE;
}

const struct rd_flow_asked *rd_flow_blame(struct rd_flow_built *b, const void *cause)
{
	enum rd_flow_part part = RD_FLOW_PART_NONE;

	if (cause == NULL) {
		b->asked.part = part;
		return &b->asked;
	}
	part = blamed(b->action, b->nb_actions, cause, false);
	for (unsigned i = 0; i < RD_FLOW_COPIES && part == RD_FLOW_PART_NONE; i++)
		part = blamed(b->copy[i].sub, RTE_DIM(b->copy[i].sub), cause, true);
	if (part == RD_FLOW_PART_NONE && within(cause, &b->rule.attr, sizeof(b->rule.attr)))
		part = RD_FLOW_PART_ATTR;
	if (part == RD_FLOW_PART_NONE
		&& (within(cause, b->item, sizeof(b->item))
			|| within(cause, &b->from, sizeof(b->from))
			|| within(cause, b->layer,
				offsetof(struct rd_flow_built, count)
					- offsetof(struct rd_flow_built, layer))))
		part = RD_FLOW_PART_PATTERN;
	b->asked.part = part;
	return &b->asked;
}
