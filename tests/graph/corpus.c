/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The frames that must be dropped (pcaps/INDEX.md): each gets the reason that the index says, with
 * its headers in one segment and spread over many; and the general corpus, which must go through
 * without a trace of trouble.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tables/flow.h"

#define FRAMES_MAX 256

static struct gf_frame frames[FRAMES_MAX];

struct row { // of the index: file, inject at, reason, frames
	char file[128], port[64], reason[64];
	unsigned nb;
};

static bool parse_row(const char *line, struct row *r)
{
	return sscanf(line, "| in/malformed/%127s | %63s | %63s | %u |", r->file, r->port,
		       r->reason, &r->nb)
		== 4;
}

static FILE *open_index(void)
{
	const char *root = getenv("RD_PCAPS");
	char name[1024];
	FILE *f;

	snprintf(name, sizeof(name), "%s/INDEX.md", root != NULL ? root : "pcaps");
	f = fopen(name, "r");
	if (f == NULL)
		fail_msg("can't read %s", name);
	return f;
}

static uint16_t port_of(const char *qname)
{
	struct rd_err err = {0};
	const struct rd_port *p = rd_port_find(qname, &err);

	if (p == NULL)
		fail_msg("%s: %s", qname, err.what);
	return p->idx;
}

// splits NULL: one segment.
static unsigned check_row(const struct row *r, const uint16_t *splits)
{
	uint16_t port = port_of(r->port);
	char path[160];
	unsigned nb;

	snprintf(path, sizeof(path), "in/malformed/%s", r->file);
	nb = gr_pcap(path, frames, FRAMES_MAX);
	assert_int_equal(nb, r->nb);
	for (unsigned i = 0; i < nb; i++) {
		uint64_t id;

		gf_forget();
		id = splits != NULL ? gf_send_split(port, frames[i].bytes, frames[i].len, splits)
				    : gf_send(port, frames[i].bytes, frames[i].len);
		if (strcmp(gf_reason_name(gf_reason(id)), r->reason) != 0)
			fail_msg("%s frame %u: %s instead of %s, by %s", r->file, i + 1,
				gf_reason_name(gf_reason(id)), r->reason, gf_path(id));
	}
	return nb;
}

static void check_index(const uint16_t *splits)
{
	struct gt_emulated t;
	unsigned total = 0;
	char line[512];
	struct row r;
	FILE *f = open_index();

	gt_emulated(&t, NULL);
	while (fgets(line, sizeof(line), f) != NULL)
		if (parse_row(line, &r))
			total += check_row(&r, splits);
	fclose(f);
	assert_true(total > 200);
}

static void one_segment(void **state)
{
	(void)state;
	check_index(NULL);
}

// Odd cuts inside every header: MACs, ethertype, IP, L4, tunnel, options, inner headers.
static void many_segments(void **state)
{
	static const uint16_t cuts[][12] = {
		{1, 0},
		{5, 3, 5, 2, 7, 9, 11, 3, 1, 13, 17, 0},
		{13, 1, 19, 1, 7, 1, 7, 1, 7, 13, 1, 0},
		{33, 0},
		{41, 9, 0},
		{57, 1, 0},
		{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		check_index(cuts[i]);
		assert_int_equal(gf_end(NULL), 0);
		assert_int_equal(gf_begin(NULL), 0);
	}
}

struct outcome { // of one frame
	char path[4096];
	struct gf_hop last;
};

// As if it were the first packet ever: nothing learned, no flow known.
static void send_fresh(
	uint16_t port, const struct gf_frame *f, const uint16_t *cuts, struct outcome *o)
{
	uint64_t id;

	rd_flow_flush(gf_w->flows);
	rd_fdb_flush(0, true);
	gf_forget();
	id = cuts != NULL ? gf_send_split(port, f->bytes, f->len, cuts)
			  : gf_send(port, f->bytes, f->len);
	snprintf(o->path, sizeof(o->path), "%s", gf_path(id));
	o->last = (struct gf_hop){0};
	for (unsigned i = 0; i < gf_nb_hops; i++)
		if (gf_hops[i].packet_id == id)
			o->last = gf_hops[i];
}

// Every kind of frame at every kind of port: the same way, end and bytes, whatever the segments.
static void whole_corpus(void **state)
{
	static const uint16_t cuts[] = {11, 5, 17, 23, 0};
	static struct outcome one, many;
	unsigned nb = gr_pcap("in/corpus.pcap", frames, FRAMES_MAX);
	struct gt_emulated t;

	(void)state;
	assert_true(nb > 100);
	gt_emulated(&t, NULL);
	const uint16_t ports[] = {t.arm_uplink, t.x86_uplink, t.guest, t.mux, t.vmk};

	for (unsigned p = 0; p < sizeof(ports) / sizeof(ports[0]); p++)
		for (unsigned i = 0; i < nb; i++) {
			send_fresh(ports[p], &frames[i], NULL, &one);
			send_fresh(ports[p], &frames[i], cuts, &many);
			assert_string_equal(one.path, many.path);
			assert_int_equal(one.last.reason, many.last.reason);
			assert_int_equal(one.last.len, many.last.len);
			assert_memory_equal(one.last.bytes, many.last.bytes, one.last.len);
		}
	assert_int_equal(gf_w->drops[RD_DROP_INTERNAL_UNSPEC], 0);
	assert_int_equal(gf_w->drops[RD_DROP_PKT_PULLUP], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_segment, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(many_segments, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(whole_corpus, gf_begin, gf_end),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
