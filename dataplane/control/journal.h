/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who changed what when: the last changes of the configuration, each with the firewall's revision after it. Kept from the
 * start of the daemon on, in memory. Control thread.
 */
#pragma once

#include <sys/types.h>

#include "control/ctl.h"

#define RD_JOURNAL_MAX 1024
#define RD_JOURNAL_TEXT 256

struct rd_journal_entry {
	uint64_t seq; // 1, 2, ...
	uint64_t ns; // CLOCK_REALTIME
	uint32_t revision; // of the firewall policy after it
	bool judges; // that revision is its doing
	uint32_t rule; // that it names, 0 = none
	uint16_t port; // index of the port that it names, RD_PORT_NONE = none
	uid_t uid;
	pid_t pid; // 0: a line of the daemon's own command file
	char client[64]; // as it calls itself
	char method[32];
	char text[RD_JOURNAL_TEXT]; // "dfw add port arm/x id 1043 action drop": cut if it is long
};

// A method that changes the configuration has succeeded.
void rd_journal_note(const struct rd_request *req);
// The n-th newest, 0 = newest; NULL: there are not so many.
const struct rd_journal_entry *rd_journal_at(unsigned n);
// The change that a rule got its present form by, of those up to `ns` (0 = all): by its number (on this port or in the
// policy), else the last one that replaced the policy. Rule 0: the default. NULL: not known any more.
const struct rd_journal_entry *rd_journal_rule(uint16_t port, uint32_t rule, uint64_t ns);
// The last change of the firewall up to `ns`. NULL: none is known.
const struct rd_journal_entry *rd_journal_policy(uint64_t ns);
json_t *rd_journal_json(const struct rd_journal_entry *e); // NULL gives null
