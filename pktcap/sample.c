/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sampling of walks, see sample.h. Main thread.
 */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"

#define WAYS 8u
#define SETS_BITS 14
#define FLOWS_BITS 16
#define MIX UINT64_C(0x9e3779b97f4a7c15)

struct set { // the latest decisions of one hash value; the oldest gives way
	uint64_t id[WAYS];
	uint8_t keep; // a bit each
	uint8_t next;
};

struct flow {
	uint64_t key;
	uint64_t walks;
};

struct pk_sample {
	struct pk_sample_rule rule;
	uint64_t walks; // seen
	uint64_t due_ns;
	struct set *sets;
	struct flow *flows;
};

struct pk_sample *pk_sample_new(const struct pk_sample_rule *rule)
{
	struct pk_sample *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->rule = *rule;
	s->sets = calloc(1u << SETS_BITS, sizeof(*s->sets));
	s->flows = calloc(1u << FLOWS_BITS, sizeof(*s->flows));
	if (s->sets != NULL && s->flows != NULL)
		return s;
	pk_sample_free(s);
	return NULL;
}

void pk_sample_free(struct pk_sample *s)
{
	if (s == NULL)
		return;
	free(s->sets);
	free(s->flows);
	free(s);
}

uint64_t pk_sample_walks(const struct pk_sample *s)
{
	return s->walks;
}

// 1: kept, 0: not, -1: not decided (any more).
static int decided(const struct pk_sample *s, uint64_t id)
{
	const struct set *set = &s->sets[id * MIX >> (64 - SETS_BITS)];

	for (unsigned i = 0; i < WAYS; i++) {
		if (set->id[i] == id)
			return set->keep >> i & 1;
	}
	return -1;
}

static void remember(struct pk_sample *s, uint64_t id, bool keep)
{
	struct set *set = &s->sets[id * MIX >> (64 - SETS_BITS)];
	unsigned i = set->next++ % WAYS;

	set->id[i] = id;
	set->keep = (uint8_t)((set->keep & ~(1u << i)) | (unsigned)keep << i);
}

static uint64_t mix(uint64_t h, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

// The inner frame's addresses, protocol and ports; of what is not IP the Ethernet header. Never 0.
static uint64_t flow_key(const struct rd_cap_rec *rec)
{
	const uint8_t *bytes = (const uint8_t *)rec + rec->hdr_len;
	size_t off = rd_pkt_inner(bytes, rec->cap_len, rec->wire_len, RD_GENEVE_PORT);
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	struct rd_pkt p;
	int rc = rd_pkt_parse(bytes, rec->cap_len, rec->wire_len, off, &p);

	if (rc != 0 || (p.flags & (RD_PKT_IPV4 | RD_PKT_IPV6)) == 0) {
		size_t len = rec->cap_len > off ? rec->cap_len - off : 0;

		return mix(h, bytes + off, len < RD_ETH_LEN ? len : RD_ETH_LEN) | 1;
	}
	if (p.flags & RD_PKT_IPV4)
		h = mix(h, bytes + p.l3_off + 12, 8);
	else
		h = mix(h, bytes + p.l3_off + 8, 32);
	h = mix(h, &p.proto, 1);
	if (p.flags & RD_PKT_L4) {
		h = mix(h, &p.sport, sizeof(p.sport));
		h = mix(h, &p.dport, sizeof(p.dport));
	}
	return h | 1;
}

static bool decide_flow(struct pk_sample *s, const struct rd_cap_rec *rec)
{
	uint64_t key = flow_key(rec);
	struct flow *f = &s->flows[key * MIX >> (64 - FLOWS_BITS)];

	if (f->key != key)
		*f = (struct flow){.key = key};
	return f->walks++ < s->rule.n;
}

static bool decide_time(struct pk_sample *s, const struct rd_cap_rec *rec)
{
	if (rec->ns < s->due_ns)
		return false;
	s->due_ns = rec->ns + s->rule.n;
	return true;
}

static bool decide(struct pk_sample *s, const struct rd_cap_rec *rec)
{
	uint64_t number = s->walks++;

	switch (s->rule.kind) {
	case PK_SAMPLE_FIRST:
		return number < s->rule.n;
	case PK_SAMPLE_ONE_IN:
		return number % s->rule.n == 0;
	case PK_SAMPLE_EVERY:
		return decide_time(s, rec);
	case PK_SAMPLE_FLOW:
		return decide_flow(s, rec);
	default:
		return true;
	}
}

bool pk_sample_keeps(struct pk_sample *s, const struct rd_cap_rec *rec)
{
	int keep = decided(s, rec->packet_id);

	if (keep >= 0)
		return keep;
	if (rec->parent_id != 0)
		keep = decided(s, rec->parent_id);
	if (keep < 0)
		keep = decide(s, rec);
	remember(s, rec->packet_id, keep);
	return keep;
}
