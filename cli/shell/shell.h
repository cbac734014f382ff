/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The interactive shell: reads lines from the terminal until the person leaves. Called by main; one thread.
 */
#pragma once

#include "shell/link.h"
#include "shell/monitor.h"

struct rd_shell { // what main made
	struct rd_cli *cli; // with a screen
	struct rd_link *link;
	struct rd_monitor *monitor;
	bool colour;
};

// Adds exit and quit. 0 or a negative errno.
int rd_shell_register(struct rd_cli *cli);
// Returns the exit code.
int rd_shell_run(const struct rd_shell *shell);
