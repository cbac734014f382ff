/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The collector, see collector.h. One thread.
 */
#include "collector/collector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "base/str.h"

#define NB_BUCKETS (4 * RD_COLLECTOR_MAX_SOURCES) // a power of two
#define IPV6_SRC 8u
#define IPV4_SRC 12u

struct rd_collector {
	struct rd_facts_how how;
	struct rd_source **sources;
	uint32_t count, cap;
	uint64_t copies, others, crowded;
	uint64_t refused[RD_DECAP_NB_FAULTS];
	uint16_t map[NB_BUCKETS]; // number of the source; 0 = free
};

struct rd_collector *rd_collector_new(const struct rd_facts_how *how)
{
	struct rd_collector *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->how = *how;
	return c;
}

void rd_collector_free(struct rd_collector *c)
{
	if (c == NULL)
		return;
	for (uint32_t i = 0; i < c->count; i++)
		free(c->sources[i]);
	free(c->sources);
	free(c);
}

// rd_decap() has seen the outer header's addresses: they are inside.
static void read_key(const uint8_t *frame, const struct rd_decap *d, const struct rd_facts *f,
	struct rd_source_key *k)
{
	const uint8_t *ip = frame + d->ip_off;
	bool v6 = ip[0] >> 4 == 6;
	size_t len = v6 ? 16 : 4, at = v6 ? IPV6_SRC : IPV4_SRC;

	memset(k, 0, sizeof(*k));
	k->kind = d->kind;
	k->family = v6 ? 6 : 4;
	memcpy(k->src, ip + at, len);
	memcpy(k->dst, ip + at + len, len);
	k->has_id = d->has_id;
	k->id = d->id;
	k->has_session = (f->has & RD_FACT_SESSION) != 0;
	k->session = f->session;
}

// FNV-1a: few sources, and a stranger who makes many gets no more than all of them.
static uint32_t hash_of(const struct rd_source_key *k)
{
	const uint8_t *bytes = (const uint8_t *)k;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < sizeof(*k); i++)
		h = (h ^ bytes[i]) * 16777619u;
	return h ^ h >> 15;
}

static int grow(struct rd_collector *c)
{
	uint32_t cap = c->cap != 0 ? 2 * c->cap : 16;
	struct rd_source **sources = realloc(c->sources, cap * sizeof(struct rd_source *));

	if (sources == NULL)
		return -ENOMEM;
	c->sources = sources;
	c->cap = cap;
	return 0;
}

static int add_source(struct rd_collector *c, const struct rd_source_key *k, uint32_t bucket,
	struct rd_source **out)
{
	struct rd_source *s;

	if (c->count == c->cap && grow(c) < 0)
		return -ENOMEM;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->key = *k;
	c->sources[c->count++] = s;
	s->number = c->count;
	c->map[bucket] = (uint16_t)s->number;
	*out = s;
	return 0;
}

// The source, made if it is new; NULL if there are too many.
static int find_source(
	struct rd_collector *c, const struct rd_source_key *k, struct rd_source **out)
{
	uint32_t at = hash_of(k) % NB_BUCKETS;

	for (; c->map[at] != 0; at = (at + 1) % NB_BUCKETS) {
		*out = c->sources[c->map[at] - 1];
		if (memcmp(&(*out)->key, k, sizeof(*k)) == 0)
			return 0;
	}
	*out = NULL;
	return c->count < RD_COLLECTOR_MAX_SOURCES ? add_source(c, k, at, out) : 0;
}

static void count_reason(struct rd_source *s, uint16_t reason)
{
	for (unsigned i = 0; i < s->nb_reasons; i++) {
		if (s->reasons[i].reason == reason) {
			s->reasons[i].packets++;
			return;
		}
	}
	if (s->nb_reasons == RD_SOURCE_REASONS) {
		s->other_reasons++;
		return;
	}
	s->reasons[s->nb_reasons++] = (struct rd_reason_count){reason, 1};
}

static void count_facts(struct rd_source *s, const struct rd_facts *f)
{
	s->by_stage[f->has & RD_FACT_STAGE ? f->stage % RD_SOURCE_STAGES : 0]++;
	if (f->has & RD_FACT_DIR)
		s->by_direction[(f->flags & RD_COPY_EGRESS) != 0]++;
	if ((f->has & RD_FACT_REASON) && f->reason != 0)
		count_reason(s, f->reason);
	s->sampled += (f->flags & RD_COPY_SAMPLED) != 0;
	s->strange_options += f->strange;
	s->critical_options += f->critical;
	s->malformed_options += f->malformed;
}

static void count(struct rd_source *s, const struct rd_collected *o, size_t readable, uint64_t ns)
{
	if (s->packets++ == 0)
		s->first_ns = ns;
	s->last_ns = ns;
	s->bytes += o->decap.inner_len;
	s->truncated += (o->facts.flags & RD_COPY_TRUNCATED) != 0
		|| ((o->facts.has & RD_FACT_WIRE_LEN) && o->facts.wire_len > o->decap.inner_len);
	s->cut += readable < o->decap.inner_len;
	s->bad_frames += o->decap.erspan.bso != 0;
	s->odd_types += o->decap.odd_type;
	count_facts(s, &o->facts);
}

static int add_copy(struct rd_collector *c, const uint8_t *frame, size_t len, uint64_t ns,
	struct rd_collected *o)
{
	size_t readable = len - o->decap.inner;
	struct rd_source_key key;
	struct rd_stamp stamp;

	rd_facts_read(frame, &o->decap, &c->how, &o->facts);
	if (readable > o->decap.inner_len)
		readable = o->decap.inner_len;
	o->wire_len = rd_facts_wire_len(frame + o->decap.inner, readable, &o->decap, &o->facts);
	read_key(frame, &o->decap, &o->facts, &key);
	if (find_source(c, &key, &o->source) < 0)
		return -ENOMEM;
	c->copies++;
	if (o->source == NULL) {
		c->crowded++;
		return 0;
	}
	count(o->source, o, readable, ns);
	if (o->facts.has & RD_FACT_SEQ)
		o->seq = rd_seq_add(&o->source->seq, o->facts.seq);
	stamp = rd_stamp_of(&o->decap, &o->facts);
	o->source_ns = rd_skew_add(&o->source->clock, &stamp, ns);
	return 0;
}

int rd_collector_add(struct rd_collector *c, const uint8_t *frame, size_t len, size_t wire_len,
	uint64_t ns, struct rd_collected *out)
{
	memset(out, 0, sizeof(*out));
	if (len > wire_len)
		len = wire_len;
	out->result = rd_decap(frame, len, wire_len, &out->decap);
	if (out->result == RD_DECAP_YES)
		return add_copy(c, frame, len, ns, out);
	if (out->result == RD_DECAP_BAD)
		c->refused[out->decap.fault]++;
	else
		c->others++;
	return 0;
}

const struct rd_source *rd_collector_source(const struct rd_collector *c, uint32_t i)
{
	return i < c->count ? c->sources[i] : NULL;
}

uint64_t rd_collector_copies(const struct rd_collector *c)
{
	return c->copies;
}

uint64_t rd_collector_others(const struct rd_collector *c)
{
	return c->others;
}

uint64_t rd_collector_refused(const struct rd_collector *c, enum rd_decap_fault fault)
{
	return c->refused[fault];
}

uint64_t rd_collector_crowded(const struct rd_collector *c)
{
	return c->crowded;
}

const char *rd_source_name(const struct rd_source_key *k, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	rd_str_addf(buf, size, &len, "%s", rd_decap_name(k->kind));
	if (k->has_id && k->kind == RD_DECAP_GRE)
		rd_str_addf(buf, size, &len, "-0x%08x", k->id);
	else if (k->has_id)
		rd_str_addf(buf, size, &len, "-%u", k->id);
	if (k->has_session)
		rd_str_addf(buf, size, &len, ".%u", k->session);
	return buf;
}
