/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --rate: counters per second between two runs of a show command. For run.c and cli.c; one thread.
 */
#pragma once

#include "engine/tree.h"

struct rd_rate;

struct rd_rate *rd_rate_new(
	const struct rd_cmd *cmd); // of a command with rates; NULL when out of memory
void rd_rate_free(struct rd_rate *r); // NULL is fine
// A run begins: the counters of the one before are what the next ones are compared with.
void rd_rate_begin(struct rd_rate *r);
double rd_rate_seconds(const struct rd_rate *r); // between both
// Puts itself between the items of a method and their receiver, if they are those that it looks at.
rd_client_item_fn rd_rate_wrap(
	struct rd_rate *r, const char *method, rd_client_item_fn each, void **arg);
