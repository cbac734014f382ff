/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Firewall rules as text, for tests of tables/dfw.
 */
#pragma once

#include "tables_help.h"

#include "tables/dfw_edit.h"

// A rule and a packet as text: the table below reads like the command language.
struct rule_text {
	uint32_t id;
	enum rd_dfw_dir dir;
	bool allow;
	uint8_t proto;
	const char *from, *to, *sport, *dport;
};

struct rd_dfw_rule *dfw_rule(const struct rule_text *t); // fails the test when it can't be had
