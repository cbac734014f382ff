/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Makes text safe for a terminal. Outside UTF-8 locales only ASCII passes: there, a byte of a longer character could be a
 * control character.
 */
#include "engine/clean.h"

#include <langinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

// Length of the UTF-8 character at s, 0 if it is none; *code is its number.
static size_t decode(const unsigned char *s, size_t len, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

	if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	*code = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3fu);
	}
	return *code >= least[n] && *code <= 0x10ffff && (*code < 0xd800 || *code > 0xdfff) ? n : 0;
}

// Changes the direction of writing, or is a line's end of its own.
static int is_sly(uint32_t code)
{
	return code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e)
		|| (code >= 0x2066 && code <= 0x2069) || code == 0x061c || code == 0xfeff;
}

static int is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

unsigned rd_clean_next(const char **s, const char *end, char out[RD_CLEAN_MAX])
{
	const unsigned char *p = (const unsigned char *)*s;
	uint32_t code = 0;
	size_t n = 0;
	int width = 0;

	if (*p >= ' ' && *p < 0x7f) {
		out[0] = *(*s)++;
		out[1] = '\0';
		return 1;
	}
	if (*p >= 0x80 && is_utf8())
		n = decode(p, (size_t)(end - *s), &code);
	if (n > 0 && !is_sly(code))
		width = wcwidth((wchar_t)code);
	if (width > 0) {
		memcpy(out, *s, n);
		out[n] = '\0';
		*s += n;
		return (unsigned)width;
	}
	(*s)++;
	return (unsigned)snprintf(out, RD_CLEAN_MAX, "\\x%02x", *p);
}

bool rd_is_clean(const char *s)
{
	const char *end = s + strlen(s);

	while (s < end) {
		const char *before = s;
		char next[RD_CLEAN_MAX];

		rd_clean_next(&s, end, next);
		if (strncmp(before, next, strlen(next)) != 0)
			return false;
	}
	return true;
}

unsigned rd_clean(const char *s, size_t len, unsigned columns, char *out, size_t size)
{
	const char *end = s + len;
	unsigned used = 0;
	size_t at = 0;

	out[0] = '\0';
	while (s < end) {
		char next[RD_CLEAN_MAX];
		unsigned width = rd_clean_next(&s, end, next);
		size_t n = strlen(next);

		if (used + width > columns || at + n >= size)
			break;
		memcpy(out + at, next, n + 1);
		at += n;
		used += width;
	}
	return used;
}
