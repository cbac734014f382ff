/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See blind.h. Control thread.
 */
#include "session/blind.h"

#include <string.h>

#include "base/str.h"
#include "session/engine.h"
#include "tables/port.h"

#define QNAME_LEN (2 * RD_NAME_LEN + 1)
#define BIT(stage) (UINT64_C(1) << RD_STAGE_##stage)
#define EDGE (BIT(VNIC_RX) | BIT(VNIC_TX) | BIT(UPT_RX) | BIT(UPT_TX))

static bool is_away(const struct rd_port *p)
{
	return p->attach == RD_ATTACH_VIA || p->attach == RD_ATTACH_BYPASS;
}

// Where the guest's frames really come in: the port that carries it, or the one on another host that has its MAC.
static const struct rd_port *real_port(const struct rd_port *p)
{
	if (p->attach == RD_ATTACH_BYPASS)
		return rd_port_at(p->peer);
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *q = rd_port_at((uint16_t)i);

		if (q != NULL && q != p && q->type == p->type && !is_away(q)
			&& memcmp(q->mac, p->mac, sizeof(q->mac)) == 0)
			return q;
	}
	return NULL;
}

bool mirror_blind_at(const struct rd_port *p, unsigned stage, char *buf, size_t size)
{
	char name[QNAME_LEN], by[QNAME_LEN], other[QNAME_LEN];
	const struct rd_port *real, *peer;
	size_t len = 0;

	if (p == NULL || !is_away(p) || (EDGE >> stage & 1) == 0)
		return false;
	real = real_port(p);
	peer = rd_port_at(p->peer);
	rd_str_addf(buf, size, &len, "%s sees no packet at its edge: its guest is behind %s",
		rd_port_qname(p, name, sizeof(name)),
		peer != NULL ? rd_port_qname(peer, by, sizeof(by)) : "another port");
	if (real != NULL)
		rd_str_addf(buf, size, &len, "; source %s does",
			rd_port_qname(real, other, sizeof(other)));
	if (p->attach == RD_ATTACH_VIA)
		rd_str_addf(buf, size, &len, "; here stage port_out does");
	return true;
}

static bool of_run(const struct mirror_run *r, char *buf, size_t size)
{
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		uint64_t left = r->at_port[i] & EDGE;

		if (left != 0
			&& mirror_blind_at(rd_port_at((uint16_t)i), (unsigned)__builtin_ctzll(left),
				buf, size))
			return true;
	}
	return false;
}

bool mirror_blind(const struct rd_mirror *m, char *buf, size_t size)
{
	struct mirror_run *would = NULL;
	const struct mirror_run *r = m->run;
	bool blind;

	if (r == NULL)
		r = would = mirror_run_new(&m->spec, m->number, m->state);
	blind = r != NULL && of_run(r, buf, size);
	mirror_run_free(would);
	return blind;
}
