/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The topologies of tests/graph, built with the tables' own calls: the two demo topologies and
 * single objects for others. Everything fails the test on error.
 */
#pragma once

#include "graph_fixture.h"
#include "tables/dfw_edit.h"
#include "tables/segment.h"
#include "tables/tunnel.h"

#define GT_VNI 74752
#define GT_HASH_SEED 0x4087ef54 // the demos': gives the slides' outer source ports

struct gt_emulated { // port indexes; see pcaps/demo/emulated.rd
	uint16_t arm_uplink; // vmnic1, sink 0
	uint16_t arm_uplink2; // vmnic0, sink 1
	uint16_t vmk, mux, proxy;
	uint16_t x86_uplink, guest;
	uint16_t arm_seg, x86_seg;
	uint16_t tunnel;
};

struct gt_upt { // see pcaps/demo/upt.rd
	uint16_t arm_uplink, arm_uplink2, vmk;
	uint16_t guest; // the VF's representor
	uint16_t bypassed; // x86's port of the same guest
	uint16_t seg;
};

// answer: the guest's frame, NULL for none.
void gt_emulated(struct gt_emulated *t, const struct gf_frame *answer);
void gt_upt(struct gt_upt *t, const struct gf_frame *answer);

// Parts. Switches are named host/name.
void gt_host(const char *name);
void gt_switch(const char *name, const char *host, unsigned portset, uint16_t mtu);
struct rd_port *gt_port(const char *name, const char *sw, enum rd_port_type type); // private
uint16_t gt_publish(struct rd_port *p); // its index
uint16_t gt_segment(const char *name, const char *sw, int32_t vlan, uint32_t vni);
// A vNIC whose frames go to a sink, or GT_SILENT: it takes them and says nothing.
#define GT_SILENT UINT16_MAX
uint16_t gt_guest(const char *name, const char *sw, uint16_t seg, const char *mac, unsigned sink);
// Where guests are to be alone with each other: host h, switch h/s of portset 3, and in it a segment. Its index.
uint16_t gt_lan(int32_t vlan, uint16_t mtu);
void gt_segment_set(uint16_t seg, bool flood, bool learn, uint16_t tunnel);
void gt_mac(struct rd_port *p, const char *mac);
void gt_team(struct rd_port *p, uint16_t a, uint16_t b);
void gt_answer(struct rd_port *p, const struct gf_frame *frame);
void gt_up(uint16_t port, bool admin, bool link);
void gt_fdb(uint16_t seg, const char *mac, bool is_tunnel, uint16_t to);
uint16_t gt_tunnel(const char *name, const char *local, const char *remote, const char *mac);

struct gt_rule {
	uint32_t id;
	enum rd_dfw_dir dir;
	bool allow;
	uint8_t proto;
	uint16_t dport; // 0 = any
	bool reject; // when not allowed
};
// The rules in this order, and the default, without connection tracking; replaces what the port had.
void gt_dfw(uint16_t port, const struct gt_rule *rules, unsigned nb, bool default_allow);
void gt_dfw_stateful(uint16_t port, const struct gt_rule *rules, unsigned nb, bool default_allow);
