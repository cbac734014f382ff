/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads the words that describe a packet. See explain.h.
 */
#include "cmds/explain.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static int blame(const struct rd_args *args, const char *key, struct rd_err *err, const char *what,
	const char *hint)
{
	rd_args_blame(args, key);
	rd_err_set(err, -EINVAL, "%s", what);
	rd_err_hint(err, "%s", hint);
	return -EINVAL;
}

static bool read_addr(const char *text, struct rd_words_end *e)
{
	memset(e->addr, 0, sizeof(e->addr));
	e->family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	return inet_pton(e->family, text, e->addr) == 1;
}

static bool read_port(const char *text, struct rd_words_end *e)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	e->port = (uint16_t)n;
	e->has_port = true;
	return *text >= '0' && *text <= '9' && *end == '\0' && n <= UINT16_MAX;
}

// ADDRESS, A.B.C.D:PORT, tcpdump's A.B.C.D.PORT, [IPV6]:PORT.
static bool read_end(const char *text, struct rd_words_end *e)
{
	char addr[80], *port;
	unsigned dots = 0;

	if (rd_str_copy(addr, sizeof(addr), text) < 0)
		return false;
	if (addr[0] == '[') {
		port = strchr(addr, ']');
		if (port == NULL || port[1] != ':')
			return false;
		*port = '\0';
		return read_addr(addr + 1, e) && read_port(port + 2, e);
	}
	for (const char *p = addr; *p != '\0'; p++)
		dots += *p == '.';
	port = dots == 4 ? strrchr(addr, '.') : dots == 3 ? strchr(addr, ':') : NULL;
	if (port == NULL)
		return read_addr(addr, e);
	*port = '\0';
	return read_addr(addr, e) && read_port(port + 1, e);
}

int rd_words_ends(const struct rd_args *args, struct rd_words *w, struct rd_err *err)
{
	static const struct {
		const char *whole, *addr, *port, *mac;
	} keys[2] = {{"from", "src", "sport", "smac"}, {"to", "dst", "dport", "dmac"}};
	struct rd_words_end *ends[2] = {&w->from, &w->to};

	for (unsigned i = 0; i < 2; i++) {
		const char *text = rd_args_str(args, keys[i].whole);

		if (text != NULL && !read_end(text, ends[i]))
			return blame(args, keys[i].whole, err, "this is no address",
				"10.0.0.1, 10.0.0.1:80, 2001:db8::1, [2001:db8::1]:80");
		text = rd_args_str(args, keys[i].addr);
		if (text != NULL && !read_addr(text, ends[i]))
			return blame(args, keys[i].addr, err, "this is no address", "10.0.0.1");
		if (rd_args_has(args, keys[i].port)) {
			ends[i]->port = (uint16_t)rd_args_num(args, keys[i].port, 0);
			ends[i]->has_port = true;
		}
		text = rd_args_str(args, keys[i].mac);
		ends[i]->has_mac = text != NULL && rd_parse_mac(text, ends[i]->mac) == 0;
	}
	return 0;
}

// tcpdump's letters.
static int read_flags(const struct rd_args *args, struct rd_words *w, struct rd_err *err)
{
	static const char letters[] = "FSRP.UEW";
	const char *text = rd_args_str(args, "flags");

	w->tcp_flags = 2;
	if (text == NULL)
		return 0;
	w->tcp_flags = 0;
	for (const char *p = text; *p != '\0' && strcmp(text, "none") != 0; p++) {
		const char *at = strchr(letters, *p == 'A' ? '.' : *p);

		if (at == NULL)
			return blame(args, "flags", err, "TCP has no such flag",
				"S, S., ., P., F., R, none");
		w->tcp_flags |= (uint8_t)(1u << (at - letters));
	}
	return 0;
}

static enum rd_words_kind kind_of(const struct rd_args *args)
{
	static const char *const words[] = {"ip", "tcp", "udp", "icmp", "arp"};

	for (unsigned i = 0; i < 5; i++)
		if (rd_args_has(args, words[i]))
			return (enum rd_words_kind)i;
	return RD_WORDS_IP;
}

static int check(const struct rd_args *args, const struct rd_words *w, struct rd_err *err)
{
	bool ports = w->kind == RD_WORDS_TCP || w->kind == RD_WORDS_UDP;

	if (w->from.family == 0 || w->to.family == 0)
		return rd_err_set(err, -EINVAL, "it needs a source and a destination address"),
		       rd_err_hint(err, "tcp 10.0.0.1:49152 10.0.0.2:80"), -EINVAL;
	if (w->from.family != w->to.family)
		return blame(args, rd_args_has(args, "to") ? "to" : "dst", err,
			"one address is IPv4, the other IPv6", "two of one family");
	if (ports && !w->to.has_port)
		return rd_err_set(err, -EINVAL, "it needs a destination port"),
		       rd_err_hint(err, "10.0.0.2:80, or dport 80"), -EINVAL;
	if (w->kind == RD_WORDS_ARP && w->from.family != AF_INET)
		return blame(args, "arp", err, "ARP is for IPv4", "icmp type 135");
	if (w->vlan != 0 && w->has_vni)
		return blame(args, "vlan", err, "inside a tunnel frames have no tag here",
			"vlan or vni");
	return 0;
}

int rd_words_read(const struct rd_args *args, struct rd_words *w, struct rd_err *err)
{
	int ret;

	*w = (struct rd_words){.kind = kind_of(args),
		.vlan = (uint16_t)rd_args_num(args, "vlan", 0),
		.has_vni = rd_args_has(args, "vni"),
		.vni = (uint32_t)rd_args_num(args, "vni", 0),
		.proto = (uint8_t)rd_args_num(args, "proto", 253),
		.ttl = (uint8_t)rd_args_num(args, "ttl", 64),
		.tos = (uint8_t)rd_args_num(args, "tos", 0),
		.code = (uint8_t)rd_args_num(args, "code", 0),
		.id = (uint16_t)rd_args_num(args, "id", 1),
		.size = (uint32_t)rd_args_num(args, "size", 0)};
	ret = rd_words_ends(args, w, err);
	if (ret == 0)
		ret = read_flags(args, w, err);
	if (ret == 0)
		ret = check(args, w, err);
	if (!w->from.has_port)
		w->from.port = 49152;
	w->type = (uint8_t)rd_args_num(args, "type", w->from.family == AF_INET ? 8 : 128);
	return ret;
}
