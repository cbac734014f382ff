/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Hosts (tiers), switches (portsets) and ports. Control writes, workers read.
 *
 * A port is an immutable record: control edits a copy and publishes it (rd_port_publish), which bumps the generation and frees
 * the old one after RCU. Workers index rd_port_at() by the metadata's port index and keep no pointer across two walks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/ethdev.h"
#include "core/worker.h"
#include "tables/generation.h"
#include "tables/guard.h"

#define RD_NAME_LEN 64
#define RD_LABEL_LEN 96
#define RD_HOST_MAX 16
#define RD_SWITCH_MAX 64
#define RD_TEAM_MAX 4

enum rd_port_type {
	RD_PORT_UPLINK = 1,
	RD_PORT_VMK,
	RD_PORT_VNIC,
	RD_PORT_UPT,
	RD_PORT_MUX,
	RD_PORT_VDR,
	RD_PORT_MGMT,
	RD_PORT_SHADOW,
};

enum rd_port_attach {
	RD_ATTACH_NONE,
	RD_ATTACH_ETHDEV, // eth
	RD_ATTACH_LINK, // peer: transmitting here is receiving there
	RD_ATTACH_VIA, // peer: the MUX port that leads to this port
	RD_ATTACH_BYPASS, // peer: the port that really carries the traffic
	RD_ATTACH_ANSWER, // answer: a stand-in guest
};

#define RD_DENY_UNKNOWN 1 // unicast to a MAC that is not known
#define RD_DENY_MCAST 2
#define RD_DENY_BCAST 4

struct rd_answer { // frames that a stand-in guest transmits, one per packet delivered to it
	uint32_t nb;
	uint32_t next; // atomic: workers take numbers
	struct {
		uint32_t len;
		uint8_t *bytes; // malloc'ed
	} frame[];
};
struct rd_answer *rd_answer_new(uint32_t nb); // zeroed, to be filled in; NULL when out of memory
void rd_answer_free(struct rd_answer *a); // NULL is fine

struct rd_port {
	// what the workers read
	uint16_t idx; // 1-based; another port can get it when this one is gone: rd_port_gen
	uint8_t type; // enum rd_port_type
	uint8_t attach; // enum rd_port_attach
	bool admin_up;
	bool link_up; // of the ethdev; others: true
	bool spoof_check; // vnic, upt: source MAC must be the port's, and the address one of guard's
	uint8_t deny; // RD_DENY_*: floods that it gets no copy of
	uint8_t host; // index
	uint16_t sw; // switch index
	uint16_t segment; // access segment, 0 = none
	uint16_t peer; // of link, via, bypass
	uint16_t ethdev; // DPDK port id
	uint16_t nb_txq;
	uint16_t mtu;
	uint8_t mac[6];
	uint8_t nb_team;
	uint16_t team[RD_TEAM_MAX]; // uplinks in failover order
	struct rd_answer *answer;
	struct rd_guard guard; // of what a guest sends
	// what control and show commands read
	uint32_t id; // public number, one per host: (uplink << 31) | (portset << 25) | index
	bool id_given; // not generated
	uint16_t ens; // ENS port id
	char name[RD_NAME_LEN];
	char label[RD_LABEL_LEN]; // used_by, or empty
	char device[256]; // devargs or file name, as given
	struct rd_ethdev_info eth;
};

struct rd_switch {
	uint16_t idx;
	uint8_t host;
	uint8_t portset; // 0..63
	uint16_t mtu;
	char name[RD_NAME_LEN];
};

struct rd_host {
	uint8_t idx; // 1-based
	bool is_default;
	char name[RD_NAME_LEN];
};

extern struct rd_port *rd_port_table[RD_PORT_MAX]; // NULL = free; atomic pointers
// How often the index was given back: what outlives a port (records, packets in rings) keeps it to tell ports apart.
extern uint16_t rd_port_gen[RD_PORT_MAX];
// Worker or control: the port, or NULL. A worker's pointer is good until its walk ends.
static inline const struct rd_port *rd_port_at(uint16_t idx)
{
	return __atomic_load_n(&rd_port_table[idx], __ATOMIC_ACQUIRE);
}

// --- control thread; 0 or -errno with *err ---

int rd_host_add(const char *name, bool is_default, struct rd_err *err);
int rd_host_del(const char *name, struct rd_err *err); // -EBUSY while it has switches
const struct rd_host *rd_host_at(unsigned idx); // NULL = free
const struct rd_host *rd_host_find(const char *name);
const struct rd_host *rd_host_default(void);

int rd_switch_add(
	const char *name, const char *host, unsigned portset, uint16_t mtu, struct rd_err *err);
int rd_switch_set_mtu(struct rd_switch *sw, uint16_t mtu, struct rd_err *err);
int rd_switch_del(struct rd_switch *sw, struct rd_err *err);
struct rd_switch *rd_switch_at(unsigned idx);
struct rd_switch *rd_switch_find(const char *name, struct rd_err *err); // HOST/NAME or NAME

// A zeroed private record with defaults for its type; the caller fills it in and publishes. NULL and *err.
struct rd_port *rd_port_new(
	const char *name, struct rd_switch *sw, enum rd_port_type type, struct rd_err *err);
// A private copy of a published port, to be changed and published. NULL and errno.
struct rd_port *rd_port_edit(uint16_t idx);
// Checks (names unique, peers fit, ...), makes id, ens and mac where they are 0, and the record visible; frees what it replaces. On error p is still the caller's.
int rd_port_publish(struct rd_port *p, struct rd_err *err);
// A private record that was not published, with its answer unless it is the published one. NULL is fine.
void rd_port_discard(struct rd_port *p);
int rd_port_del(uint16_t idx, struct rd_err *err); // -EBUSY while others refer to it
// By HOST/NAME, NAME or decimal id, as docs/design/protocol.md says. NULL and *err.
const struct rd_port *rd_port_find(const char *name, struct rd_err *err);
const char *rd_port_qname(const struct rd_port *p, char *buf, size_t len); // "arm/vmnic1"
unsigned rd_port_bound(void); // exclusive bound of indexes in use, for loops
const char *rd_port_type_name(enum rd_port_type t);
int rd_port_type_parse(const char *name); // enum or -EINVAL
void rd_port_type_codes(
	enum rd_port_type t, unsigned *type, unsigned *subtype); // as net-stats -l prints
// First usable uplink of a team, 0 if none: admin up, link up. Worker or control.
uint16_t rd_team_pick(const uint16_t *team, unsigned nb);
// Port behind a MUX with this source MAC, 0 if none (worker; a small hash that publish keeps up to date).
uint16_t rd_mux_demux(uint16_t mux_idx, const uint8_t mac[6]);
