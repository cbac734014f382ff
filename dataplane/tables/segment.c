/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Segments: adding, changing, deleting. Control thread, but for rd_segment_at().
 */
#include "tables/tables.h"

#include "base/str.h"
#include "tables/dfw_edit.h"
#include "tables/retire.h"
#include "tables/router.h"

#include <stdlib.h>
#include <string.h>

static struct rd_segment *segments[RD_SEGMENT_MAX]; // atomic pointers; index 0 is never used
static unsigned bound = 1;

const struct rd_segment *rd_segment_at(uint16_t idx)
{
	return idx < RD_SEGMENT_MAX ? __atomic_load_n(&segments[idx], __ATOMIC_ACQUIRE) : NULL;
}

unsigned rd_segment_bound(void)
{
	return bound;
}

static bool segment_named(unsigned idx, struct rd_named *out)
{
	const struct rd_segment *s = rd_segment_at((uint16_t)idx);

	if (s != NULL)
		*out = (struct rd_named){.host = s->host, .name = s->name};
	return s != NULL;
}

const struct rd_kind rd_kind_segment = {"segment", segment_named, rd_segment_bound};

const struct rd_segment *rd_segment_find(const char *name, struct rd_err *err)
{
	int idx = rd_name_resolve(&rd_kind_segment, name, err);

	return idx < 0 ? NULL : segments[idx];
}

void rd_segment_swap(uint16_t idx, struct rd_segment *fresh)
{
	struct rd_segment *old = segments[idx];

	__atomic_store_n(&segments[idx], fresh, __ATOMIC_RELEASE);
	rd_retire(old, free);
}

struct rd_segment *rd_segment_with(const struct rd_segment *s, const uint16_t *ports, uint16_t nb)
{
	struct rd_segment *copy = calloc(1, sizeof(*copy) + nb * sizeof(copy->port[0]));

	if (copy == NULL)
		return NULL;
	*copy = *s;
	copy->nb_ports = nb;
	memcpy(copy->port, ports, nb * sizeof(copy->port[0]));
	return copy;
}

static int check_tunnels(const struct rd_segment_opts *o, uint8_t host, struct rd_err *err)
{
	if (o->nb_tunnels > RD_SEGMENT_TUNNELS)
		return rd_err_set(
			err, -E2BIG, "a segment has up to %d tunnels", RD_SEGMENT_TUNNELS);
	if (o->nb_tunnels > 0 && o->vlan >= 0)
		return rd_err_set(err, -EINVAL, "a VLAN segment has no tunnels");
	for (unsigned i = 0; i < o->nb_tunnels; i++) {
		const struct rd_tunnel *t = rd_tunnel_at(o->tunnel[i]);

		if (t == NULL)
			return rd_err_set(err, -ENOENT, "there is no such tunnel");
		if (t->host != host)
			return rd_err_set(err, -EINVAL, "tunnel %s is of another host", t->name);
		for (unsigned j = 0; j < i; j++)
			if (o->tunnel[j] == o->tunnel[i])
				return rd_err_set(
					err, -EINVAL, "tunnel %s is given twice", t->name);
	}
	return 0;
}

static int check_opts(const struct rd_segment_opts *o, uint8_t host, struct rd_err *err)
{
	if (o->vlan < -1 || o->vlan > 4094)
		return rd_err_set(err, -ERANGE, "VLAN %d is out of range 0 to 4094", o->vlan);
	if (o->vlan < 0 && (o->vni == 0 || o->vni > 0xffffff))
		return rd_err_set(err, -ERANGE, "VNI %u is out of range 1 to 16777215", o->vni);
	if (o->vlan >= 0 && o->vni != 0)
		return rd_err_set(err, -EINVAL, "a segment is either a VNI or a VLAN");
	if (o->mtu != 0 && (o->mtu < 68 || o->mtu > 9216))
		return rd_err_set(err, -ERANGE, "an MTU of %u is out of range 68 to 9216", o->mtu);
	return check_tunnels(o, host, err);
}

static int check_new(const char *name, const struct rd_switch *sw, const struct rd_segment_opts *o,
	struct rd_err *err)
{
	const struct rd_segment *same;
	int rc = rd_name_check("segment", name, err);

	if (rc == 0)
		rc = check_opts(o, sw->host, err);
	if (rc < 0)
		return rc;
	if (rd_name_lookup(&rd_kind_segment, sw->host, name) != 0)
		return rd_err_set(
			err, -EEXIST, "segment %s/%s exists already", rd_host_name(sw->host), name);
	if (o->vlan < 0)
		same = rd_segment_by_vni(sw->host, o->vni);
	else
		same = rd_segment_by_vlan(sw->idx, (uint16_t)o->vlan);
	if (same == NULL)
		return 0;
	return rd_err_set(err, -EEXIST, "segment %s/%s has this %s already",
		rd_host_name(same->host), same->name, o->vlan < 0 ? "VNI" : "VLAN");
}

static void take_opts(struct rd_segment *s, const struct rd_segment_opts *o)
{
	s->mtu = o->mtu;
	s->flood = o->flood;
	s->learn = o->learn;
	s->refuse = o->refuse;
	s->move_limit = o->move_limit;
	s->mac_limit = o->mac_limit;
	s->aging_s = o->aging_s;
	s->nb_tunnels = o->nb_tunnels;
	memcpy(s->tunnel, o->tunnel, o->nb_tunnels * sizeof(s->tunnel[0]));
}

int rd_segment_add(
	const char *name, struct rd_switch *sw, const struct rd_segment_opts *o, struct rd_err *err)
{
	unsigned idx = 1;
	struct rd_segment *s;
	int rc = check_new(name, sw, o, err);

	if (rc < 0)
		return rc;
	while (idx < RD_SEGMENT_MAX && segments[idx] != NULL)
		idx++;
	if (idx == RD_SEGMENT_MAX)
		return rd_err_set(err, -ENOSPC, "no more than %d segments", RD_SEGMENT_MAX - 1);
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for a segment");
	s->idx = (uint16_t)idx;
	s->host = sw->host;
	s->sw = sw->idx;
	s->vlan = o->vlan;
	s->vni = o->vni;
	take_opts(s, o);
	rd_str_copy(s->name, sizeof(s->name), name); // the check has seen its length
	bound = idx >= bound ? idx + 1 : bound;
	rd_segment_swap((uint16_t)idx, s);
	rc = rd_segment_rebuild();
	if (rc < 0) {
		rd_segment_swap((uint16_t)idx, NULL);
		rd_err_set(err, rc, "no memory for the index of segments");
	}
	rd_commit();
	return rc;
}

int rd_segment_set(uint16_t idx, const struct rd_segment_opts *o, struct rd_err *err)
{
	const struct rd_segment *old = rd_segment_at(idx);
	struct rd_segment *s;
	int rc;

	if (old == NULL)
		return rd_err_set(err, -ENOENT, "there is no such segment");
	if (o->vlan != old->vlan || o->vni != old->vni)
		return rd_err_set(err, -EINVAL, "VNI and VLAN of a segment stay as they are");
	rc = check_opts(o, old->host, err);
	if (rc < 0)
		return rc;
	s = rd_segment_with(old, old->port, old->nb_ports);
	if (s == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for a segment");
	take_opts(s, o);
	rd_segment_swap(idx, s);
	rd_commit();
	return 0;
}

int rd_segment_del(uint16_t idx, struct rd_err *err)
{
	const struct rd_segment *s = rd_segment_at(idx);

	if (s == NULL)
		return rd_err_set(err, -ENOENT, "there is no such segment");
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p != NULL && p->segment == idx)
			return rd_err_set(err, -EBUSY, "port %s/%s is in segment %s",
				rd_host_name(p->host), p->name, s->name);
	}
	if (rd_rif_of_segment(idx) != NULL)
		return rd_err_set(err, -EBUSY, "router interface %s is on segment %s",
			rd_rif_of_segment(idx)->name, s->name);
	if (rd_dfw_target_unused(RD_DFW_ON_SEGMENT, idx, err) < 0)
		return -EBUSY;
	rd_segment_swap(idx, NULL);
	(void)rd_segment_rebuild(); // without memory the old index stays, which leads to NULL now
	rd_fdb_flush(idx, false);
	rd_commit();
	rd_fdb_flush(idx, false); // what a worker learned before it saw the segment gone
	return 0;
}

void rd_segment_fini(void)
{
	for (unsigned i = 1; i < bound; i++) {
		free(segments[i]);
		segments[i] = NULL;
	}
	bound = 1;
}
