/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the state byte of a connection means, for conn*.c only.
 */
#pragma once

#include "tables/conn.h"

enum conn_side { // how far one side of a TCP connection has come; a nibble of rd_conn_line.state
	SIDE_NONE, // nothing sent
	SIDE_SYN = 1,
	SIDE_OPEN = 2, // its SYN is acknowledged
	SIDE_FIN = 3,
	SIDE_RESET = 5, // it, or its peer, has reset the connection
	SIDE_DONE = 6, // its FIN is acknowledged
};

enum conn_plain { // rd_conn_line.state of everything else
	PLAIN_UDP_NEW = 0x80,
	PLAIN_OTHER_NEW = 0x81,
	PLAIN_ICMP = RD_CONN_ICMP_STATE,
	PLAIN_UDP_STREAM = PLAIN_UDP_NEW | RD_CONN_SETTLED,
	PLAIN_OTHER_STREAM = PLAIN_OTHER_NEW | RD_CONN_SETTLED,
};

enum conn_flags {
	CONN_LIBERAL = 1 << 0, // picked up in the middle: its window is not checked
	CONN_BOTH_OPEN = 1 << 1, // both sides sent a SYN without ACK
	CONN_SYN_SEEN = 1 << 2, // a SYN that does not fit was let through: conn_tcp.syn_*
	CONN_ANSWERED =
		1 << 3, // the other side has begun: its numbers are known, also after a reset
};

enum rd_conn_state conn_state_of(uint8_t state);
bool conn_is_half_open(uint8_t state);
// Changes the state and the zone's count of half-open ones. With the connection's lock.
void conn_set_state(uint32_t i, uint8_t state);
