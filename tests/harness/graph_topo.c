/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See graph_topo.h.
 */
#include "graph_topo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/pkt.h"
#include "base/str.h"

static void ok(int ret, const struct rd_err *err)
{
	if (ret < 0)
		fail_msg("%s (%s)", err->what, err->where);
}

void gt_host(const char *name)
{
	struct rd_err err = {0};

	ok(rd_host_add(name, false, &err), &err);
}

void gt_switch(const char *name, const char *host, unsigned portset, uint16_t mtu)
{
	struct rd_err err = {0};

	ok(rd_switch_add(name, host, portset, mtu, &err), &err);
}

static struct rd_switch *find_switch(const char *name)
{
	struct rd_err err = {0};
	struct rd_switch *sw = rd_switch_find(name, &err);

	ok(sw != NULL ? 0 : -1, &err);
	return sw;
}

struct rd_port *gt_port(const char *name, const char *sw, enum rd_port_type type)
{
	struct rd_err err = {0};
	struct rd_port *p = rd_port_new(name, find_switch(sw), type, &err);

	ok(p != NULL ? 0 : -1, &err);
	return p;
}

uint16_t gt_publish(struct rd_port *p)
{
	struct rd_err err = {0};

	ok(rd_port_publish(p, &err), &err);
	return p->idx;
}

void gt_mac(struct rd_port *p, const char *mac)
{
	assert_int_equal(rd_parse_mac(mac, p->mac), 0);
}

void gt_team(struct rd_port *p, uint16_t a, uint16_t b)
{
	p->team[0] = a;
	p->team[1] = b;
	p->nb_team = b != 0 ? 2 : 1;
}

void gt_answer(struct rd_port *p, const struct gf_frame *frame)
{
	p->attach = RD_ATTACH_ANSWER;
	p->answer = rd_answer_new(frame != NULL ? 1 : 0);
	assert_non_null(p->answer);
	if (frame == NULL)
		return;
	p->answer->frame[0].bytes = malloc(frame->len);
	assert_non_null(p->answer->frame[0].bytes);
	memcpy(p->answer->frame[0].bytes, frame->bytes, frame->len);
	p->answer->frame[0].len = frame->len;
}

void gt_up(uint16_t port, bool admin, bool link)
{
	struct rd_port *p = rd_port_edit(port);

	assert_non_null(p);
	p->admin_up = admin;
	p->link_up = link;
	gt_publish(p);
}

uint16_t gt_segment(const char *name, const char *sw, int32_t vlan, uint32_t vni)
{
	struct rd_segment_opts o = {
		.vlan = vlan, .vni = vni, .flood = true, .learn = true, .aging_s = 300};
	struct rd_err err = {0};

	char qname[2 * RD_NAME_LEN];
	const struct rd_segment *s;

	ok(rd_segment_add(name, find_switch(sw), &o, &err), &err);
	snprintf(qname, sizeof(qname), "%.*s/%s", (int)strcspn(sw, "/"), sw, name);
	s = rd_segment_find(qname, &err);
	ok(s != NULL ? 0 : -1, &err);
	return s->idx;
}

uint16_t gt_guest(const char *name, const char *sw, uint16_t seg, const char *mac, unsigned sink)
{
	struct rd_port *p = gt_port(name, sw, RD_PORT_VNIC);

	gt_mac(p, mac);
	p->segment = seg;
	if (sink == GT_SILENT)
		gt_answer(p, NULL);
	else
		gf_attach_sink(p, sink);
	return gt_publish(p);
}

uint16_t gt_lan(int32_t vlan, uint16_t mtu)
{
	gt_host("h");
	gt_switch("s", "h", 3, mtu);
	return gt_segment("lan", "h/s", vlan, 0);
}

void gt_segment_set(uint16_t seg, bool flood, bool learn, uint16_t tunnel)
{
	const struct rd_segment *s = rd_segment_at(seg);
	struct rd_segment_opts o = {.vlan = s->vlan,
		.vni = s->vni,
		.mtu = s->mtu,
		.flood = flood,
		.learn = learn,
		.aging_s = s->aging_s,
		.nb_tunnels = tunnel != 0,
		.tunnel = {tunnel}};
	struct rd_err err = {0};

	ok(rd_segment_set(seg, &o, &err), &err);
}

void gt_fdb(uint16_t seg, const char *mac, bool is_tunnel, uint16_t to)
{
	uint8_t bytes[6];

	assert_int_equal(rd_parse_mac(mac, bytes), 0);
	assert_int_equal(rd_fdb_add(seg, bytes, RD_FDB_STATIC, is_tunnel, to), 0);
}

static void parse_ip(const char *text, uint8_t ip[4])
{
	uint8_t addr[16];
	int family;

	assert_int_equal(rd_parse_ip(text, &family, addr), 0);
	memcpy(ip, addr, 4);
}

uint16_t gt_tunnel(const char *name, const char *local, const char *remote, const char *mac)
{
	struct rd_err err = {0};
	const struct rd_tep *tep = rd_tep_find(local, &err);
	uint8_t ip[4], bytes[6];

	ok(tep != NULL ? 0 : -1, &err);
	parse_ip(remote, ip);
	if (mac != NULL)
		assert_int_equal(rd_parse_mac(mac, bytes), 0);
	ok(rd_tunnel_add(name, tep, ip, mac != NULL ? bytes : NULL, &err), &err);
	return rd_tunnel_find(name, &err)->idx;
}

static void set_dfw(
	uint16_t port, const struct gt_rule *rules, unsigned nb, bool default_allow, bool stateful)
{
	struct rd_err err = {0};
	struct rd_dfw_model *m = rd_dfw_edit(NULL, &err);
	const struct rd_dfw_local *own;
	int rc = m != NULL ? 0 : -ENOMEM;

	assert_non_null(m);
	while ((own = m->local[port]) != NULL && own->rules.nb > 0 && rc == 0)
		rc = rd_dfw_local_del(m, port, own->rules.v[0]->id, &err);
	for (unsigned i = 0; rc == 0 && i < nb; i++) {
		struct rd_dfw_rule *r = rd_dfw_rule_new(rules[i].id);
		struct rd_dfw_service *s = calloc(1, sizeof(*s));

		assert_non_null(r);
		assert_non_null(s);
		*s = (struct rd_dfw_service){.proto = rules[i].proto,
			.sport_hi = UINT16_MAX,
			.dport_lo = rules[i].dport,
			.dport_hi = rules[i].dport != 0 ? rules[i].dport : UINT16_MAX};
		r->dir = (uint8_t)rules[i].dir;
		r->action = rules[i].allow ? RD_DFW_ALLOW
			: rules[i].reject  ? RD_DFW_REJECT
					   : RD_DFW_DROP;
		r->service = s;
		r->nb_services = 1;
		rc = rd_dfw_local_add(m, port, r, &err);
	}
	if (rc == 0)
		rc = rd_dfw_local_default(
			m, port, default_allow ? RD_DFW_ALLOW : RD_DFW_DROP, &err);
	if (rc == 0)
		rc = rd_dfw_local_stateful(m, port, stateful, &err);
	ok(rd_dfw_done(m, rc, &err), &err);
}

void gt_dfw(uint16_t port, const struct gt_rule *rules, unsigned nb, bool default_allow)
{
	set_dfw(port, rules, nb, default_allow, false);
}

void gt_dfw_stateful(uint16_t port, const struct gt_rule *rules, unsigned nb, bool default_allow)
{
	set_dfw(port, rules, nb, default_allow, true);
}

// The DPU's part that both demos share: two uplinks, endpoint, tunnel, overlay segment.
struct arm {
	uint16_t uplink, uplink2, vmk, seg, tunnel;
};

static void build_tep(const struct arm *a)
{
	struct rd_tep tep = {.host = rd_host_find("arm")->idx,
		.ttl = 64,
		.df = true,
		.nb_team = 2,
		.team = {a->uplink, a->uplink2},
		.port = a->vmk,
		.dport = RD_GENEVE_PORT,
		.hash_seed = GT_HASH_SEED,
		.opt_len = 8,
		.opt = {0x01, 0x04, 0, 1}};
	struct rd_err err = {0};

	parse_ip("192.168.4.60", tep.ip);
	assert_int_equal(rd_parse_mac("00:50:56:67:eb:13", tep.mac), 0);
	ok(rd_tep_add(&tep, &err), &err);
}

static uint16_t build_uplink(const char *name, unsigned sink)
{
	struct rd_port *p = gt_port(name, "arm/DvsPortset-1", RD_PORT_UPLINK);

	gf_attach_sink(p, sink);
	return gt_publish(p);
}

static void build_arm(struct arm *a)
{
	struct rd_port *p;

	gt_host("arm");
	gt_switch("DvsPortset-1", "arm", 3, 1600);
	a->uplink = build_uplink("vmnic1", 0);
	a->uplink2 = build_uplink("vmnic0", 1);
	p = gt_port("vmk10", "arm/DvsPortset-1", RD_PORT_VMK);
	gt_mac(p, "00:50:56:67:eb:13");
	gt_team(p, a->uplink, 0);
	a->vmk = gt_publish(p);
	a->seg = gt_segment("cluster1-segment1", "arm/DvsPortset-1", -1, GT_VNI);
	build_tep(a);
	a->tunnel =
		gt_tunnel("to-192.168.4.57", "192.168.4.60", "192.168.4.57", "00:50:56:63:04:5c");
	gt_segment_set(a->seg, true, true, a->tunnel);
	gt_fdb(a->seg, "00:50:56:a1:fc:f3", true, a->tunnel);
}

static const struct gt_rule demo_rules[] = {
	{1041, RD_DFW_IN, true, RD_IPPROTO_TCP, 80},
	{1042, RD_DFW_OUT, true, 0, 0},
	{1043, RD_DFW_IN, false, RD_IPPROTO_TCP, 23},
};

static void build_x86(struct gt_emulated *t, const struct gf_frame *answer)
{
	struct rd_port *p;

	gt_host("x86");
	gt_switch("DvsPortset-1", "x86", 4, 1600);
	p = gt_port("vmnic2", "x86/DvsPortset-1", RD_PORT_UPLINK);
	gt_mac(p, "08:c0:eb:5d:ad:78");
	p->attach = RD_ATTACH_LINK;
	p->peer = t->mux;
	t->x86_uplink = gt_publish(p);
	t->x86_seg = gt_segment("cluster1-segment1", "x86/DvsPortset-1", 0, 0);
	p = gt_port("gs-ubuntu-01.eth0", "x86/DvsPortset-1", RD_PORT_VNIC);
	gt_mac(p, "00:50:56:a1:99:9e");
	p->segment = t->x86_seg;
	gt_team(p, t->x86_uplink, 0);
	gt_answer(p, answer);
	t->guest = gt_publish(p);
}

void gt_emulated(struct gt_emulated *t, const struct gf_frame *answer)
{
	struct rd_port *p;
	struct arm a;

	build_arm(&a);
	t->arm_uplink = a.uplink;
	t->arm_uplink2 = a.uplink2;
	t->vmk = a.vmk;
	t->arm_seg = a.seg;
	t->tunnel = a.tunnel;
	p = gt_port("vmnic0_MUX_PF16387", "arm/DvsPortset-1", RD_PORT_MUX);
	gt_mac(p, "08:c0:eb:5d:ae:08");
	t->mux = gt_publish(p);
	p = gt_port("gs-ubuntu-01.eth0.7c520dd4", "arm/DvsPortset-1", RD_PORT_VNIC);
	gt_mac(p, "00:50:56:a1:99:9e");
	p->segment = a.seg;
	gt_team(p, a.uplink, 0);
	p->attach = RD_ATTACH_VIA;
	p->peer = t->mux;
	t->proxy = gt_publish(p);
	gt_dfw(t->proxy, demo_rules, 3, false);
	build_x86(t, answer);
}

void gt_upt(struct gt_upt *t, const struct gf_frame *answer)
{
	static const struct gt_rule rules[] = {{1041, RD_DFW_IN, true, RD_IPPROTO_TCP, 22},
		{1042, RD_DFW_OUT, true, 0, 0}, {1043, RD_DFW_IN, false, RD_IPPROTO_TCP, 23}};
	uint16_t x86_seg;
	struct rd_port *p;
	struct arm a;

	build_arm(&a);
	t->arm_uplink = a.uplink;
	t->arm_uplink2 = a.uplink2;
	t->vmk = a.vmk;
	t->seg = a.seg;
	p = gt_port("cluster1-ubuntu-vm8.eth0.7c520dd0", "arm/DvsPortset-1", RD_PORT_UPT);
	gt_mac(p, "00:50:56:a1:87:fe");
	p->segment = a.seg;
	gt_team(p, a.uplink, 0);
	gt_answer(p, answer);
	t->guest = gt_publish(p);
	gt_dfw(t->guest, rules, 3, false);
	gt_host("x86");
	gt_switch("DvsPortset-1", "x86", 4, 1600);
	x86_seg = gt_segment("cluster1-segment1", "x86/DvsPortset-1", 0, 0);
	p = gt_port("cluster1-ubuntu-vm8.eth0", "x86/DvsPortset-1", RD_PORT_VNIC);
	gt_mac(p, "00:50:56:a1:87:fe");
	p->segment = x86_seg;
	p->attach = RD_ATTACH_BYPASS;
	p->peer = t->guest;
	t->bypassed = gt_publish(p);
}
