/* SPDX-License-Identifier: BSD-3-Clause
 *
 * check vlan: does a port get frames with the wrong VLAN, and who sends them? Looks at the record of dropped packets and at the
 * port's counters before and after some time. A tag is judged where it comes in: at the uplinks of the port's switch, and at the
 * port itself.
 */
#include "cmds/cmds.h"

#include "base/pkt.h"
#include "base/str.h"

#include <string.h>
#include <time.h>

#define ROWS_MAX 64
#define RECORDS_MAX 65536

struct row { // frames of one sender side with one tag
	const char *at; // port, borrowed from the records
	bool guest; // the guest sent them
	unsigned vlan, packets;
	json_int_t first_ns;
	char smac[RD_MAC_TEXT]; // of the first
};

struct check {
	struct rd_cli *cli;
	const json_t *port; // in `before`
	json_t *before, *after, *ports, *records;
	json_int_t since_ns;
	unsigned nb, wire, guest; // rows; frames of each side
	struct row row[ROWS_MAX];
};

static json_int_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (json_int_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static json_int_t grown(const struct check *c, const char *field)
{
	return rd_item_int(json_array_get(c->after, 0), field) - rd_item_int(c->port, field);
}

static const json_t *port_named(const struct check *c, const char *qname)
{
	for (size_t i = 0; i < json_array_size(c->ports); i++)
		if (strcmp(rd_item_str(json_array_get(c->ports, i), "qname"), qname) == 0)
			return json_array_get(c->ports, i);
	return NULL;
}

static bool is_ours(const struct check *c, const json_t *rec)
{
	const char *reason = rd_item_str(rec, "reason"), *at = rd_item_str(rec, "port");
	const json_t *p = port_named(c, at);

	if (rd_item_int(rec, "ns") < c->since_ns)
		return false;
	if (strcmp(reason, "PORT_VLAN_GUEST") == 0)
		return strcmp(at, rd_item_str(c->port, "qname")) == 0;
	return strcmp(reason, "PORT_VLAN_UNKNOWN") == 0 && p != NULL
		&& strcmp(rd_item_str(p, "host"), rd_item_str(c->port, "host")) == 0
		&& strcmp(rd_item_str(p, "switch"), rd_item_str(c->port, "switch")) == 0;
}

static unsigned tag_of(const json_t *rec, char smac[RD_MAC_TEXT])
{
	uint8_t bytes[2048];
	size_t len = sizeof(bytes);
	uint16_t type;

	smac[0] = '\0';
	if (rd_parse_hex(rd_item_str(rec, "hex"), bytes, &len) < 0 || len < RD_ETH_LEN + 2)
		return 0;
	rd_fmt_mac(bytes + 6, smac);
	type = rd_be16(bytes + 12);
	return type == RD_ETHERTYPE_VLAN || type == RD_ETHERTYPE_QINQ ? rd_be16(bytes + 14) & 0xfff
								      : 0;
}

// Records come newest first.
static void add(struct check *c, const json_t *rec)
{
	bool guest = strcmp(rd_item_str(rec, "reason"), "PORT_VLAN_GUEST") == 0;
	char smac[RD_MAC_TEXT];
	unsigned vlan = tag_of(rec, smac), i = 0;

	*(guest ? &c->guest : &c->wire) += 1;
	while (i < c->nb
		&& (strcmp(c->row[i].at, rd_item_str(rec, "port")) != 0 || c->row[i].vlan != vlan))
		i++;
	if (i == ROWS_MAX)
		return;
	if (i == c->nb)
		c->row[c->nb++] =
			(struct row){.at = rd_item_str(rec, "port"), .guest = guest, .vlan = vlan};
	c->row[i].packets++;
	c->row[i].first_ns = rd_item_int(rec, "ns");
	memcpy(c->row[i].smac, smac, sizeof(smac));
}

static const char *conclusion(const struct check *c)
{
	if (c->wire > 0 && c->guest > 0)
		return "wrong tags come from the wire, and the guest tags its frames itself";
	if (c->wire > 0)
		return "a wrong tag arrives from the wire (the switch or card outside), not from this port's configuration";
	if (c->guest > 0)
		return "the guest tags its frames itself: its port is an access port";
	if (grown(c, "rx_packets") + grown(c, "tx_packets") == 0)
		return "no frame came or went in this time: nothing can be said";
	return "no wrong tag was seen";
}

static json_t *rows_json(const struct check *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < c->nb; i++)
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:i,s:i,s:s,s:I,s:s}", "at", c->row[i].at, "from",
				c->row[i].guest ? "guest" : "wire", "vlan", (int)c->row[i].vlan,
				"packets", (int)c->row[i].packets, "verdict",
				c->row[i].guest ? "PORT_VLAN_GUEST" : "PORT_VLAN_UNKNOWN",
				"first_ns", c->row[i].first_ns, "smac", c->row[i].smac));
	return list;
}

static json_t *all_json(const struct check *c, json_int_t ms)
{
	return json_pack("{s:s,s:s,s:I,s:I,s:b,s:I,s:I,s:I,s:o,s:s}", "port",
		rd_item_str(c->port, "qname"), "segment", rd_item_str(c->port, "segment"), "vlan",
		rd_item_int(c->port, "vlan"), "vni", rd_item_int(c->port, "vni"), "spoof_check",
		json_is_true(json_object_get(c->port, "spoof_check")), "for_ms", ms, "from_guest",
		grown(c, "rx_packets"), "to_guest", grown(c, "tx_packets"), "wrong", rows_json(c),
		"conclusion", conclusion(c));
}

static void put_row(FILE *out, const struct row *r)
{
	json_t *item = json_pack("{s:I}", "ns", r->first_ns);
	char when[40];

	rd_cell_time(item, when, sizeof(when));
	json_decref(item);
	fprintf(out, "  %-32s %5u %9u  dropped %s, first %s, src %s\n", r->at, r->vlan, r->packets,
		r->guest ? "PORT_VLAN_GUEST" : "PORT_VLAN_UNKNOWN", when, r->smac);
}

static void put(const struct check *c)
{
	FILE *out = rd_cli_out(c->cli);
	json_int_t vlan = rd_item_int(c->port, "vlan");
	char expects[64];

	if (vlan >= 0)
		snprintf(expects, sizeof(expects), vlan == 0 ? "untagged" : "VLAN %lld",
			(long long)vlan);
	else
		snprintf(expects, sizeof(expects), "VNI %lld",
			(long long)rd_item_int(c->port, "vni"));
	fprintf(out, "%s expects: access, segment %s (%s), spoof check %s\n",
		rd_item_str(c->port, "qname"), rd_item_str(c->port, "segment"), expects,
		json_is_true(json_object_get(c->port, "spoof_check")) ? "on" : "off");
	fprintf(out, "  %-32s %5s %9s  %s\n", "SEEN AT", "VLAN", "PACKETS", "VERDICT");
	fprintf(out, "  %-32s %5s %9lld  ok, from the guest\n", rd_item_str(c->port, "qname"), "-",
		(long long)(grown(c, "rx_packets") - (json_int_t)c->guest));
	fprintf(out, "  %-32s %5s %9lld  ok, to the guest\n", rd_item_str(c->port, "qname"), "-",
		(long long)grown(c, "tx_packets"));
	for (unsigned i = 0; i < c->nb; i++)
		put_row(out, &c->row[i]);
	fprintf(out, "conclusion: %s\n", conclusion(c));
	if (c->nb > 0)
		fprintf(out,
			"next: explain drop vlan %u | pktcap --drop PORT_VLAN_* -w vlan.pcapng\n",
			c->row[0].vlan);
}

static int collect(struct check *c, const char *port, unsigned ms, struct rd_err *err)
{
	c->since_ns = now_ns();
	c->before = rd_cli_fetch(c->cli, "port.list", json_pack("{s:s}", "port", port), err);
	if (c->before == NULL)
		return err->code;
	c->port = json_array_get(c->before, 0);
	if (!rd_cli_wait(c->cli, ms))
		return rd_err_set(err, -EINTR, "interrupted");
	c->after = rd_cli_fetch(c->cli, "port.list", json_pack("{s:s}", "port", port), err);
	c->ports = rd_cli_fetch(c->cli, "port.list", NULL, err);
	c->records =
		rd_cli_fetch(c->cli, "drop.recent", json_pack("{s:i}", "count", RECORDS_MAX), err);
	if (c->after == NULL || c->ports == NULL || c->records == NULL)
		return err->code;
	for (size_t i = 0; i < json_array_size(c->records); i++)
		if (is_ours(c, json_array_get(c->records, i)))
			add(c, json_array_get(c->records, i));
	return 0;
}

static int check_vlan(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	struct check c = {.cli = cli};
	unsigned ms = (unsigned)rd_args_num(args, "for", 10000);
	int ret = collect(&c, rd_args_str(args, "port"), ms, err);

	if (ret == 0 && rd_cli_is_json(cli)) {
		json_t *all = all_json(&c, ms);

		rd_cli_put_json(cli, all);
		json_decref(all);
	} else if (ret == 0) {
		put(&c);
	}
	json_decref(c.before);
	json_decref(c.after);
	json_decref(c.ports);
	json_decref(c.records);
	return ret;
}

static const struct rd_arg_desc args_desc[] = {
	{.key = "port", .type = RD_ARG_REF, .help = "a guest's port", .names = &rd_names_port},
	{.key = "for",
		.type = RD_ARG_MS,
		.min = 1,
		.max = 3600000,
		.help = "how long to look; 10s"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "check", .help = "looks for a while, and says what is wrong"},
	{"check vlan PORT [for DURATION]",
		"does a port meet frames with a wrong VLAN, and who sends them", "drop.recent",
		args_desc, check_vlan},
};
const struct rd_cmd_set rd_cmds_check = RD_CMD_SET(cmds);
