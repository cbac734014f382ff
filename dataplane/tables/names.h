/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Names of things and how they are found: HOST/NAME, or NAME of the default host, or the only NAME there is
 * (docs/design/protocol.md). Control thread only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct rd_named {
	uint8_t host;
	const char *name;
};
// Fills *out with record idx of a kind; false if there is none.
typedef bool (*rd_named_at_fn)(unsigned idx, struct rd_named *out);

struct rd_kind {
	const char *word; // "port", also the parameter's name in errors and the word after show
	rd_named_at_fn at;
	unsigned (*bound)(void); // exclusive bound of indexes
};

// 0, or -EINVAL with *err: 1..63 characters of [A-Za-z0-9._:-].
int rd_name_check(const char *kind, const char *name, struct rd_err *err);
// Index (> 0), or -ENOENT, -EEXIST (several; the text has the candidates).
int rd_name_resolve(const struct rd_kind *kind, const char *text, struct rd_err *err);
// Index of this name on this host, 0 if none.
unsigned rd_name_lookup(const struct rd_kind *kind, uint8_t host, const char *name);
// Splits "HOST/NAME": *host is the index, 0 when text has no slash. Returns NAME, NULL when no such host.
const char *rd_name_split(const char *text, uint8_t *host);
// Name of a host index, "?" if there is none.
const char *rd_host_name(unsigned idx);
