/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bounded strings and the text forms of addresses and numbers. Every parser takes the whole string
 * or fails with -EINVAL (-ERANGE for numbers out of bounds); nothing is half read.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Copies with a terminating NUL; -ENAMETOOLONG if cut short.
int rd_str_copy(char *dst, size_t size, const char *src);
// Appends formatted text at *len, which never passes size - 1.
void rd_str_addf(char *buf, size_t size, size_t *len, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

// Decimal or 0x hex.
int rd_parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out);
int rd_parse_u32(const char *s, uint32_t min, uint32_t max, uint32_t *out);
// "00:50:56:a1:99:9e"
int rd_parse_mac(const char *s, uint8_t mac[6]);
// "192.168.4.60" or IPv6. family is AF_INET or AF_INET6; IPv4 uses the first 4 bytes, network
// order.
int rd_parse_ip(const char *s, int *family, uint8_t addr[16]);
// "10.0.0.0/8", "any"; a bare address is a host prefix. "any" gives family 0 and len 0.
int rd_parse_prefix(const char *s, int *family, uint8_t addr[16], uint8_t *prefix_len);
// "80", "1000-2000", "any" (0-65535)
int rd_parse_range(const char *s, uint16_t *lo, uint16_t *hi);
// "00ff a0:b1" (blanks and colons ignored); *len = capacity in, bytes out. -ENOSPC if too long.
int rd_parse_hex(const char *s, uint8_t *out, size_t *len);
// "250ms", "1s", "30" (seconds), "2m", "1h" to ns.
int rd_parse_duration(const char *s, uint64_t *ns);

#define RD_MAC_TEXT 18
#define RD_IP_TEXT 46
#define RD_PREFIX_TEXT 50
const char *rd_fmt_mac(const uint8_t mac[6], char buf[RD_MAC_TEXT]);
const char *rd_fmt_ip(int family, const uint8_t *addr, char buf[RD_IP_TEXT]);
const char *rd_fmt_prefix(int family, const uint8_t *addr, uint8_t len, char buf[RD_PREFIX_TEXT]);
// Lower-case hex without blanks; size must hold 2 * len + 1.
char *rd_fmt_hex(const uint8_t *bytes, size_t len, char *buf, size_t size);
