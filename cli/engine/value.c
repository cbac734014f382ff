/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The typed values: checks a token against its argument description, and turns it into what the protocol
 * wants. The matcher calls the check, so that a wrong value is reported at its place; handlers get the JSON.
 */
#include "engine/tree.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-"
#define NS_PER_MS 1000000u
#define NS_PER_S 1000000000u

static uint64_t max_of(const struct rd_arg_desc *d)
{
	return d->max != 0 ? d->max : UINT32_MAX;
}

static bool name_ok(const char *s, size_t len)
{
	return len >= 1 && len <= 63 && strspn(s, NAME_CHARS) >= len;
}

static bool ref_ok(const char *s, size_t len)
{
	const char *slash = memchr(s, '/', len);
	size_t host = slash != NULL ? (size_t)(slash - s) : 0;

	if (slash == NULL)
		return name_ok(s, len);
	return name_ok(s, host) && name_ok(slash + 1, len - host - 1);
}

// An element may begin with !: all but those. The daemon says where that has a meaning.
static bool refs_ok(const char *s)
{
	for (;;) {
		size_t len;

		s += *s == '!';
		len = strcspn(s, ",");
		if (!ref_ok(s, len))
			return false;
		if (s[len] == '\0')
			return true;
		s += len + 1;
	}
}

static bool hex_ok(const char *s)
{
	size_t len = strlen(s) / 2 + 1;
	uint8_t *bytes = malloc(len);
	bool ok = bytes != NULL && rd_parse_hex(s, bytes, &len) == 0 && len > 0;

	free(bytes);
	return ok;
}

static int complain(char *why, size_t len, const char *text, const char *what)
{
	snprintf(why, len, "\"%.40s\" is not %s", text, what);
	return -EINVAL;
}

static int check_number(const struct rd_arg_desc *d, const char *text, char *why, size_t len)
{
	char what[80];
	uint64_t v;

	if (rd_parse_u64(text, d->min, max_of(d), &v) == 0)
		return 0;
	snprintf(what, sizeof(what), "a number from %llu to %llu", (unsigned long long)d->min,
		(unsigned long long)max_of(d));
	return complain(why, len, text, what);
}

static int check_duration(const struct rd_arg_desc *d, const char *text, char *why, size_t len)
{
	uint64_t ns, unit = d->type == RD_ARG_MS ? NS_PER_MS : NS_PER_S;
	char what[80];

	if (rd_parse_duration(text, &ns) < 0)
		return complain(why, len, text, "a duration, such as 30, 250ms, 2m");
	if (ns % unit == 0 && ns / unit >= d->min && ns / unit <= max_of(d))
		return 0;
	snprintf(what, sizeof(what), "a duration of %llu to %llu %s", (unsigned long long)d->min,
		(unsigned long long)max_of(d), unit == NS_PER_MS ? "ms" : "s");
	return complain(why, len, text, what);
}

static int check_address(const struct rd_arg_desc *d, const char *text, char *why, size_t len)
{
	uint8_t bytes[16], plen;
	uint16_t lo, hi;
	int family;

	switch (d->type) {
	case RD_ARG_MAC:
		if (rd_parse_mac(text, bytes) < 0)
			return complain(why, len, text, "a MAC address, such as 00:50:56:a1:99:9e");
		return 0;
	case RD_ARG_IP:
		if (rd_parse_ip(text, &family, bytes) < 0)
			return complain(why, len, text, "an IP address");
		return 0;
	case RD_ARG_PREFIX:
		if (rd_parse_prefix(text, &family, bytes, &plen) < 0)
			return complain(
				why, len, text, "an address, a prefix such as 10.0.0.0/8, or any");
		return 0;
	default:
		if (rd_parse_range(text, &lo, &hi) < 0)
			return complain(
				why, len, text, "a port, a range such as 1000-2000, or any");
		return 0;
	}
}

static int check_words(const struct rd_arg_desc *d, const char *text, char *why, size_t len)
{
	switch (d->type) {
	case RD_ARG_NAME:
		if (!name_ok(text, strlen(text)))
			return complain(why, len, text, "a name: 1 to 63 of A-Z a-z 0-9 . _ : -");
		return 0;
	case RD_ARG_REF:
		if (!ref_ok(text, strlen(text)))
			return complain(why, len, text, "a name or HOST/NAME");
		return 0;
	case RD_ARG_REFS:
		if (!refs_ok(text))
			return complain(why, len, text, "a list of names: A,B");
		return 0;
	case RD_ARG_HEX:
		if (!hex_ok(text))
			return complain(why, len, text, "a row of hex bytes");
		return 0;
	default:
		return text[0] != '\0' ? 0 : complain(why, len, text, "a text: it is empty");
	}
}

int rd_value_check(const struct rd_arg_desc *d, const char *text, char *why, size_t len)
{
	switch (d->type) {
	case RD_ARG_NUM:
		return check_number(d, text, why, len);
	case RD_ARG_MS:
	case RD_ARG_SECONDS:
		return check_duration(d, text, why, len);
	case RD_ARG_MAC:
	case RD_ARG_IP:
	case RD_ARG_PREFIX:
	case RD_ARG_RANGE:
		return check_address(d, text, why, len);
	default:
		return check_words(d, text, why, len);
	}
}

static json_t *list_json(const char *s)
{
	json_t *list = json_array();

	for (size_t len; list != NULL; s += len + 1) {
		len = strcspn(s, ",");
		json_array_append_new(list, json_stringn(s, len));
		if (s[len] == '\0')
			break;
	}
	return list;
}

static json_t *hex_json(const char *text)
{
	size_t len = strlen(text) / 2 + 1;
	uint8_t *bytes = malloc(len);
	char *hex = malloc(2 * len + 1);
	json_t *v = NULL;

	if (bytes != NULL && hex != NULL && rd_parse_hex(text, bytes, &len) == 0)
		v = json_string(rd_fmt_hex(bytes, len, hex, 2 * len + 1));
	free(bytes);
	free(hex);
	return v;
}

static json_t *address_json(const struct rd_arg_desc *d, const char *text)
{
	char buf[RD_IP_TEXT];
	uint8_t bytes[16];
	int family;

	if (d->type == RD_ARG_MAC && rd_parse_mac(text, bytes) == 0)
		return json_string(rd_fmt_mac(bytes, buf));
	if (d->type == RD_ARG_IP && rd_parse_ip(text, &family, bytes) == 0)
		return json_string(rd_fmt_ip(family, bytes, buf));
	return json_string(text);
}

static json_t *number_json(const struct rd_arg_desc *d, const char *text)
{
	uint64_t v = 0;

	if (d->type == RD_ARG_NUM)
		rd_parse_u64(text, d->min, max_of(d), &v); // checked by the matcher
	else if (rd_parse_duration(text, &v) == 0)
		v /= d->type == RD_ARG_MS ? NS_PER_MS : NS_PER_S;
	return json_integer((json_int_t)v);
}

static json_t *file_json(const struct rd_cli *cli, const char *text)
{
	char *path = rd_cli_resolve(cli, text), *real = path != NULL ? realpath(path, NULL) : NULL;
	json_t *v = json_string(real != NULL ? real : path);

	free(path);
	free(real);
	return v;
}

json_t *rd_value_json(const struct rd_cli *cli, const struct rd_arg_desc *d, const char *text)
{
	switch (d->type) {
	case RD_ARG_FLAG:
		return json_true();
	case RD_ARG_FLAG_NOT:
		return json_false();
	case RD_ARG_ONOFF:
		return json_boolean(strcmp(text, "on") == 0);
	case RD_ARG_NUM:
	case RD_ARG_MS:
	case RD_ARG_SECONDS:
		return number_json(d, text);
	case RD_ARG_REFS:
		return list_json(text);
	case RD_ARG_HEX:
		return hex_json(text);
	case RD_ARG_FILE:
		return file_json(cli, text);
	default:
		return address_json(d, text);
	}
}
