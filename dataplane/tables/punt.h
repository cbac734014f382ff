/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How many packets to our own addresses a worker handles in a second: a flood of them must not keep it from forwarding.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum rd_punt_class { // each has the whole rate for itself: who floods one does not silence the others
	RD_PUNT_TEP, // packets to a tunnel endpoint
	RD_PUNT_ROUTER, // packets to a router
	RD_PUNT_SAID, // a router's own questions and errors, which its guests' packets cause
	RD_PUNT_CLASSES,
};

#define RD_PUNT_RATE 10000 // by default
#define RD_PUNT_RATE_MAX 10000000

// Control.
void rd_punt_set_rate(uint32_t per_second); // 1 to RD_PUNT_RATE_MAX
uint32_t rd_punt_rate(void);
// Worker: whether this packet may be handled. At most a tenth of a second's worth at once.
bool rd_punt_take(unsigned worker, enum rd_punt_class of, uint64_t now_ns);
