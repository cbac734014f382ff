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

static int add_point(struct pk_points *pts, uint8_t stage, const struct pk_port *port)
{
	struct pk_point *list;

	for (unsigned i = 0; i < pts->count; i++) {
		if (pts->list[i].stage == stage && pts->list[i].port == port)
			return 0;
	}
	list = realloc(pts->list, (pts->count + 1) * sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	pts->list = list;
	pts->list[pts->count++] = (struct pk_point){.stage = stage, .port = port};
	return 0;
}

static int add_mask(struct pk_points *pts, uint64_t mask, const struct pk_port *port)
{
	int rc = 0;

	for (unsigned i = 0; i < rd_stages_count && rc == 0; i++) {
		if (mask & UINT64_C(1) << rd_stages[i].id)
			rc = add_point(pts, rd_stages[i].id, port);
	}
	return rc;
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
static int select_all(struct pk_points *pts, uint64_t mask, const struct pk_opts *o,
	const struct pk_ports *ports, struct rd_err *err)
{
	unsigned before = pts->count;
	int rc = 0;

	if (o->host == NULL)
		return add_mask(pts, mask, NULL);
	for (unsigned i = 0; i < ports->count && rc == 0; i++) {
		if (!ports->list[i]->gone && strcmp(ports->list[i]->host, o->host) == 0)
			rc = add_mask(pts, mask, ports->list[i]);
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

// "STAGE", "STAGE@PORT": adds its points. -ENOENT if the stage is not known.
static int select_word(struct pk_points *pts, const char *word, const struct pk_opts *o,
	const struct pk_ports *ports, struct rd_err *err)
{
	const char *at = strchr(word, '@');
	const struct pk_port *port;
	char stage[64];
	uint64_t mask;
	int rc;

	rd_str_copy(stage, sizeof(stage), word); // a name that was cut is not known either
	if (at != NULL && (size_t)(at - word) < sizeof(stage))
		stage[at - word] = '\0';
	mask = pk_stage_words(stage);
	if (mask == 0)
		return -ENOENT;
	if (at == NULL)
		return select_all(pts, mask, o, ports, err);
	port = pk_ports_find(ports, at + 1, o->host, err);
	if (port == NULL)
		return rd_err_set(err, -ENOENT, "no port %s", at + 1);
	rc = add_asked(pts, port);
	return rc < 0 ? rc : add_mask(pts, mask, port);
}

// The ports of --capture's list are those that were named besides it, if any.
static int select_word_on(struct pk_points *pts, const char *word, unsigned named,
	const struct pk_opts *o, const struct pk_ports *ports, struct rd_err *err)
{
	uint64_t mask = pk_stage_words(word);
	int rc = 0;

	if (mask == 0 || named == 0) {
		rc = select_word(pts, word, o, ports, err);
		if (rc == -ENOENT) {
			rd_err_set(err, rc, "no stage is named %s", word);
			rd_err_hint(err, "pktcap -A");
		}
		return rc;
	}
	for (unsigned i = 0; i < named && rc == 0; i++)
		rc = add_mask(pts, mask, pts->asked[i]);
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

static int select_port(struct pk_points *pts, const struct pk_select *s, const struct pk_opts *o,
	const struct pk_ports *ports, struct rd_err *err)
{
	const struct pk_port *port;
	uint64_t mask;
	int rc;

	if (s->kind == PK_SELECT_ANY) {
		rc = select_word(pts, s->name, o, ports, err);
		if (rc != -ENOENT || err->code != 0)
			return rc;
	}
	port = pk_ports_find(ports, s->name, o->host, err);
	if (port == NULL)
		return rd_err_set(err, -ENOENT, "no port %s", s->name);
	rc = check_type(s, port, err);
	if (rc == 0)
		rc = add_asked(pts, port);
	if (rc < 0 || o->capture != NULL)
		return rc;
	mask = port_mask(port, o);
	// A port without stages (bypassed, management): the session is harmless and the warning says why.
	if (mask == 0)
		mask = (o->dir & PK_DIR_RX ? BIT(PORT_IN) : 0)
			| (o->dir & PK_DIR_TX ? BIT(PORT_OUT) : 0);
	return add_mask(pts, mask, port);
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
		rc = select_all(pts, UINT64_MAX, o, ports, err);
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

json_t *pk_points_json(const struct pk_points *pts)
{
	json_t *list = json_array();

	for (unsigned i = 0; list != NULL && i < pts->count; i++) {
		const struct pk_point *pt = &pts->list[i];
		json_t *item = json_pack("{s:s}", "stage", rd_stage_by_id(pt->stage)->name);

		if (item != NULL && pt->port != NULL)
			json_object_set_new(item, "port", json_string(pt->port->qname));
		if (item == NULL || json_array_append_new(list, item) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}
