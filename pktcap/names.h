/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The names of capture files that follow each other, as tcpdump makes them, but never one that this run has used already
 * unless -W says so. Main thread.
 *
 *	-C            x  x1  x2 ..
 *	-C -W 12      x00 x01 .. x11 x00 ..
 *	-G (-C) (-W)  strftime(x), with a number behind it where that was used before
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bounds.h"

#define PK_NAME_MAX 4096

struct pk_names {
	const char *pattern; // -o's
	const struct pk_rotate_opts *opts;
	uint64_t made; // names
	char last[PK_NAME_MAX]; // strftime's, without the number
	uint64_t again; // the number behind it
	bool (*is_used)(void *arg, const char *name); // in this run
	void *arg;
};

// The next file's name. 0 or -ENAMETOOLONG.
int pk_names_next(struct pk_names *n, time_t now, char *buf, size_t size);
// Whether the names come again and again, a file taking the place of the oldest.
bool pk_names_cycle(const struct pk_rotate_opts *o);
