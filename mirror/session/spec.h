/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a person wants of a mirror session. session/field.h sets and reads it as text, session/rule.h has the rules that choose
 * packets. No DPDK, no thread, no clock: names of ports are looked up by the control part.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/stages.h"
#include "base/err.h"
#include "session/choice.h"
#include "session/rule.h"

#define RD_MIRROR_NAME_LEN 32 // with its end
#define RD_MIRROR_TEXT_LEN 128 // owner, comment, names of ports
#define RD_MIRROR_SOURCES 16
#define RD_MIRROR_RULES 16
#define RD_MIRROR_DESTS 4
#define RD_MIRROR_SNAP_MIN 64
#define RD_MIRROR_SNAP_MAX 9216

enum rd_mirror_from { // what a source is
	RD_MIRROR_SRC_PORT,
	RD_MIRROR_SRC_GUEST, // all ports with this label
	RD_MIRROR_SRC_VNI, // all guests' ports of the segment
	RD_MIRROR_SRC_VLAN,
	RD_MIRROR_SRC_ALL, // all guests' ports
};

struct rd_mirror_source {
	uint8_t from; // enum rd_mirror_from
	uint32_t number; // VNI, VLAN
	char name[RD_MIRROR_TEXT_LEN]; // port, guest
};

enum rd_mirror_dir { // bits; of the guest: an uplink's frames to a guest are those that it receives
	RD_MIRROR_TO_GUEST = 1,
	RD_MIRROR_FROM_GUEST = 2,
	RD_MIRROR_BOTH = 3,
};

struct rd_mirror_dest {
	int family; // AF_INET, AF_INET6
	uint8_t addr[16];
	uint8_t priority; // 1..255, the lowest is tried first
	uint8_t weight; // 1..255, of balance
};

struct rd_mirror_spec {
	uint64_t given; // fields that were set, a bit for each of rd_mirror_fields
	char name[RD_MIRROR_NAME_LEN];
	uint16_t id; // 1..1023, 0 = the lowest free
	// what is copied
	uint8_t nb_sources, nb_rules, nb_dests;
	uint8_t dir; // enum rd_mirror_dir
	uint64_t stages; // a bit each; 0 = where a frame comes from or goes to the source's device
	bool by_reason;
	uint64_t reasons[RD_DROP_MAX / 64]; // of by_reason
	struct rd_mirror_source source[RD_MIRROR_SOURCES];
	struct rd_mirror_rule rule[RD_MIRROR_RULES]; // none = all; behind the last: deny
	uint8_t trigger; // enum rd_mirror_trigger
	uint32_t trigger_s; // and ends so long after; 0 = goes on
	uint16_t priority; // of exclusive sessions: the lowest gets the packet
	bool exclusive;
	uint8_t once; // sessions of this group send a packet to a collector once; 0 = no group
	// how much of it
	uint8_t sampling; // enum rd_mirror_sampling
	uint32_t sample; // 1 in n
	uint64_t pps, bps; // 0 = no limit
	uint32_t burst_ms; // of both
	uint32_t snaplen; // of the inner frame, 0 = whole
	uint8_t mtu_policy, mask, mode, health; // enums rd_mirror_mtu, _mask, _mode, _health
	uint16_t mask_after; // bytes of payload that stay
	// what it looks like
	uint8_t encap; // enum rd_encap_kind or rd_mirror_target
	uint16_t erspan_id; // 0 = id
	uint32_t index; // given: fixed; else rd_encap_index()
	uint8_t hwid; // given: fixed; else the stage
	uint8_t gra; // enum rd_encap_gra
	uint16_t sgt;
	bool sgt_reason; // SGT carries the drop reason
	uint32_t key, vni;
	bool has_key, seq;
	uint16_t vlan; // RSPAN
	uint16_t udp_port; // 0 = as registered
	uint8_t options; // Geneve: enum rd_encap_option
	uint32_t seq_start;
	// where it goes
	struct rd_mirror_dest dest[RD_MIRROR_DESTS];
	int src_family; // 0 = the egress interface's address
	uint8_t src[16];
	char out_port[RD_MIRROR_TEXT_LEN]; // empty = by route
	int gateway_family; // 0 = the destination is a neighbour, or as the endpoint's network says
	uint8_t gateway[16];
	bool has_mac; // next hop's, not asked for
	uint8_t mac[6];
	uint16_t outer_vlan; // 0 = as the endpoint's
	uint8_t dscp, ttl, pcp;
	uint16_t mtu; // 0 = the port's
	char file[RD_MIRROR_TEXT_LEN * 2];
	bool multicast; // a group address is meant
	// how long, by what
	uint64_t lifetime_s, max_packets, max_bytes; // 0 = no limit
	uint64_t start_at; // seconds since 1970; 0 = at once
	uint8_t offload; // enum rd_mirror_offload
	bool persist;
	bool force; // what needs it is meant
	char owner[RD_MIRROR_TEXT_LEN / 2], comment[RD_MIRROR_TEXT_LEN];
};

// Everything but name, sources and destinations has its default: ERSPAN II, both directions, all packets, 1 h.
void rd_mirror_spec_init(struct rd_mirror_spec *s);
// What the fields say together. 0, or -EINVAL with *err; what is odd but possible is added to warn (RD_MIRROR_WARN bytes).
#define RD_MIRROR_WARN 512
int rd_mirror_spec_check(const struct rd_mirror_spec *s, char *warn, struct rd_err *err);

bool rd_mirror_is_all_stages(uint64_t stages);
const char *rd_mirror_encap_name(unsigned encap);
static inline bool rd_mirror_is_remote(const struct rd_mirror_spec *s) // has IP destinations
{
	return s->encap < RD_ENCAP_RSPAN;
}
// What the collector tells sessions apart by.
static inline uint16_t rd_mirror_erspan_id(const struct rd_mirror_spec *s)
{
	return s->erspan_id != 0 ? s->erspan_id : s->id;
}
