/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The text decoder against Debian's tcpdump: every frame of a pcap file must give tcpdump's text, also with -v, -vv and -q, but for what
 * docs/man/pktcap.1.tail lists under "Differences from tcpdump". Argument: the pcap files.
 */
#include "unit.h"

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "decode/oneline.h"

#define LINE 65536

static char **files;
static int nb_files;

struct blocks { // tcpdump's output, with -#: a packet's first line starts with its number
	FILE *f;
	char line[LINE]; // read, but not used yet
	bool have;
};

static bool next_line(struct blocks *b)
{
	b->have = fgets(b->line, LINE, b->f) != NULL;
	return b->have;
}

static const char *first_line(const struct blocks *b, unsigned want)
{
	char *text;

	return strtoul(b->line, &text, 10) == want && strncmp(text, "  ", 2) == 0 ? text + 2 : NULL;
}

// All lines of frame number `want`.
static bool read_block(struct blocks *b, unsigned want, char text[LINE])
{
	size_t n = 0;

	text[0] = '\0';
	if (!b->have || first_line(b, want) == NULL)
		return false;
	rd_str_addf(text, LINE, &n, "%s", first_line(b, want));
	while (next_line(b) && first_line(b, want + 1) == NULL)
		rd_str_addf(text, LINE, &n, "%s", b->line);
	while (n > 0 && strchr(" :\n", text[n - 1]) != NULL)
		text[--n] = '\0';
	return true;
}

static bool is_at(const char *text, const char *what)
{
	return strncmp(text, what, strlen(what)) == 0;
}

// Whether the texts differ only in what we leave out on purpose: theirs goes on with the payload's protocol or a hex dump,
// or tcpdump decodes a UDP port or an IP protocol that we only name.
static bool is_allowed(const char *ours, const char *theirs)
{
	const char *udp = strstr(ours, "UDP, "), *proto = strstr(ours, " ip-proto-");
	size_t same = 0;

	while (ours[same] != '\0' && ours[same] == theirs[same])
		same++;
	if (ours[same] == '\0' && (is_at(theirs + same, ": ") || is_at(theirs + same, " [|llc]")))
		return true;
	if (ours[same] == '\0' && strstr(theirs + same, "\n\t0x0000:  ") != NULL)
		return true;
	if (ours[same] == '\0' && strstr(ours, "802.3") != NULL)
		return true;
	if (udp != NULL && (size_t)(udp - ours) <= same)
		return true;
	if (proto != NULL && strstr(theirs, ": sctp") != NULL) // with ports, which we leave out
		return true;
	return proto != NULL && (size_t)(proto - ours) <= same + 1;
}

// Returns how many frames' texts differ.
static unsigned compare_file(const char *path, const char *option, struct rd_oneline_style style)
{
	char command[512], errbuf[PCAP_ERRBUF_SIZE];
	static char theirs[LINE], ours[RD_VERBOSE_MAX];
	pcap_t *pcap = pcap_open_offline(path, errbuf);
	struct rd_oneline *o = rd_oneline_new();
	static struct blocks b;
	unsigned frames = 0, bad = 0, exact = 0;
	struct pcap_pkthdr *h;
	const u_char *bytes;

	snprintf(command, sizeof(command), "tcpdump -#ten%s -r %s 2>/dev/null", option, path);
	b.f = popen(command, "r");
	assert_non_null(pcap);
	assert_non_null(o);
	assert_non_null(b.f);
	rd_oneline_style(o, style);
	next_line(&b);
	while (pcap_next_ex(pcap, &h, &bytes) == 1) {
		frames++;
		rd_oneline_frame(o, bytes, h->caplen, h->len, ours, sizeof(ours));
		assert_true(read_block(&b, frames, theirs));
		exact += strcmp(ours, theirs) == 0;
		if (strcmp(ours, theirs) != 0 && !is_allowed(ours, theirs)) {
			printf("%s %s frame %u\n  ours   %s\n  theirs %s\n", path, option, frames,
				ours, theirs);
			bad++;
		}
	}
	pclose(b.f);
	pcap_close(pcap);
	rd_oneline_free(o);
	printf("%s: %u frames, %u texts exactly as those of tcpdump -en%s\n", path, frames, exact,
		option);
	assert_true(frames > 0);
	return bad;
}

static void compare_all(const char *option, struct rd_oneline_style style)
{
	unsigned bad = 0;

	for (int i = 0; i < nb_files; i++)
		bad += compare_file(files[i], option, style);
	assert_int_equal(bad, 0);
}

static void lines_are_as_tcpdump_prints_them(void **state)
{
	(void)state;
	compare_all("", (struct rd_oneline_style){0});
}

static void details_are_as_tcpdump_prints_them(void **state)
{
	(void)state;
	compare_all("v", (struct rd_oneline_style){.verbose = 1});
	compare_all("vv", (struct rd_oneline_style){.verbose = 2});
}

static void quiet_lines_are_as_tcpdump_prints_them(void **state)
{
	(void)state;
	compare_all("q", (struct rd_oneline_style){.quiet = true});
	compare_all("S", (struct rd_oneline_style){.absolute = true});
}

static void checksums_can_be_left_out(void **state)
{
	(void)state;
	compare_all("vK", (struct rd_oneline_style){.verbose = 1, .unverified = true});
	compare_all("vvK", (struct rd_oneline_style){.verbose = 2, .unverified = true});
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_as_tcpdump_prints_them),
		cmocka_unit_test(details_are_as_tcpdump_prints_them),
		cmocka_unit_test(quiet_lines_are_as_tcpdump_prints_them),
		cmocka_unit_test(checksums_can_be_left_out),
	};

	files = argv + 1;
	nb_files = argc - 1;
	if (system("tcpdump --version >/dev/null 2>&1") != 0) {
		printf("skipped: no tcpdump\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
