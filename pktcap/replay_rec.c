/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records from files, see replay_rec.h. Main thread.
 */
#include "replay_rec.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "api/stages.h"
#include "base/str.h"
#include "rec.h"

#define MAX_PORTS 65535 // port_idx has 16 bits

// Only what the daemon allows in names, so that no file can send control characters to a terminal or quotes into JSON.
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-/"

static bool is_name(const char *s)
{
	return s != NULL && s[0] != '\0' && strlen(s) < 128 && s[strspn(s, NAME_CHARS)] == '\0';
}

// The same for an interface's name, which has an @ before the port.
static bool is_name_at(const char *s)
{
	return s != NULL && s[0] != '\0' && strlen(s) < PK_IFACE_TEXT
		&& s[strspn(s, NAME_CHARS "@")] == '\0';
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return is_name(s) ? s : "";
}

static uint64_t number_of(const json_t *o, const char *key, uint64_t max)
{
	json_int_t v = json_integer_value(json_object_get(o, key));

	return v >= 0 && (uint64_t)v <= max ? (uint64_t)v : 0;
}

static struct pk_port *add_port(
	struct pk_ports *ports, const char *qname, uint32_t id, const char *type)
{
	const char *slash = strchr(qname, '/');
	struct pk_port **list, *port;

	if (slash == NULL || ports->count >= MAX_PORTS)
		return NULL;
	list = realloc(ports->list, (ports->count + 1) * sizeof(*list));
	if (list == NULL)
		return NULL;
	ports->list = list;
	port = calloc(1, sizeof(*port));
	if (port == NULL)
		return NULL;
	port->id = id;
	port->idx = (uint16_t)(ports->count + 1);
	if (rd_str_copy(port->qname, sizeof(port->qname), qname) < 0
		|| rd_str_copy(port->name, sizeof(port->name), slash + 1) < 0
		|| rd_str_copy(port->type, sizeof(port->type), type) < 0
		|| (size_t)(slash - qname) >= sizeof(port->host)) {
		free(port);
		return NULL;
	}
	memcpy(port->host, qname, (size_t)(slash - qname));
	list[ports->count++] = port;
	pk_ports_note(ports, port);
	ports->many_hosts |= strcmp(list[0]->host, port->host) != 0;
	return port;
}

const struct pk_port *pk_replay_port(
	struct pk_ports *ports, const char *qname, uint32_t id, const char *type)
{
	for (unsigned i = 0; i < ports->count; i++) {
		if (ports->list[i]->id == id && strcmp(ports->list[i]->qname, qname) == 0)
			return ports->list[i];
	}
	return qname[0] != '\0' && id != 0 ? add_port(ports, qname, id, type) : NULL;
}

// What kind of place it is where no stage is; "" if one is, or nothing is known.
static const char *type_of(const json_t *o)
{
	const char *stage = text_of(o, "stage");

	if (strcmp(stage, PK_PORT_COPY) == 0)
		return PK_PORT_COPY;
	return strcmp(stage, PK_PORT_NETDEV) == 0 ? PK_PORT_NETDEV : "";
}

// Files of older versions do not say it; there the stage before does, where a walk begins.
static bool is_made(const json_t *o)
{
	const char *prev = text_of(o, "prev");

	return number_of(o, "made", 1) || strcmp(prev, "reject") == 0 || strcmp(prev, "route") == 0;
}

static uint8_t flags_of(const json_t *o)
{
	const char *fc = text_of(o, "fc"), *dir = text_of(o, "dir");
	uint8_t f = 0;

	f |= strcmp(fc, "hit") == 0 ? RD_CAP_F_HIT : 0;
	f |= strcmp(fc, "miss") == 0 ? RD_CAP_F_MISS : 0;
	f |= strcmp(dir, "to-guest") == 0 ? RD_CAP_F_TO_GUEST : 0;
	f |= strcmp(dir, "from-guest") == 0 ? RD_CAP_F_FROM_GUEST : 0;
	f |= number_of(o, "inner", 1) ? RD_CAP_F_INNER : 0;
	f |= number_of(o, "injected", 1) ? RD_CAP_F_INJECTED : 0;
	f |= number_of(o, "parent", INT64_MAX) && !is_made(o) ? RD_CAP_F_CLONE : 0;
	return f;
}

static uint8_t lcore_of(const json_t *o)
{
	const char *hash = text_of(o, "hash"), *txq = text_of(o, "txq");
	uint8_t f = 0;

	f |= strcmp(hash, "nic") == 0 ? RD_CAP_HASH_NIC : 0;
	f |= strcmp(hash, "soft") == 0 ? RD_CAP_HASH_SOFT : 0;
	f |= number_of(o, "handed", 1) ? RD_CAP_HANDED : 0;
	f |= strcmp(txq, "own") == 0 ? RD_CAP_TXQ_OWN : 0;
	f |= strcmp(txq, "shared") == 0 ? RD_CAP_TXQ_SHARED : 0;
	return f;
}

static uint8_t match_of(const json_t *o)
{
	const char *match = text_of(o, "match");

	if (strcmp(match, "outer") == 0)
		return RD_CAP_MATCH_OUTER;
	if (strcmp(match, "inner") == 0)
		return RD_CAP_MATCH_INNER;
	return strcmp(match, "followed") == 0 ? RD_CAP_MATCH_FOLLOWED : RD_CAP_MATCH_NONE;
}

static uint8_t stage_of(const char *name)
{
	const struct rd_stage_desc *s = rd_stage_by_name(name);

	return s != NULL ? s->id : RD_STAGE_NONE;
}

static void fill_from_json(struct rd_cap_rec *rec, const json_t *o, struct pk_ports *ports)
{
	const struct rd_drop_desc *drop = rd_drop_by_name(text_of(o, "reason"));
	const struct pk_port *port;

	rec->stage = stage_of(text_of(o, "stage"));
	rec->prev_stage = stage_of(text_of(o, "prev"));
	rec->hop = (uint16_t)number_of(o, "hop", UINT16_MAX);
	rec->parent_id = number_of(o, "parent", INT64_MAX);
	rec->reason = drop != NULL ? drop->id : 0;
	rec->rule_id = (uint32_t)number_of(o, "rule", UINT32_MAX);
	rec->flow_id = (uint32_t)number_of(o, "flow", UINT32_MAX);
	rec->vni = (uint32_t)number_of(o, "vni", UINT32_MAX);
	rec->inner_off = (uint16_t)number_of(o, "inner_off", UINT16_MAX);
	rec->worker = (uint8_t)number_of(o, "worker", UINT8_MAX);
	rec->port_id = (uint32_t)number_of(o, "port_id", UINT32_MAX);
	rec->flags = flags_of(o);
	rec->lcore = lcore_of(o);
	rec->match = match_of(o);
	rec->one_in = (uint8_t)number_of(o, "one_in", UINT8_MAX);
	port = pk_replay_port(ports, text_of(o, "port"), rec->port_id, type_of(o));
	rec->port_idx = port != NULL ? port->idx : 0;
}

// "... port-id=7 ...": the port's number in an interface's description, 0 if there is none.
static uint32_t port_id_of(const char *description)
{
	const char *at = description != NULL ? strstr(description, "port-id=") : NULL;
	char digits[16] = "";
	uint64_t id = 0;
	size_t n;

	if (at == NULL)
		return 0;
	at += strlen("port-id=");
	n = strspn(at, "0123456789");
	if (n == 0 || n >= sizeof(digits))
		return 0;
	memcpy(digits, at, n);
	return rd_parse_u64(digits, 0, UINT32_MAX, &id) == 0 ? (uint32_t)id : 0;
}

// "host/stage@port", for files without our JSON text.
static void fill_from_name(
	struct rd_cap_rec *rec, const struct rd_pcapng_iface *iface, struct pk_ports *ports)
{
	const char *slash = is_name_at(iface->name) ? strchr(iface->name, '/') : NULL;
	char stage[64], qname[256];
	const struct pk_port *port;
	size_t len, qlen = 0;

	if (slash == NULL)
		return;
	len = strcspn(slash + 1, "@");
	if (len >= sizeof(stage))
		return;
	memcpy(stage, slash + 1, len);
	stage[len] = '\0';
	rec->stage = stage_of(stage);
	if (rec->stage == RD_STAGE_NONE || slash[1 + len] != '@')
		return;
	rec->port_id = port_id_of(iface->description);
	rd_str_addf(qname, sizeof(qname), &qlen, "%.*s/%s", (int)(slash - iface->name), iface->name,
		slash + 2 + len);
	port = pk_replay_port(ports, qname, rec->port_id, "");
	rec->port_idx = port != NULL ? port->idx : 0;
}

void pk_replay_rec(struct rd_cap_rec *rec, const struct rd_pcapng_packet *p,
	const struct rd_pcapng_iface *iface, struct pk_ports *ports)
{
	json_t *o = p->json != NULL ? json_loads(p->json, JSON_REJECT_DUPLICATES, NULL) : NULL;

	memset(rec, 0, sizeof(*rec));
	rec->hdr_len = sizeof(*rec);
	rec->ns = p->ns;
	rec->packet_id = p->packet_id;
	rec->cap_len = p->cap_len;
	rec->wire_len = p->wire_len > p->cap_len ? p->wire_len : p->cap_len;
	rec->queue = (uint16_t)p->queue;
	rec->lost = (uint32_t)p->dropcount;
	rec->dir = (p->flags & 3) <= RD_CAP_DIR_TX ? p->flags & 3 : RD_CAP_DIR_NONE;
	if (json_is_object(o))
		fill_from_json(rec, o, ports);
	else
		fill_from_name(rec, iface, ports);
	json_decref(o);
}
