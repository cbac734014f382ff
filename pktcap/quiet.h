/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A collector that has the address which copies are sent to: without somebody at the tunnels' ports its own kernel answers "unreachable", and
 * senders that heed that (reddotd does) stop. Sockets that take the copies and throw them away keep it quiet. Main thread.
 */
#pragma once

#define PK_QUIET_SOCKETS 10

struct pk_quiet {
	int fds[PK_QUIET_SOCKETS];
	unsigned count;
};

// Opens what can be opened: a port that somebody has needs nobody else. Where the kernel handles GRE itself (ip_gre), it answers all the same.
void pk_quiet_open(struct pk_quiet *q);
void pk_quiet_close(struct pk_quiet *q); // zeroed is fine
