/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who speaks to whom: the innermost headers of a walk's first record. Hostile input; pure; one thread.
 */
#pragma once

#include "base/str.h"
#include "walk/store.h"

struct rd_wk_tuple {
	bool is_ip; // else nothing below is valid
	char src[RD_IP_TEXT], dst[RD_IP_TEXT];
	uint8_t proto, tcp_flags;
	bool ports; // TCP or UDP with its header
	uint16_t sport, dport;
	uint32_t seq, payload; // of TCP: number, bytes behind the header
};

void rd_wk_tuple(const struct rd_wk *w, struct rd_wk_tuple *t);
// The same for both directions of a connection; 0 if it is none.
uint32_t rd_wk_conn(const struct rd_wk_tuple *t);
// Whether b goes on with a: the same direction, or with `turned` the other one.
bool rd_wk_same_way(const struct rd_wk_tuple *a, const struct rd_wk_tuple *b, bool turned);
// "[S] seq 1", "[P.] seq 7 len 20": a TCP segment; "" for what is none.
void rd_wk_segment(const struct rd_wk_tuple *t, char *buf, size_t size);
