/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pktcap-uw's filter options (--srcip and the like) as terms of a pcap-filter expression; all of them must hold. Used by
 * opt_filter.c.
 */
#pragma once

#include "base/err.h"

#define PK_TERMS_TEXT 1024

#define PK_TERMS_GIVEN 32

struct pk_term_given { // as on the command line, for the banner
	const char *option, *value;
};

struct pk_terms {
	char text[PK_TERMS_TEXT]; // "ip src net 10.0.0.0/8 and tcp port 80", "" = none
	char vlan[32]; // "vlan 10": goes first: what follows is looked for behind the tag
	char tunnel[128]; // "geneve 74752": goes last, for it moves the offsets of what follows
	struct pk_term_given given[PK_TERMS_GIVEN];
	unsigned count;
};

// Adds an option by its name. 0 or -EINVAL with *err.
int pk_terms_add(struct pk_terms *t, const char *option, const char *value, struct rd_err *err);
// Adds a whole expression, in parentheses.
int pk_terms_add_expression(struct pk_terms *t, const char *expr, struct rd_err *err);
