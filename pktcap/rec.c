/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Words for a captured record, see rec.h. Main thread.
 */
#include "rec.h"

#include <string.h>

#include "base/str.h"

// For a number that this pktcap does not know: a newer daemon.
static const struct rd_stage_desc unknown_stage = {
	.kind = RD_STAGE_KIND_IN, .name = "unknown", .compat = "", .help = ""};

// For what another program captured.
static const struct rd_stage_desc no_stage = {
	.kind = RD_STAGE_KIND_IN, .name = "file", .compat = "", .help = ""};

// Nor has a daemon seen these.
static const struct rd_stage_desc copy_stage = {
	.kind = RD_STAGE_KIND_IN, .name = PK_PORT_COPY, .compat = "", .help = ""};
static const struct rd_stage_desc netdev_stage = {
	.kind = RD_STAGE_KIND_IN, .name = PK_PORT_NETDEV, .compat = "", .help = ""};

static const struct rd_stage_desc *stage_without(const struct pk_port *port)
{
	if (port != NULL && strcmp(port->type, PK_PORT_COPY) == 0)
		return &copy_stage;
	return port != NULL && strcmp(port->type, PK_PORT_NETDEV) == 0 ? &netdev_stage : &no_stage;
}

void pk_rec_init(struct pk_rec *r, const struct rd_cap_rec *rec, const struct pk_ports *ports)
{
	r->rec = rec;
	r->bytes = (const uint8_t *)rec + rec->hdr_len;
	r->port = rec->port_id != 0 ? pk_ports_by_rec(ports, rec->port_idx, rec->port_id) : NULL;
	r->stage = rd_stage_by_id(rec->stage);
	if (r->stage == NULL)
		r->stage = rec->stage == RD_STAGE_NONE ? stage_without(r->port) : &unknown_stage;
	r->ports = ports;
	r->since_ns = 0;
	r->decap = "";
	r->follows = false;
	r->asked = true;
}

const char *pk_rec_host(const struct pk_rec *r)
{
	return r->port != NULL ? r->port->host : r->ports->default_host;
}

const char *pk_rec_where(const struct pk_rec *r, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	rd_str_addf(buf, size, &len, "%s", r->stage->name);
	if (r->port != NULL)
		rd_str_addf(buf, size, &len, "@%s", pk_port_label(r->ports, r->port));
	else if (r->rec->port_id != 0)
		rd_str_addf(buf, size, &len, "@%u", r->rec->port_id);
	return buf;
}

const char *pk_rec_iface(const struct pk_rec *r, char *buf, size_t size)
{
	const char *host = pk_rec_host(r);
	size_t len = 0;

	buf[0] = '\0';
	if (r->stage == &netdev_stage) {
		rd_str_addf(buf, size, &len, "%s", r->port->name);
		return buf;
	}
	rd_str_addf(buf, size, &len, "%s%s%s", host, host[0] ? "/" : "", r->stage->name);
	if (r->port != NULL)
		rd_str_addf(buf, size, &len, "@%s", r->port->name);
	else if (r->rec->port_id != 0)
		rd_str_addf(buf, size, &len, "@%u", r->rec->port_id);
	return buf;
}

const char *pk_rec_verdict(const struct pk_rec *r)
{
	switch (r->rec->stage) {
	case RD_STAGE_DROP:
		return "drop";
	case RD_STAGE_VNIC_TX:
	case RD_STAGE_UPT_TX:
		return "delivered";
	case RD_STAGE_UPLINK_TX:
	case RD_STAGE_MUX_TX:
		return "sent";
	default:
		return "pass";
	}
}

const char *pk_rec_flow_hit(const struct pk_rec *r)
{
	if (r->rec->flags & RD_CAP_F_HIT)
		return "hit";
	return r->rec->flags & RD_CAP_F_MISS ? "miss" : "";
}

const char *pk_rec_match(const struct pk_rec *r)
{
	switch (r->rec->match) {
	case RD_CAP_MATCH_OUTER:
		return "outer";
	case RD_CAP_MATCH_INNER:
		return "inner";
	case RD_CAP_MATCH_FOLLOWED:
		return "followed";
	default:
		return "";
	}
}

const char *pk_rec_dir(const struct pk_rec *r)
{
	switch (r->rec->dir) {
	case RD_CAP_DIR_RX:
		return "In";
	case RD_CAP_DIR_TX:
		return "Out";
	default:
		return "";
	}
}

const char *pk_rec_guest_dir(const struct pk_rec *r)
{
	if (r->rec->flags & RD_CAP_F_TO_GUEST)
		return "to-guest";
	return r->rec->flags & RD_CAP_F_FROM_GUEST ? "from-guest" : "";
}

// The packet id's second byte.
int pk_rec_polled_by(const struct pk_rec *r)
{
	unsigned worker = r->rec->packet_id >> 40 & 0xff;

	return worker == 0xff ? -1 : (int)worker;
}

const char *pk_rec_hash_source(const struct pk_rec *r)
{
	switch (r->rec->lcore & RD_CAP_HASH_MASK) {
	case RD_CAP_HASH_NIC:
		return "nic";
	case RD_CAP_HASH_SOFT:
		return "soft";
	default:
		return "none";
	}
}

const char *pk_rec_txq(const struct pk_rec *r)
{
	if (r->rec->lcore & RD_CAP_TXQ_OWN)
		return "own";
	return r->rec->lcore & RD_CAP_TXQ_SHARED ? "shared" : "";
}

bool pk_rec_is_made(const struct pk_rec *r)
{
	return r->rec->parent_id != 0 && (r->rec->flags & RD_CAP_F_CLONE) == 0;
}

const char *pk_rec_maker(const struct pk_rec *r)
{
	if (!pk_rec_is_made(r))
		return "";
	if (r->rec->prev_stage == RD_STAGE_REJECT)
		return "firewall";
	return r->rec->prev_stage == RD_STAGE_ROUTE ? "router" : "";
}

const char *pk_reason_name(unsigned reason)
{
	const struct rd_drop_desc *d = rd_drop_by_id(reason);

	if (d != NULL)
		return d->name;
	return reason == 0 ? "" : "UNKNOWN";
}

const char *pk_stage_name(unsigned id)
{
	const struct rd_stage_desc *s = rd_stage_by_id(id);

	return s != NULL ? s->name : "";
}

// Where something was decided about the packet just before, or its frame was changed.
static bool is_decision(const struct pk_rec *r)
{
	const struct rd_cap_rec *rec = r->rec;

	switch (rec->prev_stage) {
	case RD_STAGE_TUNNEL_DECAP:
	case RD_STAGE_TUNNEL_ENCAP:
	case RD_STAGE_DFW_IN:
	case RD_STAGE_DFW_OUT:
	case RD_STAGE_HANDOFF:
		return true;
	case RD_STAGE_FLOW_LOOKUP:
		return (rec->flags & RD_CAP_F_MISS) != 0;
	default:
		return rec->stage == RD_STAGE_DROP || (rec->flags & RD_CAP_F_CLONE) != 0
			|| pk_rec_maker(r)[0] != '\0' || r->decap[0] != '\0';
	}
}

// Which worker did what, where more than one had a say.
static void add_lcores(const struct pk_rec *r, char *buf, size_t size, size_t *len)
{
	const struct rd_cap_rec *rec = r->rec;

	if ((rec->lcore & RD_CAP_HASH_MASK) != 0)
		rd_str_addf(buf, size, len, " hash=%s", pk_rec_hash_source(r));
	if (rec->lcore & RD_CAP_HANDED)
		rd_str_addf(buf, size, len, " polled-by=%d forwarded-by=%u", pk_rec_polled_by(r),
			rec->worker);
	if (pk_rec_txq(r)[0] != '\0')
		rd_str_addf(buf, size, len, " txq=%u,%s", rec->queue, pk_rec_txq(r));
}

const char *pk_rec_comment(const struct pk_rec *r, enum pk_comment which, char *buf, size_t size)
{
	const struct rd_cap_rec *rec = r->rec;
	const char *hit = pk_rec_flow_hit(r);
	size_t len = 0;

	buf[0] = '\0';
	if (which == PK_COMMENT_NONE || (which != PK_COMMENT_ALL && !is_decision(r)))
		return buf;
	if (rec->stage == RD_STAGE_DROP)
		rd_str_addf(buf, size, &len, "DROPPED %s in=%s", pk_reason_name(rec->reason),
			pk_stage_name(rec->prev_stage));
	else if (rec->prev_stage != 0)
		rd_str_addf(buf, size, &len, "after %s", pk_stage_name(rec->prev_stage));
	else
		rd_str_addf(buf, size, &len, "at %s", r->stage->name);
	if (rec->rule_id != 0)
		rd_str_addf(buf, size, &len, " rule=%u", rec->rule_id);
	if (hit[0] != '\0')
		rd_str_addf(buf, size, &len, " fc=%s", hit);
	if (rec->flow_id != 0)
		rd_str_addf(buf, size, &len, " flow=%u", rec->flow_id);
	if (rec->vni != 0)
		rd_str_addf(buf, size, &len, " vni=%u", rec->vni);
	rd_str_addf(buf, size, &len, " hop=%u", rec->hop);
	if (r->since_ns != 0)
		rd_str_addf(buf, size, &len, " dt=%llu", (unsigned long long)r->since_ns);
	if (rec->match != RD_CAP_MATCH_NONE)
		rd_str_addf(buf, size, &len, " match=%s", pk_rec_match(r));
	add_lcores(r, buf, size, &len);
	if (rec->parent_id != 0)
		rd_str_addf(buf, size, &len, " %s=%llu",
			pk_rec_is_made(r) ? "because-of" : "copy-of",
			(unsigned long long)rec->parent_id);
	if (r->decap[0] != '\0')
		rd_str_addf(buf, size, &len, " decap: %s", r->decap);
	return buf;
}

static void add_text(char *buf, size_t size, size_t *len, const char *key, const char *value)
{
	if (value[0] != '\0')
		rd_str_addf(buf, size, len, ",\"%s\":\"%s\"", key, value);
}

static void add_number(char *buf, size_t size, size_t *len, const char *key, uint64_t value)
{
	if (value != 0)
		rd_str_addf(buf, size, len, ",\"%s\":%llu", key, (unsigned long long)value);
}

// No text here needs escaping: stages, reasons, hosts and ports have names of letters, digits and "._:-".
const char *pk_rec_json(const struct pk_rec *r, char *buf, size_t size)
{
	const struct rd_cap_rec *rec = r->rec;
	size_t len = 0;

	buf[0] = '\0';
	rd_str_addf(
		buf, size, &len, "{\"v\":1,\"stage\":\"%s\",\"hop\":%u", r->stage->name, rec->hop);
	add_number(buf, size, &len, "dt", r->since_ns);
	add_text(buf, size, &len, "host", pk_rec_host(r));
	add_text(buf, size, &len, "port", r->port != NULL ? r->port->qname : "");
	add_number(buf, size, &len, "port_id", rec->port_id);
	add_number(buf, size, &len, "parent", rec->parent_id);
	add_number(buf, size, &len, "made", pk_rec_is_made(r));
	add_text(buf, size, &len, "prev", pk_stage_name(rec->prev_stage));
	add_text(buf, size, &len, "dir", pk_rec_guest_dir(r));
	add_text(buf, size, &len, "verdict", pk_rec_verdict(r));
	add_text(buf, size, &len, "reason", pk_reason_name(rec->reason));
	add_number(buf, size, &len, "reason_id", rec->reason);
	add_number(buf, size, &len, "rule", rec->rule_id);
	add_text(buf, size, &len, "fc", pk_rec_flow_hit(r));
	add_number(buf, size, &len, "flow", rec->flow_id);
	add_number(buf, size, &len, "vni", rec->vni);
	add_number(buf, size, &len, "inner", (rec->flags & RD_CAP_F_INNER) != 0);
	add_text(buf, size, &len, "match", pk_rec_match(r));
	add_number(buf, size, &len, "inner_off", rec->inner_off);
	add_number(buf, size, &len, "worker", rec->worker);
	if ((rec->lcore & RD_CAP_HASH_MASK) != 0)
		add_text(buf, size, &len, "hash", pk_rec_hash_source(r));
	add_number(buf, size, &len, "handed", (rec->lcore & RD_CAP_HANDED) != 0);
	add_text(buf, size, &len, "txq", pk_rec_txq(r));
	add_number(buf, size, &len, "injected", (rec->flags & RD_CAP_F_INJECTED) != 0);
	add_number(buf, size, &len, "lost", rec->lost);
	add_number(buf, size, &len, "one_in", rec->one_in > 1 ? rec->one_in : 0);
	add_text(buf, size, &len, "decap", r->decap);
	rd_str_addf(buf, size, &len, "}");
	return buf;
}
