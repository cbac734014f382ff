/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The slow reference of semantics.c: a second, plain dataplane without any cache. It decides every packet from its own
 * lists of ports, segments, tunnels, stations and rules, and writes the output bytes itself. It shares no code with the
 * stages but enum values. Test thread.
 */
#pragma once

#include "semantics_types.h"

struct sem_world {
	struct sem_port port[SEM_PORTS];
	struct sem_seg seg[SEM_SEGS];
	struct sem_tunnel tunnel[SEM_TUNNELS];
	struct sem_tep tep;
	struct sem_station station[SEM_STATIONS];
	uint16_t mtu[4]; // by switch
	struct sem_conns conn;
	uint32_t now_s;
};
extern struct sem_world sem;

struct sem_result { // of some packets
	unsigned nb_out;
	struct {
		int sink;
		struct sem_frame f;
	} out[SEM_OUTS];
	uint64_t drops[RD_DROP_MAX];
	uint64_t dfw_out, dfw_in; // drops by stage
	bool taught; // the forwarding database has changed
	bool moved; // ... because a station moved from tunnel to tunnel
	unsigned routed; // how often a router has sent one on
	bool back; // a router has sent it back to its sender
};

// semantics_frame.c
void sem_build(const struct sem_pkt *k, struct sem_frame *f);
void sem_untag(struct sem_frame *f);
void sem_tag(struct sem_frame *f, uint16_t vlan);
void sem_ip_sum(uint8_t *ip); // of a header without options
uint16_t sem_sum(const uint8_t *b, uint32_t len, uint32_t sum);
uint32_t sem_hash(const struct sem_pkt *k); // as nodes/path.h says of rd_flow_l4_hash()
void sem_encap(
	struct sem_frame *f, const struct sem_tunnel *t, uint32_t vni, uint32_t hash, uint8_t tos);

// semantics_model.c, semantics_forward.c
// What becomes of a packet that comes in at a port. dry: nothing is learned.
void sem_receive(uint16_t port, const struct sem_pkt *k, bool dry, struct sem_result *r);

// semantics_tables.c
struct sem_port *sem_port(uint16_t idx); // NULL if there is none, as for all that follow
struct sem_seg *sem_seg(uint16_t idx);
struct sem_tunnel *sem_tunnel(uint16_t idx);
struct sem_seg *sem_seg_by_vni(uint8_t host, uint32_t vni);
struct sem_seg *sem_seg_by_vlan(uint16_t sw, uint16_t vlan);
struct sem_tunnel *sem_tunnel_by_remote(const uint8_t ip[4]);
struct sem_station *sem_station(uint16_t seg, const uint8_t mac[6]);
void sem_put(uint16_t seg, const uint8_t mac[6], uint8_t kind, bool is_tunnel, uint16_t to);
void sem_forget(uint16_t seg, const uint8_t mac[6]);
bool sem_rules_allow(
	const struct sem_port *p, enum rd_dfw_dir dir, const struct sem_pkt *k, uint16_t *reason);

// semantics_state.c: rules and connections.
bool sem_allowed(
	const struct sem_port *p, enum rd_dfw_dir dir, const struct sem_pkt *k, uint16_t *reason);
void sem_state_begin(void); // no connections
void sem_state_save(void);
bool sem_state_restore(void); // whether anything had changed since
void sem_state_age(void);
void sem_state_flush(uint16_t zone); // 0 = all
unsigned sem_state_count(uint16_t zone, unsigned *half_open);
bool sem_is_error(const struct sem_pkt *k); // ICMP

// semantics_world.c: the same topology in the tables and in the reference.
extern uint64_t sem_seed;
uint32_t sem_rnd(uint32_t bound);
bool sem_chance(unsigned percent);
extern const uint8_t sem_remote[SEM_TUNNELS][4];
void sem_world_build(void);
void sem_mac(uint8_t mac[6], unsigned n); // stations of the test by number
const struct sem_port *sem_some_port(unsigned types); // bits by enum rd_port_type

// semantics_change.c, semantics_change_dfw.c: one random change to both. What it was, as text.
const char *sem_change(void);
void sem_change_timeouts(void); // of connections, and strict or loose
void sem_change_limits(char *text, size_t size);
void sem_change_rules(char *text, size_t size);
void sem_change_conns(char *text, size_t size); // settings, age, flush

// semantics_traffic.c: a random packet and the port that it comes in at.
void sem_traffic_begin(void);
uint16_t sem_traffic(struct sem_pkt *k);

// semantics_dry.c: NULL, or in what the walk that only asks is wrong about this packet.
const char *sem_ask(uint16_t port, const struct sem_pkt *k, const struct sem_result *want);
void sem_blank_id(
	struct sem_frame *f); // semantics.c: the IP id of a tunnel packet that says nothing

// semantics_talk.c
void sem_talk_begin(void);
void sem_talk(unsigned n, struct sem_pkt *k); // k becomes the next TCP segment of conversation n
void sem_complain(struct sem_pkt *k); // k becomes an ICMP error about what k answers
