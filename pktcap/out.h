/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where captured records go: a file, the terminal, JSON lines, walks. One interface, any number at once.
 * Main thread.
 */
#pragma once

#include "api/capring.h"
#include "opts.h"
#include "rec.h"

struct pk_out;

struct pk_out_ops {
	// One record. 0, or a negative errno with *err: the output is broken, and the capture ends.
	int (*record)(struct pk_out *out, const struct pk_rec *r, struct rd_err *err);
	// Nothing is to come for a while: let everything be seen. As above.
	int (*flush)(struct pk_out *out, struct rd_err *err);
	// The capture has ended; the reader's totals are final.
	int (*finish)(
		struct pk_out *out, const struct rd_capring_reader *totals, struct rd_err *err);
	void (*free)(struct pk_out *out);
};

struct pk_out {
	const struct pk_out_ops *ops;
	uint64_t written; // records that are safely out
	uint64_t bytes; // of a file, with what waits to be written
	uint64_t walks; // walks that were printed
};

struct pk_out *pk_out_pcap_new(const struct pk_opts *o, struct rd_err *err);
struct pk_out *pk_out_pcapng_new(const struct pk_opts *o, struct rd_err *err);
struct pk_out *pk_out_console_new(const struct pk_opts *o, struct rd_err *err);
struct pk_out *pk_out_compat_new(const struct pk_opts *o, struct rd_err *err);
struct pk_out *pk_out_json_new(bool hex, struct rd_err *err);
// file: an output that gets only the records of the walks that are shown, one walk after the other; it is the walks' then, also on
// failure. NULL if there is none.
struct pk_out *pk_out_walk_new(const struct pk_opts *o, struct pk_out *file, struct rd_err *err);
