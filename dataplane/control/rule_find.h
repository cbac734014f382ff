/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a rule's number in a packet's record means: which rule of the policy in force it is, in words. Control thread.
 */
#pragma once

#include "control/ctl.h"

#define RD_RULE_TEXT 320

// Of the firewall of `port`: {"id", "name", "where", "action", "text"}; id 0 = its default. where is "port arm/x" or
// "section web". A rule that is gone has the action "". NULL when out of memory.
json_t *rd_rule_json(uint16_t port, uint32_t id);
// "rule 1042 \"telnet\" drop in any -> any tcp/23 (port arm/x)".
const char *rd_rule_line(uint16_t port, uint32_t id, char buf[RD_RULE_TEXT]);
