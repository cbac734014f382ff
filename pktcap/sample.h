/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --sample: keeps some walks, each whole. A walk is decided when its first record comes; its later records, and those of
 * copies of its packet, follow. Memory is bounded: the decisions of the latest 128 Ki walks and the counts of the latest 64 Ki
 * flows are kept. Main thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/caprec.h"

enum pk_sample_kind {
	PK_SAMPLE_ALL,
	PK_SAMPLE_FIRST, // the first n walks
	PK_SAMPLE_ONE_IN, // every n-th
	PK_SAMPLE_EVERY, // one per n ns, by the records' clock
	PK_SAMPLE_FLOW, // the first n walks of every flow; both directions are flows of their own
};

struct pk_sample_rule {
	enum pk_sample_kind kind;
	uint64_t n;
};

struct pk_sample;
struct pk_sample *pk_sample_new(const struct pk_sample_rule *rule); // NULL when out of memory
void pk_sample_free(struct pk_sample *s); // NULL is fine
// Whether the record is of a walk that is kept. The record's bytes follow its header.
bool pk_sample_keeps(struct pk_sample *s, const struct rd_cap_rec *rec);
uint64_t pk_sample_walks(const struct pk_sample *s); // begun so far, kept or not
