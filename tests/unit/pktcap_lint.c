/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Advice on filters: what matches nothing gets it, what people really use does not.
 */
#include "unit.h"

#include <string.h>

#include "lint.h"

struct advice {
	const char *expr;
	const char *want; // a part of what is said; NULL = nothing may be said
};

static const struct advice advice[] = {
	{"", NULL},
	{"tcp port 80 and 10.1.1.10", "write: host 10.1.1.10"},
	{"10.1.1.10", "write: host 10.1.1.10"},
	{"tcp and 10.0.0.0/8", "write: net 10.0.0.0/8"},
	{"udp and 2001:db8::1", "write: host 2001:db8::1"},
	{"00:50:56:a1:99:9e and arp", "write: ether host 00:50:56:a1:99:9e"},
	{"host 10.0.0.1 or 10.0.0.2", NULL},
	{"host 10.0.0.1 and (10.0.0.2 or 10.0.0.3)", NULL},
	{"src 10.0.0.1 and dst 10.0.0.2", NULL},
	{"ether host 00:50:56:a1:99:9e", NULL},
	{"src net 10.0.0.0/8 and tcp port 80", NULL},
	{"tcp and udp", "write: tcp or udp"},
	{"tcp or udp", NULL},
	{"tcp and not udp port 53", NULL},
	{"proto 0x06 and udp port 53", "write: tcp or udp"},
	{"tcp port 80 and tcp port 443", NULL},
	{"port 80 and port 81 and port 82", "two port"},
	{"src port 80 and src port 90", "write: src port 80 or 90"},
	{"src port 80 and dst port 90", NULL},
	{"src port 80 and src port 80", NULL},
	{"host 10.0.0.1 and host 10.0.0.2", NULL},
	{"src host 10.0.0.1 and src host 10.0.0.2", "write: src host 10.0.0.1 or 10.0.0.2"},
	{"net 10.0.0.1 and net 10.0.0.2 and net 10.0.0.3", "two host"},
	{"icmp and port 80", "icmp has no ports"},
	{"arp and port 80", "arp has no ports"},
	{"ip and ip6", "write: ip or ip6"},
	{"ip6 and icmp", "write: ip6 or ip"},
	{"ip6 and icmp6", NULL},
	{"udp port 6081 and geneve and tcp port 80", NULL},
	{"vlan 10 and tcp and vlan 20 and udp", NULL},
	{"inbound and tcp", "write: --dir rx"},
	{"outbound", "write: --dir tx"},
	{"tcp[tcpflags] & tcp-syn != 0 and host 10.0.0.1", NULL},
	{"tcp[13]&2!=0", NULL},
	{"(tcp) and (udp)", "write: tcp or udp"},
	{"vlan 10 and net 10.1.2.3 and (not arp)", NULL},
};

static void what_matches_nothing_gets_advice(void **state)
{
	char text[PK_LINT_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
		pk_lint_filter(advice[i].expr, text, sizeof(text));
		if (advice[i].want == NULL ? text[0] != '\0' : strstr(text, advice[i].want) == NULL)
			fail_msg("%s: wanted %s, got %s", advice[i].expr,
				advice[i].want ? advice[i].want : "nothing", text);
	}
}

// Whatever is written: no more than fits is said.
static void long_filters_are_left_alone(void **state)
{
	char expr[9000], text[32];

	(void)state;
	memset(expr, 'x', sizeof(expr) - 1);
	expr[sizeof(expr) - 1] = '\0';
	assert_string_equal(pk_lint_filter(expr, text, sizeof(text)), "");
	for (size_t i = 0; i + 1 < sizeof(expr); i++)
		expr[i] = i % 2 ? ' ' : '(';
	assert_string_equal(pk_lint_filter(expr, text, sizeof(text)), "");
	assert_true(
		strlen(pk_lint_filter("10.0.0.1 and 10.0.0.2", text, sizeof(text))) < sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_matches_nothing_gets_advice),
		cmocka_unit_test(long_filters_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
