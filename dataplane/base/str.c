/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bounded strings and the parsers of numbers, hex and durations. Pure; any thread.
 */
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int rd_str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);

	if (size == 0)
		return -ENAMETOOLONG;
	if (len < size) {
		memcpy(dst, src, len + 1);
		return 0;
	}
	len = size - 1;
	while (len > 0 && ((unsigned char)src[len] & 0xc0) == 0x80) // not within a UTF-8 character
		len--;
	memcpy(dst, src, len);
	dst[len] = '\0';
	return -ENAMETOOLONG;
}

void rd_str_addf(char *buf, size_t size, size_t *len, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (size == 0 || *len >= size - 1)
		return;
	va_start(ap, fmt);
	n = vsnprintf(buf + *len, size - *len, fmt, ap);
	va_end(ap);
	if (n < 0)
		buf[*len] = '\0';
	else if ((size_t)n < size - *len)
		*len += (size_t)n;
	else
		*len = size - 1;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

// Reads digits from s up to the first other character; at least one.
static int scan_u64(const char *s, unsigned base, uint64_t *out, const char **end)
{
	const char *at = s;
	uint64_t v = 0;

	for (; digit_value(*at) < (int)base; at++)
		if (__builtin_mul_overflow(v, base, &v)
			|| __builtin_add_overflow(v, (uint64_t)digit_value(*at), &v))
			return -ERANGE;
	if (at == s)
		return -EINVAL;
	*out = v;
	*end = at;
	return 0;
}

static bool only_digits(const char *s, unsigned base)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (digit_value(*s) >= (int)base)
			return false;
	return true;
}

int rd_parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out)
{
	unsigned base = 10;
	const char *end;
	uint64_t v;
	int rc;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	if (!only_digits(s, base))
		return -EINVAL;
	rc = scan_u64(s, base, &v, &end);
	if (rc < 0)
		return rc;
	if (v < min || v > max)
		return -ERANGE;
	*out = v;
	return 0;
}

int rd_parse_u32(const char *s, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t v;
	int rc = rd_parse_u64(s, min, max, &v);

	if (rc == 0)
		*out = (uint32_t)v;
	return rc;
}

int rd_parse_range(const char *s, uint16_t *lo, uint16_t *hi)
{
	const char *dash = strchr(s, '-');
	char first[8];
	uint32_t a = 0, b = 0;
	int rc;

	if (strcmp(s, "any") == 0) {
		*lo = 0;
		*hi = UINT16_MAX;
		return 0;
	}
	if (dash == NULL) {
		rc = rd_parse_u32(s, 0, UINT16_MAX, &a);
		b = a;
	} else if ((size_t)(dash - s) >= sizeof(first)) {
		return -EINVAL;
	} else {
		memcpy(first, s, (size_t)(dash - s));
		first[dash - s] = '\0';
		rc = rd_parse_u32(first, 0, UINT16_MAX, &a);
		rc = rc < 0 ? rc : rd_parse_u32(dash + 1, 0, UINT16_MAX, &b);
	}
	if (rc < 0)
		return rc;
	if (a > b)
		return -EINVAL;
	*lo = (uint16_t)a;
	*hi = (uint16_t)b;
	return 0;
}

static bool is_hex_blank(char c)
{
	return c == ' ' || c == ':' || c == '\t' || c == '\n' || c == '\r';
}

int rd_parse_hex(const char *s, uint8_t *out, size_t *len)
{
	size_t n = 0;

	for (; *s != '\0'; s++) {
		if (is_hex_blank(*s))
			continue;
		if (digit_value(s[0]) > 15 || digit_value(s[1]) > 15)
			return -EINVAL;
		if (n >= *len)
			return -ENOSPC;
		out[n++] = (uint8_t)(digit_value(s[0]) << 4 | digit_value(s[1]));
		s++;
	}
	*len = n;
	return 0;
}

int rd_parse_duration(const char *s, uint64_t *ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {{"", 1000000000}, {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000},
		{"m", 60000000000}, {"h", 3600000000000}};
	const char *unit;
	uint64_t v, total;
	int rc = scan_u64(s, 10, &v, &unit);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].unit) != 0)
			continue;
		if (__builtin_mul_overflow(v, units[i].ns, &total))
			return -ERANGE;
		*ns = total;
		return 0;
	}
	return -EINVAL;
}
