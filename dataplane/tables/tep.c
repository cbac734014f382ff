/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Our tunnel endpoints. Control thread, but for rd_tep_at() and rd_tep_by_ip().
 */
#include "tables/tables.h"

#include "base/str.h"
#include "tables/index.h"
#include "tables/retire.h"
#include "tables/tunnel_priv.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static struct rd_tep *teps[RD_TEP_MAX]; // atomic pointers; index 0 is never used
static struct rd_index *by_ip; // atomic pointer
static unsigned bound = 1;

static uint64_t ip_key(uint8_t host, const uint8_t ip[4])
{
	return (uint64_t)host << 32 | (uint64_t)ip[0] << 24 | (uint64_t)ip[1] << 16
		| (uint64_t)ip[2] << 8 | ip[3];
}

const struct rd_tep *rd_tep_at(uint16_t idx)
{
	return idx < RD_TEP_MAX ? __atomic_load_n(&teps[idx], __ATOMIC_ACQUIRE) : NULL;
}

unsigned rd_tep_bound(void)
{
	return bound;
}

const struct rd_tep *rd_tep_by_ip(uint8_t host, const uint8_t ip[4])
{
	const struct rd_index *idx = __atomic_load_n(&by_ip, __ATOMIC_ACQUIRE);
	uint16_t found = rd_index_get(idx, ip_key(host, ip));

	return found == 0 ? NULL : rd_tep_at(found);
}

bool rd_ip4_is_unicast(const uint8_t ip[4])
{
	return ip[0] != 0 && ip[0] < 224 && ip[0] != 127;
}

// Options are a chain of 4-byte headers, each with its own length (RFC 8926 section 3.5).
static int check_options(const struct rd_tep *t, struct rd_err *err)
{
	unsigned at = 0;

	while (at + 4 <= t->opt_len && t->opt_len <= RD_GENEVE_OPT_MAX)
		at += 4 + (t->opt[at + 3] & 0x1fu) * 4;
	if (at == t->opt_len)
		return 0;
	rd_err_set(err, -EINVAL, "the Geneve options don't add up to %u bytes", t->opt_len);
	rd_err_where(err, "option");
	rd_err_hint(err, "CLASS:TYPE:DATA with 4, 8, ... bytes of data, %d bytes in all",
		RD_GENEVE_OPT_MAX);
	return -EINVAL;
}

static int check_port(const struct rd_tep *t, struct rd_err *err)
{
	const struct rd_port *p = t->port < RD_PORT_MAX ? rd_port_at(t->port) : NULL;

	if (t->port == 0)
		return 0;
	if (p == NULL)
		return rd_err_set(err, -ENOENT, "there is no such port");
	if (p->type != RD_PORT_VMK || p->host != t->host)
		return rd_err_set(err, -EINVAL, "port %s is not a vmk port of host %s", p->name,
			rd_host_name(t->host));
	return 0;
}

static int check_tep(const struct rd_tep *t, struct rd_err *err)
{
	int rc;

	if (rd_host_at(t->host) == NULL)
		return rd_err_set(err, -ENOENT, "there is no such host");
	if (!rd_ip4_is_unicast(t->ip))
		return rd_err_set(err, -EINVAL, "a tunnel endpoint needs a unicast address");
	if (rd_tep_by_ip(t->host, t->ip) != NULL)
		return rd_err_set(err, -EEXIST, "host %s has this tunnel endpoint already",
			rd_host_name(t->host));
	if (rd_mac_is_multicast(t->mac) || rd_mac_is_zero(t->mac))
		return rd_err_set(err, -EINVAL, "a tunnel endpoint needs a unicast MAC");
	if (t->dport == 0 || t->ttl == 0)
		return rd_err_set(err, -ERANGE, "the UDP port and the TTL can't be 0");
	rc = check_options(t, err);
	if (rc == 0)
		rc = check_port(t, err);
	return rc == 0 ? rd_team_check(t->team, t->nb_team, t->host, err) : rc;
}

static int rebuild_index(void)
{
	struct rd_index *fresh = rd_index_new(RD_TEP_MAX);

	if (fresh == NULL)
		return -ENOMEM;
	for (unsigned i = 1; i < RD_TEP_MAX; i++)
		if (teps[i] != NULL)
			rd_index_put(fresh, ip_key(teps[i]->host, teps[i]->ip), (uint16_t)i);
	rd_index_publish(&by_ip, fresh);
	return 0;
}

static int publish(uint16_t idx, struct rd_tep *t)
{
	struct rd_tep *old = teps[idx];
	int rc;

	__atomic_store_n(&teps[idx], t, __ATOMIC_RELEASE);
	rc = rebuild_index();
	if (rc < 0)
		__atomic_store_n(&teps[idx], old, __ATOMIC_RELEASE);
	rd_retire(rc < 0 ? t : old, free);
	rd_commit();
	return rc;
}

int rd_tep_add(const struct rd_tep *opts, struct rd_err *err)
{
	unsigned idx = 1;
	struct rd_tep *t;
	int rc = check_tep(opts, err);

	if (rc < 0)
		return rc;
	while (idx < RD_TEP_MAX && teps[idx] != NULL)
		idx++;
	if (idx == RD_TEP_MAX)
		return rd_err_set(err, -ENOSPC, "no more than %d endpoints", RD_TEP_MAX - 1);
	t = malloc(sizeof(*t));
	if (t == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for a tunnel endpoint");
	*t = *opts;
	t->idx = (uint16_t)idx;
	bound = idx >= bound ? idx + 1 : bound;
	rc = publish((uint16_t)idx, t);
	return rc == 0 ? 0 : rd_err_set(err, rc, "no memory for the index of endpoints");
}

int rd_tep_del(uint16_t idx, struct rd_err *err)
{
	struct rd_tep *t = idx < RD_TEP_MAX ? teps[idx] : NULL;
	int rc;

	if (t == NULL)
		return rd_err_set(err, -ENOENT, "there is no such tunnel endpoint");
	for (unsigned i = 1; i < rd_tunnel_bound(); i++) {
		const struct rd_tunnel *n = rd_tunnel_at((uint16_t)i);

		if (n != NULL && n->tep == idx)
			return rd_err_set(err, -EBUSY, "tunnel %s uses this endpoint", n->name);
	}
	rc = publish(idx, NULL);
	return rc == 0 ? 0 : rd_err_set(err, rc, "no memory for the index of endpoints");
}

static const struct rd_tep *not_found(const char *text, struct rd_err *err)
{
	rd_err_set(err, -ENOENT, "no tunnel endpoint has the address %.130s", text);
	rd_err_where(err, "tep");
	rd_err_hint(err, "show tep");
	return NULL;
}

static const struct rd_tep *find_anywhere(const uint8_t ip[4], const char *text, struct rd_err *err)
{
	const struct rd_tep *found = NULL;

	for (unsigned i = 1; i < RD_HOST_MAX; i++) {
		const struct rd_tep *t = rd_tep_by_ip((uint8_t)i, ip);

		if (t != NULL && found != NULL) {
			rd_err_set(err, -EEXIST, "several hosts have the endpoint %s", text);
			rd_err_hint(err, "say HOST/IP");
			return NULL;
		}
		found = t != NULL ? t : found;
	}
	return found != NULL ? found : not_found(text, err);
}

// IP of the default host, else of the only host that has it, or HOST/IP.
const struct rd_tep *rd_tep_find(const char *ip, struct rd_err *err)
{
	const struct rd_host *def = rd_host_default();
	const struct rd_tep *t = NULL;
	uint8_t host, addr[16];
	const char *text = rd_name_split(ip, &host);
	int family;

	if (text == NULL || rd_parse_ip(text, &family, addr) < 0 || family != AF_INET)
		return not_found(ip, err);
	if (host != 0) {
		t = rd_tep_by_ip(host, addr);
		return t != NULL ? t : not_found(ip, err);
	}
	if (def != NULL)
		t = rd_tep_by_ip(def->idx, addr);
	return t != NULL ? t : find_anywhere(addr, text, err);
}

void rd_tep_fini(void)
{
	for (unsigned i = 1; i < bound; i++) {
		free(teps[i]);
		teps[i] = NULL;
	}
	free(by_ip);
	by_ip = NULL;
	bound = 1;
}
