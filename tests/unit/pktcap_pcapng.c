/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pcapng files: what we write, Wireshark's tools and tcpdump read, also after they have rewritten it; what we read, of
 * both byte orders; and that nothing malformed gets through.
 */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pcapng/read.h"
#include "pcapng/write.h"

#define JSON "{\"v\":1,\"stage\":\"uplink_rx\",\"hop\":0}"
#define OUTPUT 16384

static char dir[] = "/tmp/pktcap_pcapng.XXXXXX";

static const uint8_t frame[60] = {
	0x00, 0x50, 0x56, 0xa1, 0x99, 0x9e, 0x00, 0x50, 0x56, 0xa1, 0xfc, 0xf3, 0x88, 0xb5};

static void put_sample_packet(
	struct rd_pcapng_buf *b, uint32_t iface, uint64_t ns, const char *comment)
{
	struct rd_pcapng_packet p = {.bytes = frame,
		.ns = ns,
		.iface = iface,
		.cap_len = 57, // needs padding
		.wire_len = sizeof(frame),
		.packet_id = UINT64_C(0x1122334455667788),
		.queue = 3,
		.dropcount = 5,
		.flags = iface == 0 ? RD_PCAPNG_DIR_IN : RD_PCAPNG_DIR_OUT,
		.comment = comment,
		.json = JSON,
		.has = RD_PCAPNG_HAS_FLAGS | RD_PCAPNG_HAS_PACKETID | RD_PCAPNG_HAS_QUEUE
			| RD_PCAPNG_HAS_DROPCOUNT};

	assert_int_equal(rd_pcapng_put_packet(b, &p), 0);
}

static void put_sample_iface(struct rd_pcapng_buf *b, const char *name)
{
	struct rd_pcapng_iface i = {.name = name,
		.description = "stage=x port-id=1",
		.filter = "tcp port 80",
		.snaplen = 262144,
		.link_type = RD_PCAPNG_LINK_ETHERNET};

	assert_int_equal(rd_pcapng_put_iface(b, &i), 0);
}

// Two interfaces, the second one late; three packets.
static void put_sample(struct rd_pcapng_buf *b, const char *host)
{
	struct rd_pcapng_section s = {
		.hardware = "x86_64", .os = "Linux", .userappl = "pktcap", .comment = "a test"};
	struct rd_pcapng_stats st = {.iface = 1,
		.start_ns = 1,
		.end_ns = 1700000000000000003,
		.received = 9,
		.dropped = 2,
		.accepted = 3,
		.delivered = 1};
	char name[64];

	assert_int_equal(rd_pcapng_put_section(b, &s), 0);
	snprintf(name, sizeof(name), "%s/uplink_rx@vmnic1", host);
	put_sample_iface(b, name);
	put_sample_packet(b, 0, 1700000000000000001, NULL);
	snprintf(name, sizeof(name), "%s/drop@vmnic1", host);
	put_sample_iface(b, name);
	put_sample_packet(b, 1, 1700000000000000002, "DROPPED DFW_RULE_DENY rule=1042");
	put_sample_packet(b, 0, 1700000000000000003, "fc=miss");
	assert_int_equal(rd_pcapng_put_stats(b, &st), 0);
}

static const char *path_of(const char *name)
{
	static char path[4][128];
	static unsigned n;
	char *p = path[n++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static const char *write_file(const char *name, const void *bytes, size_t len)
{
	const char *path = path_of(name);
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
	return path;
}

// Runs a command, expects success, and gives its output.
static const char *run(const char *command)
{
	static char out[OUTPUT];
	FILE *f = popen(command, "r");
	size_t n;

	assert_non_null(f);
	n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	assert_int_equal(pclose(f), 0);
	return out;
}

static const char *tshark(const char *path)
{
	char command[512];

	snprintf(command, sizeof(command),
		"tshark -r %s -T fields -e frame.interface_name -e frame.packet_id -e frame.comment "
		"-e frame.interface_queue -e frame.packet_flags_direction -e frame.drop_count 2>/dev/null",
		path);
	return run(command);
}

static const char *const golden =
	"arm/uplink_rx@vmnic1\t1234605616436508552\t\t3\t0x00000001\t5\n"
	"arm/drop@vmnic1\t1234605616436508552\tDROPPED DFW_RULE_DENY rule=1042\t3\t0x00000002\t5\n"
	"arm/uplink_rx@vmnic1\t1234605616436508552\tfc=miss\t3\t0x00000001\t5\n";

static bool have_tools(void)
{
	return system("tshark --version >/dev/null 2>&1 && editcap --version >/dev/null 2>&1") == 0;
}

static void wireshark_reads_it(void **state)
{
	struct rd_pcapng_buf b = {0};
	const char *path, *out;
	char command[256];

	(void)state;
	if (!have_tools())
		skip();
	put_sample(&b, "arm");
	path = write_file("golden.pcapng", b.data, b.len);
	assert_string_equal(tshark(path), golden);
	snprintf(command, sizeof(command), "capinfos -M %s 2>/dev/null", path);
	out = run(command);
	assert_non_null(strstr(out, "Capture application: pktcap"));
	assert_non_null(strstr(out, "Number of interfaces in file: 2"));
	assert_non_null(strstr(out, "Name = arm/drop@vmnic1"));
	assert_non_null(strstr(out, "Time precision = nanoseconds (9)"));
	assert_non_null(strstr(out, "Filter string = tcp port 80"));
	rd_pcapng_buf_free(&b);
}

static void tcpdump_reads_it(void **state)
{
	struct rd_pcapng_buf b = {0};
	char command[256];
	const char *out;

	(void)state;
	if (system("command -v tcpdump >/dev/null") != 0) {
		print_message("skip: no tcpdump here\n");
		skip();
	}
	put_sample(&b, "arm");
	snprintf(command, sizeof(command), "tcpdump -tt --nano -enr %s 2>/dev/null",
		write_file("tcpdump.pcapng", b.data, b.len));
	out = run(command);
	assert_non_null(strstr(out, "1700000000.000000001 00:50:56:a1:fc:f3 > 00:50:56:a1:99:9e"));
	assert_non_null(strstr(out, "1700000000.000000003"));
	rd_pcapng_buf_free(&b);
}

struct memory {
	const uint8_t *bytes;
	size_t len, off;
};

static ssize_t read_memory(void *arg, void *buf, size_t len)
{
	struct memory *m = arg;
	size_t n = m->len - m->off < len ? m->len - m->off : len;

	memcpy(buf, m->bytes + m->off, n);
	m->off += n;
	return (ssize_t)n;
}

static ssize_t read_stdio(void *arg, void *buf, size_t len)
{
	return (ssize_t)fread(buf, 1, len, arg);
}

// Expects the sample's packets, wherever they have been.
static void check_sample(struct rd_pcapng_reader *r, unsigned packets)
{
	static const char *const comments[] = {NULL, "DROPPED DFW_RULE_DENY rule=1042", "fc=miss"};
	struct rd_pcapng_event ev;
	struct rd_err err = {0};
	unsigned n = 0;
	int kind;

	while ((kind = rd_pcapng_next(r, &ev, &err)) > 0) {
		if (kind != RD_PCAPNG_AT_PACKET)
			continue;
		assert_int_equal(ev.packet.ns, 1700000000000000001 + n % 3);
		assert_int_equal(ev.packet.cap_len, 57);
		assert_int_equal(ev.packet.wire_len, 60);
		assert_memory_equal(ev.packet.bytes, frame, 57);
		assert_int_equal(ev.packet.packet_id, UINT64_C(0x1122334455667788));
		assert_int_equal(ev.packet.queue, 3);
		assert_int_equal(ev.packet.dropcount, 5);
		assert_int_equal(
			ev.packet.flags & 3, n % 3 == 1 ? RD_PCAPNG_DIR_OUT : RD_PCAPNG_DIR_IN);
		assert_string_equal(ev.packet.json, JSON);
		if (comments[n % 3] != NULL)
			assert_string_equal(ev.packet.comment, comments[n % 3]);
		assert_string_equal(strchr(rd_pcapng_iface(r, ev.packet.iface)->name, '/'),
			n % 3 == 1 ? "/drop@vmnic1" : "/uplink_rx@vmnic1");
		n++;
	}
	assert_int_equal(kind, 0);
	assert_int_equal(n, packets);
}

static void check_file(const char *path, unsigned packets)
{
	FILE *f = fopen(path, "rb");
	struct rd_pcapng_reader *r;

	assert_non_null(f);
	r = rd_pcapng_reader_new(read_stdio, f);
	assert_non_null(r);
	check_sample(r, packets);
	rd_pcapng_reader_free(r);
	fclose(f);
}

static void wireshark_keeps_everything(void **state)
{
	struct rd_pcapng_buf b = {0};
	char command[512];
	const char *path, *copy = path_of("copy.pcapng");

	(void)state;
	if (!have_tools())
		skip();
	put_sample(&b, "arm");
	path = write_file("original.pcapng", b.data, b.len);
	snprintf(command, sizeof(command), "editcap %s %s 2>&1", path, copy);
	run(command);
	assert_string_equal(tshark(copy), golden);
	check_file(copy, 3);
	snprintf(command, sizeof(command), "tshark -r %s -w %s 2>/dev/null", path, copy);
	run(command);
	check_file(copy, 3);
	rd_pcapng_buf_free(&b);
}

static void merged_files_stay_distinct(void **state)
{
	struct rd_pcapng_buf a = {0}, b = {0};
	char command[512];
	const char *out;

	(void)state;
	if (!have_tools())
		skip();
	put_sample(&a, "arm");
	put_sample(&b, "x86");
	snprintf(command, sizeof(command), "mergecap -a -w %s %s %s 2>&1", path_of("both.pcapng"),
		write_file("arm.pcapng", a.data, a.len), write_file("x86.pcapng", b.data, b.len));
	run(command);
	out = tshark(path_of("both.pcapng"));
	assert_non_null(strstr(out, "arm/drop@vmnic1\t1234605616436508552\tDROPPED"));
	assert_non_null(strstr(out, "x86/drop@vmnic1\t1234605616436508552\tDROPPED"));
	check_file(path_of("both.pcapng"), 6);
	rd_pcapng_buf_free(&a);
	rd_pcapng_buf_free(&b);
}

static void we_read_what_we_write(void **state)
{
	struct rd_pcapng_buf b = {0};
	struct memory m;
	struct rd_pcapng_reader *r;

	(void)state;
	put_sample(&b, "arm");
	m = (struct memory){.bytes = b.data, .len = b.len};
	r = rd_pcapng_reader_new(read_memory, &m);
	check_sample(r, 3);
	rd_pcapng_reader_free(r);
	rd_pcapng_buf_free(&b);
}

static void texts_are_cut_between_characters(void **state)
{
	struct rd_pcapng_buf b = {0};
	char *text = malloc(70001);
	struct rd_pcapng_event ev;
	struct memory m;
	struct rd_pcapng_reader *r;

	(void)state;
	memset(text, 'x', 70000);
	text[70000] = '\0';
	memcpy(text + 65530, "\xe2\x82\xac", 3); // a euro sign across the longest length
	assert_int_equal(
		rd_pcapng_put_section(&b, &(struct rd_pcapng_section){.comment = text}), 0);
	m = (struct memory){.bytes = b.data, .len = b.len};
	r = rd_pcapng_reader_new(read_memory, &m);
	assert_int_equal(rd_pcapng_next(r, &ev, NULL), RD_PCAPNG_AT_SECTION);
	assert_int_equal(strlen(ev.section.comment), 65530);
	rd_pcapng_reader_free(r);
	rd_pcapng_buf_free(&b);
	free(text);
}

// Every cut and every flipped byte: an error or an end, never more than was there.
static void damage_is_noticed(void **state)
{
	struct rd_pcapng_buf b = {0};

	(void)state;
	put_sample(&b, "arm");
	for (size_t cut = 0; cut < b.len; cut++) {
		struct memory m = {.bytes = b.data, .len = cut};
		struct rd_pcapng_reader *r = rd_pcapng_reader_new(read_memory, &m);
		struct rd_pcapng_event ev;
		struct rd_err err = {0};
		int kind;

		while ((kind = rd_pcapng_next(r, &ev, &err)) > 0)
			;
		assert_true(kind == 0 || kind == -EBADMSG);
		assert_true(kind == 0 || err.where[0] != '\0');
		rd_pcapng_reader_free(r);
	}
	rd_pcapng_buf_free(&b);
}

static void other_files_are_refused(void **state)
{
	static const char *const files[] = {
		"", "GET / HTTP/1.1\r\n\r\n", "\xd4\xc3\xb2\xa1\x02\x00\x04\x00"};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct memory m = {.bytes = (const uint8_t *)files[i], .len = strlen(files[i])};
		struct rd_pcapng_reader *r = rd_pcapng_reader_new(read_memory, &m);
		struct rd_pcapng_event ev;
		struct rd_err err = {0};

		assert_int_equal(rd_pcapng_next(r, &ev, &err), i == 0 ? 0 : -EBADMSG);
		rd_pcapng_reader_free(r);
	}
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(we_read_what_we_write),
		cmocka_unit_test(texts_are_cut_between_characters),
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(tcpdump_reads_it),
		cmocka_unit_test(wireshark_reads_it),
		cmocka_unit_test(wireshark_keeps_everything),
		cmocka_unit_test(merged_files_stay_distinct),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
