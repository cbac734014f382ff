/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The command line that Wireshark gives to an extcap program. The texts belong to argv. Main thread.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

#define EX_NAME "reddot:" // what our interfaces begin with
#define EX_ANY "any" // ... and the one of all hosts

enum ex_job {
	EX_NOTHING, // no question was asked: say what this program is
	EX_HELP,
	EX_VERSION,
	EX_INTERFACES,
	EX_DLTS,
	EX_CONFIG, // with `reload`: the values of one option again
	EX_CHECK_FILTER,
	EX_CAPTURE,
};

struct ex_args {
	enum ex_job job;
	bool interfaces, dlts, config, capture; // as they were asked; job is the one that counts
	bool help, version;
	const char *interface, *fifo, *filter, *reload;
	const char *control_in, *control_out;
	// The options of --extcap-config; NULL when not given or empty.
	const char *socket, *host, *port, *stage, *dir, *snaplen, *match, *meta, *comment, *buffer;
	bool follow, drops;
};

// 0, or -EINVAL with what to say in *err. Any argv will do, also one that does not come from Wireshark.
int ex_args_parse(struct ex_args *a, int argc, char **argv, struct rd_err *err);
// The host that the interface stands for, NULL = all. -ENODEV if it is not one of ours.
int ex_args_host(const struct ex_args *a, const char **host, struct rd_err *err);
