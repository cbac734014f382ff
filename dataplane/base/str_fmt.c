/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text forms of addresses and bytes. Pure; any thread.
 */
#include "base/str.h"

#include <arpa/inet.h>
#include <stdio.h>

static const char hex_digits[] = "0123456789abcdef";

const char *rd_fmt_mac(const uint8_t mac[6], char buf[RD_MAC_TEXT])
{
	for (unsigned i = 0; i < 6; i++) {
		buf[i * 3] = hex_digits[mac[i] >> 4];
		buf[i * 3 + 1] = hex_digits[mac[i] & 15];
		buf[i * 3 + 2] = i < 5 ? ':' : '\0';
	}
	return buf;
}

const char *rd_fmt_ip(int family, const uint8_t *addr, char buf[RD_IP_TEXT])
{
	if (inet_ntop(family, addr, buf, RD_IP_TEXT) == NULL)
		rd_str_copy(buf, RD_IP_TEXT, "-"); // an unknown family; the text always fits
	return buf;
}

const char *rd_fmt_prefix(int family, const uint8_t *addr, uint8_t len, char buf[RD_PREFIX_TEXT])
{
	char ip[RD_IP_TEXT];

	if (family == 0)
		snprintf(buf, RD_PREFIX_TEXT, "any");
	else
		snprintf(buf, RD_PREFIX_TEXT, "%s/%u", rd_fmt_ip(family, addr, ip), len);
	return buf;
}

char *rd_fmt_hex(const uint8_t *bytes, size_t len, char *buf, size_t size)
{
	size_t at = 0;

	if (size == 0)
		return buf;
	for (size_t i = 0; i < len && at + 2 < size; i++) {
		buf[at++] = hex_digits[bytes[i] >> 4];
		buf[at++] = hex_digits[bytes[i] & 15];
	}
	buf[at] = '\0';
	return buf;
}
