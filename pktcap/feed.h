/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The way of a packet that comes from elsewhere than a daemon (a file, a kernel's interface) into a session's outputs: it becomes a
 * record, is filtered, and may set triggers off. Main thread.
 */
#pragma once

#include "filter/filter.h"
#include "pcapng/read.h"
#include "session.h"

struct pk_collect;

struct pk_feed {
	struct pk_session *s;
	struct rd_filter filter;
	struct pk_followed *followed; // NULL = each record has to match by itself
	struct pk_collect *collect; // NULL = nobody asks who sent it
	const struct pk_port *port; // where packets come in that name none; NULL = nowhere
	struct rd_cap_rec *rec; // with room for bytes behind it
	size_t room;
	uint64_t frames; // that came so far
	uint32_t inner; // where the frame inside the record's tunnel starts, 0 if it has none
};

// With the filter and triggers of s->opts. 0 or a negative errno with *err; pk_feed_free() in any case.
int pk_feed_init(struct pk_feed *f, struct pk_session *s, struct rd_err *err);
void pk_feed_free(struct pk_feed *f);

// iface: where it was captured, as files name it. 0 or a negative errno with *err: an output is broken.
int pk_feed_packet(struct pk_feed *f, const struct rd_pcapng_packet *p,
	const struct rd_pcapng_iface *iface, struct rd_err *err);
