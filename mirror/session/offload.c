/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions in cards, see offload.h: the daemon's cards and sessions. offload_set.c programs, offload_tick.c looks after what is programmed. Control thread.
 */
#include "session/offload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "session/flow_loop.h"
#include "session/offload_priv.h"

struct rd_offload *rd_offload_new(const struct rd_flow_ops *ops, void *drv)
{
	struct rd_offload *off = calloc(1, sizeof(*off));

	if (off == NULL)
		return NULL;
	off->rules.ops = ops;
	off->rules.drv = drv;
	off->random = (uint32_t)rd_tsc() | 1;
	return off;
}

void offload_forget_cap(struct rd_offload *off, uint16_t ethdev)
{
	struct offload_cap **at = &off->caps;

	while (*at != NULL && (*at)->ethdev != ethdev)
		at = &(*at)->next;
	if (*at != NULL) {
		struct offload_cap *old = *at;

		*at = old->next;
		free(old);
	}
}

void rd_offload_free(struct rd_offload *off)
{
	if (off == NULL)
		return;
	while (off->sessions != NULL)
		rd_offload_session_free(off->sessions);
	while (off->caps != NULL)
		offload_forget_cap(off, off->caps->ethdev);
	rd_flow_rules_retry(&off->rules);
	while (off->rules.newest != NULL) // what no driver takes back
		rd_flow_rules_forget(&off->rules, off->rules.newest->ethdev);
	free(off);
}

struct rd_flow_dev offload_dev(const struct rd_offload *off, uint16_t ethdev)
{
	return (struct rd_flow_dev){.ops = off->rules.ops, .drv = off->rules.drv, .port = ethdev};
}

static struct offload_cap *cap_at(struct rd_offload *off, uint16_t ethdev)
{
	struct offload_cap *c = off->caps;

	while (c != NULL && c->ethdev != ethdev)
		c = c->next;
	if (c != NULL)
		return c;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->ethdev = ethdev;
	c->next = off->caps;
	off->caps = c;
	return c;
}

// Of the same card: one frame that got lost is waited for, not one for each of its ports.
static const struct rd_flow_loop *failed_elsewhere(
	const struct rd_offload *off, const struct offload_cap *c, const struct rd_flow_facts *f)
{
	for (const struct offload_cap *o = off->caps; o != NULL; o = o->next)
		if (o != c && o->cap.complete && f->domain != RD_FLOW_DOMAIN_NONE
			&& o->cap.facts.domain == f->domain && o->cap.loop.code == 0
			&& !o->cap.loop.copies)
			return &o->cap.loop;
	return NULL;
}

// Whether the card copies, by a frame: not while rules of sessions are in it, which that frame might meet, and whose counters tell, too.
static void loop(struct rd_offload *off, struct offload_cap *c, const struct rd_flow_loop *before)
{
	struct rd_flow_dev dev = offload_dev(off, c->ethdev);
	const struct rd_flow_loop *known = failed_elsewhere(off, c, &c->cap.facts);

	if (known != NULL)
		c->cap.loop = *known;
	else if (!rd_flow_rules_at_tx(&off->rules, c->ethdev))
		rd_flow_loop_try(&dev, &c->cap);
	else if (before->code == 0)
		c->cap.loop = *before;
	else
		c->cap.loop.code = rd_flow_fail_set(
			&c->cap.loop.fail, -EBUSY, "rules of sessions are in use there");
	c->cap.complete &= c->cap.loop.code != -EIO && c->cap.loop.code != -ENODEV;
}

const struct rd_flow_cap *rd_offload_capability(struct rd_offload *off, uint16_t ethdev, bool again)
{
	struct offload_cap *c = ethdev == RD_FLOW_NOWHERE ? NULL : cap_at(off, ethdev);
	struct rd_flow_dev dev = offload_dev(off, ethdev);
	struct rd_flow_loop before;
	struct rd_flow_facts facts;
	bool known;

	if (c == NULL)
		return &off->nothing;
	before = c->cap.complete ? c->cap.loop : (struct rd_flow_loop){.code = -ENOTSUP};
	known = !again && rd_flow_facts_get(&dev, &facts) == 0
		&& rd_flow_cap_same_key(&c->cap, &facts);
	if (known)
		c->cap.facts = facts; // queues and link may have changed
	else
		rd_flow_probe(&dev, &c->cap);
	if (c->cap.complete && (!known || rd_flow_loop_again(&c->cap)))
		loop(off, c, &before);
	return &c->cap;
}

struct rd_offload_session *rd_offload_session_new(struct rd_offload *off, uint16_t id)
{
	struct rd_offload_session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->off = off;
	s->id = id;
	s->next = off->sessions;
	off->sessions = s;
	return s;
}

void rd_offload_session_free(struct rd_offload_session *s)
{
	struct rd_offload_session **at;

	if (s == NULL)
		return;
	rd_offload_revoke(s);
	for (at = &s->off->sessions; *at != s; at = &(*at)->next)
		;
	*at = s->next;
	free(s->wish.own);
	free(s);
}
