/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fields with a form of their own: "random:1/100", "zero:16", addresses. See field_own.h. Pure.
 */
#include "session/field_own.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"

#define SECOND_NS UINT64_C(1000000000)
#define LIFETIME_MAX_S (UINT64_C(366) * 86400)

int mirror_set_name(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(value);

	if (len == 0 || len >= sizeof(s->name) || strspn(value, allowed) != len)
		return rd_err_set(err, -EINVAL,
			"\"%.60s\" can't be a session's name: 1 to 31 of A-Z a-z 0-9 . _ -", value);
	memcpy(s->name, value, len + 1);
	return 0;
}
void mirror_text_name(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	(void)rd_str_copy(buf, size, s->name);
}

int mirror_set_sample(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	static const struct {
		const char *word;
		uint8_t how;
	} hows[] = {
		{"random", RD_MIRROR_SAMPLE_RANDOM},
		{"flow", RD_MIRROR_SAMPLE_FLOW},
		{"", RD_MIRROR_SAMPLE_COUNT},
	};
	const char *at = value;
	unsigned i = 0;
	uint32_t n;

	while (strncmp(at, hows[i].word, strlen(hows[i].word)) != 0)
		i++;
	at += strlen(hows[i].word) + (*hows[i].word != '\0' && at[strlen(hows[i].word)] == ':');
	if (strncmp(at, "1/", 2) != 0 || rd_parse_u32(at + 2, 1, UINT32_MAX, &n) < 0)
		return rd_err_set(err, -ERANGE,
			"sample %.60s: 1/N, random:1/N or flow:1/N, N from 1 to 4294967295", value);
	s->sampling = hows[i].how;
	s->sample = n;
	return 0;
}
void mirror_text_sample(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	size_t len = 0;

	rd_str_addf(buf, size, &len, "%s1/%u",
		s->sampling == RD_MIRROR_SAMPLE_RANDOM	       ? "random:"
			: s->sampling == RD_MIRROR_SAMPLE_FLOW ? "flow:"
							       : "",
		s->sample);
}

static int set_address(
	const char *key, const char *value, int *family, uint8_t addr[16], struct rd_err *err)
{
	if (rd_parse_ip(value, family, addr) == 0)
		return 0;
	*family = 0;
	return rd_err_set(err, -EINVAL, "%s %.60s: an IPv4 or IPv6 address", key, value);
}
int mirror_set_src(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	return set_address("src-ip", value, &s->src_family, s->src, err);
}
int mirror_set_gateway(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	return set_address("gateway", value, &s->gateway_family, s->gateway, err);
}
void mirror_text_src(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	char text[RD_IP_TEXT];

	if (s->src_family != 0)
		(void)rd_str_copy(buf, size, rd_fmt_ip(s->src_family, s->src, text));
}
void mirror_text_gateway(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	char text[RD_IP_TEXT];

	if (s->gateway_family != 0)
		(void)rd_str_copy(buf, size, rd_fmt_ip(s->gateway_family, s->gateway, text));
}

int mirror_set_mac(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	if (rd_parse_mac(value, s->mac) < 0)
		return rd_err_set(
			err, -EINVAL, "next-hop %.60s: a MAC like 00:50:56:a1:99:9e", value);
	s->has_mac = true;
	return 0;
}
void mirror_text_mac(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	char text[RD_MAC_TEXT];

	if (s->has_mac)
		(void)rd_str_copy(buf, size, rd_fmt_mac(s->mac, text));
}

int mirror_set_key(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	s->has_key = strcmp(value, "none") != 0;
	s->key = 0;
	if (s->has_key && rd_parse_u32(value, 0, UINT32_MAX, &s->key) < 0)
		return rd_err_set(err, -ERANGE,
			"key %.60s: 0 to 4294967295 (0x0 to 0xffffffff), or none", value);
	return 0;
}
void mirror_text_key(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	size_t len = 0;

	if (s->has_key)
		rd_str_addf(buf, size, &len, "0x%x", s->key);
	else
		rd_str_addf(buf, size, &len, "none");
}

int mirror_set_sgt(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	uint32_t n = 0;

	s->sgt_reason = strcmp(value, "reason") == 0;
	if (!s->sgt_reason && rd_parse_u32(value, 0, UINT16_MAX, &n) < 0)
		return rd_err_set(
			err, -ERANGE, "sgt %.60s: 0 to 65535 (0x0 to 0xffff), or reason", value);
	s->sgt = (uint16_t)n;
	return 0;
}
void mirror_text_sgt(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	size_t len = 0;

	if (s->sgt_reason)
		rd_str_addf(buf, size, &len, "reason");
	else
		rd_str_addf(buf, size, &len, "%u", s->sgt);
}

int mirror_set_mask(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	bool zero = strncmp(value, "zero:", 5) == 0, any = strncmp(value, "random:", 7) == 0;
	uint32_t n = 0;

	if (strcmp(value, "none") != 0
		&& ((!zero && !any)
			|| rd_parse_u32(value + (zero ? 5 : 7), 0, RD_MIRROR_SNAP_MAX, &n) < 0))
		return rd_err_set(err, -ERANGE,
			"payload-mask %.60s: none, zero:N or random:N, N from 0 to %d", value,
			RD_MIRROR_SNAP_MAX);
	s->mask = zero ? RD_MIRROR_MASK_ZERO : any ? RD_MIRROR_MASK_RANDOM : RD_MIRROR_MASK_NONE;
	s->mask_after = (uint16_t)n;
	return 0;
}
void mirror_text_mask(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	size_t len = 0;

	if (s->mask == RD_MIRROR_MASK_NONE)
		rd_str_addf(buf, size, &len, "none");
	else
		rd_str_addf(buf, size, &len, "%s:%u",
			s->mask == RD_MIRROR_MASK_ZERO ? "zero" : "random", s->mask_after);
}

int mirror_set_lifetime(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	uint64_t ns;

	if (rd_parse_duration(value, &ns) < 0 || ns % SECOND_NS != 0
		|| ns / SECOND_NS > LIFETIME_MAX_S)
		return rd_err_set(err, -ERANGE,
			"lifetime %.60s: whole seconds up to 366 days, like 90s, 30m or 24h; 0 = until it is removed",
			value);
	s->lifetime_s = ns / SECOND_NS;
	return 0;
}
void mirror_text_lifetime(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	size_t len = 0;

	rd_str_addf(buf, size, &len, "%" PRIu64 "s", s->lifetime_s);
}

static const char *const option_words[] = {"time", "copy", "origin", "packet"};
#define NB_OPTIONS (sizeof(option_words) / sizeof(option_words[0]))

static int add_option(struct rd_mirror_spec *s, const char *part, struct rd_err *err)
{
	for (unsigned i = 0; i < NB_OPTIONS; i++) {
		if (strcmp(part, option_words[i]) != 0)
			continue;
		s->options |= (uint8_t)(1u << i);
		return 0;
	}
	return rd_err_set(
		err, -EINVAL, "options %.40s: none, or of time, copy, origin, packet", part);
}
int mirror_set_options(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	s->options = 0;
	if (strcmp(value, "none") == 0)
		return 0;
	return mirror_each_part(value, NB_OPTIONS, "options", add_option, s, err);
}
void mirror_text_options(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	size_t len = 0;

	for (unsigned i = 0; i < NB_OPTIONS; i++)
		if (s->options >> i & 1)
			rd_str_addf(buf, size, &len, "%s%s", len != 0 ? "," : "", option_words[i]);
	if (len == 0)
		rd_str_addf(buf, size, &len, "none");
}
