/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mirrored frames, written out: a TCP SYN (74 bytes) in each encapsulation. tshark 4.0 decodes each of them as its row says.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "encap/encap.h"

#define SYN                                                                                              \
	"005056a1999e005056a1fcf308004500003c1234400040069234ac101f1aac101f19e0680050830fe93a00000000a0" \
	"02faf02e2a0000020405b40402080ab403878a0000000001030307"

struct bytes {
	uint8_t b[512];
	size_t len;
};

struct golden {
	const char *name;
	struct rd_encap_conf conf;
	struct rd_encap_copy copy;
	const char *inner; // hex
	uint32_t cut; // bytes of it, 0 = all
	const char *head; // hex of what comes before inner; NULL: all is whole
	const char *whole;
};

#define NB_GOLDENS 17
extern const struct golden goldens[NB_GOLDENS];

struct bytes from_hex(const char *hex);
struct bytes golden_inner(const struct golden *g); // the frame that is mirrored
struct bytes golden_bytes(const struct golden *g); // as written out
// As the encapsulator makes it, from 192.0.2.1 or 2001:db8::1 to 192.0.2.2 or 2001:db8::2. 0 or a negative errno.
int golden_make(const struct golden *g, struct bytes *out);
