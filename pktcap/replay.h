/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pktcap -r: a file instead of a daemon. The same records come out of a pcapng file that pktcap wrote, so every output
 * works as it does live. Main thread.
 */
#pragma once

#include "session.h"

struct pk_collect;

// Reads s->opts->infile into s->outs. collect: hears of every packet, NULL if nobody asks. 0, or a negative errno with *err. s->ports
// gets the ports that the file names.
int pk_replay(struct pk_session *s, struct pk_collect *collect, struct rd_err *err);
