/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets from files and kernels, see feed.h. Main thread.
 */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "collect.h"
#include "replay_rec.h"
#include "trigger.h"

static int find_inner(struct pk_feed *f, const struct rd_pcapng_packet *p)
{
	unsigned decap = f->s->opts->decap;

	return decap != 0 ? (int)pk_decap_offset(p->bytes, p->cap_len, p->wire_len, decap)
			  : (int)rd_pkt_inner(p->bytes, p->cap_len, p->wire_len, RD_GENEVE_PORT);
}

// The packet as a record with its bytes behind it, as rings have them.
static int make_record(struct pk_feed *f, const struct rd_pcapng_packet *p,
	const struct rd_pcapng_iface *iface, struct rd_err *err)
{
	size_t need = sizeof(*f->rec) + p->cap_len;

	if (need > f->room) {
		struct rd_cap_rec *rec = realloc(f->rec, need);

		if (rec == NULL)
			return rd_err_set(err, -ENOMEM, "no memory for a packet");
		f->rec = rec;
		f->room = need;
	}
	pk_replay_rec(f->rec, p, iface, f->s->ports);
	if (f->port != NULL && f->rec->port_id == 0) {
		f->rec->port_id = f->port->id;
		f->rec->port_idx = f->port->idx;
	}
	if (p->cap_len > 0)
		memcpy(f->rec + 1, p->bytes, p->cap_len);
	f->frames++;
	if ((p->has & RD_PCAPNG_HAS_PACKETID) == 0)
		f->rec->packet_id = f->frames; // nobody's walk: each frame is one
	f->inner = (uint32_t)find_inner(f, p);
	return 0;
}

// Which form of the packet this session's filter took. Without a filter what the file says about an earlier one stays.
static void note_match(struct pk_feed *f, uint8_t match)
{
	if (f->filter.nb_insns != 0 || (f->filter.where & RD_FILTER_OUTER) == 0)
		f->rec->match = match;
}

static bool matches(struct pk_feed *f)
{
	struct rd_cap_rec *rec = f->rec;
	int hit = rd_filter_run(
		&f->filter, (const uint8_t *)(rec + 1), rec->cap_len, rec->wire_len, f->inner);

	if (hit == RD_FILTER_HIT_INNER)
		rec->flags |= RD_CAP_F_INNER;
	note_match(f, hit == RD_FILTER_HIT_INNER ? RD_CAP_MATCH_INNER : RD_CAP_MATCH_OUTER);
	return hit != RD_FILTER_NO;
}

static bool is_wanted(struct pk_feed *f)
{
	const struct rd_cap_rec *rec = f->rec;

	if (f->s->opts->capture != NULL && !f->s->selective && !pk_session_asked(f->s, rec))
		return false;
	if (f->followed != NULL
		&& (pk_followed_has(f->followed, rec->packet_id)
			|| pk_followed_has(f->followed, rec->parent_id))) {
		pk_followed_add(f->followed, rec->packet_id);
		note_match(f, RD_CAP_MATCH_FOLLOWED);
		return true;
	}
	if (!matches(f))
		return false;
	if (f->followed != NULL)
		pk_followed_add(f->followed, rec->packet_id);
	return true;
}

// Triggers look at what is written and, if they wait for drops, at all drops that the filter takes.
static int offer(struct pk_feed *f, bool wanted, struct rd_err *err)
{
	struct pk_session *s = f->s;

	if (s->trigger == NULL)
		return wanted ? pk_session_put(s, f->rec, err) : 0;
	if (f->rec->inner_off == 0 && f->inner <= UINT16_MAX)
		f->rec->inner_off = (uint16_t)f->inner;
	if (!wanted
		&& (f->rec->stage != RD_STAGE_DROP || !pk_trigger_needs_drops(&s->opts->trigger)
			|| !matches(f)))
		return 0;
	return pk_trigger_offer(s->trigger, s, f->rec, wanted, err);
}

int pk_feed_packet(struct pk_feed *f, const struct rd_pcapng_packet *p,
	const struct rd_pcapng_iface *iface, struct rd_err *err)
{
	int rc = make_record(f, p, iface, err);

	// A record at a stage is what a daemon saw, not what reached a collector.
	if (rc == 0 && f->collect != NULL && f->rec->stage == RD_STAGE_NONE)
		rc = pk_collect_rec(f->collect, f->rec, err);
	if (rc == PK_COLLECT_LEFT)
		return 0;
	return rc < 0 ? rc : offer(f, is_wanted(f), err);
}

int pk_feed_init(struct pk_feed *f, struct pk_session *s, struct rd_err *err)
{
	const struct pk_opts *o = s->opts;
	uint32_t where = o->outer_only ? RD_FILTER_OUTER
		: o->inner_only	       ? RD_FILTER_INNER
				       : RD_FILTER_BOTH;
	int rc;

	*f = (struct pk_feed){.s = s};
	rc = rd_filter_compile(&f->filter, o->filter, where, err);
	if (rc < 0)
		return rc;
	s->selective = o->trace && o->capture != NULL;
	if (o->follow)
		f->followed = pk_followed_new();
	if (o->follow && f->followed == NULL)
		return rd_err_set(err, -ENOMEM, "no memory to follow packets");
	if (!o->trigger.start.given && !o->trigger.stop.given)
		return 0;
	s->trigger = pk_trigger_new(&o->trigger, err);
	return s->trigger == NULL ? err->code : 0;
}

void pk_feed_free(struct pk_feed *f)
{
	free(f->rec);
	free(f->followed);
	rd_filter_free(&f->filter);
}
