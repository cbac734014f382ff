/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The port table: private records, names, types, teams. Control thread, but for rd_team_pick() and rd_port_at().
 */
#include "tables/tables.h"

#include "base/str.h"
#include "tables/dfw_edit.h"
#include "tables/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rd_port *rd_port_table[RD_PORT_MAX];
uint16_t rd_port_gen[RD_PORT_MAX];
static unsigned next_idx = 1; // never given yet

// Indexes of ports that are gone, oldest first. One is given again when many others went after it, so that what a person or
// a program still calls by an index is unlikely to be another port soon.
#define REST 64
static uint16_t gone[RD_PORT_MAX];
static unsigned gone_first, nb_gone;

static const struct {
	const char *name;
	uint8_t type, subtype; // as net-stats -l prints
} types[] = {
	[RD_PORT_UPLINK] = {"uplink", 4, 0},
	[RD_PORT_VMK] = {"vmk", 3, 0},
	[RD_PORT_VNIC] = {"vnic", 5, 9},
	[RD_PORT_UPT] = {"upt", 13, 14},
	[RD_PORT_MUX] = {"mux", 13, 0},
	[RD_PORT_VDR] = {"vdr", 0, 0},
	[RD_PORT_MGMT] = {"mgmt", 0, 0},
	[RD_PORT_SHADOW] = {"shadow", 0, 0},
};
#define NB_TYPES (sizeof(types) / sizeof(types[0]))

const char *rd_port_type_name(enum rd_port_type t)
{
	return t >= 1 && t < NB_TYPES ? types[t].name : "?";
}

int rd_port_type_parse(const char *name)
{
	for (unsigned i = 1; i < NB_TYPES; i++)
		if (strcmp(types[i].name, name) == 0)
			return (int)i;
	return -EINVAL;
}

void rd_port_type_codes(enum rd_port_type t, unsigned *type, unsigned *subtype)
{
	bool known = t >= 1 && t < NB_TYPES;

	*type = known ? types[t].type : 0;
	*subtype = known ? types[t].subtype : 0;
}

// The workers' fields are in the first cache line of a record.
static struct rd_port *record_new(void)
{
	size_t size = (sizeof(struct rd_port) + 63) / 64 * 64;
	struct rd_port *p = aligned_alloc(64, size);

	if (p != NULL)
		memset(p, 0, size);
	return p;
}

struct rd_port *rd_port_dup(const struct rd_port *p)
{
	struct rd_port *copy = record_new();

	if (copy != NULL)
		*copy = *p;
	return copy;
}

struct rd_port *rd_port_new(
	const char *name, struct rd_switch *sw, enum rd_port_type type, struct rd_err *err)
{
	struct rd_port *p;

	if (rd_name_check("port", name, err) < 0)
		return NULL;
	if (name[strspn(name, "0123456789")] == '\0') {
		rd_err_set(err, -EINVAL, "port name %s would read as a port id", name);
		rd_err_where(err, "name");
		return NULL;
	}
	if (type < 1 || type >= NB_TYPES) {
		rd_err_set(err, -EINVAL, "port type %u is unknown", type);
		return NULL;
	}
	p = record_new();
	if (p == NULL) {
		rd_err_set(err, -ENOMEM, "no memory for a port");
		return NULL;
	}
	p->type = (uint8_t)type;
	p->admin_up = true;
	p->link_up = true;
	p->spoof_check = type == RD_PORT_VNIC || type == RD_PORT_UPT;
	p->host = sw->host;
	p->sw = sw->idx;
	p->mtu = sw->mtu;
	rd_str_copy(p->name, sizeof(p->name), name); // the check has seen its length
	return p;
}

struct rd_port *rd_port_edit(uint16_t idx)
{
	const struct rd_port *p = idx < RD_PORT_MAX ? rd_port_at(idx) : NULL;

	if (p == NULL) {
		errno = ENOENT;
		return NULL;
	}
	return rd_port_dup(p);
}

void rd_port_discard(struct rd_port *p)
{
	const struct rd_port *published;

	if (p == NULL)
		return;
	published = p->idx == 0 ? NULL : rd_port_at(p->idx);
	if (published == NULL || published->answer != p->answer)
		rd_answer_free(p->answer);
	free(p);
}

struct rd_answer *rd_answer_new(uint32_t nb)
{
	struct rd_answer *a = calloc(1, sizeof(*a) + nb * sizeof(a->frame[0]));

	if (a != NULL)
		a->nb = nb;
	return a;
}

void rd_answer_free(struct rd_answer *a)
{
	if (a == NULL)
		return;
	for (uint32_t i = 0; i < a->nb; i++)
		free(a->frame[i].bytes);
	free(a);
}

int rd_port_new_idx(void)
{
	int idx;

	if (next_idx < RD_PORT_MAX && nb_gone <= REST)
		return (int)next_idx++;
	if (nb_gone == 0)
		return -ENOSPC;
	idx = gone[gone_first];
	gone_first = (gone_first + 1) % RD_PORT_MAX;
	nb_gone--;
	return idx;
}

void rd_port_free_idx(uint16_t idx)
{
	__atomic_store_n(&rd_port_gen[idx], rd_port_gen[idx] + 1, __ATOMIC_RELEASE);
	gone[(gone_first + nb_gone) % RD_PORT_MAX] = idx;
	nb_gone++;
}

unsigned rd_port_bound(void)
{
	return next_idx;
}

const char *rd_port_qname(const struct rd_port *p, char *buf, size_t len)
{
	snprintf(buf, len, "%s/%s", rd_host_name(p->host), p->name);
	return buf;
}

uint16_t rd_team_pick(const uint16_t *team, unsigned nb)
{
	for (unsigned i = 0; i < nb; i++) {
		const struct rd_port *p = rd_port_at(team[i]);

		if (p != NULL && p->admin_up && p->link_up)
			return team[i];
	}
	return 0;
}

// Only when no worker runs.
void rd_port_table_reset(void)
{
	for (unsigned i = 1; i < next_idx; i++) {
		struct rd_port *p = rd_port_table[i];

		rd_port_table[i] = NULL;
		rd_guard_forget((uint16_t)i);
		rd_port_discard(p); // it is not published any more, so its answer goes too
	}
	next_idx = 1;
	gone_first = nb_gone = 0;
}

void rd_tables_fini(void)
{
	rd_dfw_fini();
	rd_port_table_reset();
	rd_mux_fini();
	rd_router_fini();
	rd_segment_fini();
	rd_segment_index_fini();
	rd_tunnel_fini();
	rd_host_fini();
	rd_fdb_fini();
}
