/* SPDX-License-Identifier: BSD-3-Clause
 *
 * flow.*: the workers' flow caches. Entries are read from this thread while the workers go on (rd_flow_read gives a
 * consistent copy or none); tables are changed only by the worker that owns them (rd_worker_call). Control thread.
 */
#include "tables/flow_bucket.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/pkt.h"
#include "base/str.h"
#include "control/ctl.h"
#include "control/flow_item.h"
#include "control/pages.h"
#include "tables/flow_verdict.h"

#define STEP_LOOK 8192 // slots looked at in one portion of flow.list
#define STEP_EMIT 256 // items emitted in one portion
#define CAPACITY_MIN 64
#define CAPACITY_MAX (1u << 24)
#define IDLE_MAX_S 86400

struct prefix {
	int family; // 0 = any
	uint8_t len;
	uint8_t addr[16];
};

struct flow_filter { // what is 0 or not set takes every entry
	uint8_t host, ft;
	bool has_mac, has_vni, has_sport, has_dport, drop_only;
	uint16_t in_port;
	uint16_t sport, dport, proto; // proto 0 = any
	uint32_t vni, acts; // acts: all of these bits
	uint64_t min_hits;
	uint8_t mac[6]; // source or destination
	struct prefix src, dst, ip; // ip: source or destination
};

struct flow_stream {
	struct rd_stream stream;
	unsigned worker, last_worker; // inclusive
	uint32_t id; // next slot
	uint64_t left; // items
	struct flow_filter filter;
};

static bool in_prefix(const struct prefix *p, const struct rd_flow_key *k, const uint8_t *addr)
{
	unsigned bytes = p->len / 8, bits = p->len % 8;

	if (p->family == 0)
		return true;
	if (k->ethertype != (p->family == AF_INET ? RD_ETHERTYPE_IPV4 : RD_ETHERTYPE_IPV6)
		|| memcmp(addr, p->addr, bytes) != 0)
		return false;
	return bits == 0 || ((addr[bytes] ^ p->addr[bytes]) >> (8 - bits)) == 0;
}

static bool addresses_match(const struct flow_filter *w, const struct rd_flow_key *k)
{
	if (w->has_mac && memcmp(k->dmac, w->mac, 6) != 0 && memcmp(k->smac, w->mac, 6) != 0)
		return false;
	return in_prefix(&w->src, k, k->src) && in_prefix(&w->dst, k, k->dst)
		&& (in_prefix(&w->ip, k, k->src) || in_prefix(&w->ip, k, k->dst));
}

static bool matches(const struct flow_filter *w, const struct rd_flow *f)
{
	const struct rd_flow_key *k = &f->key;

	if ((w->host != 0 && rd_flow_item_host(f) != w->host) || (w->ft != 0 && k->ft != w->ft)
		|| (w->in_port != 0 && k->in_port != w->in_port))
		return false;
	if ((w->has_vni && k->vni != w->vni)
		|| (w->proto != 0 && (k->ft == RD_FT_L2 || k->proto != w->proto)))
		return false;
	if ((w->has_sport && (k->ft != RD_FT_L4 || k->sport != w->sport))
		|| (w->has_dport && (k->ft != RD_FT_L4 || k->dport != w->dport)))
		return false;
	return f->hits >= w->min_hits && (f->acts & w->acts) == w->acts
		&& (!w->drop_only || (f->acts & RD_ACT_DROP)) && addresses_match(w, k);
}

// Looks at some slots of the present worker. A table may have been replaced since the last portion: its bound is read anew.
static int flow_step(struct rd_request *req, struct rd_stream *stream)
{
	struct flow_stream *s = (struct flow_stream *)stream;
	const struct rd_worker *w = s->worker < rd_nb_workers ? rd_workers[s->worker] : NULL;
	unsigned emitted = 0;

	for (unsigned n = 0; w != NULL && n < STEP_LOOK && emitted < STEP_EMIT; n++) {
		struct rd_flow f;

		if (s->id >= rd_flow_bound(w->flows)) {
			if (s->worker++ == s->last_worker)
				return 0;
			s->id = 1;
			return 1;
		}
		uint32_t id = s->id++;

		if (!rd_flow_read(w->flows, id, &f) || !(f.decided & RD_DECIDED_LIVE)
			|| !matches(&s->filter, &f))
			continue;
		if (rd_req_item(req, rd_flow_item(w, id, &f)) < 0)
			return req->err->code != 0 ? req->err->code : -EPIPE;
		emitted++;
		if (--s->left == 0)
			return 0;
	}
	return w == NULL ? 0 : 1;
}

static void flow_stream_free(struct rd_stream *stream)
{
	free(stream);
}

static struct prefix take_prefix(struct rd_request *req, const char *key)
{
	const char *text = rd_req_str_or(req, key, NULL);
	struct prefix p = {0};

	if (text != NULL && rd_parse_prefix(text, &p.family, p.addr, &p.len) < 0)
		rd_req_fail(req, key, -EINVAL, "%s is no address and no prefix", text);
	return p;
}

static uint8_t take_ft(struct rd_request *req)
{
	const char *text = rd_req_str_or(req, "ft", NULL);

	if (text == NULL)
		return 0;
	if ((text[0] == 'L' || text[0] == 'l') && text[1] >= '2' && text[1] <= '4'
		&& text[2] == '\0')
		return (uint8_t)(text[1] - '0');
	rd_req_fail(req, "ft", -EINVAL, "%s is not L2, L3 or L4", text);
	return 0;
}

static uint32_t take_action(struct rd_request *req)
{
	static const struct {
		const char *name;
		uint32_t bits;
	} words[] = {{"drop", RD_ACT_DROP}, {"encap", RD_ACT_ENCAP}, {"decap", RD_ACT_DECAP},
		{"dfw-src", RD_ACT_DFW_SRC}, {"dfw-dst", RD_ACT_DFW_DST}, {"uplink", RD_ACT_UPLINK},
		{"route", RD_ACT_ROUTE}};
	const char *text = rd_req_str_or(req, "action", NULL);

	for (unsigned i = 0; text != NULL && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i].name) == 0)
			return words[i].bits;
	if (text != NULL)
		rd_req_fail(req, "action", -EINVAL,
			"%s is none of drop, encap, decap, dfw-src, dfw-dst, route, uplink", text);
	return 0;
}

static void take_numbers(struct rd_request *req, struct flow_filter *w)
{
	w->has_vni = rd_req_has(req, "vni");
	w->has_sport = rd_req_has(req, "sport");
	w->has_dport = rd_req_has(req, "dport");
	w->vni = (uint32_t)rd_req_num_or(req, "vni", 0, 0xffffff, 0);
	w->sport = (uint16_t)rd_req_num_or(req, "sport", 0, UINT16_MAX, 0);
	w->dport = (uint16_t)rd_req_num_or(req, "dport", 0, UINT16_MAX, 0);
	w->proto = (uint16_t)rd_req_num_or(req, "proto", 1, UINT8_MAX, 0);
	w->min_hits = rd_req_num_or(req, "min_hits", 0, INT64_MAX, 0);
}

static void take_filter(struct rd_request *req, struct flow_filter *w)
{
	const struct rd_host *host = rd_req_host_or_null(req, "host");
	const struct rd_port *p = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;

	*w = (struct flow_filter){.host = host == NULL ? 0 : host->idx,
		.in_port = p == NULL ? 0 : p->idx,
		.ft = take_ft(req),
		.acts = take_action(req),
		.drop_only = rd_req_bool_or(req, "drop_only", false),
		.src = take_prefix(req, "src"),
		.dst = take_prefix(req, "dst"),
		.ip = take_prefix(req, "ip")};
	w->has_mac = rd_req_has(req, "mac") && rd_req_mac(req, "mac", w->mac);
	take_numbers(req, w);
}

int ctl_flow_list(struct rd_request *req)
{
	uint64_t limit = rd_req_num_or(req, "limit", 1, INT64_MAX, INT64_MAX);
	bool one = rd_req_has(req, "worker");
	unsigned worker = one ? (unsigned)rd_req_num(req, "worker", 0, rd_nb_workers - 1) : 0;
	struct flow_filter filter;
	struct flow_stream *s;

	take_filter(req, &filter);
	if (rd_req_end(req) < 0)
		return req->err->code;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	*s = (struct flow_stream){.stream = {.step = flow_step, .free = flow_stream_free},
		.worker = worker,
		.last_worker = one ? worker : rd_nb_workers - 1,
		.id = 1,
		.filter = filter,
		.left = limit};
	req->stream = &s->stream;
	return 0;
}

static int permille(uint64_t part, uint64_t all)
{
	return all == 0 ? 0 : (int)(part * 1000 / all);
}

int ctl_flow_stats(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		const struct rd_flow_table *t = rd_workers[i]->flows;
		const struct rd_flow_stats *st = &t->stats;
		uint64_t memory = (uint64_t)t->capacity * (sizeof(struct rd_flow) + 4)
			+ (uint64_t)t->max_buckets * RD_FLOW_BUCKET_SIZE;

		rd_req_item(req,
			json_pack(
				"{s:i,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:i,s:i,s:i,s:I,"
				"s:I}",
				"worker", (int)i, "lcore", (int)rd_workers[i]->lcore, "capacity",
				(json_int_t)t->capacity, "entries", (json_int_t)t->nb, "hits",
				(json_int_t)st->hits, "misses", (json_int_t)st->misses, "inserts",
				(json_int_t)st->inserts, "evictions", (json_int_t)st->evictions,
				"stale", (json_int_t)st->stale, "renewed", (json_int_t)st->renewed,
				"expired", (json_int_t)st->expired, "idle_s", (json_int_t)t->idle_s,
				"occupancy_permille", permille(t->nb, t->capacity), "hit_permille",
				permille(st->hits, st->hits + st->misses), "bucket_permille",
				permille(t->nb,
					(uint64_t)__atomic_load_n(&t->nb_buckets, __ATOMIC_RELAXED)
						* 8),
				"memory", (json_int_t)memory, "generation",
				(json_int_t)rd_generation()));
	}
	return 0;
}

struct flow_swap {
	struct rd_flow_table *table;
};

// Worker: takes the new table and gives the old one back. Counters go on.
static void swap_table(struct rd_worker *w, void *arg)
{
	struct flow_swap *s = arg;
	struct rd_flow_table *old = w->flows;

	s->table->stats = old->stats;
	w->flows = s->table;
	s->table = old;
}

// Fresh tables for all workers, each handed over between two walks; nobody waits for pages. What the old ones held is
// decided again by the packets that come.
static int replace_tables(struct rd_ctl *ctl, uint32_t capacity, uint64_t *held, struct rd_err *err)
{
	struct flow_swap fresh[RD_WORKER_MAX] = {0};
	int ret = 0;

	for (unsigned i = 0; i < rd_nb_workers && ret == 0; i++) {
		const struct rd_flow_table *old = rd_workers[i]->flows;

		fresh[i].table = rd_flow_table_create(capacity, old->idle_s);
		if (fresh[i].table == NULL) {
			ret = rd_err_set(err, -ENOMEM,
				"no memory for %u flow entries on each worker", capacity);
			break;
		}
		fresh[i].table->node = old->node;
		rd_flow_table_touch(fresh[i].table);
		if (old->verdict != NULL) // without memory filters are asked for every packet
			(void)rd_flow_verdict_create(fresh[i].table);
	}
	for (unsigned i = 0; i < rd_nb_workers && ret == 0; i++) {
		rd_worker_call(rd_workers[i], swap_table, &fresh[i]);
		*held += fresh[i].table->nb;
	}
	for (unsigned i = 0; i < rd_nb_workers; i++)
		rd_flow_table_free(fresh[i].table);
	rd_pages_start(ctl);
	return ret;
}

static void set_idle(struct rd_worker *w, void *arg)
{
	w->flows->idle_s = *(const uint32_t *)arg;
}

int ctl_flow_set(struct rd_request *req)
{
	uint32_t capacity = (uint32_t)rd_req_num_or(req, "capacity", CAPACITY_MIN, CAPACITY_MAX, 0);
	uint32_t idle_s = (uint32_t)rd_req_num_or(req, "idle_s", 1, IDLE_MAX_S, 0);
	uint32_t generation = (uint32_t)rd_req_num_or(req, "generation", 1, UINT32_MAX, 0);
	uint64_t held = 0;

	if (rd_req_end(req) < 0)
		return req->err->code;
	if (generation != 0 && rd_generation_set(generation) < 0) {
		rd_req_fail(req, "generation", -EINVAL,
			"the generation is %u already and can only go forward", rd_generation());
		rd_err_hint(req->err, "a number above it");
		return req->err->code;
	}
	if (generation != 0)
		req->ctl->flow_generation = generation;
	if (capacity != 0) {
		if (replace_tables(req->ctl, capacity, &held, req->err) < 0)
			return req->err->code;
		req->ctl->flow_capacity = capacity;
	}
	if (idle_s != 0) {
		rd_worker_call_all(set_idle, &idle_s);
		req->ctl->flow_idle_s = idle_s;
	}
	return 0;
}

// By the worker itself only where there is no memory for the quick way: it would stand still meanwhile.
static void flush(struct rd_worker *w, void *arg)
{
	*(uint64_t *)arg += rd_flow_flush(w->flows); // one worker at a time
}

int ctl_flow_flush(struct rd_request *req)
{
	uint32_t capacity = rd_workers[0]->flows->capacity;
	struct rd_err ignored = {0};
	uint64_t flushed = 0;

	if (rd_req_end(req) < 0)
		return req->err->code;
	if (replace_tables(req->ctl, capacity, &flushed, &ignored) < 0)
		rd_worker_call_all(flush, &flushed);
	rd_req_result(req, json_pack("{s:I}", "flushed", (json_int_t)flushed));
	return 0;
}
