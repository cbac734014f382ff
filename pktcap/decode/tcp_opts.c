/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The options of a TCP header (RFC 9293 section 3.1 and the registry). Its owner's thread.
 */
#include "decode/print.h"

enum {
	OPT_EOL = 0,
	OPT_NOP = 1,
	OPT_MSS = 2,
	OPT_WSCALE = 3,
	OPT_SACKOK = 4,
	OPT_SACK = 5,
	OPT_ECHO = 6,
	OPT_ECHOREPLY = 7,
	OPT_TS = 8,
	OPT_UTO = 28,
};

static const char *opt_name(uint8_t kind)
{
	static const char *const names[] = {
		"eol", "nop", "mss", "wscale", "sackOK", "sack", "echo", "echoreply", "TS"};

	if (kind < sizeof(names) / sizeof(names[0]))
		return names[kind];
	if (kind == 19)
		return "md5";
	if (kind == OPT_UTO)
		return "uto";
	if (kind == 29)
		return "tcp-ao";
	if (kind == 30)
		return "mptcp";
	if (kind == 34)
		return "tfo";
	return NULL;
}

// How many bytes of data the option must have; -1: any number.
static int opt_wants(uint8_t kind)
{
	switch (kind) {
	case OPT_SACKOK:
		return 0;
	case OPT_MSS:
	case OPT_UTO:
		return 2;
	case OPT_WSCALE:
		return 1;
	case OPT_ECHO:
	case OPT_ECHOREPLY:
		return 4;
	case OPT_TS:
		return 8;
	default:
		return -1;
	}
}

static void put_hex(struct print *p, const char *before, const uint8_t *d, uint32_t len)
{
	if (len > 0)
		put(p, "%s", before);
	for (uint32_t i = 0; i < len; i++)
		put(p, "%02x", d[i]);
}

static void put_sack(struct print *p, const uint8_t *d, uint32_t len, const struct seq_rel *rel)
{
	if (len % 8 != 0) {
		put(p, " invalid sack");
		return;
	}
	put(p, " %u ", len / 8);
	for (uint32_t i = 0; i < len; i += 8)
		put(p, "{%u:%u}", rd_be32(d + i) - rel->sack, rd_be32(d + i + 4) - rel->sack);
}

static void put_uto(struct print *p, uint16_t v)
{
	put(p, " 0x%x %u", v, v & 1 ? (v >> 1) * 60u : (unsigned)v >> 1);
}

// The data of one option; `len` bytes are there and captured, at least what the kind wants.
static void put_data(
	struct print *p, uint8_t kind, const uint8_t *d, uint32_t len, const struct seq_rel *rel)
{
	switch (kind) {
	case OPT_SACKOK:
		break;
	case OPT_MSS:
		put(p, " %u", rd_be16(d));
		break;
	case OPT_WSCALE:
		put(p, " %u", d[0]);
		break;
	case OPT_SACK:
		put_sack(p, d, len, rel);
		break;
	case OPT_ECHO:
	case OPT_ECHOREPLY:
		put(p, " %u", rd_be32(d));
		break;
	case OPT_TS:
		put(p, " val %u ecr %u", rd_be32(d), rd_be32(d + 4));
		break;
	case OPT_UTO:
		put_uto(p, rd_be16(d));
		break;
	default:
		put_hex(p, " 0x", d, len);
	}
}

// tcpdump closes the list's bracket only when something was listed before.
static uint32_t bad_option(struct print *p, bool first)
{
	put(p, "[bad opt]%s", first ? "" : "]");
	return 0;
}

static uint32_t cut_option(struct print *p, bool first)
{
	cut(p, "tcp");
	put(p, "%s", first ? "" : ">");
	return 0;
}

// One option that has a length byte. Its length, 0 when the line is complete.
static uint32_t print_option(
	struct print *p, const uint8_t *at, uint32_t left, const struct seq_rel *rel, bool first)
{
	int wants = opt_wants(at[0]);
	uint32_t len, need;

	if (!have(p, at, 2)) {
		cut(p, "tcp");
		return 0;
	}
	len = at[1];
	if (left < 2 || len < 2 || len > left)
		return bad_option(p, first);
	if (opt_name(at[0]) != NULL)
		put(p, "%s", opt_name(at[0]));
	else
		put(p, "unknown-%u", at[0]);
	need = wants < 0 ? len : 2u + (uint32_t)wants;
	if (need > left)
		return bad_option(p, first);
	if (!have(p, at, need))
		return cut_option(p, first);
	put_data(p, at[0], at + 2, need - 2, rel);
	if (need != len)
		put(p, "[len %u]", len);
	return need;
}

bool print_tcp_options(struct print *p, const uint8_t *at, uint32_t len, const struct seq_rel *rel)
{
	bool first = true;

	put(p, ", options [");
	while (len > 0) {
		uint32_t n = 1;

		if (!first)
			put(p, ",");
		if (!have(p, at, 1)) {
			cut(p, "tcp");
			return false;
		}
		if (at[0] == OPT_EOL || at[0] == OPT_NOP)
			put(p, "%s", opt_name(at[0]));
		else
			n = print_option(p, at, len, rel, first);
		if (n == 0)
			return false;
		first = false;
		if (at[0] == OPT_EOL)
			break;
		at += n;
		len -= n;
	}
	put(p, "]");
	return true;
}
