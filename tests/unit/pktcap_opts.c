/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pktcap's command line: both kinds of dashes, tcpdump's letters, and what is refused.
 */
#include "unit.h"

#include <getopt.h>
#include <string.h>

#include "base/str.h"
#include "filter/filter.h"
#include "opts.h"

static int parse(struct pk_opts *o, char **argv, struct rd_err *err)
{
	int argc = 0;

	while (argv[argc] != NULL)
		argc++;
	memset(err, 0, sizeof(*err));
	return pk_opts_parse(o, argc, argv, err);
}

static void one_dash_is_enough(void **state)
{
	char *argv[] = {(char[]){"pktcap"}, (char[]){"-uplink"}, (char[]){"vmnic1"},
		(char[]){"-dir"}, (char[]){"1"}, (char[]){"--switchport=100663325"},
		(char[]){"-capture"}, (char[]){"PortInput,drop"}, (char[]){"--stage"},
		(char[]){"post"}, NULL};
	struct pk_opts o;
	struct rd_err err;

	(void)state;
	assert_int_equal(parse(&o, argv, &err), 0);
	assert_int_equal(o.nb_select, 2);
	assert_int_equal(o.select[0].kind, PK_SELECT_UPLINK);
	assert_string_equal(o.select[0].name, "vmnic1");
	assert_int_equal(o.select[1].kind, PK_SELECT_SWITCHPORT);
	assert_int_equal(o.dir, PK_DIR_TX);
	assert_int_equal(o.side, PK_SIDE_POST);
	assert_string_equal(o.capture, "PortInput,drop");
	assert_string_equal(o.filter, "");
	pk_opts_free(&o);
}

// A filter that somebody else wrote (Wireshark's) comes behind "--" and is never taken for a command.
static void behind_dashes_all_is_filter(void **state)
{
	char *command[] = {(char[]){"pktcap"}, (char[]){"stop"}, (char[]){"mine"}, NULL};
	char *filter[] = {
		(char[]){"pktcap"}, (char[]){"--"}, (char[]){"stop"}, (char[]){"mine"}, NULL};
	char *list[] = {(char[]){"pktcap"}, (char[]){"--"}, (char[]){"list"}, NULL};
	struct pk_opts o;
	struct rd_err err;

	(void)state;
	assert_int_equal(parse(&o, command, &err), 0);
	assert_int_equal(o.mode, PK_SESSION_STOP);
	assert_string_equal(o.session.target, "mine");
	pk_opts_free(&o);
	assert_int_equal(parse(&o, filter, &err), 0);
	assert_int_equal(o.mode, PK_CAPTURE);
	assert_string_equal(o.filter, "stop mine");
	pk_opts_free(&o);
	assert_int_equal(parse(&o, list, &err), 0);
	assert_int_equal(o.mode, PK_CAPTURE);
	pk_opts_free(&o);
}

static void letters_are_tcpdumps(void **state)
{
	char *argv[] = {(char[]){"pktcap"}, (char[]){"-i"}, (char[]){"any"}, (char[]){"-c3"},
		(char[]){"-en"}, (char[]){"-s"}, (char[]){"0"}, (char[]){"-w"}, (char[]){"f.pcap"},
		(char[]){"tcp"}, (char[]){"port"}, (char[]){"80"}, NULL};
	struct pk_opts o;
	struct rd_err err;

	(void)state;
	assert_int_equal(parse(&o, argv, &err), 0);
	assert_int_equal(o.nb_select, 0); // any is every port
	assert_int_equal(o.count, 3);
	assert_int_equal(o.snaplen, PK_SNAPLEN_MAX);
	assert_string_equal(o.outfile, "f.pcap");
	assert_string_equal(o.filter, "tcp port 80");
	assert_int_equal(o.dir, PK_DIR_BOTH);
	pk_opts_free(&o);
}

// What starts like a long name is still letters, as fingers have learned from tcpdump.
static void letters_go_together(void **state)
{
	char *argv[] = {(char[]){"pktcap"}, (char[]){"-U"}, (char[]){"-nel"}, (char[]){"-nc3"},
		(char[]){"-swi"}, (char[]){"100663325"}, (char[]){"-wfile"}, (char[]){"--"},
		(char[]){"-x"}, NULL};
	struct pk_opts o;
	struct rd_err err;

	(void)state;
	assert_int_equal(parse(&o, argv, &err), 0);
	assert_int_equal(o.count, 3);
	assert_int_equal(o.nb_select, 1); // the beginning of --switchport, not -s witchport
	assert_string_equal(o.outfile, "file");
	assert_string_equal(o.filter, "-x");
	pk_opts_free(&o);
}

struct joined {
	const char *args[8];
	const char *filter;
};

static const struct joined joined[] = {
	{{"tcp", "port", "80"}, "tcp port 80"},
	{{"tcp or udp"}, "tcp or udp"},
	{{"-srcip", "10.0.0.0/8", "--tcpport", "80"}, "src net 10.0.0.0/8 and tcp port 80"},
	{{"--vni", "74752", "--mac", "00:50:56:a1:99:9e", "tcp or udp"},
		"ether host 00:50:56:a1:99:9e and (tcp or udp) and geneve 74752"},
	{{"--ip", "10.1.2.3", "--vlan", "10", "not", "arp"},
		"vlan 10 and net 10.1.2.3 and (not arp)"},
	{{"-ethtype", "0x0806"}, "ether proto 0x0806"},
	{{"--srcmac", "00:50:56:a1:99:9e", "--dstmac", "00:50:56:a1:fc:f3"},
		"ether src 00:50:56:a1:99:9e and ether dst 00:50:56:a1:fc:f3"},
	{{"--dstip", "2001:db8::/32", "--srcport", "80", "--dstport", "81"},
		"dst net 2001:db8::/32 and tcp src port 80 and tcp dst port 81"},
	{{"--srctcpport", "80", "--dsttcpport", "81"}, "tcp src port 80 and tcp dst port 81"},
	{{"--udpport", "53"}, "udp port 53"},
	{{"--srcip6", "fe80::/10", "--dstip6", "ff02::1"}, "src net fe80::/10 and dst net ff02::1"},
	{{"--ip6", "2001:db8::1", "--proto", "0x3a"}, "net 2001:db8::1 and proto 0x3a"},
	{{"--geneve", "5", "tcp"}, "(tcp) and geneve 5"},
	{{"--vxlan", "7"},
		"udp dst port 4789 and (udp[12:4] >> 8 = 7 or (ip6 and ip6[52:4] >> 8 = 7))"},
	{{"--rcf", "tcp or udp", "--srcip", "10.0.0.1"}, "(tcp or udp) and src net 10.0.0.1"},
	{{"--srcudpport", "53", "--dstudpport", "54"}, "udp src port 53 and udp dst port 54"},
	{{"--proto", "0x11", "--vlan", "3"}, "vlan 3 and proto 0x11"},
};

static void filter_options_are_terms(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(joined) / sizeof(joined[0]); i++) {
		char *argv[10] = {(char[]){"pktcap"}};
		char text[8][32];
		struct pk_opts o;
		struct rd_err err;
		struct rd_filter f;

		for (unsigned k = 0; k < 8 && joined[i].args[k] != NULL; k++) {
			assert_int_equal(
				rd_str_copy(text[k], sizeof(text[k]), joined[i].args[k]), 0);
			argv[k + 1] = text[k];
		}
		assert_int_equal(parse(&o, argv, &err), 0);
		assert_string_equal(o.filter, joined[i].filter);
		assert_int_equal(rd_filter_compile(&f, o.filter, RD_FILTER_BOTH, &err), 0);
		rd_filter_free(&f);
		pk_opts_free(&o);
	}
}

// The argument is optional: what can only be reasons is one.
static void drops_have_reasons(void **state)
{
	char *some[] = {(char[]){"pktcap"}, (char[]){"--drop"}, (char[]){"DFW_RULE_DENY,PARSE_*"},
		(char[]){"tcp"}, NULL};
	char *all[] = {(char[]){"pktcap"}, (char[]){"-drop"}, (char[]){"host"},
		(char[]){"10.0.0.1"}, NULL};
	char *joined_list[] = {(char[]){"pktcap"}, (char[]){"--drop=rx_runt"}, NULL};
	struct pk_opts o;
	struct rd_err err;

	(void)state;
	assert_int_equal(parse(&o, some, &err), 0);
	assert_string_equal(o.capture, "drop");
	assert_string_equal(o.filter, "tcp");
	assert_true(pk_drops_wants(&o.drops, RD_DROP_DFW_RULE_DENY));
	assert_true(pk_drops_wants(&o.drops, RD_DROP_PARSE_IP_CSUM));
	assert_false(pk_drops_wants(&o.drops, RD_DROP_DFW_DEFAULT_DENY));
	pk_opts_free(&o);
	assert_int_equal(parse(&o, all, &err), 0);
	assert_string_equal(o.filter, "host 10.0.0.1");
	assert_false(o.drops.some);
	assert_true(pk_drops_wants(&o.drops, RD_DROP_DFW_DEFAULT_DENY));
	pk_opts_free(&o);
	assert_int_equal(parse(&o, joined_list, &err), 0);
	assert_true(pk_drops_wants(&o.drops, RD_DROP_RX_RUNT));
	assert_false(pk_drops_wants(&o.drops, RD_DROP_RX_OVERSIZE));
	pk_opts_free(&o);
}

// Options that say where, in both spellings, and that count.
static void more_places(void **state)
{
	char *argv[] = {(char[]){"pktcap"}, (char[]){"--vm"}, (char[]){"web"}, (char[]){"--fcport"},
		(char[]){"0.7"}, (char[]){"--dvfilter"}, (char[]){"web.eth0"},
		(char[]){"--kernelside"}, (char[]){"-f"}, (char[]){"dfw_in"},
		(char[]){"--first-drop"}, (char[]){"PARSE_*"}, NULL};
	struct pk_opts o;
	struct rd_err err;

	(void)state;
	assert_int_equal(parse(&o, argv, &err), 0);
	assert_int_equal(o.nb_select, 3);
	assert_int_equal(o.select[0].kind, PK_SELECT_VM);
	assert_int_equal(o.select[1].kind, PK_SELECT_FCPORT);
	assert_int_equal(o.select[2].kind, PK_SELECT_DVFILTER);
	assert_string_equal(o.function, "dfw_in");
	assert_int_equal(o.count, 1);
	assert_true(pk_drops_wants(&o.drops, RD_DROP_PARSE_IP_CSUM));
	assert_false(pk_drops_wants(&o.drops, RD_DROP_DFW_RULE_DENY));
	pk_opts_free(&o);
}

static enum pk_dir dir_of(char **argv, enum pk_style style)
{
	struct pk_opts o;
	struct rd_err err;

	assert_int_equal(parse(&o, argv, &err), 0);
	assert_int_equal(o.style, style);
	assert_int_equal(o.count, 3);
	pk_opts_free(&o);
	return o.dir;
}

// The name or --compat, anywhere: rx only unless something else is asked for.
static void compat_has_its_defaults(void **state)
{
	char *native[] = {(char[]){"/usr/bin/pktcap"}, (char[]){"-c3"}, NULL};
	char *named[] = {(char[]){"/usr/bin/pktcap-uw"}, (char[]){"-c3"}, NULL};
	char *late[] = {(char[]){"pktcap"}, (char[]){"-c3"}, (char[]){"tcp"}, (char[]){"--compat"},
		(char[]){"-p"}, (char[]){"4"}, NULL};
	char *both[] = {(char[]){"pktcap-uw"}, (char[]){"-c3"}, (char[]){"--dir"}, (char[]){"2"},
		(char[]){"--compat"}, NULL};

	(void)state;
	assert_int_equal(dir_of(native, PK_NATIVE), PK_DIR_BOTH);
	assert_int_equal(dir_of(named, PK_COMPAT), PK_DIR_RX);
	assert_int_equal(dir_of(late, PK_COMPAT), PK_DIR_RX);
	assert_int_equal(dir_of(both, PK_COMPAT), PK_DIR_BOTH);
}

struct refused {
	const char *args[6];
	const char *why;
};

static const struct refused refused[] = {
	{{"--bogus"}, "--bogus"},
	{{"--drop", "NO_SUCH_REASON"}, "NO_SUCH_REASON"},
	{{"--drop", "--capture", "drop"}, "--drop"},
	{{"--count"}, "needs a value"},
	{{"--s", "1"}, "not unique"},
	{{"--trace=1"}, "takes no value"},
	{{"--=x"}, "not known"},
	{{"-nZ"}, "not known"},
	{{"--dir", "3"}, "--dir 3"},
	{{"--stage", "middle"}, "--stage"},
	{{"-s", "10"}, "below"},
	{{"-c", "many"}, "not a number"},
	{{"--meta", "all", "-o", "f"}, "--meta"},
	{{"--inner-only", "--outer-only"}, "exclude"},
	{{"--json", "--console"}, "excludes"},
	{{"--diff", "all", "--json"}, "--trace"},
	{{"--diff", "nowhere"}, "no hop"},
	{{"--sample", "every other"}, "--sample"},
	{{"--decap=9"}, "from 1 to 8"},
	{{"--compress", "gzip"}, "--compress"},
	{{"-o", "-", "--console"}, "standard output"},
	{{"-P"}, "no file"},
	{{"--srcip", "10.0.0.300"}, "--srcip"},
	{{"--tcpport", "80 or udp"}, "--tcpport"},
	{{"--vlan", "4096"}, "--vlan"},
	{{"--vni", "16777216"}, "--vni"},
	{{"--lifID", "3"}, "no distributed router"},
	{{"--overlay", "x"}, "no classes"},
	{{"-r", "f", "--uplink", "vmnic1"}, "all ports"},
	{{"--pcap", "--meta", "full", "-o", "f"}, "no room"},
};

static void nonsense_is_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		char *argv[8] = {(char[]){"pktcap"}};
		char text[6][32];
		struct pk_opts o;
		struct rd_err err;

		for (unsigned k = 0; k < 6 && refused[i].args[k] != NULL; k++) {
			assert_int_equal(
				rd_str_copy(text[k], sizeof(text[k]), refused[i].args[k]), 0);
			argv[k + 1] = text[k];
		}
		assert_int_equal(parse(&o, argv, &err), -EINVAL);
		assert_non_null(strstr(err.what, refused[i].why));
		pk_opts_free(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_dash_is_enough),
		cmocka_unit_test(behind_dashes_all_is_filter),
		cmocka_unit_test(letters_are_tcpdumps),
		cmocka_unit_test(letters_go_together),
		cmocka_unit_test(filter_options_are_terms),
		cmocka_unit_test(drops_have_reasons),
		cmocka_unit_test(more_places),
		cmocka_unit_test(compat_has_its_defaults),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
