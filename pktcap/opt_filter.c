/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pktcap-uw's filter options; terms.c says what they mean. Main thread.
 */
#include "options.h"

static int set_term(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	return pk_terms_add(&o->terms, opt->name, value, err);
}

static int set_expression(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	return pk_terms_add_expression(&o->terms, value, err);
}

static const struct pk_option options[] = {
	{.name = "srcmac", .arg = "MAC", .set = set_term, .help = "Ethernet source"},
	{.name = "dstmac", .arg = "MAC", .set = set_term, .help = "Ethernet destination"},
	{.name = "mac", .arg = "MAC", .set = set_term, .help = "Ethernet source or destination"},
	{.name = "ethtype", .arg = "N", .set = set_term, .help = "EtherType: 0x0806"},
	{.name = "vlan", .arg = "N", .set = set_term, .help = "VLAN id"},
	{.name = "srcip",
		.arg = "PREFIX",
		.set = set_term,
		.help = "IPv4 or IPv6 source: 10.0.0.0/8, 2001:db8::/32"},
	{.name = "dstip", .arg = "PREFIX", .set = set_term, .help = "IPv4 or IPv6 destination"},
	{.name = "ip", .arg = "PREFIX", .set = set_term, .help = "either address"},
	{.name = "srcip6", .arg = "PREFIX", .set = set_term, .help = "as --srcip"},
	{.name = "dstip6", .arg = "PREFIX", .set = set_term, .help = "as --dstip"},
	{.name = "ip6", .arg = "PREFIX", .set = set_term, .help = "as --ip"},
	{.name = "proto", .arg = "N", .set = set_term, .help = "IP protocol: 0x06"},
	{.name = "srcport", .arg = "N", .set = set_term, .help = "TCP source port"},
	{.name = "dstport", .arg = "N", .set = set_term, .help = "TCP destination port"},
	{.name = "tcpport", .arg = "N", .set = set_term, .help = "either TCP port"},
	{.name = "srctcpport", .arg = "N", .set = set_term, .help = "TCP source port"},
	{.name = "dsttcpport", .arg = "N", .set = set_term, .help = "TCP destination port"},
	{.name = "udpport", .arg = "N", .set = set_term, .help = "either UDP port"},
	{.name = "srcudpport", .arg = "N", .set = set_term, .help = "UDP source port"},
	{.name = "dstudpport", .arg = "N", .set = set_term, .help = "UDP destination port"},
	{.name = "vni", .arg = "N", .set = set_term, .help = "Geneve's VNI"},
	{.name = "geneve", .arg = "N", .set = set_term, .help = "as --vni"},
	{.name = "vxlan", .arg = "N", .set = set_term, .help = "VXLAN's VNI"},
	{.name = "rcf",
		.arg = "EXPRESSION",
		.set = set_expression,
		.help = "one more expression that must hold",
		.man = "An expression as _filter_, in pktcap-uw's way; it must hold besides the others."},
	{.name = "outer-only",
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, outer_only),
		.help = "try the filter only on the frame, not inside a tunnel"},
	{.name = "inner-only",
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, inner_only),
		.help = "try the filter only inside a tunnel"},
	{0},
};

const struct pk_group pk_group_filter = {
	.title = "Which packets",
	.intro =
		"_filter_ is an expression as in *pcap-filter*(7). It is tried on the frame and, if that carries a tunnel, on the "
		"frame inside. Expressions with *protochain* are refused: they compile to loops.\n\n"
		"The options are pktcap-uw's. All that are given must hold, and the expression as well. Numbers are decimal, or "
		"hex after 0x.",
	.options = options,
};
