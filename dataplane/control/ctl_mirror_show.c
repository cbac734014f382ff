/* SPDX-License-Identifier: BSD-3-Clause
 *
 * mirror.list, .show, .counters, .explain, .diff, .journal: what mirror sessions do. Control thread.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "control/ctl_mirror.h"
#include "control/mirror_fates.h"
#include "session/blind.h"
#include "session/field.h"
#include "session/hw.h"
#include "session/peer.h"
#include "session/store.h"

static void set_num(json_t *o, const char *key, uint64_t v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

static uint64_t at(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static json_t *peer_item(const struct rd_mirror *m, unsigned i)
{
	const struct rd_mirror_peer *p = &m->peer[i];
	const struct mirror_sent *s = &m->state->owned.sent[i];
	char ip[RD_IP_TEXT] = "", src[RD_IP_TEXT] = "", mac[RD_MAC_TEXT] = "", port[RD_QNAME_LEN];
	bool active = m->run != NULL && m->state->active == i;
	json_t *o;

	if (m->spec.nb_dests != 0) {
		rd_fmt_ip(m->spec.dest[i].family, m->spec.dest[i].addr, ip);
		rd_fmt_ip(m->spec.dest[i].family, p->src, src);
	}
	if (p->has_mac)
		rd_fmt_mac(p->mac, mac);
	o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:i,s:i}", "address", ip, "state",
		rd_mirror_peer_name(p->state), "why", p->why, "mac", mac, "src", src, "port",
		rd_ctl_port_qname(p->port, port), "active", active, "priority",
		m->spec.dest[i].priority, "weight", m->spec.dest[i].weight);
	set_num(o, "seq_next", __atomic_load_n(&m->state->dest[i].seq, __ATOMIC_RELAXED));
	set_num(o, "tx_ok", at(&s->tx_ok));
	set_num(o, "tx_drop", at(&s->tx_drop));
	set_num(o, "wire_bytes", at(&s->wire_bytes));
	set_num(o, "inner_bytes", at(&s->inner_bytes));
	set_num(o, "asked", p->asked);
	set_num(o, "icmp_unreach", p->unreachable);
	set_num(o, "echoes", p->echoes);
	set_num(o, "echo_answers", p->echo_answers);
	return o;
}

static json_t *peers(const struct rd_mirror *m)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < mirror_nb_peers(&m->spec); i++)
		json_array_append_new(list, peer_item(m, i));
	return list;
}

// The collector that copies go to; of several that get some, the first that lives.
static const char *destination(const struct rd_mirror *m, char *buf, size_t size)
{
	unsigned i = m->state->active, nb = mirror_nb_peers(&m->spec);
	char text[RD_IP_TEXT], port[RD_QNAME_LEN];
	size_t len = 0;

	*buf = '\0';
	if (m->spec.encap == RD_MIRROR_FILE) {
		(void)rd_str_copy(buf, size, m->spec.file);
		return buf;
	}
	if (i >= nb)
		i = 0;
	if (m->spec.nb_dests != 0)
		rd_str_addf(buf, size, &len, "%s",
			rd_fmt_ip(m->spec.dest[i].family, m->spec.dest[i].addr, text));
	if (m->peer[i].has_mac && m->spec.nb_dests != 0)
		rd_str_addf(buf, size, &len, " at %s", rd_fmt_mac(m->peer[i].mac, text));
	if (m->peer[i].port != 0)
		rd_str_addf(buf, size, &len, "%sby %s", len != 0 ? " " : "",
			rd_ctl_port_qname(m->peer[i].port, port));
	return buf;
}

// Of the longest head, without what of the frame it has in it.
static uint64_t overhead(const struct rd_mirror *m)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < m->state->nb_dests; i++) {
		const struct rd_encap *e = &m->state->dest[i].encap;
		uint64_t more = (uint64_t)e->len - e->skip;

		most = more > most ? more : most;
	}
	return most;
}

struct sums {
	uint64_t tx_ok, tx_drop;
};

static struct sums sent(const struct rd_mirror *m)
{
	struct sums s = {0};

	for (unsigned i = 0; i < RD_MIRROR_DESTS; i++) {
		s.tx_ok += at(&m->state->owned.sent[i].tx_ok);
		s.tx_drop += at(&m->state->owned.sent[i].tx_drop);
	}
	return s;
}

static json_t *fields(const struct rd_mirror_spec *s)
{
	json_t *o = json_object(), *rules = json_array();
	char buf[RD_MIRROR_VALUE_LEN];

	for (unsigned i = 0; i < rd_mirror_nb_fields; i++)
		if (strcmp(rd_mirror_fields[i].key, "rule") != 0)
			json_object_set_new(o, rd_mirror_fields[i].key,
				json_string(rd_mirror_spec_shown(s, &rd_mirror_fields[i], buf)));
	for (unsigned i = 0; i < s->nb_rules; i++)
		json_array_append_new(
			rules, json_string(rd_mirror_rule_text(&s->rule[i], buf, sizeof(buf))));
	json_object_set_new(o, "rules", rules);
	return o;
}

const char *rd_mirror_crowd(const struct rd_mirror *m, char buf[RD_MIRROR_CROWD])
{
	struct mirror_counts n;
	size_t len = 0;

	*buf = '\0';
	rd_mirror_sum(m, &n);
	if (n.crowded != 0)
		rd_str_addf(buf, RD_MIRROR_CROWD, &len,
			"%" PRIu64
			" copies given up: other sessions have made as many of those packets as mirror limit allows",
			n.crowded);
	return buf;
}

static void add_warning(char *buf, size_t size, size_t *len, const char *text)
{
	if (*text != '\0')
		rd_str_addf(buf, size, len, "%s%s", *len != 0 ? "; " : "", text);
}

// What is odd about it: as it was asked for, and as the ports are now.
const char *rd_mirror_warning(const struct rd_mirror *m, char *buf, size_t size)
{
	char blind[MIRROR_BLIND_TEXT] = "";
	char crowd[RD_MIRROR_CROWD];
	size_t len = 0;

	*buf = '\0';
	(void)mirror_blind(m, blind, sizeof(blind));
	add_warning(buf, size, &len, m->warn);
	add_warning(buf, size, &len, blind);
	add_warning(buf, size, &len, rd_mirror_crowd(m, crowd));
	return buf;
}

json_t *rd_mirror_item(const struct rd_mirror *m, bool whole)
{
	char warning[RD_MIRROR_WARNING];
	char dest[RD_IP_TEXT + RD_MAC_TEXT + RD_QNAME_LEN + 256], source[RD_MIRROR_VALUE_LEN];
	uint64_t left = rd_mirror_left_s(m);
	struct mirror_counts n;
	struct sums s = sent(m);
	json_t *o;

	rd_mirror_sum(m, &n);
	o = json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "session", m->spec.name, "id",
		m->spec.id, "admin", m->admin_up ? "up" : "down", "oper",
		rd_mirror_oper_name(m->oper), "sub", m->sub, "why", m->why, "encap",
		rd_mirror_encap_name(m->spec.encap), "source",
		rd_mirror_spec_text(&m->spec, rd_mirror_field("source"), source), "destination",
		destination(m, dest, sizeof(dest)), "warning",
		rd_mirror_warning(m, warning, sizeof(warning)));
	set_num(o, "since_ns", m->since_ns);
	set_num(o, "since_s", (rd_realtime_ns() - m->since_ns) / 1000000000);
	set_num(o, "overhead", overhead(m));
	set_num(o, "largest_frame", rd_mirror_room(m));
	json_object_set_new(o, "left_s",
		m->admin_up && left != UINT64_MAX ? json_integer((json_int_t)left) : json_null());
	json_object_set_new(o, "path", json_string(m->run != NULL ? mirror_hw_path(m) : ""));
	set_num(o, "matched", n.came);
	set_num(o, "copied", n.queued);
	set_num(o, "tx_ok", s.tx_ok);
	set_num(o, "tx_drop", s.tx_drop);
	set_num(o, "failovers", m->failovers);
	if (whole) {
		json_object_set_new(o, "destinations", peers(m));
		json_object_set_new(o, "fields", fields(&m->spec));
	}
	return o;
}

static const struct rd_mirror *only(struct rd_request *req)
{
	return json_object_get(req->params, "session") != NULL ? rd_req_mirror(req) : NULL;
}

int ctl_mirror_list(struct rd_request *req)
{
	const struct rd_mirror *one = only(req);

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		const struct rd_mirror *m = rd_mirror_at(i);

		if (m != NULL && (one == NULL || one == m))
			rd_req_item(req, rd_mirror_item(m, one != NULL));
	}
	return 0;
}

// --- counters: every packet that came has one fate ---

static const struct {
	const char *name;
	size_t off;
} fates[] = {
#define FATE(name) {#name, offsetof(struct mirror_counts, name)},
	MIRROR_WORKER_FATES(FATE)
#undef FATE
};

static json_t *rule_hits(const struct rd_mirror_spec *s, const struct mirror_counts *n)
{
	json_t *list = json_array();
	char text[RD_MIRROR_VALUE_LEN];

	for (unsigned i = 0; i < s->nb_rules; i++)
		json_array_append_new(list,
			json_pack("{s:i,s:s,s:I}", "at", i + 1, "rule",
				rd_mirror_rule_text(&s->rule[i], text, sizeof(text)), "hits",
				(json_int_t)n->rule_hits[i]));
	return list;
}

static json_t *counter_item(const struct rd_mirror *m)
{
	struct mirror_counts n;
	const struct mirror_owned *w = &m->state->owned;
	struct sums s = sent(m);
	uint64_t hits;
	bool counted;
	json_t *o = json_pack("{s:s,s:i}", "session", m->spec.name, "id", m->spec.id);

	rd_mirror_sum(m, &n);
	set_num(o, "matched", n.came);
	set_num(o, "filtered", n.came - RTE_MIN(n.came, n.taken)); // no rule could fit
	for (size_t i = 0; i < RTE_DIM(fates); i++)
		set_num(o, fates[i].name, *(const uint64_t *)((const char *)&n + fates[i].off));
	set_num(o, "no_collector", at(&w->no_dest));
	set_num(o, "duplicate", at(&w->duplicate));
	set_num(o, "ended", at(&w->ended));
	set_num(o, "tx_ok", s.tx_ok);
	set_num(o, "tx_drop", s.tx_drop);
	set_num(o, "replicas", at(&w->replicas));
	set_num(o, "no_replica", at(&w->no_replica));
	set_num(o, "cut", n.cut);
	set_num(o, "cut_bytes", n.cut_bytes);
	counted = mirror_hw_hits(m, &hits);
	json_object_set_new(o, "hw_copied", counted ? json_integer((json_int_t)hits) : json_null());
	set_num(o, "failovers", m->failovers);
	set_num(o, "first_ns", n.first_ns);
	set_num(o, "last_ns", n.last_ns);
	json_object_set_new(o, "rules", rule_hits(&m->spec, &n));
	json_object_set_new(o, "destinations", peers(m));
	return o;
}

int ctl_mirror_counters(struct rd_request *req)
{
	const struct rd_mirror *one = only(req);

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		const struct rd_mirror *m = rd_mirror_at(i);

		if (m != NULL && (one == NULL || one == m))
			rd_req_item(req, counter_item(m));
	}
	return 0;
}

int ctl_mirror_journal(struct rd_request *req)
{
	unsigned count = (unsigned)rd_req_num_or(req, "count", 1, RD_MIRROR_JOURNAL, 20), nb = 0;
	const struct rd_mirror *one = only(req);
	const struct rd_mirror_event *e;

	if (rd_req_end(req) < 0)
		return req->err->code;
	while (rd_mirror_event(nb) != NULL)
		nb++;
	for (unsigned i = nb > count ? nb - count : 0; (e = rd_mirror_event(i)) != NULL; i++)
		if (one == NULL || strcmp(e->session, one->spec.name) == 0)
			rd_req_item(req,
				json_pack("{s:I,s:s,s:s,s:s}", "ns", (json_int_t)e->ns, "session",
					e->session, "who", e->who, "what", e->what));
	return 0;
}
