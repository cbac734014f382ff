/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Making rule lists: each change makes a new list from the old one. Control thread.
 */
#include "tables/dfw_priv.h"

#include "base/pkt.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define RULES_MAX 8192

static void hash_rules(struct rd_dfw *d)
{
	memset(d->hash, 0, (d->hash_mask + 1) * sizeof(d->hash[0]));
	for (uint32_t r = 0; r < d->nb; r++) {
		uint32_t i = (uint32_t)rd_mix64(d->rule[r].id) & d->hash_mask;

		while (d->hash[i] != 0)
			i = (i + 1) & d->hash_mask;
		d->hash[i] = r + 1;
	}
}

// Counters at 0, rules and hash not filled in. NULL and *err.
static struct rd_dfw *dfw_new(uint32_t nb, struct rd_err *err)
{
	struct rd_dfw *d = calloc(1, sizeof(*d) + nb * sizeof(d->rule[0]));
	uint32_t slots = 4;

	if (d == NULL) {
		rd_err_set(err, -ENOMEM, "no memory for firewall rules");
		return NULL;
	}
	while (slots < nb * 2)
		slots *= 2;
	d->nb = nb;
	d->hash_mask = slots - 1;
	d->stride = (nb + 1 + 7) / 8 * 8;
	d->hash = calloc(slots, sizeof(d->hash[0]));
	d->hits = aligned_alloc(64, (size_t)RD_WORKER_MAX * d->stride * sizeof(d->hits[0]));
	d->carried = calloc(nb + 1, sizeof(d->carried[0]));
	if (d->hash == NULL || d->hits == NULL || d->carried == NULL) {
		rd_dfw_free(d);
		rd_err_set(err, -ENOMEM, "no memory for firewall rules");
		return NULL;
	}
	memset(d->hits, 0, (size_t)RD_WORKER_MAX * d->stride * sizeof(d->hits[0]));
	return d;
}

void rd_dfw_free(struct rd_dfw *d)
{
	if (d == NULL)
		return;
	free(d->hash);
	free(d->hits);
	free(d->carried);
	free(d);
}

static int bad_rule(struct rd_err *err, const char *where, const char *what)
{
	rd_err_set(err, -EINVAL, "%s", what);
	rd_err_where(err, "%s", where);
	return -EINVAL;
}

static bool prefix_valid(unsigned family, unsigned len)
{
	if (family == 0)
		return len == 0;
	return (family == AF_INET && len <= 32) || (family == AF_INET6 && len <= 128);
}

static bool has_ports(const struct rd_dfw_rule *r)
{
	return r->sport_lo != 0 || r->sport_hi != UINT16_MAX || r->dport_lo != 0
		|| r->dport_hi != UINT16_MAX;
}

static int check_rule(const struct rd_dfw_rule *r, struct rd_err *err)
{
	if (r->id == 0)
		return bad_rule(err, "rule", "a rule's id starts at 1");
	if (r->dir < RD_DFW_IN || r->dir > RD_DFW_INOUT)
		return bad_rule(err, "dir", "a rule is for in, out or inout");
	if (!prefix_valid(r->src_family, r->src_len))
		return bad_rule(err, "from", "the source prefix is too long");
	if (!prefix_valid(r->dst_family, r->dst_len))
		return bad_rule(err, "to", "the destination prefix is too long");
	if (r->src_family != 0 && r->dst_family != 0 && r->src_family != r->dst_family)
		return bad_rule(err, "to", "source and destination are not of the same family");
	if (r->sport_lo > r->sport_hi || r->dport_lo > r->dport_hi)
		return bad_rule(err, "dport", "a port range goes from low to high");
	if (has_ports(r) && r->proto != 0 && r->proto != RD_IPPROTO_TCP
		&& r->proto != RD_IPPROTO_UDP)
		return bad_rule(err, "proto", "only TCP and UDP have ports");
	if (memchr(r->name, '\0', sizeof(r->name)) == NULL)
		return bad_rule(err, "name", "the rule's name is too long");
	return 0;
}

struct rd_dfw *rd_dfw_with_rule(
	const struct rd_dfw *old, const struct rd_dfw_rule *rule, struct rd_err *err)
{
	uint32_t nb = old == NULL ? 0 : old->nb;
	struct rd_dfw *d;

	if (check_rule(rule, err) < 0)
		return NULL;
	if (old != NULL && dfw_index(old, rule->id) < nb) {
		rd_err_set(err, -EEXIST, "the port has a rule %u already", rule->id);
		rd_err_where(err, "rule");
		return NULL;
	}
	if (nb == RULES_MAX) {
		rd_err_set(err, -ENOSPC, "a port has up to %d rules", RULES_MAX);
		return NULL;
	}
	d = dfw_new(nb + 1, err);
	if (d == NULL)
		return NULL;
	d->default_allow = old == NULL ? true : old->default_allow;
	if (nb > 0)
		memcpy(d->rule, old->rule, nb * sizeof(d->rule[0]));
	d->rule[nb] = *rule;
	hash_rules(d);
	return d;
}

struct rd_dfw *rd_dfw_without_rule(const struct rd_dfw *old, uint32_t id, struct rd_err *err)
{
	uint32_t at = old == NULL || id == 0 ? UINT32_MAX : dfw_index(old, id);
	struct rd_dfw *d;

	if (old == NULL || at >= old->nb) {
		rd_err_set(err, -ENOENT, "the port has no rule %u", id);
		rd_err_where(err, "rule");
		rd_err_hint(err, "show dfw");
		return NULL;
	}
	d = dfw_new(old->nb - 1, err);
	if (d == NULL)
		return NULL;
	d->default_allow = old->default_allow;
	memcpy(d->rule, old->rule, at * sizeof(d->rule[0]));
	memcpy(d->rule + at, old->rule + at + 1, (old->nb - 1 - at) * sizeof(d->rule[0]));
	hash_rules(d);
	return d;
}

struct rd_dfw *rd_dfw_with_default(const struct rd_dfw *old, bool allow, struct rd_err *err)
{
	uint32_t nb = old == NULL ? 0 : old->nb;
	struct rd_dfw *d = dfw_new(nb, err);

	if (d == NULL)
		return NULL;
	d->default_allow = allow;
	if (nb > 0)
		memcpy(d->rule, old->rule, nb * sizeof(d->rule[0]));
	hash_rules(d);
	return d;
}

static uint64_t sum_at(const struct rd_dfw *d, uint32_t at)
{
	uint64_t sum = d->carried[at];

	for (unsigned w = 0; w < RD_WORKER_MAX; w++)
		sum += __atomic_load_n(&d->hits[(size_t)w * d->stride + at], __ATOMIC_RELAXED);
	return sum;
}

uint64_t rd_dfw_hits(const struct rd_dfw *d, uint32_t rule_id)
{
	uint32_t at = dfw_index(d, rule_id);

	return at == d->nb && rule_id != 0 ? 0 : sum_at(d, at);
}

void rd_dfw_carry(struct rd_dfw *d, const struct rd_dfw *old)
{
	if (d == NULL || old == NULL)
		return;
	for (uint32_t i = 0; i < d->nb; i++)
		d->carried[i] += rd_dfw_hits(old, d->rule[i].id);
	d->carried[d->nb] += rd_dfw_hits(old, 0);
}
