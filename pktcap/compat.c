/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pktcap-uw's banner and trailer, see compat.h. Main thread.
 */
#include "compat.h"

#include <stdio.h>
#include <string.h>

#define SERVER_PORT 38100 // what is printed without -p; there is no such server here

// Standard output is pktcap-uw's place for it, unless a program reads a file or JSON there.
static FILE *chatter(const struct pk_session *s)
{
	const char *file = s->opts->outfile;

	return s->opts->json || (file != NULL && strcmp(file, "-") == 0) ? stderr : stdout;
}

static const char *const select_text[] = {
	[PK_SELECT_ANY] = "The name of the interface is",
	[PK_SELECT_UPLINK] = "The name of the uplink is",
	[PK_SELECT_SWITCHPORT] = "The switch port id is",
	[PK_SELECT_VMK] = "The name of the vmk is",
	[PK_SELECT_FCPORT] = "The fast path port id is",
	[PK_SELECT_DVFILTER] = "The name of the dvfilter is",
	[PK_SELECT_VM] = "The name of the VM is",
};

struct label {
	const char *option, *text;
};

static const struct label filter_text[] = {
	{"srcmac", "source MAC address"},
	{"dstmac", "destination MAC address"},
	{"mac", "MAC address"},
	{"ethtype", "Ethernet type"},
	{"vlan", "VLAN ID"},
	{"srcip", "source IP address"},
	{"dstip", "destination IP address"},
	{"ip", "IP address"},
	{"srcip6", "source IPv6 address"},
	{"dstip6", "destination IPv6 address"},
	{"ip6", "IPv6 address"},
	{"proto", "IP protocol"},
	{"srcport", "source port"},
	{"dstport", "destination port"},
	{"tcpport", "TCP port"},
	{"srctcpport", "source TCP port"},
	{"dsttcpport", "destination TCP port"},
	{"udpport", "UDP port"},
	{"srcudpport", "source UDP port"},
	{"dstudpport", "destination UDP port"},
	{"vni", "VNI"},
	{"geneve", "Geneve VNI"},
	{"vxlan", "VXLAN ID"},
};

static void say_filters(FILE *f, const struct pk_opts *o)
{
	for (unsigned i = 0; i < o->terms.count; i++) {
		const struct pk_term_given *t = &o->terms.given[i];

		for (size_t k = 0; k < sizeof(filter_text) / sizeof(filter_text[0]); k++)
			if (strcmp(filter_text[k].option, t->option) == 0)
				fprintf(f, "The session filter %s is %s\n", filter_text[k].text,
					t->value);
	}
	if (o->nb_words > 0)
		fprintf(f, "The session filter expression is %s\n", o->filter);
}

static void say_where(FILE *f, const struct pk_opts *o)
{
	static const char *const dirs[] = {
		[PK_DIR_RX] = "Rx", [PK_DIR_TX] = "Tx", [PK_DIR_BOTH] = "Rx and Tx"};

	for (unsigned i = 0; i < o->nb_select; i++)
		fprintf(f, "%s %s\n", select_text[o->select[i].kind], o->select[i].name);
	if (o->nb_select > 0 && o->capture == NULL)
		fprintf(f, "The dir is %s\n", dirs[o->dir]);
	if (o->side != PK_SIDE_AUTO)
		fprintf(f, "The Stage is %s\n", o->side == PK_SIDE_PRE ? "Pre" : "Post");
	if (o->capture != NULL)
		fprintf(f, "The session capture point is %s\n", o->capture);
}

void pk_compat_banner(const struct pk_session *s)
{
	const struct pk_opts *o = s->opts;
	unsigned port = o->server_port != 0 ? (unsigned)o->server_port : SERVER_PORT;
	FILE *f = chatter(s);

	say_where(f, o);
	say_filters(f, o);
	if (o->count != 0)
		fprintf(f, "To capture %llu packets\n", (unsigned long long)o->count);
	if (o->server_port == 0)
		fprintf(f, "No server port specifed, select %u as the port\n", port);
	if (o->outfile == NULL || o->console)
		fputs("Output the packet info to console.\n", f);
	else
		fprintf(f, "The output file is %s\n", o->outfile);
	fprintf(f,
		"Local CID 2\nListen on port %u\nAccept...Vsock connection from port 1027 cid 2\n",
		port);
	fflush(f); // people wait for it before they send
}

void pk_compat_trailer(const struct pk_session *s, uint64_t lost)
{
	const struct pk_opts *o = s->opts;
	bool to_console = o->outfile == NULL || o->console;
	FILE *f = chatter(s);
	uint64_t n = s->captured;

	for (unsigned i = 0; i < s->nb_outs; i++)
		n = s->outs[i]->walks != 0 ? s->outs[i]->walks : n;
	fprintf(f, "Dumped %llu packet to %s%s, dropped %llu packets.\nDone.\n",
		(unsigned long long)n, to_console ? "console" : "file ",
		to_console ? "" : o->outfile, (unsigned long long)lost);
	fflush(f);
}
