/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a stage did to a frame: two consecutive records of a walk compared byte by byte. Pure. Main thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct pk_frame {
	const uint8_t *bytes;
	uint32_t cap_len, wire_len;
};

// "unchanged", "+ eth A > B  + ipv4 ...\n+ geneve vni ...  = inner 74 B unchanged", "~ eth dst A > B\n~ ipv4 ttl 64 > 63, ipv4 csum":
// lines separated by newlines. Returns buf.
const char *pk_walk_diff(
	const struct pk_frame *before, const struct pk_frame *after, char *buf, size_t size);
