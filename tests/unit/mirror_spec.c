/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fields of a mirror session: bounds with their exact words, text that reads back, and what contradicts itself.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "session/field.h"

static const struct {
	const char *key, *value;
	const char *text; // what is read back; NULL: refused
	const char *error;
} bounds[] = {
	{"id", "0", NULL, "id 0: 1 to 1023 (0x1 to 0x3ff)"},
	{"id", "1", "1", NULL},
	{"id", "0x3ff", "1023", NULL},
	{"id", "1024", NULL, "id 1024: 1 to 1023 (0x1 to 0x3ff)"},
	{"erspan-id", "0", NULL, "erspan-id 0: 1 to 1023 (0x1 to 0x3ff)"},
	{"erspan-id", "1023", "1023", NULL},
	{"erspan-id", "0x400", NULL, "erspan-id 0x400: 1 to 1023 (0x1 to 0x3ff)"},
	{"index", "0", "0", NULL},
	{"index", "0xfffff", "1048575", NULL},
	{"index", "1048576", NULL, "index 1048576: 0 to 1048575 (0x0 to 0xfffff)"},
	{"hwid", "63", "63", NULL},
	{"hwid", "64", NULL, "hwid 64: 0 to 63 (0x0 to 0x3f)"},
	{"vni", "16777215", "16777215", NULL},
	{"vni", "0x1000000", NULL, "vni 0x1000000: 0 to 16777215 (0x0 to 0xffffff)"},
	{"vlan", "0", NULL, "vlan 0: 1 to 4094"},
	{"vlan", "4094", "4094", NULL},
	{"vlan", "4095", NULL, "vlan 4095: 1 to 4094"},
	{"sgt", "65535", "65535", NULL},
	{"sgt", "65536", NULL, "sgt 65536: 0 to 65535 (0x0 to 0xffff), or reason"},
	{"sgt", "reason", "reason", NULL},
	{"key", "0xdeadbeef", "0xdeadbeef", NULL},
	{"key", "4294967296", NULL, "key 4294967296: 0 to 4294967295 (0x0 to 0xffffffff), or none"},
	{"key", "none", "none", NULL},
	{"snaplen", "0", "0", NULL},
	{"snaplen", "63", NULL, "snaplen 63: 64 to 9216, or 0 for whole frames"},
	{"snaplen", "64", "64", NULL},
	{"snaplen", "9216", "9216", NULL},
	{"snaplen", "9217", NULL, "snaplen 9217: 64 to 9216, or 0 for whole frames"},
	{"sample", "1/0", NULL, "sample 1/0: 1/N, random:1/N or flow:1/N, N from 1 to 4294967295"},
	{"sample", "1/1", "1/1", NULL},
	{"sample", "flow:1/4294967295", "flow:1/4294967295", NULL},
	{"sample", "random:1/4294967296", NULL,
		"sample random:1/4294967296: 1/N, random:1/N or flow:1/N, N from 1 to 4294967295"},
	{"pps", "0", "0", NULL},
	{"pps", "1000000000", "1000000000", NULL},
	{"pps", "1000000001", NULL, "pps 1000000001: 1 to 1000000000, or 0 for no limit"},
	{"bps", "7999", NULL, "bps 7999: 8000 to 1000000000000, or 0 for no limit"},
	{"bps", "8000", "8000", NULL},
	{"burst", "0", NULL, "burst 0: 1 to 10000"},
	{"burst", "10000", "10000", NULL},
	{"burst", "10001", NULL, "burst 10001: 1 to 10000"},
	{"dscp", "63", "63", NULL},
	{"dscp", "64", NULL, "dscp 64: 0 to 63"},
	{"ttl", "0", NULL, "ttl 0: 1 to 255"},
	{"ttl", "255", "255", NULL},
	{"ttl", "256", NULL, "ttl 256: 1 to 255"},
	{"pcp", "7", "7", NULL},
	{"pcp", "8", NULL, "pcp 8: 0 to 7"},
	{"udp-port", "0", NULL, "udp-port 0: 1 to 65535"},
	{"udp-port", "65535", "65535", NULL},
	{"udp-port", "65536", NULL, "udp-port 65536: 1 to 65535"},
	{"mtu", "575", NULL, "mtu 575: 576 to 9216"},
	{"mtu", "9216", "9216", NULL},
	{"lifetime", "1h", "3600s", NULL},
	{"lifetime", "0", "0s", NULL},
	{"lifetime", "250ms", NULL,
		"lifetime 250ms: whole seconds up to 366 days, like 90s, 30m or 24h; 0 = until it is removed"},
	{"direction", "in", NULL, "direction in: one of to-guest, from-guest, both"},
	{"encap", "erspan", NULL,
		"encap erspan: one of erspan1, erspan2, erspan3, gre, vxlan, geneve, tzsp, rspan, pcap-file, port"},
	{"exclusive", "yes", NULL, "exclusive yes: one of off, on"},
	{"payload-mask", "zero:9217", NULL,
		"payload-mask zero:9217: none, zero:N or random:N, N from 0 to 9216"},
	{"payload-mask", "random:0", "random:0", NULL},
	{"options", "time,origin", "time,origin", NULL},
	{"options", "none", "none", NULL},
	{"stage", "dfw_in,drop", "dfw_in,drop", NULL},
	{"stage", "all", "all", NULL},
	{"stage", "nowhere", NULL, "there is no stage nowhere"},
	{"reason", "DFW_RULE_DENY", "DFW_RULE_DENY", NULL},
	{"reason", "any", "any", NULL},
	{"source", "arm/vm1,vni:5001,vlan:100,guest:web1,all",
		"arm/vm1,vni:5001,vlan:100,guest:web1,all", NULL},
	{"source", "vni:16777216", NULL, "source vni:16777216: vni:0 to vni:16777215"},
	{"source", "a,,b", NULL, "source a,,b: an element is empty or too long"},
	{"to", "192.0.2.2,2001:db8::2", "192.0.2.2,2001:db8::2", NULL},
	{"to", "192.0.2.2,192.0.2.2", NULL, "to 192.0.2.2 is given twice"},
	{"to", "1.0.0.1,1.0.0.2,1.0.0.3,1.0.0.4,1.0.0.5", NULL, "to: at most 4"},
	{"name", "a-name.of_31.characters.1234567", "a-name.of_31.characters.1234567", NULL},
	{"name", "a-name.of_32.characters.12345678", NULL,
		"\"a-name.of_32.characters.12345678\" can't be a session's name: 1 to 31 of A-Z a-z 0-9 . _ -"},
	{"comment", "two\nlines", NULL, "comment has a control character or a quotation mark"},
	{"nothing", "1", NULL, "a mirror session has no nothing"},
};

static void test_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		struct rd_mirror_spec s;
		struct rd_err err = {0};
		char buf[RD_MIRROR_VALUE_LEN];
		int ret;

		rd_mirror_spec_init(&s);
		ret = rd_mirror_spec_set(&s, bounds[i].key, bounds[i].value, &err);
		if (bounds[i].text == NULL) {
			assert_int_not_equal(ret, 0);
			assert_string_equal(err.what, bounds[i].error);
			continue;
		}
		if (ret != 0)
			print_error("%s %s: %s\n", bounds[i].key, bounds[i].value, err.what);
		assert_int_equal(ret, 0);
		assert_true(rd_mirror_given(&s, bounds[i].key));
		rd_mirror_spec_text(&s, rd_mirror_field(bounds[i].key), buf);
		assert_string_equal(buf, bounds[i].text);
	}
}

static void test_shown_both(void **state)
{
	struct rd_mirror_spec s;
	char buf[RD_MIRROR_VALUE_LEN];

	(void)state;
	rd_mirror_spec_init(&s);
	assert_int_equal(rd_mirror_spec_set(&s, "index", "2565", NULL), 0);
	assert_string_equal(
		rd_mirror_spec_shown(&s, rd_mirror_field("index"), buf), "2565 (0xa05)");
	assert_int_equal(rd_mirror_spec_set(&s, "index", "0x2565", NULL), 0);
	assert_string_equal(
		rd_mirror_spec_shown(&s, rd_mirror_field("index"), buf), "9573 (0x2565)");
}

// Every default is a text that is taken again, and means the same.
static void test_defaults_read_back(void **state)
{
	struct rd_mirror_spec s, again;
	char buf[RD_MIRROR_VALUE_LEN];

	(void)state;
	rd_mirror_spec_init(&s);
	for (unsigned i = 0; i < rd_mirror_nb_fields; i++) {
		const struct rd_mirror_field *f = &rd_mirror_fields[i];

		rd_mirror_spec_text(&s, f, buf);
		if (*buf == '\0' || (f->kind == RD_MIRROR_NUM && strcmp(buf, "0") == 0))
			continue; // not set
		again = s;
		assert_int_equal(rd_mirror_spec_set(&again, f->key, buf, NULL), 0);
		again.given = 0;
		assert_memory_equal(&again, &s, sizeof(s));
	}
}

static const struct {
	const char *text, *again; // again: NULL = refused
	const char *error;
} rules[] = {
	{"permit", "permit all", NULL},
	{"deny all", "deny all", NULL},
	{"permit inner either-way proto tcp from 10.1.2.3/8 to 10.0.0.1 sport 1000-2000 dport 443 "
	 "flags syn,!ack dscp 46 length 0-128",
		"permit inner either-way proto tcp from 10.0.0.0/8 to 10.0.0.1/32 sport 1000-2000 "
		"dport 443 flags syn,!ack dscp 46 length 0-128",
		NULL},
	{"permit  outer smac 00:50:56:a1:99:9e dmac 00:50:56:a1:fc:f3 vlan 100 vni 5001 ethertype ipv6",
		"permit outer smac 00:50:56:a1:99:9e dmac 00:50:56:a1:fc:f3 vlan 100 vni 5001 "
		"ethertype 0x86dd",
		NULL},
	{"permit proto 47 from 2001:db8::1:2/64", "permit proto 47 from 2001:db8::/64", NULL},
	{"allow", NULL, "a rule begins with permit or deny, not \"allow\""},
	{"permit proto", NULL, "a rule's proto needs a value"},
	{"permit proto tcp proto udp", NULL, "a rule has proto twice"},
	{"permit colour red", NULL, "a rule knows no \"colour\""},
	{"permit from 10.0.0.1 to 2001:db8::1", NULL, "one address is IPv4 and the other one IPv6"},
	{"permit from 10.0.0.1 ethertype ipv6", NULL, "an IPv4 address never has ethertype 0x86dd"},
	{"permit ethertype arp dport 1", NULL, "arp has no protocol, ports, flags or dscp"},
	{"permit proto icmp dport 1", NULL, "sport and dport are of tcp, udp and sctp"},
	{"permit proto udp flags syn", NULL, "flags are of tcp"},
	{"permit flags syn,syn", NULL,
		"flags syn,syn: fin syn rst psh ack urg ece cwr, once each, with commas; ! = not set"},
	{"permit vlan 0", NULL, "vlan 0: 1 to 4094"},
	{"permit vlan 4095", NULL, "vlan 4095: 1 to 4094"},
	{"permit vni 16777216", NULL, "vni 16777216: 0 to 16777215"},
	{"permit dscp 64", NULL, "dscp 64: 0 to 63"},
	{"permit ethertype 1535", NULL,
		"ethertype 1535: ipv4, ipv6, arp or 1536 to 65535 (0x600 to 0xffff)"},
	{"permit dport 65536", NULL, "dport 65536: 0 to 65535, or a range like 1000-2000"},
	{"permit length 9-8", NULL, "length 9-8: 0 to 65535, or a range like 0-128"},
};

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct rd_mirror_rule r, again;
		struct rd_err err = {0};
		char buf[400];
		int ret = rd_mirror_rule_parse(&r, rules[i].text, &err);

		if (rules[i].again == NULL) {
			assert_int_not_equal(ret, 0);
			assert_string_equal(err.what, rules[i].error);
			continue;
		}
		if (ret != 0)
			print_error("%s: %s\n", rules[i].text, err.what);
		assert_int_equal(ret, 0);
		assert_string_equal(rd_mirror_rule_text(&r, buf, sizeof(buf)), rules[i].again);
		assert_int_equal(rd_mirror_rule_parse(&again, buf, &err), 0);
		assert_memory_equal(&again, &r, sizeof(r));
	}
}

static void test_rule_count(void **state)
{
	struct rd_mirror_spec s;
	struct rd_err err = {0};

	(void)state;
	rd_mirror_spec_init(&s);
	for (int i = 0; i < RD_MIRROR_RULES; i++)
		assert_int_equal(rd_mirror_spec_set(&s, "rule", "permit all", &err), 0);
	assert_int_equal(rd_mirror_spec_set(&s, "rule", "permit all", &err), -E2BIG);
	assert_string_equal(err.what, "a session has at most 16 rules");
	assert_int_equal(rd_mirror_spec_set(&s, "rule", "none", NULL), 0);
	assert_int_equal(s.nb_rules, 0);
}

static const struct {
	const char *set[8][2];
	const char *error; // NULL: sound
} together[] = {
	{{{"source", "vm1"}, {"to", "192.0.2.2"}}, NULL},
	{{{"to", "192.0.2.2"}}, "a session needs a source"},
	{{{"source", "vm1"}}, "a remote session needs a collector"},
	{{{"source", "vm1"}, {"to", "127.0.0.1"}}, "to 127.0.0.1: nobody has this address"},
	{{{"source", "vm1"}, {"to", "224.0.0.1"}}, "to 224.0.0.1 is a group or broadcast address"},
	{{{"source", "vm1"}, {"to", "224.0.0.1"}, {"multicast", "on"}}, NULL},
	{{{"source", "vm1"}, {"to", "2001:db8::1"}, {"src-ip", "192.0.2.1"}},
		"src-ip is of another family than to 2001:db8::1"},
	{{{"source", "vm1"}, {"to", "192.0.2.2"}, {"pps", "0"}},
		"a session without a limit of its rate can fill the port that it leaves by"},
	{{{"source", "vm1"}, {"to", "192.0.2.2"}, {"pps", "0"}, {"force", "on"}}, NULL},
	{{{"source", "vm1"}, {"to", "192.0.2.2"}, {"lifetime", "0"}},
		"a session that never ends is forgotten"},
	{{{"source", "vm1"}, {"to", "192.0.2.2"}, {"lifetime", "0"}, {"max-packets", "10"}}, NULL},
	{{{"source", "vm1"}, {"encap", "rspan"}}, "rspan needs the VLAN of its copies"},
	{{{"source", "vm1"}, {"encap", "rspan"}, {"vlan", "900"}},
		"this encap needs the port that copies leave by"},
	{{{"source", "vm1"}, {"encap", "pcap-file"}, {"file", "x.pcapng"}},
		"encap pcap-file needs an absolute file name"},
	{{{"source", "vm1"}, {"encap", "port"}, {"out-port", "p"}, {"to", "192.0.2.2"}},
		"this encap has no collector's address"},
	{{{"source", "vm1"}, {"to", "192.0.2.2"}, {"reason", "any"}, {"stage", "dfw_in"}},
		"only dropped packets have a reason"},
	{{{"source", "vm1"}, {"to", "192.0.2.2"}, {"reason", "any"}, {"offload", "require"}},
		"offload require: no NIC does reason"},
};

static void test_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(together) / sizeof(together[0]); i++) {
		char warn[RD_MIRROR_WARN] = "";
		struct rd_mirror_spec s;
		struct rd_err err = {0};

		rd_mirror_spec_init(&s);
		for (size_t k = 0; k < 8 && together[i].set[k][0] != NULL; k++)
			assert_int_equal(rd_mirror_spec_set(&s, together[i].set[k][0],
						 together[i].set[k][1], &err),
				0);
		assert_int_equal(rd_mirror_spec_check(&s, warn, &err),
			together[i].error == NULL ? 0 : -EINVAL);
		assert_string_equal(err.what, together[i].error != NULL ? together[i].error : "");
		assert_string_equal(warn, "");
	}
}

static void test_warnings(void **state)
{
	char warn[RD_MIRROR_WARN] = "";
	struct rd_mirror_spec s;

	(void)state;
	rd_mirror_spec_init(&s);
	assert_int_equal(rd_mirror_spec_set(&s, "source", "all", NULL), 0);
	assert_int_equal(rd_mirror_spec_set(&s, "to", "192.0.2.2", NULL), 0);
	assert_int_equal(rd_mirror_spec_set(&s, "snaplen", "64", NULL), 0);
	assert_int_equal(rd_mirror_spec_check(&s, warn, NULL), 0);
	assert_string_equal(warn, "snaplen below 128 cuts TCP options");
}

static void test_of_each_destination(void **state)
{
	struct rd_mirror_spec s;
	struct rd_err err = {0};

	(void)state;
	rd_mirror_spec_init(&s);
	assert_int_not_equal(rd_mirror_spec_set(&s, "weight", "1", &err), 0);
	assert_string_equal(err.what, "weight comes after \"to\"");
	assert_int_equal(rd_mirror_spec_set(&s, "to", "192.0.2.2,192.0.2.3", NULL), 0);
	assert_int_equal(rd_mirror_spec_set(&s, "weight", "3,1", NULL), 0);
	assert_int_equal(s.dest[0].weight, 3);
	assert_int_equal(rd_mirror_spec_set(&s, "priority", "2,1", NULL), 0);
	assert_int_equal(s.dest[1].priority, 1);
	assert_int_not_equal(rd_mirror_spec_set(&s, "priority", "2", NULL), 0);
	assert_int_not_equal(rd_mirror_spec_set(&s, "priority", "0,1", NULL), 0);
	assert_int_not_equal(rd_mirror_spec_set(&s, "priority", "256,1", NULL), 0);
	assert_int_not_equal(rd_mirror_spec_set(&s, "weight", "1,2,3", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_shown_both),
		cmocka_unit_test(test_defaults_read_back),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rule_count),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_of_each_destination),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
