/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The collector's report for programs: one JSON object. Main thread.
 */
#include <jansson.h>
#include <sys/socket.h>

#include "api/stages.h"
#include "base/str.h"
#include "collect.h"

static void set(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

static json_t *seq_of(const struct rd_seq *q, bool numbered)
{
	json_t *o = json_object();

	set(o, "packets", q->packets);
	if (!numbered)
		return o;
	set(o, "first", q->first);
	set(o, "last", q->last);
	set(o, "highest", q->highest);
	set(o, "missing", q->missing);
	set(o, "gaps", q->gaps);
	set(o, "duplicates", q->duplicates);
	set(o, "reordered", q->reordered);
	set(o, "most_late", q->most_late);
	set(o, "too_late", q->too_late);
	set(o, "jumps", q->jumps);
	set(o, "skipped", q->skipped);
	set(o, "restarts", q->restarts);
	return o;
}

static json_t *clock_of(const struct rd_skew *c)
{
	json_t *o = json_object();
	double ppm, error;

	json_object_set_new(o, "unit", json_string(rd_stamp_name(c->form)));
	set(o, "stamps", c->stamps);
	if (c->stamps == 0)
		return o;
	json_object_set_new(o, "offset_ns",
		json_pack("{s:I, s:I, s:f, s:I, s:I}", "first", (json_int_t)c->first, "last",
			(json_int_t)c->last, "mean", rd_skew_mean(c), "min", (json_int_t)c->min,
			"max", (json_int_t)c->max));
	set(o, "modulo_ns", c->wrap_ns);
	set(o, "wraps", c->wraps);
	set(o, "went_back", c->went_back);
	if (rd_skew_ppm(c, &ppm, &error)) {
		json_object_set_new(o, "slow_ppm", json_real(ppm));
		json_object_set_new(o, "slow_ppm_error", json_real(error));
	}
	return o;
}

// Names of another version's stages and reasons are their numbers.
static json_t *stages_of(const struct rd_source *s)
{
	json_t *o = json_object();
	char number[16];

	for (unsigned i = 1; i < RD_SOURCE_STAGES; i++) {
		const struct rd_stage_desc *stage = rd_stage_by_id(i);

		snprintf(number, sizeof(number), "%u", i);
		if (s->by_stage[i] != 0)
			set(o, stage != NULL ? stage->name : number, s->by_stage[i]);
	}
	return o;
}

static json_t *reasons_of(const struct rd_source *s)
{
	json_t *o = json_object();
	char number[16];

	for (unsigned i = 0; i < s->nb_reasons; i++) {
		const struct rd_drop_desc *drop = rd_drop_by_id(s->reasons[i].reason);

		snprintf(number, sizeof(number), "%u", s->reasons[i].reason);
		set(o, drop != NULL ? drop->name : number, s->reasons[i].packets);
	}
	if (s->other_reasons != 0)
		set(o, "other", s->other_reasons);
	return o;
}

static void set_key(json_t *o, const struct rd_source_key *k)
{
	char name[RD_SOURCE_NAME], ip[RD_IP_TEXT];
	int family = k->family == 4 ? AF_INET : AF_INET6;

	json_object_set_new(o, "source", json_string(rd_fmt_ip(family, k->src, ip)));
	json_object_set_new(o, "destination", json_string(rd_fmt_ip(family, k->dst, ip)));
	json_object_set_new(o, "encap", json_string(rd_decap_name(k->kind)));
	json_object_set_new(o, "name", json_string(rd_source_name(k, name, sizeof(name))));
	if (k->has_id)
		set(o, "id", k->id);
	if (k->has_session)
		set(o, "session", k->session);
}

// Whether what is missing can be told, and where it may have gone.
static const char *loss_of(const struct rd_source *s, const struct pk_collect_kernel *k)
{
	if (s->seq.packets == 0 || rd_seq_stands_still(&s->seq))
		return "unknown";
	if (s->seq.missing == 0)
		return "none";
	if (k->known)
		return k->dropped + k->dropped_by_interface != 0 ? "here, sender or network"
								 : "sender or network";
	return "sender, network or capture";
}

static json_t *lost_of(const struct pk_lost *l)
{
	json_t *o = json_object(), *before = json_object();

	json_object_set_new(o, "session", json_string(l->session));
	set(o, "total", l->total);
	set(o, "sender", l->sender);
	set(o, "network", l->network);
	for (unsigned i = 0; i < PK_SENT_UNNUMBERED; i++)
		set(before, pk_sent_unnumbered(i), l->unnumbered[i]);
	json_object_set_new(o, "unnumbered", before);
	return o;
}

static json_t *source_of(
	const struct rd_source *s, const struct pk_collect_kernel *k, const struct pk_sent *sent)
{
	bool still = rd_seq_stands_still(&s->seq);
	json_t *o = json_object();
	struct pk_lost lost;

	set_key(o, &s->key);
	set(o, "packets", s->packets);
	set(o, "bytes", s->bytes);
	set(o, "first_ns", s->first_ns);
	set(o, "last_ns", s->last_ns);
	set(o, "truncated", s->truncated);
	set(o, "cut", s->cut);
	set(o, "bad_frames", s->bad_frames);
	set(o, "odd_types", s->odd_types);
	set(o, "strange_options", s->strange_options);
	set(o, "critical_options", s->critical_options);
	set(o, "malformed_options", s->malformed_options);
	set(o, "sampled", s->sampled);
	set(o, "ingress", s->by_direction[0]);
	set(o, "egress", s->by_direction[1]);
	json_object_set_new(o, "counts", json_boolean(s->seq.packets != 0 && !still));
	json_object_set_new(o, "sequence", seq_of(&s->seq, s->seq.packets != 0 && !still));
	json_object_set_new(o, "loss", json_string(loss_of(s, k)));
	if (pk_sent_of(sent, s, &lost))
		json_object_set_new(o, "lost", lost_of(&lost));
	json_object_set_new(o, "clock", clock_of(&s->clock));
	json_object_set_new(o, "stages", stages_of(s));
	json_object_set_new(o, "reasons", reasons_of(s));
	return o;
}

static json_t *refused_of(const struct rd_collector *c)
{
	json_t *o = json_object();

	for (unsigned i = RD_DECAP_FINE + 1; i < RD_DECAP_NB_FAULTS; i++) {
		uint64_t n = rd_collector_refused(c, (enum rd_decap_fault)i);

		if (n != 0)
			set(o, rd_decap_fault_name((enum rd_decap_fault)i), n);
	}
	return o;
}

char *pk_collect_json(
	const struct rd_collector *c, const struct pk_collect_kernel *k, const struct pk_sent *sent)
{
	json_t *o = json_object(), *sources = json_array(), *whole;
	const struct rd_source *s;
	char *line;

	for (uint32_t i = 0; (s = rd_collector_source(c, i)) != NULL; i++)
		json_array_append_new(sources, source_of(s, k, sent));
	set(o, "copies", rd_collector_copies(c));
	set(o, "others", rd_collector_others(c));
	set(o, "crowded", rd_collector_crowded(c));
	json_object_set_new(o, "refused", refused_of(c));
	if (k->known)
		json_object_set_new(o, "kernel",
			json_pack("{s:I, s:I, s:I}", "received", (json_int_t)k->received, "dropped",
				(json_int_t)k->dropped, "dropped_by_interface",
				(json_int_t)k->dropped_by_interface));
	json_object_set_new(o, "sources", sources);
	whole = json_pack("{s:o}", "collector", o);
	line = whole != NULL ? json_dumps(whole, JSON_COMPACT) : NULL;
	json_decref(whole);
	return line;
}
