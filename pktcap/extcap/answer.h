/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What Wireshark asks before it captures: interfaces, link types, options, whether a filter is right. Main thread.
 */
#pragma once

#include <stdio.h>

#include "args.h"
#include "ports.h"

// The toolbar's controls, by their numbers.
enum ex_control {
	EX_CONTROL_STAGE,
	EX_CONTROL_FOLLOW,
	EX_CONTROL_DROPS,
	EX_CONTROL_LOG,
};

// ports NULL: the daemon can't be asked. why: what keeps this user from capturing, "" if nothing does.
void ex_answer_interfaces(FILE *out, const struct pk_ports *ports, const char *why);
void ex_answer_dlts(FILE *out);
void ex_answer_config(
	FILE *out, const struct ex_args *a, const char *host, const struct pk_ports *ports);
// Only the values of the option a->reload.
void ex_answer_reload(
	FILE *out, const struct ex_args *a, const char *host, const struct pk_ports *ports);
// Nothing when the filter is right, else one line.
void ex_answer_filter(FILE *out, const struct ex_args *a);
