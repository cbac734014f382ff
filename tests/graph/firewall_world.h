/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The world of the firewall tests: two guests on one switch, and the server has a stateful firewall.
 */
#pragma once

#include "graph_frames.h"
#include "graph_topo.h"

#include "base/pkt.h"

#define CLIENT "00:50:56:00:00:aa"
#define SERVER "00:50:56:00:00:bb"
#define FIN 1
#define SYN 2
#define RST 4
#define ACK 16
#define IP 14
#define L4 34

extern uint16_t client, server; // port indexes; sinks 0 and 1

struct seg { // the client's numbers begin at 100, the server's at 500
	uint8_t flags;
	uint32_t seq, ack;
	uint16_t len;
};

void build(void); // the rules are in firewall_world.c
void sums(struct gf_frame *f); // makes the checksums right
struct gf_frame tcp(bool from_client, uint16_t port, struct seg s);
struct gf_frame udp(bool from_client, uint16_t port, size_t len);
uint64_t send(uint16_t port, struct gf_frame f);
uint64_t c(struct seg s); // from the client to port 80
uint64_t s(struct seg g); // back
// It has left by the other guest's device, judged by this rule.
void passes(uint64_t id, uint32_t rule);
void dropped(uint64_t id, enum rd_drop_reason why, unsigned stage);
unsigned connections(void); // of the server's firewall
void open_connection(void);
