/* SPDX-License-Identifier: BSD-3-Clause
 *
 * An output to files that follow each other (-C -W -G) and stay within limits (--min-free, --max-total). Main thread.
 */
#pragma once

#include <jansson.h>

#include "api/client.h"
#include "out.h"

// Makes an output to o->outfile.
typedef struct pk_out *(*pk_out_make_fn)(const struct pk_opts *o, struct rd_err *err);

// client and session: who is told how much we have written; NULL: nobody. NULL with *err.
struct pk_out *pk_out_rotate_new(const struct pk_opts *o, pk_out_make_fn make,
	struct rd_client *client, json_int_t session, struct rd_err *err);
