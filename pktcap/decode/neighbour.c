/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What -v prints of ICMPv6: router advertisements, the options of neighbour discovery (RFC 4861, 8106), and multicast
 * listener records. Its owner's thread.
 */
#include <sys/socket.h>

#include "decode/print.h"

enum {
	OPT_SOURCE = 1,
	OPT_TARGET = 2,
	OPT_PREFIX = 3,
	OPT_REDIRECTED = 4,
	OPT_MTU = 5,
	OPT_RDNSS = 25,
};

#define FOREVER UINT32_MAX

// "[managed, other stateful]"
static void put_bits(struct print *p, uint8_t bits, const char *const names[3])
{
	const char *sep = "";

	put(p, "[");
	for (unsigned i = 0; i < 3; i++) {
		if (names[i] != NULL && (bits & 0x80u >> i)) {
			put(p, "%s%s", sep, names[i]);
			sep = ", ";
		}
	}
	put(p, "%s]", *sep == '\0' ? "none" : "");
}

void print_router(struct print *p, const uint8_t *at)
{
	static const char *const flags[3] = {"managed", "other stateful", "home agent"};
	static const char *const pref[] = {"medium", "high", "reserved", "low"};

	put(p, "\n\thop limit %u, Flags ", at[4]);
	put_bits(p, at[5], flags);
	put(p, ", pref %s, router lifetime %us, reachable time %ums, retrans timer %ums",
		pref[at[5] >> 3 & 3], rd_be16(at + 6), rd_be32(at + 8), rd_be32(at + 12));
}

static void put_time(struct print *p, const char *before, uint32_t s)
{
	if (s == FOREVER)
		put(p, "%sinfinity", before);
	else
		put(p, "%s%us", before, s);
}

static void put_prefix(struct print *p, const uint8_t *opt)
{
	static const char *const flags[3] = {"onlink", "auto", "router"};

	print_addr(p, AF_INET6, opt + 16);
	put(p, "/%u, Flags ", opt[2]);
	put_bits(p, opt[3], flags);
	put_time(p, ", valid time ", rd_be32(opt + 4));
	put_time(p, ", pref. time ", rd_be32(opt + 8));
}

static const char *option_name(uint8_t type)
{
	static const char *const names[] = {[OPT_SOURCE] = "source link-address",
		[OPT_TARGET] = "destination link-address",
		[OPT_PREFIX] = "prefix info",
		[OPT_REDIRECTED] = "redirected header",
		[OPT_MTU] = "mtu"};

	if (type == OPT_RDNSS)
		return "rdnss";
	return type > 0 && type <= OPT_MTU ? names[type] : "unknown";
}

static void put_data(struct print *p, const uint8_t *opt, uint32_t len)
{
	if (opt[0] == OPT_SOURCE || opt[0] == OPT_TARGET) {
		for (uint32_t i = 2; i < len; i++)
			put(p, "%s%02x", i > 2 ? ":" : "", opt[i]);
	} else if (opt[0] == OPT_MTU) {
		put(p, " %u", rd_be32(opt + 4));
	} else if (opt[0] == OPT_PREFIX && len >= 32) {
		put_prefix(p, opt);
	} else if (opt[0] == OPT_RDNSS) {
		put(p, " lifetime %us,", rd_be32(opt + 4));
		for (uint32_t i = 8; i + 16 <= len; i += 16) {
			put(p, " addr: ");
			print_addr(p, AF_INET6, opt + i);
		}
	}
}

// -vv: the option's bytes after type and length, eight words a line.
static void put_bytes(struct print *p, const uint8_t *data, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (i % 16 == 0)
			put(p, "\n\t    0x%04x: ", i);
		put(p, "%s%02x", i % 2 == 0 ? " " : "", data[i]);
	}
}

void print_neighbour_options(struct print *p, const uint8_t *at, uint32_t left)
{
	while (left >= 2 && have(p, at, 2)) {
		uint32_t len = at[1] * 8u;

		if (len == 0 || !have(p, at, len) || len > left) {
			cut(p, "icmp6");
			return;
		}
		put(p, "\n\t  %s option (%u), length %u (%u): ", option_name(at[0]), at[0], len,
			at[1]);
		put_data(p, at, len);
		if (p->verbose > 1)
			put_bytes(p, at + 2, len - 2);
		at += len;
		left -= len;
	}
}

static uint32_t put_record(struct print *p, const uint8_t *at, uint32_t left)
{
	static const char *const types[] = {
		"", "is_in", "is_ex", "to_in", "to_ex", "allow", "block"};
	uint16_t nb = rd_be16(at + 2);
	uint32_t len = 20 + nb * 16u;

	if (len > left || !have(p, at, len))
		return 0;
	put(p, " [gaddr ");
	print_addr(p, AF_INET6, at + 4);
	if (at[0] > 0 && at[0] < sizeof(types) / sizeof(types[0]))
		put(p, " %s", types[at[0]]);
	else
		put(p, "  [v2-report-#%u]", at[0]);
	if (p->verbose == 1) {
		put(p, ", %u source(s)]", nb);
		return len;
	}
	put(p, " {");
	for (unsigned i = 0; i < nb; i++) {
		put(p, " ");
		print_addr(p, AF_INET6, at + 20 + i * 16);
	}
	put(p, " }]");
	return len;
}

void print_listener_records(struct print *p, const uint8_t *at, uint32_t len)
{
	uint32_t off = 8, n = 1;

	for (unsigned nb = rd_be16(at + 6); nb > 0 && n > 0 && len >= off + 20; nb--) {
		n = have(p, at + off, 20) ? put_record(p, at + off, len - off) : 0;
		if (n == 0)
			put(p, " [invalid or cut short]");
		off += n;
	}
}
