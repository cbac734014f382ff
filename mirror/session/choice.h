/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What can be chosen for a mirror session, see session/spec.h. No DPDK.
 */
#pragma once

#include "encap/encap.h"

enum rd_mirror_target { // as enum rd_encap_kind, and those that need no head
	RD_MIRROR_FILE = RD_ENCAP_KINDS, // a pcapng file
	RD_MIRROR_PORT, // out of another port, as it is
	RD_MIRROR_TARGETS,
};

enum rd_mirror_sampling {
	RD_MIRROR_SAMPLE_COUNT, // every n-th
	RD_MIRROR_SAMPLE_RANDOM,
	RD_MIRROR_SAMPLE_FLOW, // all packets of every n-th flow, the same ones at every stage, both ways
};
enum rd_mirror_mtu { // a copy that does not fit
	RD_MIRROR_MTU_TRUNCATE,
	RD_MIRROR_MTU_DROP,
	RD_MIRROR_MTU_FRAGMENT,
};
enum rd_mirror_mode { // of several destinations
	RD_MIRROR_STANDBY, // the first that lives
	RD_MIRROR_REPLICATE, // each
	RD_MIRROR_BALANCE, // by flow
};
enum rd_mirror_health { // how it is known that a collector lives
	RD_MIRROR_HEALTH_NEIGHBOUR, // the next hop answers
	RD_MIRROR_HEALTH_ECHO, // and the collector itself, by ICMP
};
enum rd_mirror_mask { // payload behind the L4 header
	RD_MIRROR_MASK_NONE,
	RD_MIRROR_MASK_ZERO,
	RD_MIRROR_MASK_RANDOM, // the same bytes give the same bytes, as long as the session lives
};
enum rd_mirror_offload {
	RD_MIRROR_OFFLOAD_AUTO,
	RD_MIRROR_OFFLOAD_REQUIRE, // fails rather than copy in software
	RD_MIRROR_OFFLOAD_FORBID,
	RD_MIRROR_OFFLOAD_HYBRID, // hardware selects, software stamps
};
enum rd_mirror_trigger { // when copying begins
	RD_MIRROR_TRIGGER_NONE, // at once
	RD_MIRROR_TRIGGER_RST, // with a TCP RST that matches
	RD_MIRROR_TRIGGER_DROP, // with a dropped packet that matches
	RD_MIRROR_TRIGGER_RETRANSMIT, // with a TCP segment that matches and was there before, see again.h
};
