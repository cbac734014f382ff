/* SPDX-License-Identifier: BSD-3-Clause
 *
 * For tests of tables/conn without the EAL: a stand-in for RCU, packets, and conversations as tables of steps.
 */
#pragma once

#include "api/stages.h"
#include "base/clock.h"
#include "tables/conn.h"

#include "unit.h"

#define O RD_CONN_ORIG
#define R RD_CONN_REPLY
#define PASS 0
#define REFUSED RD_DROP_DFW_STATE_MISMATCH

// RCU: tokens count up; those up to help_quiet have passed. UINT64_MAX: all of them.
extern uint64_t help_quiet; // atomic
extern uint64_t help_token; // the last one given

struct help_tcp {
	uint32_t seq, ack;
	uint16_t win;
	uint16_t len; // of the data
	uint8_t scale; // + 1; 0 = no option
	const char *flags; // "SAFRPU"
};

int help_conn_setup(void **state); // a table of 256, strict
int help_conn_teardown(void **state);
void help_strict(bool strict);

// Client 10.0.0.n port 1000 to server 10.0.1.1 port 80, zone 1.
struct rd_conn_key help_key(uint8_t proto, uint16_t n);
struct rd_conn_key help_reverse(const struct rd_conn_key *k);
// A header in *bytes (60 bytes).
struct rd_conn_l4 help_segment(uint8_t *bytes, const struct help_tcp *t);
struct rd_conn_l4 help_icmp(uint8_t *bytes, uint8_t type);
struct rd_conn_l4 help_udp(uint8_t *bytes);

struct help_step {
	enum rd_conn_dir dir;
	struct help_tcp t;
	int verdict;
	enum rd_conn_state after;
};
// The first step makes the connection. Names the step that went another way.
void help_play(const struct help_step *steps, unsigned nb);
#define HELP_PLAY(steps) help_play(steps, sizeof(steps) / sizeof((steps)[0]))
// Of the only connection; RD_CONN_NONE when there is none.
struct rd_conn_info help_only(void);
