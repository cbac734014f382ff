/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Typed parameters of a request. The first fault is kept in *req->err, so a handler reads all its parameters and
 * asks once. Control thread.
 */
#include "control/method.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"

static json_t *param_get(struct rd_request *req, const char *key)
{
	json_t *v = json_object_get(req->params, key);
	unsigned i;

	for (i = 0; i < req->nb_keys && strcmp(req->key[i], key) != 0; i++)
		;
	if (i == req->nb_keys && i < RD_REQ_KEYS)
		req->key[req->nb_keys++] = key;
	return json_is_null(v) ? NULL : v;
}

static json_t *param_need(struct rd_request *req, const char *key)
{
	json_t *v = param_get(req, key);

	if (v == NULL)
		rd_req_fail(req, key, -EINVAL, "%s needs the parameter %s", req->method, key);
	return v;
}

bool rd_req_has(struct rd_request *req, const char *key)
{
	return param_get(req, key) != NULL;
}

// Of ASCII, or of Latin-1 in UTF-8: length of the control character at s, 0 if it is none.
static size_t control_char(const char *s)
{
	const unsigned char *c = (const unsigned char *)s;

	if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
		return 2;
	return c[0] < ' ' || c[0] == 0x7f ? 1 : 0;
}

const char *rd_req_str(struct rd_request *req, const char *key)
{
	json_t *v = param_need(req, key);
	const char *s = json_string_value(v);

	if (v != NULL && s == NULL)
		rd_req_fail(req, key, -EINVAL, "%s must be a string", key);
	for (const char *c = s; c != NULL && *c != '\0'; c++) {
		if (control_char(c) == 0)
			continue;
		// A line end would make two commands of one in a saved configuration.
		rd_req_fail(req, key, -EINVAL, "%s has a control character", key);
		return NULL;
	}
	return s;
}

const char *rd_req_str_or(struct rd_request *req, const char *key, const char *absent)
{
	return rd_req_has(req, key) ? rd_req_str(req, key) : absent;
}

void rd_req_shown(
	struct rd_request *req, const char *key, const char *absent, char *out, size_t size)
{
	json_t *v = param_get(req, key);
	const char *s = v == NULL ? absent : json_string_value(v);

	if (s == NULL) {
		rd_req_fail(req, key, -EINVAL, "%s must be a string", key);
		return;
	}
	(void)rd_str_copy(out, size, s); // for show only: cut short where too long
	for (char *c = out; *c != '\0'; c++)
		memset(c, ' ', control_char(c));
}

const char *rd_req_name(struct rd_request *req, const char *key)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
	const char *s = rd_req_str(req, key);
	size_t len = s == NULL ? 0 : strlen(s);

	if (s == NULL)
		return NULL;
	if (len >= 1 && len <= 63 && strspn(s, allowed) == len)
		return s;
	rd_req_fail(
		req, key, -EINVAL, "\"%.80s\" can't be a name: 1 to 63 of A-Z a-z 0-9 . _ : -", s);
	return NULL;
}

uint64_t rd_req_num(struct rd_request *req, const char *key, uint64_t min, uint64_t max)
{
	json_t *v = param_need(req, key);
	json_int_t n = json_integer_value(v);

	if (v == NULL)
		return min;
	if (json_is_integer(v) && n >= 0 && (uint64_t)n >= min && (uint64_t)n <= max)
		return (uint64_t)n;
	rd_req_fail(req, key, json_is_integer(v) ? -ERANGE : -EINVAL,
		"%s must be a whole number from %" PRIu64 " to %" PRIu64, key, min, max);
	return min;
}

uint64_t rd_req_num_or(
	struct rd_request *req, const char *key, uint64_t min, uint64_t max, uint64_t absent)
{
	return rd_req_has(req, key) ? rd_req_num(req, key, min, max) : absent;
}

bool rd_req_bool_or(struct rd_request *req, const char *key, bool absent)
{
	json_t *v = param_get(req, key);

	if (v == NULL)
		return absent;
	if (!json_is_boolean(v))
		rd_req_fail(req, key, -EINVAL, "%s must be true or false", key);
	return json_is_true(v);
}

json_t *rd_req_array(struct rd_request *req, const char *key, size_t max)
{
	json_t *v = param_get(req, key);

	if (v == NULL)
		return NULL;
	if (!json_is_array(v)) {
		rd_req_fail(req, key, -EINVAL, "%s must be an array", key);
		return NULL;
	}
	if (json_array_size(v) > max) {
		rd_req_fail(req, key, -E2BIG, "%s may have %zu elements, and has %zu", key, max,
			json_array_size(v));
		return NULL;
	}
	return v;
}

const uint8_t *rd_frame_of_hex(const json_t *hex, size_t *len)
{
	static uint8_t bytes[RD_FRAME_MAX];
	const char *text = json_string_value(hex);

	*len = sizeof(bytes);
	return text != NULL && rd_parse_hex(text, bytes, len) == 0 && *len > 0 ? bytes : NULL;
}

const uint8_t *rd_req_frame(struct rd_request *req, const char *key, size_t *len)
{
	const uint8_t *bytes = NULL;

	if (rd_req_str(req, key) == NULL)
		return NULL;
	bytes = rd_frame_of_hex(json_object_get(req->params, key), len);
	if (bytes == NULL)
		rd_req_fail(req, key, -EINVAL, "a frame is 1 to %d bytes in hex", RD_FRAME_MAX);
	return bytes;
}

bool rd_req_mac(struct rd_request *req, const char *key, uint8_t mac[6])
{
	const char *s = rd_req_str(req, key);

	if (s == NULL)
		return false;
	if (rd_parse_mac(s, mac) == 0)
		return true;
	rd_req_fail(req, key, -EINVAL, "\"%.60s\" is no MAC address like 00:50:56:a1:99:9e", s);
	return false;
}

bool rd_req_ip4(struct rd_request *req, const char *key, uint8_t ip[4])
{
	const char *s = rd_req_str(req, key);
	uint8_t addr[16];
	int family;

	if (s == NULL)
		return false;
	if (rd_parse_ip(s, &family, addr) == 0 && family == AF_INET) {
		memcpy(ip, addr, 4);
		return true;
	}
	rd_req_fail(req, key, -EINVAL, "\"%.60s\" is no IPv4 address", s);
	return false;
}

bool rd_req_either(struct rd_request *req, const char *key, const char *yes, const char *no)
{
	const char *s = rd_req_str(req, key);

	if (s != NULL && strcmp(s, yes) != 0 && strcmp(s, no) != 0)
		rd_req_fail(req, key, -EINVAL, "%s must be %s or %s", key, yes, no);
	return s != NULL && strcmp(s, yes) == 0;
}

int rd_req_end(struct rd_request *req)
{
	const char *key;
	json_t *v;

	json_object_foreach (req->params, key, v) {
		unsigned i;

		for (i = 0; i < req->nb_keys && strcmp(req->key[i], key) != 0; i++)
			;
		if (i == req->nb_keys) {
			rd_req_fail(req, "params", -EINVAL, "%s knows no parameter %.60s",
				req->method, key);
			break;
		}
	}
	return req->err->code;
}
