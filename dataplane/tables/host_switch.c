/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Hosts (tiers) and switches (portsets). Control thread; workers may read a switch that a published port names.
 */
#include "tables/tables.h"

#include "base/str.h"
#include "tables/retire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rd_host *hosts[RD_HOST_MAX]; // index 0 is never used
static struct rd_switch *switches[RD_SWITCH_MAX];

const struct rd_host *rd_host_at(unsigned idx)
{
	return idx < RD_HOST_MAX ? __atomic_load_n(&hosts[idx], __ATOMIC_ACQUIRE) : NULL;
}

static struct rd_host *host_by_name(const char *name)
{
	for (unsigned i = 1; i < RD_HOST_MAX; i++)
		if (hosts[i] != NULL && strcmp(hosts[i]->name, name) == 0)
			return hosts[i];
	return NULL;
}

const struct rd_host *rd_host_find(const char *name)
{
	return host_by_name(name);
}

// The one that was declared so, else the oldest.
const struct rd_host *rd_host_default(void)
{
	const struct rd_host *first = NULL;

	for (unsigned i = 1; i < RD_HOST_MAX; i++) {
		if (hosts[i] == NULL)
			continue;
		if (hosts[i]->is_default)
			return hosts[i];
		if (first == NULL)
			first = hosts[i];
	}
	return first;
}

int rd_host_add(const char *name, bool is_default, struct rd_err *err)
{
	unsigned idx = 1;
	int rc = rd_name_check("host", name, err);
	struct rd_host *h;

	if (rc < 0)
		return rc;
	if (host_by_name(name) != NULL)
		return rd_err_set(err, -EEXIST, "host %s exists already", name);
	while (idx < RD_HOST_MAX && hosts[idx] != NULL)
		idx++;
	if (idx == RD_HOST_MAX)
		return rd_err_set(err, -ENOSPC, "no more than %d hosts", RD_HOST_MAX - 1);
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for a host");
	h->idx = (uint8_t)idx;
	h->is_default = is_default;
	rd_str_copy(h->name, sizeof(h->name), name); // the check has seen its length
	for (unsigned i = 1; is_default && i < RD_HOST_MAX; i++)
		if (hosts[i] != NULL)
			hosts[i]->is_default = false; // there is one default: the last one declared
	__atomic_store_n(&hosts[idx], h, __ATOMIC_RELEASE);
	return 0;
}

int rd_host_del(const char *name, struct rd_err *err)
{
	struct rd_host *h = host_by_name(name);

	if (h == NULL) {
		rd_err_set(err, -ENOENT, "no host is named %.130s", name);
		rd_err_hint(err, "show host");
		return -ENOENT;
	}
	for (unsigned i = 1; i < RD_SWITCH_MAX; i++)
		if (switches[i] != NULL && switches[i]->host == h->idx)
			return rd_err_set(
				err, -EBUSY, "host %s has switch %s", name, switches[i]->name);
	for (unsigned i = 1; i < rd_tep_bound(); i++)
		if (rd_tep_at((uint16_t)i) != NULL && rd_tep_at((uint16_t)i)->host == h->idx)
			return rd_err_set(err, -EBUSY, "host %s has a tunnel endpoint", name);
	__atomic_store_n(&hosts[h->idx], NULL, __ATOMIC_RELEASE);
	rd_retire(h, free);
	rd_commit();
	return 0;
}

struct rd_switch *rd_switch_at(unsigned idx)
{
	return idx < RD_SWITCH_MAX ? __atomic_load_n(&switches[idx], __ATOMIC_ACQUIRE) : NULL;
}

static bool switch_named(unsigned idx, struct rd_named *out)
{
	const struct rd_switch *sw = rd_switch_at(idx);

	if (sw != NULL)
		*out = (struct rd_named){.host = sw->host, .name = sw->name};
	return sw != NULL;
}

static unsigned switch_bound(void)
{
	return RD_SWITCH_MAX;
}

const struct rd_kind rd_kind_switch = {"switch", switch_named, switch_bound};

struct rd_switch *rd_switch_find(const char *name, struct rd_err *err)
{
	int idx = rd_name_resolve(&rd_kind_switch, name, err);

	return idx < 0 ? NULL : switches[idx];
}

const char *rd_switch_qname(const struct rd_switch *sw, char *buf, size_t len)
{
	snprintf(buf, len, "%s/%s", rd_host_name(sw->host), sw->name);
	return buf;
}

static int mtu_check(unsigned mtu, struct rd_err *err)
{
	if (mtu >= 68 && mtu <= 9216)
		return 0;
	rd_err_set(err, -ERANGE, "an MTU of %u is out of range", mtu);
	rd_err_where(err, "mtu");
	rd_err_hint(err, "68 to 9216");
	return -ERANGE;
}

static int switch_check(const char *name, const struct rd_host *h, unsigned portset, uint16_t mtu,
	struct rd_err *err)
{
	int rc = rd_name_check("switch", name, err);

	if (rc < 0)
		return rc;
	if (portset > 63)
		return rd_err_set(err, -ERANGE, "portset %u is out of range 0 to 63", portset);
	if (rd_name_lookup(&rd_kind_switch, h->idx, name) != 0)
		return rd_err_set(err, -EEXIST, "switch %s/%s exists already", h->name, name);
	for (unsigned i = 1; i < RD_SWITCH_MAX; i++)
		if (switches[i] != NULL && switches[i]->host == h->idx
			&& switches[i]->portset == portset)
			return rd_err_set(err, -EEXIST,
				"portset %u of host %s is switch %s already", portset, h->name,
				switches[i]->name);
	return mtu_check(mtu, err);
}

int rd_switch_add(
	const char *name, const char *host, unsigned portset, uint16_t mtu, struct rd_err *err)
{
	const struct rd_host *h = rd_host_find(host);
	unsigned idx = 1;
	struct rd_switch *sw;
	int rc;

	if (h == NULL) {
		rd_err_set(err, -ENOENT, "no host is named %.130s", host);
		rd_err_hint(err, "host add NAME");
		return -ENOENT;
	}
	rc = switch_check(name, h, portset, mtu, err);
	if (rc < 0)
		return rc;
	while (idx < RD_SWITCH_MAX && switches[idx] != NULL)
		idx++;
	if (idx == RD_SWITCH_MAX)
		return rd_err_set(err, -ENOSPC, "no more than %d switches", RD_SWITCH_MAX - 1);
	sw = calloc(1, sizeof(*sw));
	if (sw == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for a switch");
	sw->idx = (uint16_t)idx;
	sw->host = h->idx;
	sw->portset = (uint8_t)portset;
	sw->mtu = mtu;
	rd_str_copy(sw->name, sizeof(sw->name), name); // the check has seen its length
	__atomic_store_n(&switches[idx], sw, __ATOMIC_RELEASE);
	return 0;
}

int rd_switch_set_mtu(struct rd_switch *sw, uint16_t mtu, struct rd_err *err)
{
	int rc = mtu_check(mtu, err);

	if (rc < 0)
		return rc;
	__atomic_store_n(&sw->mtu, mtu, __ATOMIC_RELAXED); // a worker sees the old one or the new
	rd_generation_bump();
	return 0;
}

int rd_switch_del(struct rd_switch *sw, struct rd_err *err)
{
	char qname[2 * RD_NAME_LEN];

	rd_switch_qname(sw, qname, sizeof(qname));
	for (unsigned i = 1; i < rd_port_bound(); i++)
		if (rd_port_at((uint16_t)i) != NULL && rd_port_at((uint16_t)i)->sw == sw->idx)
			return rd_err_set(err, -EBUSY, "switch %s has port %s", qname,
				rd_port_at((uint16_t)i)->name);
	for (unsigned i = 1; i < rd_segment_bound(); i++)
		if (rd_segment_at((uint16_t)i) != NULL && rd_segment_at((uint16_t)i)->sw == sw->idx)
			return rd_err_set(err, -EBUSY, "switch %s has segment %s", qname,
				rd_segment_at((uint16_t)i)->name);
	__atomic_store_n(&switches[sw->idx], NULL, __ATOMIC_RELEASE);
	rd_retire(sw, free);
	rd_commit();
	return 0;
}

void rd_host_fini(void)
{
	for (unsigned i = 0; i < RD_SWITCH_MAX; i++) {
		free(switches[i]);
		switches[i] = NULL;
	}
	for (unsigned i = 0; i < RD_HOST_MAX; i++) {
		free(hosts[i]);
		hosts[i] = NULL;
	}
}
