/* SPDX-License-Identifier: BSD-3-Clause
 *
 * dfw.log: the last packets that rules with `log` decided, in the vendor's layout. Control thread.
 */
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/pkt.h"
#include "base/str.h"
#include "control/ctl.h"
#include "control/dfw_text.h"
#include "tables/dfw_log.h"

#define KEPT 1024

static struct rd_dfw_log_rec kept[KEPT];
static uint64_t nb; // ever

void rd_dfw_log_drain(void)
{
	while (rd_dfw_log_take(&kept[nb % KEPT]))
		nb++;
}

static void put_flags(char *buf, size_t size, size_t *len, uint8_t flags)
{
	static const char names[] = "FSRPAUEW";

	rd_str_addf(buf, size, len, " ");
	for (unsigned i = 0; i < 8; i++)
		if (flags >> i & 1)
			rd_str_addf(buf, size, len, "%c", names[i]);
}

static void put_proto(char *buf, size_t size, size_t *len, uint8_t proto)
{
	char text[8];

	rd_str_addf(buf, size, len, " ");
	for (const char *c = rd_dfw_proto_text(proto, text); *c != '\0'; c++)
		rd_str_addf(buf, size, len, "%c", *c >= 'a' && *c <= 'z' ? *c - 32 : *c);
}

// "2026-11-21T08:00:00.123456Z <vif8> INET match DROP mainrs/1024 OUT 52 TCP 192.168.4.3/49676->192.168.4.4/135 SEW"
static void line_of(const struct rd_dfw_log_rec *r, char *buf, size_t size)
{
	static const char *const actions[] = {"PASS", "DROP", "REJECT"};
	time_t s = (time_t)(r->ns / 1000000000);
	int family = r->family == 6 ? AF_INET6 : AF_INET;
	char when[24], src[RD_IP_TEXT], dst[RD_IP_TEXT];
	size_t len = 0;
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	rd_str_addf(buf, size, &len, "%s.%06uZ <vif%u> %s match %s mainrs/%u %s %u", when,
		(unsigned)(r->ns / 1000 % 1000000), r->port,
		r->family == 6		 ? "INET6"
			: r->family == 4 ? "INET"
					 : "ETHER",
		actions[r->action % 3], r->rule_id, r->dir == RD_DFW_IN ? "IN" : "OUT", r->len);
	if (r->family == 0) {
		rd_str_addf(buf, size, &len, " %s->%s", rd_fmt_mac(r->src, src),
			rd_fmt_mac(r->dst, dst));
		return;
	}
	put_proto(buf, size, &len, r->proto);
	rd_str_addf(buf, size, &len, " %s/%u->%s/%u", rd_fmt_ip(family, r->src, src), r->sport,
		rd_fmt_ip(family, r->dst, dst), r->dport);
	if (r->proto == RD_IPPROTO_TCP)
		put_flags(buf, size, &len, r->tcp_flags);
}

int ctl_dfw_log(struct rd_request *req)
{
	uint64_t count = rd_req_num_or(req, "count", 1, KEPT, 20);

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_dfw_log_drain();
	if (count > nb)
		count = nb;
	for (uint64_t i = nb - count; i < nb; i++) {
		const struct rd_dfw_log_rec *r = &kept[i % KEPT];
		char line[256], port[RD_QNAME_LEN];

		line_of(r, line, sizeof(line));
		rd_req_item(req,
			json_pack("{s:I,s:I,s:s,s:s,s:s}", "ns", (json_int_t)r->ns, "rule",
				(json_int_t)r->rule_id, "action", rd_dfw_action_text(r->action),
				"port", rd_ctl_port_qname(r->port, port), "line", line));
	}
	rd_req_result(req,
		json_pack("{s:I,s:I}", "count", (json_int_t)count, "lost",
			(json_int_t)rd_dfw_log_lost()));
	return 0;
}
