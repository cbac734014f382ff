/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A line of running_config that is being written. Control thread.
 */
#pragma once

#include "base/str.h"
#include "control/method.h"

#define RD_LINE_LEN 24576 // a firewall rule with four full lists fits

struct line {
	struct rd_request *req;
	size_t len;
	char text[RD_LINE_LEN];
};

#define put(l, ...) rd_str_addf((l)->text, sizeof((l)->text), &(l)->len, __VA_ARGS__)

// A blank and a word, quoted if need be.
void rd_line_word(struct line *l, const char *word);
// The line is complete.
void rd_line_emit(struct line *l);

// Whether somebody has set the timeout of a connection state (ctl_dfw_settings.c); state 0: strict.
bool rd_dfw_setting_given(unsigned state);
void rd_config_dfw(struct line *l); // config_dfw.c: ports' own rules, the policy, its settings
void rd_config_routers(
	struct line *l); // config_router.c: routers, interfaces, static routes and neighbours
