/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Selects capture points, see points.h. Main thread.
 */
#include "points.h"

#include <stdlib.h>
#include <string.h>

#include "api/stages.h"
#include "base/str.h"

#define BIT(name) (UINT64_C(1) << RD_STAGE_##name)

static int add_point(
	struct pk_points *pts, uint8_t stage, enum pk_when when, const struct pk_port *port)
{
	struct pk_point *list;

	for (unsigned i = 0; i < pts->count; i++) {
		if (pts->list[i].stage == stage && pts->list[i].port == port
			&& pts->list[i].when == when)
			return 0;
	}
	list = realloc(pts->list, (pts->count + 1) * sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	pts->list = list;
	pts->list[pts->count++] =
		(struct pk_point){.stage = stage, .when = (uint8_t)when, .port = port};
	pts->some |= when != PK_WHEN_ALWAYS;
	return 0;
}

static int add_place(struct pk_points *pts, struct pk_place place, const struct pk_port *port)
{
	int rc = 0;

	for (unsigned i = 0; i < rd_stages_count && rc == 0; i++) {
		if (place.stages & UINT64_C(1) << rd_stages[i].id)
			rc = add_point(pts, rd_stages[i].id, place.when, port);
	}
	return rc;
}

static int add_mask(struct pk_points *pts, uint64_t mask, const struct pk_port *port)
{
	return add_place(pts, (struct pk_place){.stages = mask}, port);
}

static int add_asked(struct pk_points *pts, const struct pk_port *port)
{
	const struct pk_port **list = realloc(pts->asked, (pts->nb_asked + 1) * sizeof(*list));

	if (list == NULL)
		return -ENOMEM;
	pts->asked = list;
	pts->asked[pts->nb_asked++] = port;
	return 0;
}

static uint64_t kind_mask(unsigned kind)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < rd_stages_count; i++) {
		if (rd_stages[i].kind == kind)
			mask |= UINT64_C(1) << rd_stages[i].id;
	}
	return mask;
}

// Every stage, on every port or, with --host, on the ports of that host.
static int select_all(struct pk_points *pts, struct pk_place place, const struct pk_opts *o,
	const struct pk_ports *ports, struct rd_err *err)
{
	unsigned before = pts->count;
	int rc = 0;

	if (o->host == NULL)
		return add_place(pts, place, NULL);
	for (unsigned i = 0; i < ports->count && rc == 0; i++) {
		if (!ports->list[i]->gone && strcmp(ports->list[i]->host, o->host) == 0)
			rc = add_place(pts, place, ports->list[i]);
	}
	if (rc == 0 && pts->count == before) {
		rc = rd_err_set(err, -ENOENT, "host %s has no ports", o->host);
		rd_err_hint(err, "pktcap -D");
	}
	return rc;
}

// The points of one port by direction and side. rx: before the switch is the port's own stage, behind it is
// port_in, or classify for frames from outside; tx likewise with port_out.
static uint64_t port_mask(const struct pk_port *port, const struct pk_opts *o)
{
	uint64_t rx = port->stages & kind_mask(RD_STAGE_KIND_RX);
	uint64_t tx = port->stages & kind_mask(RD_STAGE_KIND_TX);
	uint64_t mask = 0;

	if (strcmp(port->type, "vmk") == 0) {
		rx = BIT(VMK_RX);
		tx = BIT(PUNT);
	}
	// A port behind a MUX has no device of its own: the switch port is as near as one gets.
	if (rx == 0)
		rx = port->stages & BIT(PORT_IN);
	if (tx == 0)
		tx = port->stages & BIT(PORT_OUT);
	if (o->side == PK_SIDE_POST) {
		rx = rx & (BIT(UPLINK_RX) | BIT(MUX_RX)) ? BIT(CLASSIFY) : BIT(PORT_IN);
		// Frames to an uplink leave port_out out: they come from uplink_select, which serves every uplink.
		tx = tx & BIT(UPLINK_TX) ? tx : BIT(PORT_OUT);
	}
	if (o->dir & PK_DIR_RX)
		mask |= rx;
	if (o->dir & PK_DIR_TX)
		mask |= tx;
	return mask;
}

// Before the firewall it is where the guest's direction says; behind it packets are where they go next.
static uint64_t dvfilter_mask(const struct pk_opts *o)
{
	uint64_t rx = o->side == PK_SIDE_POST ? BIT(TUNNEL_ENCAP) : BIT(DFW_OUT);
	uint64_t tx = o->side == PK_SIDE_POST ? BIT(PORT_OUT) : BIT(DFW_IN);

	return (o->dir & PK_DIR_RX ? rx : 0) | (o->dir & PK_DIR_TX ? tx : 0);
}

static int check_type(const struct pk_select *s, const struct pk_port *port, struct rd_err *err)
{
	const char *wants = s->kind == PK_SELECT_UPLINK ? "uplink"
		: s->kind == PK_SELECT_VMK		? "vmk"
							: port->type;

	if (strcmp(port->type, wants) == 0)
		return 0;
	rd_err_set(err, -EINVAL, "port %s is no %s but a %s", port->qname, wants, port->type);
	rd_err_hint(err, "--switchport %u", port->id);
	return -EINVAL;
}

// "POINT", "POINT@PORT": adds its points. -ENOENT without *err if the point is not known.
static int select_word(struct pk_points *pts, const char *word, const struct pk_opts *o,
	const struct pk_ports *ports, struct rd_err *err)
{
	const char *at = strchr(word, '@');
	const struct pk_port *port;
	struct pk_place place;
	char name[64];
	int rc;

	rd_str_copy(name, sizeof(name), word); // a name that was cut is not known either
	if (at != NULL && (size_t)(at - word) < sizeof(name))
		name[at - word] = '\0';
	rc = pk_point_by_name(name, o->function, &place, err);
	if (rc < 0)
		return rc;
	if (at == NULL)
		return select_all(pts, place, o, ports, err);
	port = pk_ports_find(ports, at + 1, o->host, err);
	if (port == NULL)
		return rd_err_set(err, -ENOENT, "no port %s", at + 1);
	rc = add_asked(pts, port);
	return rc < 0 ? rc : add_place(pts, place, port);
}

// The ports of --capture's list are those that were named besides it, if any.
static int select_word_on(struct pk_points *pts, const char *word, unsigned named,
	const struct pk_opts *o, const struct pk_ports *ports, struct rd_err *err)
{
	struct pk_place place = {0};
	int rc = named > 0 ? pk_point_by_name(word, o->function, &place, err) : -ENOENT;

	if (named == 0 || (rc == -ENOENT && err->code == 0))
		rc = select_word(pts, word, o, ports, err);
	if (rc == -ENOENT) {
		rd_err_set(err, rc, "no point is named %s", word);
		rd_err_hint(err, "pktcap -A");
	}
	for (unsigned i = 0; i < named && rc == 0 && place.stages != 0; i++)
		rc = add_place(pts, place, pts->asked[i]);
	return rc;
}

static int select_list(struct pk_points *pts, const struct pk_opts *o, const struct pk_ports *ports,
	struct rd_err *err)
{
	char *copy = strdup(o->capture);
	unsigned named = pts->nb_asked; // STAGE@PORT adds to them
	char *save = NULL;
	int rc = 0;

	if (copy == NULL)
		return -ENOMEM;
	for (char *w = strtok_r(copy, ",", &save); w != NULL && rc == 0;
		w = strtok_r(NULL, ",", &save))
		rc = select_word_on(pts, w, named, o, ports, err);
	free(copy);
	return rc;
}

// What a port that was named adds: nothing but its name if --capture says which points.
static int select_this(struct pk_points *pts, const struct pk_select *s, const struct pk_opts *o,
	const struct pk_port *port)
{
	uint64_t mask = s->kind == PK_SELECT_DVFILTER ? dvfilter_mask(o) : port_mask(port, o);
	int rc = add_asked(pts, port);

	if (rc < 0 || o->capture != NULL)
		return rc;
	// A port without stages (bypassed, management): the session is harmless and the warning says why.
	if (mask == 0)
		mask = (o->dir & PK_DIR_RX ? BIT(PORT_IN) : 0)
			| (o->dir & PK_DIR_TX ? BIT(PORT_OUT) : 0);
	return add_mask(pts, mask, port);
}

// Every port of the VM or vNIC; those that another port stands in for only if there is no other.
static int select_vm(struct pk_points *pts, const struct pk_select *s, const struct pk_opts *o,
	const struct pk_ports *ports, struct rd_err *err)
{
	unsigned found = 0;
	int rc = 0;

	for (unsigned bypassed = 0; bypassed < 2 && found == 0; bypassed++) {
		for (unsigned i = 0; i < ports->count && rc == 0; i++) {
			const struct pk_port *port = ports->list[i];

			if (port->gone || (port->bypass[0] != '\0') != bypassed
				|| !pk_port_is_vm(port, s->name)
				|| (o->host != NULL && strcmp(port->host, o->host) != 0))
				continue;
			found++;
			rc = select_this(pts, s, o, port);
		}
	}
	if (found > 0)
		return rc;
	rd_err_set(err, -ENOENT, "no port belongs to a VM or vNIC named %s", s->name);
	rd_err_hint(err, "pktcap -D");
	return -ENOENT;
}

static int select_port(struct pk_points *pts, const struct pk_select *s, const struct pk_opts *o,
	const struct pk_ports *ports, struct rd_err *err)
{
	const struct pk_port *port;
	int rc;

	if (s->kind == PK_SELECT_VM)
		return select_vm(pts, s, o, ports, err);
	if (s->kind == PK_SELECT_ANY) {
		rc = select_word(pts, s->name, o, ports, err);
		if (rc != -ENOENT || err->code != 0)
			return rc;
	}
	if (s->kind == PK_SELECT_DVFILTER)
		port = pk_ports_find_dvfilter(ports, s->name, o->host, err);
	else if (s->kind == PK_SELECT_FCPORT)
		port = pk_ports_find_fcport(ports, s->name, o->host, err);
	else
		port = pk_ports_find(ports, s->name, o->host, err);
	if (port == NULL)
		return rd_err_set(err, -ENOENT, "no port %s", s->name);
	rc = check_type(s, port, err);
	return rc < 0 ? rc : select_this(pts, s, o, port);
}

int pk_points_select(struct pk_points *pts, const struct pk_opts *o, const struct pk_ports *ports,
	struct rd_err *err)
{
	bool all = o->nb_select == 0 && o->capture == NULL;
	int rc = 0;

	memset(pts, 0, sizeof(*pts));
	for (unsigned i = 0; i < o->nb_select && rc == 0; i++)
		rc = select_port(pts, &o->select[i], o, ports, err);
	if (rc == 0 && o->capture != NULL)
		rc = select_list(pts, o, ports, err);
	if (rc == 0 && all)
		rc = select_all(pts, (struct pk_place){.stages = UINT64_MAX}, o, ports, err);
	if (rc < 0)
		return rd_err_set(err, rc, "can't select the capture points: %s", strerror(-rc));
	return 0;
}

void pk_points_free(struct pk_points *pts)
{
	free(pts->list);
	free(pts->asked);
	memset(pts, 0, sizeof(*pts));
}

bool pk_points_have(const struct pk_points *pts, const struct rd_cap_rec *rec)
{
	for (unsigned i = 0; i < pts->count; i++) {
		const struct pk_point *pt = &pts->list[i];

		if (pt->stage == rec->stage && (pt->port == NULL || pt->port->id == rec->port_id)
			&& pk_when_is(pt->when, rec))
			return true;
	}
	return false;
}

// The daemon records once per stage and port, however many points look at it.
static bool is_twin(const struct pk_points *pts, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (pts->list[k].stage == pts->list[i].stage
			&& pts->list[k].port == pts->list[i].port)
			return true;
	return false;
}

json_t *pk_points_json(const struct pk_points *pts)
{
	json_t *list = json_array();

	for (unsigned i = 0; list != NULL && i < pts->count; i++) {
		const struct pk_point *pt = &pts->list[i];
		json_t *item;

		if (is_twin(pts, i))
			continue;
		item = json_pack("{s:s}", "stage", rd_stage_by_id(pt->stage)->name);
		if (item != NULL && pt->port != NULL)
			json_object_set_new(item, "port", json_string(pt->port->qname));
		if (item == NULL || json_array_append_new(list, item) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}
