/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Making a port's record visible, and deleting a port. Control thread. The order is: fdb, record, the other end of a link,
 * members of segments, MUX hash; then generation, synchronise, free.
 *
 * A link may be declared on one end or on both: publishing "A link B" makes "B link A" of an unattached B, and a
 * later "B link A" finds it so. When one end gets another attachment or goes, the other end has none.
 */
#include "tables/tables.h"

#include "core/worker.h"
#include "core/drop.h"
#include "tables/conn.h"
#include "tables/dfw_edit.h"
#include "tables/retire.h"

#include <stdlib.h>
#include <string.h>

// Changed records of the far ends: of the link that was, and of the link that will be.
struct far_ends {
	struct rd_port *left, *joined;
};

static void free_answer(void *a)
{
	rd_answer_free(a);
}

void rd_port_swap(struct rd_port *p)
{
	struct rd_port *old = rd_port_table[p->idx];

	__atomic_store_n(&rd_port_table[p->idx], p, __ATOMIC_RELEASE);
	if (old == NULL)
		return;
	if (old->answer != p->answer)
		rd_retire(old->answer, free_answer);
	rd_retire(old, free);
}

static struct rd_port *far_end(uint16_t idx, uint8_t attach, uint16_t peer)
{
	struct rd_port *far = rd_port_edit(idx);

	if (far != NULL) {
		far->attach = attach;
		far->peer = peer;
	}
	return far;
}

static bool linked_to(const struct rd_port *p, uint16_t idx)
{
	return p != NULL && p->attach == RD_ATTACH_LINK && p->peer == idx;
}

static int far_ends_prepare(
	struct far_ends *f, const struct rd_port *old, const struct rd_port *p, struct rd_err *err)
{
	*f = (struct far_ends){0};
	if (old != NULL && old->attach == RD_ATTACH_LINK && !linked_to(p, old->peer)
		&& linked_to(rd_port_at(old->peer), old->idx)) {
		f->left = far_end(old->peer, RD_ATTACH_NONE, 0);
		if (f->left == NULL)
			return rd_err_set(err, -ENOMEM, "no memory for a port");
	}
	if (p != NULL && p->attach == RD_ATTACH_LINK && !linked_to(rd_port_at(p->peer), p->idx)) {
		f->joined = far_end(p->peer, RD_ATTACH_LINK, p->idx);
		if (f->joined == NULL) {
			free(f->left);
			return rd_err_set(err, -ENOMEM, "no memory for a port");
		}
	}
	return 0;
}

static void far_ends_swap(const struct far_ends *f)
{
	if (f->left != NULL)
		rd_port_swap(f->left);
	if (f->joined != NULL)
		rd_port_swap(f->joined);
}

static bool has_fdb_entry(const struct rd_port *p)
{
	return p != NULL && p->segment != 0 && rd_port_is_access(p->type);
}

// Nothing is changed when it fails.
static int fdb_change(const struct rd_port *old, const struct rd_port *p, struct rd_err *err)
{
	bool same = has_fdb_entry(old) && has_fdb_entry(p) && old->segment == p->segment
		&& memcmp(old->mac, p->mac, 6) == 0;
	int rc = 0;

	if (same)
		return 0;
	if (has_fdb_entry(p))
		rc = rd_fdb_put(p->segment, p->mac, RD_FDB_PORT, false, p->idx);
	if (rc < 0)
		return rd_err_set(err, rc, "no room in the fdb for the port's MAC");
	if (has_fdb_entry(old))
		rd_fdb_drop(old->segment, old->mac);
	return 0;
}

// Out of memory leaves the former lists in place: their readers check every index, and the next change tries again. false
// then.
static bool refresh_lists(void)
{
	bool members = rd_segment_rebuild() == 0;

	return rd_mux_refresh() == 0 && members;
}

// It was not published: its index is free again.
static void unborn(struct rd_port *p)
{
	rd_port_free_idx(p->idx);
	p->idx = 0;
}

static int prepare(
	struct rd_port *p, const struct rd_port *old, struct far_ends *f, struct rd_err *err)
{
	int rc = rd_port_check(p, old, err);

	if (rc < 0)
		return rc;
	if (p->idx == 0) {
		rc = rd_port_new_idx();
		if (rc < 0)
			return rd_err_set(err, rc, "no more than %d ports", RD_PORT_MAX - 1);
		p->idx = (uint16_t)rc;
	}
	rc = rd_port_ids(p, err);
	if (rc == 0)
		rc = far_ends_prepare(f, old, p, err);
	if (rc < 0 && old == NULL)
		unborn(p);
	return rc;
}

// Whether only flows in or out of the port itself can be affected. An uplink's state matters to flows that it might carry.
static bool is_narrow(const struct rd_port *old, const struct rd_port *p)
{
	return old != NULL && p->type != RD_PORT_UPLINK && old->type == p->type
		&& old->segment == p->segment && memcmp(old->mac, p->mac, 6) == 0
		&& old->attach == p->attach && old->peer == p->peer;
}

int rd_port_publish(struct rd_port *p, struct rd_err *err)
{
	const struct rd_port *old = p->idx == 0 ? NULL : rd_port_at(p->idx);
	struct far_ends f = {0};
	bool narrow;
	int rc;

	if (p->attach == RD_ATTACH_NONE || p->attach == RD_ATTACH_ETHDEV
		|| p->attach == RD_ATTACH_ANSWER)
		p->peer = 0;
	rc = prepare(p, old, &f, err);
	if (rc < 0)
		return rc;
	rc = rd_dfw_port_update(p, err);
	if (rc == 0)
		rc = fdb_change(old, p, err);
	if (rc < 0) {
		free(f.left);
		free(f.joined);
		if (old == NULL)
			unborn(p);
		return rc;
	}
	narrow = is_narrow(old, p);
	rd_port_swap(p);
	far_ends_swap(&f);
	(void)refresh_lists();
	if (narrow)
		rd_generation_port(p->idx);
	else
		rd_generation_bump();
	rd_rcu_synchronize();
	rd_retire_free();
	return 0;
}

int rd_port_del(uint16_t idx, struct rd_err *err)
{
	struct rd_port *p = idx > 0 && idx < RD_PORT_MAX ? rd_port_table[idx] : NULL;
	struct far_ends f = {0};
	bool stale;
	int rc;

	if (p == NULL)
		return rd_err_set(err, -ENOENT, "there is no such port");
	rc = rd_port_unused(p, err);
	if (rc == 0)
		rc = far_ends_prepare(&f, p, NULL, err);
	if (rc < 0)
		return rc;
	__atomic_store_n(&rd_port_table[idx], NULL, __ATOMIC_RELEASE);
	far_ends_swap(&f);
	stale = !refresh_lists();
	rd_fdb_purge(false, idx);
	rd_retire(p->answer, free_answer);
	rd_retire(p, free);
	rd_commit();
	rd_dfw_port_gone(idx);
	(void)rd_conn_flush(idx); // no worker makes any more: none has the port
	(void)rd_fdb_purge(false, idx); // what a worker learned before it saw it gone
	rd_worker_forget_port(idx);
	rd_guard_forget(idx);
	if (!stale) // else a list could lead to the next port of this index
		rd_port_free_idx(idx);
	return 0;
}
