/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The way of a record to the outputs, see session.h. Main thread.
 */
#include "base/clock.h"
#include "session.h"

#define RELOAD_NS 1000000000u // at most one port list per second

// A port that was added after the list was fetched.
static void learn_port(struct pk_session *s, struct pk_rec *r)
{
	struct rd_err err = {0};
	uint64_t now = rd_monotonic_ns();

	if (now - s->ports_ns < RELOAD_NS)
		return;
	s->ports_ns = now;
	// On failure the record goes out with the port's number; a dead daemon is noticed by the loop.
	if (pk_ports_load(s->ports, s->client, &err) == 0)
		pk_rec_init(r, r->rec, s->ports);
}

static bool is_sampled(struct pk_session *s, const struct rd_cap_rec *rec)
{
	if (s->sample == NULL)
		s->sample = pk_sample_new(&s->opts->sample);
	if (s->sample == NULL || pk_sample_keeps(s->sample, rec)) // no memory: rather all than none
		return true;
	s->sampled_out++;
	return false;
}

// Only pcapng with full facts tells the time since the packet's first record.
static void note_since(struct pk_session *s, struct pk_rec *r)
{
	const struct pk_opts *o = s->opts;

	if (o->outfile == NULL || o->format == PK_FORMAT_PCAP || o->meta == PK_META_NONE
		|| o->meta == PK_META_LEAN)
		return;
	if (s->births == NULL)
		s->births = pk_births_new();
	if (s->births != NULL) // else the files have no dt: not worth ending a capture
		r->since_ns = pk_births_since(s->births, r->rec->packet_id, r->rec->ns);
}

int pk_session_put(struct pk_session *s, const struct rd_cap_rec *rec, struct rd_err *err)
{
	struct pk_rec r;
	int rc = 0;

	if (s->opts->sample.kind != PK_SAMPLE_ALL && !is_sampled(s, rec))
		return 0;
	pk_rec_init(&r, rec, s->ports);
	if (r.port == NULL && rec->port_id != 0 && s->client != NULL)
		learn_port(s, &r);
	r.follows = s->opts->follow;
	r.asked = !s->selective || pk_session_asked(s, rec);
	note_since(s, &r);
	if (s->opts->decap != 0 && pk_decap(&s->decap, s->opts, &r) < 0)
		return rd_err_set(err, -ENOMEM, "no memory for a packet");
	for (unsigned i = 0; i < s->nb_outs && rc == 0; i++)
		rc = s->outs[i]->ops->record(s->outs[i], &r, err);
	s->captured++;
	s->captured_at[rec->stage % RD_STAGE_MAX]++;
	return rc;
}
