/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tunnel.*: remote tunnel endpoints. Control thread; the counters are the workers'.
 */
#include "control/ctl.h"

int ctl_tunnel_add(struct rd_request *req)
{
	const char *name = rd_req_name(req, "name");
	const struct rd_tep *local = rd_req_tep(req, "local");
	bool has_mac = rd_req_has(req, "mac");
	uint8_t remote[4], mac[6];

	rd_req_ip4(req, "remote", remote);
	if (has_mac)
		rd_req_mac(req, "mac", mac);
	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_tunnel_add(name, local, remote, has_mac ? mac : NULL, req->err);
}

int ctl_tunnel_del(struct rd_request *req)
{
	const struct rd_tunnel *t = rd_req_tunnel(req, "tunnel");

	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_tunnel_del(t->idx, req->err);
}

static struct rd_tunnel_stats stats_sum(uint16_t idx)
{
	struct rd_tunnel_stats sum = {0};

	for (unsigned w = 0; w < rd_nb_workers; w++) {
		if (rd_tunnel_stats[w] == NULL)
			continue;
		const struct rd_tunnel_stats *s = &rd_tunnel_stats[w][idx];

		sum.tx_packets += s->tx_packets;
		sum.tx_bytes += s->tx_bytes;
		sum.rx_packets += s->rx_packets;
		sum.rx_bytes += s->rx_bytes;
	}
	return sum;
}

static json_t *tunnel_item(const struct rd_tunnel *t)
{
	const struct rd_tep *tep = rd_tep_at(t->tep);
	struct rd_tunnel_stats st = stats_sum(t->idx);

	return json_pack("{s:s,s:s,s:o,s:o,s:o,s:s,s:s,s:i,s:I,s:I,s:I,s:I}", "name", t->name,
		"host", rd_host_name(t->host), "local",
		tep == NULL ? json_string("") : rd_json_ip4(tep->ip), "remote",
		rd_json_ip4(t->remote), "mac", t->mac_known ? rd_json_mac(t->mac) : json_string(""),
		"mac_source",
		!t->mac_known		 ? "none"
			: t->mac_learned ? "learned"
					 : "static",
		"encap", "geneve", "overhead", (int)t->hdr_len, "tx_packets",
		(json_int_t)st.tx_packets, "tx_bytes", (json_int_t)st.tx_bytes, "rx_packets",
		(json_int_t)st.rx_packets, "rx_bytes", (json_int_t)st.rx_bytes);
}

int ctl_tunnel_list(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 1; i < rd_tunnel_bound(); i++) {
		const struct rd_tunnel *t = rd_tunnel_at((uint16_t)i);

		if (t != NULL)
			rd_req_item(req, tunnel_item(t));
	}
	return 0;
}
