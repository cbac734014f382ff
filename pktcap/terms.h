/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pktcap-uw's filter options (--srcip and the like) as terms of a pcap-filter expression; all of them must hold. Used by
 * opts.c.
 */
#pragma once

#include <getopt.h>

#include "base/err.h"

#define PK_TERMS_TEXT 1024
#define PK_TERM_FIRST 512 // long options from here on are terms

struct pk_terms {
	char text[PK_TERMS_TEXT]; // "ip src net 10.0.0.0/8 and tcp port 80", "" = none
	char vlan[32]; // "vlan 10": goes first: what follows is looked for behind the tag
	char tunnel[32]; // "geneve 74752": goes last, for it moves the offsets of what follows
};

// The options: a part of opts.c's table, ended by an empty one.
extern const struct option pk_term_options[];
// Adds the option that getopt returned. 0 or -EINVAL with *err.
int pk_terms_add(struct pk_terms *t, int option, const char *value, struct rd_err *err);
