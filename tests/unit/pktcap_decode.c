/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The one-line decoder against Debian's tcpdump: every frame of a pcap file must give tcpdump's line, but for what
 * docs/man/pktcap.1.tail lists under "Differences from tcpdump". Argument: the pcap files.
 */
#include "unit.h"

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/oneline.h"

#define LINE 8192

static char **files;
static int nb_files;

// tcpdump's line of frame number `want`. With -# a packet's first line starts with its number; what else it prints
// (hex dumps, details) does not.
static bool find_line(FILE *f, unsigned want, char line[LINE])
{
	while (fgets(line, LINE, f) != NULL) {
		size_t n = strcspn(line, "\n");
		char *text;

		line[n] = '\0';
		if (strtoul(line, &text, 10) != want || strncmp(text, "  ", 2) != 0)
			continue;
		while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == ':'))
			line[--n] = '\0';
		memmove(line, text + 2, strlen(text + 2) + 1);
		return true;
	}
	return false;
}

// Whether the lines differ only in what we leave out on purpose: they go on with ": " and the payload's protocol, or
// tcpdump decodes a UDP port or an IP protocol that we only name.
static bool is_allowed(const char *ours, const char *theirs)
{
	const char *udp = strstr(ours, "UDP, "), *proto = strstr(ours, " ip-proto-");
	size_t same = 0;

	while (ours[same] != '\0' && ours[same] == theirs[same])
		same++;
	if (ours[same] == '\0')
		return strncmp(theirs + same, ": ", 2) == 0
			|| strcmp(theirs + same, " [|llc]") == 0;
	if (udp != NULL && (size_t)(udp - ours) <= same)
		return true;
	if (proto != NULL && strstr(theirs, ": sctp ") != NULL) // with ports, which we leave out
		return true;
	return proto != NULL && strncmp(ours, theirs, (size_t)(proto - ours) - 1) == 0;
}

// Returns how many lines differ.
static unsigned compare_file(const char *path)
{
	char command[512], errbuf[PCAP_ERRBUF_SIZE], theirs[LINE], ours[RD_ONELINE_MAX];
	pcap_t *pcap = pcap_open_offline(path, errbuf);
	struct rd_oneline *o = rd_oneline_new();
	unsigned frames = 0, bad = 0, exact = 0;
	struct pcap_pkthdr *h;
	const u_char *bytes;
	FILE *f;

	snprintf(command, sizeof(command), "tcpdump -#tenr %s 2>/dev/null", path);
	f = popen(command, "r");
	assert_non_null(pcap);
	assert_non_null(o);
	assert_non_null(f);
	while (pcap_next_ex(pcap, &h, &bytes) == 1) {
		frames++;
		rd_oneline_frame(o, bytes, h->caplen, h->len, ours, sizeof(ours));
		assert_true(find_line(f, frames, theirs));
		exact += strcmp(ours, theirs) == 0;
		if (strcmp(ours, theirs) != 0 && !is_allowed(ours, theirs)) {
			printf("%s frame %u\n  ours   %s\n  theirs %s\n", path, frames, ours,
				theirs);
			bad++;
		}
	}
	pclose(f);
	pcap_close(pcap);
	rd_oneline_free(o);
	printf("%s: %u frames, %u lines exactly as tcpdump's\n", path, frames, exact);
	assert_true(frames > 0);
	return bad;
}

static void lines_are_as_tcpdump_prints_them(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (int i = 0; i < nb_files; i++)
		bad += compare_file(files[i]);
	assert_int_equal(bad, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lines_are_as_tcpdump_prints_them)};

	files = argv + 1;
	nb_files = argc - 1;
	if (system("tcpdump --version >/dev/null 2>&1") != 0) {
		printf("skipped: no tcpdump\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
