/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `monitor`: says what happens in the daemon while it happens. In the shell notices come above the line that is being typed; as a
 * one-shot command they come until Ctrl-C. The daemon is asked twice a second for what it keeps anyway: its last drops, the
 * firewall's log. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "engine/cli.h"

#define RD_MONITOR_MS 500 // between two questions

struct rd_monitor;

// Adds the commands. waits: they come back only when they are stopped. NULL when out of memory.
struct rd_monitor *rd_monitor_new(struct rd_cli *cli, bool waits);
void rd_monitor_free(struct rd_monitor *m); // NULL is fine
bool rd_monitor_on(const struct rd_monitor *m); // something is watched
// Asks once and prints what is new, one line each. 0 or a negative errno; then there is nothing to tell.
int rd_monitor_ask(struct rd_monitor *m, FILE *out);
