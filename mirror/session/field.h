/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fields of a mirror session as text: a field is set and read as it is typed ("erspan-id" "100", "rule" "permit proto tcp
 * dport 443"), so that commands, requests, files and the saved configuration have one grammar. Pure; any thread.
 */
#pragma once

#include <stddef.h>

#include "session/spec.h"

enum rd_mirror_field_kind {
	RD_MIRROR_NUM, // min..max, or 0 where zero says what that means; shown as decimal and hexadecimal where hex
	RD_MIRROR_WORD, // one of words, by number
	RD_MIRROR_BOOL, // on, off
	RD_MIRROR_STRING, // up to size - 1 printable characters
	RD_MIRROR_OWN, // set and text are its own
};
struct rd_mirror_field {
	const char *key;
	const char *help;
	uint8_t kind; // enum rd_mirror_field_kind
	bool hex;
	uint16_t off, size; // in struct rd_mirror_spec
	uint64_t min, max;
	const char *zero; // what 0 means; NULL: min decides
	const char *const *words; // up to NULL
	int (*set)(struct rd_mirror_spec *s, const char *value, struct rd_err *err);
	void (*text)(const struct rd_mirror_spec *s, char *buf, size_t size);
};
extern const struct rd_mirror_field rd_mirror_fields[];
extern const unsigned rd_mirror_nb_fields; // <= 64

// 0, or -errno with *err: which field, what is wrong, what is allowed. "rule" adds one; "rules" "none" takes all away.
int rd_mirror_spec_set(
	struct rd_mirror_spec *s, const char *key, const char *value, struct rd_err *err);
// As it would be typed; "" = none. buf holds 1024.
#define RD_MIRROR_VALUE_LEN 1024
const char *rd_mirror_spec_text(
	const struct rd_mirror_spec *s, const struct rd_mirror_field *f, char *buf);
// "1000 (0x3e8)" where both are wanted, else as rd_mirror_spec_text().
const char *rd_mirror_spec_shown(
	const struct rd_mirror_spec *s, const struct rd_mirror_field *f, char *buf);
const struct rd_mirror_field *rd_mirror_field(const char *key); // NULL = no such field
bool rd_mirror_given(const struct rd_mirror_spec *s, const char *key);
