/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Remote tunnel endpoints and their header templates. Control thread, but for rd_tunnel_at() and rd_tunnel_by_remote().
 */
#include "tables/tables.h"

#include "base/pkt.h"
#include "base/str.h"
#include "tables/index.h"
#include "tables/retire.h"
#include "tables/tunnel_priv.h"

#include <stdlib.h>
#include <string.h>

struct rd_tunnel_stats *rd_tunnel_stats[RD_WORKER_IDS];

static struct rd_tunnel *tunnels[RD_TUNNEL_MAX]; // atomic pointers; index 0 is never used
static struct rd_index *by_remote; // atomic pointer
static unsigned bound = 1;

static uint64_t remote_key(uint16_t tep, const uint8_t ip[4])
{
	return (uint64_t)tep << 32 | rd_be32(ip);
}

const struct rd_tunnel *rd_tunnel_at(uint16_t idx)
{
	return idx < RD_TUNNEL_MAX ? __atomic_load_n(&tunnels[idx], __ATOMIC_ACQUIRE) : NULL;
}

unsigned rd_tunnel_bound(void)
{
	return bound;
}

const struct rd_tunnel *rd_tunnel_by_remote(uint16_t tep, const uint8_t ip[4])
{
	const struct rd_index *idx = __atomic_load_n(&by_remote, __ATOMIC_ACQUIRE);
	uint16_t found = rd_index_get(idx, remote_key(tep, ip));

	return found == 0 ? NULL : rd_tunnel_at(found);
}

const struct rd_tunnel *rd_tunnel_find(const char *name, struct rd_err *err)
{
	for (unsigned i = 1; i < bound; i++)
		if (tunnels[i] != NULL && strcmp(tunnels[i]->name, name) == 0)
			return tunnels[i];
	rd_err_set(err, -ENOENT, "no tunnel is named %.130s", name);
	rd_err_where(err, "tunnel");
	rd_err_hint(err, "show tunnel");
	return NULL;
}

static bool has_critical_option(const struct rd_tep *tep)
{
	for (unsigned at = 0; at + 4 <= tep->opt_len; at += 4 + (tep->opt[at + 3] & 0x1fu) * 4)
		if ((tep->opt[at + 2] & 0x80) != 0)
			return true;
	return false;
}

// Ethernet, IPv4 (RFC 791), UDP, Geneve (RFC 8926 section 3.4).
void rd_tunnel_template(struct rd_tunnel *t, const struct rd_tep *tep)
{
	uint8_t *eth = t->hdr, *ip = eth + RD_ETH_LEN, *udp = ip + 20, *geneve = udp + 8;

	memset(t->hdr, 0, sizeof(t->hdr));
	memcpy(eth, t->mac, 6);
	memcpy(eth + 6, tep->mac, 6);
	rd_put16(eth + 12, RD_ETHERTYPE_IPV4);
	ip[0] = 0x45;
	rd_put16(ip + 6, tep->df ? 0x4000 : 0);
	ip[8] = tep->ttl;
	ip[9] = RD_IPPROTO_UDP;
	memcpy(ip + 12, tep->ip, 4);
	memcpy(ip + 16, t->remote, 4);
	rd_put16(udp + 2, tep->dport);
	geneve[0] = (uint8_t)(tep->opt_len / 4);
	geneve[1] = has_critical_option(tep) ? 0x40 : 0;
	rd_put16(geneve + 2, RD_ETHERTYPE_TEB);
	memcpy(geneve + 8, tep->opt, tep->opt_len);
	t->hdr_len = (uint16_t)(geneve + 8 + tep->opt_len - t->hdr);
	t->ip_sum = (uint16_t)~rd_csum_fold(rd_csum_add(0, ip, 20));
	t->df = tep->df;
	t->csum = tep->csum;
}

static int rebuild_index(void)
{
	struct rd_index *fresh;
	unsigned nb = 0;

	for (unsigned i = 1; i < bound; i++)
		nb += tunnels[i] != NULL;
	fresh = rd_index_new(nb);
	if (fresh == NULL)
		return -ENOMEM;
	for (unsigned i = 1; i < bound; i++)
		if (tunnels[i] != NULL)
			rd_index_put(fresh, remote_key(tunnels[i]->tep, tunnels[i]->remote),
				(uint16_t)i);
	rd_index_publish(&by_remote, fresh);
	return 0;
}

int rd_tunnel_swap(uint16_t idx, struct rd_tunnel *t)
{
	struct rd_tunnel *old = tunnels[idx];
	int rc;

	__atomic_store_n(&tunnels[idx], t, __ATOMIC_RELEASE);
	rc = rebuild_index();
	if (rc < 0)
		__atomic_store_n(&tunnels[idx], old, __ATOMIC_RELEASE);
	rd_retire(rc < 0 ? t : old, free);
	return rc;
}

static int check_new(const char *name, const struct rd_tep *local, const uint8_t remote[4],
	const uint8_t *mac, struct rd_err *err)
{
	const struct rd_tunnel *same = rd_tunnel_by_remote(local->idx, remote);
	int rc = rd_name_check("tunnel", name, err);

	if (rc < 0)
		return rc;
	if (rd_tunnel_find(name, NULL) != NULL)
		return rd_err_set(err, -EEXIST, "tunnel %s exists already", name);
	if (!rd_ip4_is_unicast(remote) || memcmp(remote, local->ip, 4) == 0)
		return rd_err_set(err, -EINVAL, "the remote must be another host's address");
	if (same != NULL)
		return rd_err_set(err, -EEXIST, "tunnel %s leads there already", same->name);
	if (mac != NULL && (rd_mac_is_multicast(mac) || rd_mac_is_zero(mac)))
		return rd_err_set(err, -EINVAL, "a next hop needs a unicast MAC");
	return 0;
}

// All workers' counters at once, at the first tunnel: they are there before any worker sees it.
static int stats_alloc(void)
{
	size_t size = RD_TUNNEL_MAX * sizeof(struct rd_tunnel_stats);

	for (unsigned w = 0; w < RD_WORKER_IDS; w++) {
		if (rd_tunnel_stats[w] != NULL)
			continue;
		rd_tunnel_stats[w] = aligned_alloc(64, size);
		if (rd_tunnel_stats[w] == NULL)
			return -ENOMEM;
		memset(rd_tunnel_stats[w], 0, size);
	}
	return 0;
}

static struct rd_tunnel *tunnel_new(
	const char *name, const struct rd_tep *local, const uint8_t remote[4], const uint8_t *mac)
{
	struct rd_tunnel *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->tep = local->idx;
	t->host = local->host;
	memcpy(t->remote, remote, 4);
	if (mac != NULL) {
		memcpy(t->mac, mac, 6);
		t->mac_known = true;
	}
	rd_str_copy(t->name, sizeof(t->name), name); // the check has seen its length
	rd_tunnel_template(t, local);
	return t;
}

int rd_tunnel_add(const char *name, const struct rd_tep *local, const uint8_t remote[4],
	const uint8_t *mac, struct rd_err *err)
{
	unsigned idx = 1;
	struct rd_tunnel *t;
	int rc = check_new(name, local, remote, mac, err);

	if (rc < 0)
		return rc;
	while (idx < RD_TUNNEL_MAX && tunnels[idx] != NULL)
		idx++;
	if (idx == RD_TUNNEL_MAX)
		return rd_err_set(err, -ENOSPC, "no more than %d tunnels", RD_TUNNEL_MAX - 1);
	if (stats_alloc() < 0)
		return rd_err_set(err, -ENOMEM, "no memory for the tunnels' counters");
	t = tunnel_new(name, local, remote, mac);
	if (t == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for a tunnel");
	t->idx = (uint16_t)idx;
	for (unsigned w = 0; w < RD_WORKER_IDS;
		w++) // no worker has seen this index since it was free
		memset(&rd_tunnel_stats[w][idx], 0, sizeof(struct rd_tunnel_stats));
	bound = idx >= bound ? idx + 1 : bound;
	rc = rd_tunnel_swap((uint16_t)idx, t);
	rd_commit();
	return rc == 0 ? 0 : rd_err_set(err, rc, "no memory for the index of tunnels");
}

int rd_tunnel_del(uint16_t idx, struct rd_err *err)
{
	const struct rd_tunnel *t = rd_tunnel_at(idx);
	int rc;

	if (t == NULL)
		return rd_err_set(err, -ENOENT, "there is no such tunnel");
	for (unsigned i = 1; i < rd_segment_bound(); i++) {
		const struct rd_segment *s = rd_segment_at((uint16_t)i);

		for (unsigned j = 0; s != NULL && j < s->nb_tunnels; j++)
			if (s->tunnel[j] == idx)
				return rd_err_set(err, -EBUSY, "segment %s/%s floods to tunnel %s",
					rd_host_name(s->host), s->name, t->name);
	}
	rc = rd_tunnel_swap(idx, NULL);
	if (rc < 0)
		return rd_err_set(err, rc, "no memory for the index of tunnels");
	rd_fdb_purge(true, idx);
	rd_commit();
	(void)rd_fdb_purge(true, idx); // what a worker learned before it saw it gone
	rd_tunnel_learn_clear(idx);
	return 0;
}

void rd_tunnel_fini(void)
{
	for (unsigned i = 1; i < bound; i++) {
		rd_tunnel_learn_clear((uint16_t)i);
		free(tunnels[i]);
		tunnels[i] = NULL;
	}
	for (unsigned w = 0; w < RD_WORKER_IDS; w++) {
		free(rd_tunnel_stats[w]);
		rd_tunnel_stats[w] = NULL;
	}
	free(by_remote);
	by_remote = NULL;
	bound = 1;
	rd_tep_fini();
}
