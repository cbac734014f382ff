/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Values of the show language: numbers, ranges, times, prefixes, words. For show_parse.c.
 */
#include "walk/show_test.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define REGEX_PLUS 4 // each of them may double what the library makes of the expression

// "250", "0x1f", "1.5us": digits are read up to here, with the unit where times are meant. False if it is no number.
static bool number(const char *text, size_t len, bool is_time, uint64_t *out)
{
	static const struct {
		const char *name;
		unsigned digits; // it is a power of ten ns
	} units[] = {{"", 0}, {"ns", 0}, {"us", 3}, {"ms", 6}, {"s", 9}};
	char copy[32], *end;
	unsigned unit = 0, digits;
	uint64_t n = 0;

	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (!is_time)
		return rd_parse_u64(copy, 0, UINT64_MAX, out) == 0;
	for (end = copy; isdigit((unsigned char)*end) || *end == '.'; end++)
		;
	while (unit < 5 && strcmp(end, units[unit].name) != 0)
		unit++;
	if (unit == 5 || !isdigit((unsigned char)copy[0]) || end - copy > 12)
		return false;
	digits = units[unit].digits;
	for (const char *p = copy, *point = NULL; p < end; p++) {
		if (*p == '.' && point != NULL)
			return false;
		if (*p == '.') {
			point = p;
			continue;
		}
		if (point != NULL && digits == 0)
			return false; // finer than a nanosecond
		n = 10 * n + (uint64_t)(*p - '0');
		digits -= point != NULL;
	}
	for (; digits > 0; digits--)
		if (__builtin_mul_overflow(n, (uint64_t)10, &n))
			return false;
	*out = n;
	return true;
}

static bool range(const char *text, bool is_time, bool is_single, struct rd_show_value *v)
{
	size_t first = strcspn(text, "-");

	if (text[first] == '\0') {
		if (!number(text, first, is_time, &v->low))
			return false;
		v->high = v->low;
		return true;
	}
	return !is_single && number(text, first, is_time, &v->low)
		&& number(text + first + 1, strlen(text + first + 1), is_time, &v->high)
		&& v->low <= v->high;
}

static bool prefix(const char *text, struct rd_show_value *v)
{
	return rd_parse_prefix(text, &v->family, v->address, &v->bits) == 0 && v->family != 0;
}

static bool is_word(enum rd_show_id field, const char *text)
{
	const char *word;

	for (unsigned i = 0; (word = rd_show_word(field, i)) != NULL; i++)
		if (strcasecmp(word, text) == 0)
			return true;
	return false;
}

bool rd_show_value(enum rd_show_id field, enum rd_show_op op, const char *text,
	struct rd_show_value *v, char *why, size_t size)
{
	const struct rd_show_field *f = &rd_show_fields[field];
	bool is_time = f->type == RD_SHOW_TIME, good;

	*v = (struct rd_show_value){0};
	snprintf(v->text, sizeof(v->text), "%s", text);
	switch (f->type) {
	case RD_SHOW_ADDRESS:
		snprintf(why, size, "an address or prefix is expected, such as 10.0.0.0/8");
		return prefix(text, v);
	case RD_SHOW_STRING:
		snprintf(why, size, "there is no such %s", f->name != NULL ? f->name : "text");
		return !f->words || op != RD_SHOW_IS || is_word(field, text);
	default:
		good = rd_show_word_value(field, text, &v->low);
		v->high = v->low;
		snprintf(why, size,
			f->words ? "there is no such %s"
				: is_time
				? "a time is expected after %s, such as 1.5us or 2ms"
				: "a number is expected after %s, or a range such as 80-90",
			f->name);
		return good || (!f->words && range(text, is_time, op != RD_SHOW_IS, v));
	}
}

bool rd_show_regex(struct rd_show_test *t, char *why, size_t size)
{
	const char *text = t->value[0].text;
	unsigned plus = 0;
	int ret;

	for (const char *p = text; *p != '\0'; p++) {
		plus += *p == '+';
		if (*p != '{' && plus <= REGEX_PLUS
			&& !(*p == '\\' && isdigit((unsigned char)p[1])))
			continue;
		snprintf(why, size, "an expression has no {}, no \\1 and at most %d +", REGEX_PLUS);
		return false;
	}
	ret = regcomp(&t->re, text, REG_EXTENDED | REG_NOSUB | REG_ICASE);
	if (ret != 0)
		regerror(ret, NULL, why, size);
	t->has_re = ret == 0;
	return t->has_re;
}
