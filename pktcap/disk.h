/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How much a capture may write: --min-free looks at the file system, --max-total at the files of all sessions on it, whose
 * sizes the clients tell each other through the daemon. Main thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "api/client.h"
#include "bounds.h"

struct pk_disk {
	const struct pk_rotate_opts *opts;
	struct rd_client *client; // NULL: nobody to tell
	json_int_t session;
	uint64_t looked_ns,
		looked_bytes; // when the file system was looked at, and what we had then
	uint64_t told_ns, told_bytes; // the same for the other sessions
	uint64_t free; // on the file system, as last looked at
	uint64_t others; // bytes of other sessions' files on it
};

// NULL, or the option that forbids to write `more` bytes to path's file system, where all our files have `mine`.
const char *pk_disk_limit(
	struct pk_disk *d, const char *path, uint64_t mine, uint64_t more, const char *file);
// As the file system is now, whatever was looked at before.
void pk_disk_look_again(struct pk_disk *d);
