/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Parsers of MAC and IP addresses. Pure; any thread.
 */
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

int rd_parse_mac(const char *s, uint8_t mac[6])
{
	uint8_t bytes[6];
	size_t len = sizeof(bytes);

	if (strlen(s) != RD_MAC_TEXT - 1)
		return -EINVAL;
	for (unsigned i = 0; i < RD_MAC_TEXT - 1; i++)
		if ((s[i] == ':') != (i % 3 == 2) || s[i] == ' ')
			return -EINVAL;
	if (rd_parse_hex(s, bytes, &len) < 0 || len != sizeof(bytes))
		return -EINVAL;
	memcpy(mac, bytes, sizeof(bytes));
	return 0;
}

int rd_parse_ip(const char *s, int *family, uint8_t addr[16])
{
	uint8_t bytes[16] = {0};
	int fam = strchr(s, ':') != NULL ? AF_INET6 : AF_INET;

	if (inet_pton(fam, s, bytes) != 1)
		return -EINVAL;
	memcpy(addr, bytes, sizeof(bytes));
	*family = fam;
	return 0;
}

// Bits behind the prefix are cleared, so that equal prefixes compare equal.
static void mask_addr(uint8_t addr[16], unsigned bits)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > i * 8 ? bits - i * 8 : 0;

		if (keep < 8)
			addr[i] &= (uint8_t)(0xff00u >> keep);
	}
}

int rd_parse_prefix(const char *s, int *family, uint8_t addr[16], uint8_t *prefix_len)
{
	const char *slash = strchr(s, '/');
	uint8_t bytes[16];
	char host[RD_IP_TEXT];
	uint32_t bits, max;
	size_t len;
	int fam, rc;

	if (strcmp(s, "any") == 0) {
		memset(addr, 0, 16);
		*family = 0;
		*prefix_len = 0;
		return 0;
	}
	len = slash != NULL ? (size_t)(slash - s) : strlen(s);
	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, s, len);
	host[len] = '\0';
	rc = rd_parse_ip(host, &fam, bytes);
	if (rc < 0)
		return rc;
	max = fam == AF_INET ? 32 : 128;
	bits = max;
	if (slash != NULL)
		rc = rd_parse_u32(slash + 1, 0, max, &bits);
	if (rc < 0)
		return rc;
	mask_addr(bytes, bits);
	memcpy(addr, bytes, sizeof(bytes));
	*family = fam;
	*prefix_len = (uint8_t)bits;
	return 0;
}
