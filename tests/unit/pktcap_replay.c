/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A record that went through a pcapng file comes back as it was; a hostile file gives nothing but zeros.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out.h"
#include "replay_rec.h"

static struct pk_port port = {.id = 100663333,
	.idx = 1,
	.name = "eth0",
	.host = "arm",
	.qname = "arm/eth0",
	.type = "vnic",
	.mac = "00:50:56:a1:99:9e"};
static struct pk_port *list[] = {&port};
static const struct pk_ports live = {.list = list, .count = 1, .default_host = "arm"};

struct full_rec {
	struct rd_cap_rec rec;
	uint8_t bytes[60];
};

static const struct full_rec sample = {
	.rec = {.hdr_len = sizeof(struct rd_cap_rec),
		.stage = RD_STAGE_DROP,
		.dir = RD_CAP_DIR_TX,
		.packet_id = UINT64_C(0x0011223344556677),
		.parent_id = 77,
		.ns = UINT64_C(1700000000123456789),
		.wire_len = 90,
		.cap_len = 60,
		.port_id = 100663333,
		.port_idx = 1,
		.queue = 3,
		.vni = 74752,
		.rule_id = 1043,
		.flow_id = 17,
		.reason = RD_DROP_DFW_RULE_DENY,
		.worker = 2,
		.flags = RD_CAP_F_INNER | RD_CAP_F_MISS | RD_CAP_F_TO_GUEST | RD_CAP_F_CLONE
			| RD_CAP_F_INJECTED,
		.lost = 5,
		.prev_stage = RD_STAGE_DFW_IN,
		.hop = 6,
		.inner_off = 58},
	.bytes = {1, 2, 3}};

static ssize_t read_fd(void *arg, void *buf, size_t len)
{
	return read(*(int *)arg, buf, len);
}

static void write_sample(const char *path)
{
	struct pk_opts o = {.outfile = path, .snaplen = 262144, .filter = (char[]){"tcp"}};
	struct rd_err err = {0};
	struct pk_out *out = pk_out_pcapng_new(&o, &err);
	struct pk_rec r;

	assert_non_null(out);
	pk_rec_init(&r, &sample.rec, &live);
	assert_int_equal(out->ops->record(out, &r, &err), 0);
	assert_int_equal(out->ops->finish(out, NULL, &err), 0);
	assert_int_equal(out->written, 1);
	out->ops->free(out);
}

static void everything_comes_back(void **state)
{
	char path[] = "/tmp/pktcap_replay.XXXXXX";
	int fd = mkstemp(path), kind;
	struct pk_ports ports = {.many_hosts = true};
	struct rd_pcapng_reader *r;
	struct rd_pcapng_event ev;
	struct rd_cap_rec rec;

	(void)state;
	write_sample(path);
	r = rd_pcapng_reader_new(read_fd, &fd);
	do
		kind = rd_pcapng_next(r, &ev, NULL);
	while (kind > 0 && kind != RD_PCAPNG_AT_PACKET);
	assert_int_equal(kind, RD_PCAPNG_AT_PACKET);
	assert_string_equal(rd_pcapng_iface(r, 0)->name, "arm/drop@eth0");
	assert_memory_equal(ev.packet.bytes, sample.bytes, 60);
	assert_string_equal(ev.packet.comment,
		"DROPPED DFW_RULE_DENY in=dfw_in rule=1043 fc=miss flow=17 vni=74752 hop=6 copy-of=77");
	pk_replay_rec(&rec, &ev.packet, rd_pcapng_iface(r, ev.packet.iface), &ports);
	assert_memory_equal(&rec, &sample.rec, sizeof(rec));
	assert_int_equal(ports.count, 1);
	assert_string_equal(ports.list[0]->name, "eth0");
	assert_string_equal(ports.list[0]->host, "arm");
	pk_ports_free(&ports);
	rd_pcapng_reader_free(r);
	close(fd);
	unlink(path);
}

// Files say which frames the switch made; where an older one does not, the stage before does.
static void copies_and_what_was_made(void **state)
{
	static const struct {
		const char *json;
		bool made;
	} cases[] = {{"{\"stage\":\"dfw_in\",\"prev\":\"flood\",\"parent\":7}", false},
		{"{\"stage\":\"dfw_in\",\"prev\":\"reject\",\"parent\":7,\"made\":1}", true},
		{"{\"stage\":\"vnic_tx\",\"prev\":\"port_out\",\"parent\":7,\"made\":1}", true},
		{"{\"stage\":\"port_out\",\"prev\":\"reject\",\"parent\":7}", true},
		{"{\"stage\":\"l2_lookup\",\"prev\":\"route\",\"parent\":7}", true},
		{"{\"stage\":\"dfw_in\",\"prev\":\"reject\"}", false}};
	static const struct rd_pcapng_iface iface = {.name = "x"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rd_pcapng_packet p = {.json = cases[i].json};
		struct pk_ports ports = {0};
		struct rd_cap_rec rec;
		struct pk_rec r;

		pk_replay_rec(&rec, &p, &iface, &ports);
		pk_rec_init(&r, &rec, &ports);
		assert_int_equal(pk_rec_is_made(&r), cases[i].made);
		pk_ports_free(&ports);
	}
}

static const char *const hostile[] = {
	"",
	"[]",
	"{\"stage\":7,\"hop\":\"x\",\"port\":[],\"port_id\":-1,\"reason\":{}}",
	"{\"stage\":\"no_such\",\"port\":\"arm/\\u001b[2J\",\"port_id\":5}",
	"{\"port\":\"arm/a\\\"b\",\"port_id\":5,\"hop\":99999999999}",
	"{\"port\":\"noslash\",\"port_id\":5}",
	("{\"port\":\"arm/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	 "aaaaaaaaaaaaaaaaaaa\",\"port_id\":5}"),
};

static void nonsense_is_left_out(void **state)
{
	static const struct rd_pcapng_iface iface = {.name = "x\033[2J/drop@\033[31m"};

	(void)state;
	for (unsigned i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		struct rd_pcapng_packet p = {
			.json = hostile[i], .flags = 3, .cap_len = 9, .wire_len = 2};
		struct pk_ports ports = {0};
		struct rd_cap_rec rec;

		pk_replay_rec(&rec, &p, &iface, &ports);
		assert_int_equal(ports.count, 0);
		assert_int_equal(rec.hop, 0);
		assert_int_equal(rec.reason, 0);
		assert_int_equal(rec.dir, RD_CAP_DIR_NONE);
		assert_int_equal(rec.wire_len, 9); // never below what is there
		pk_ports_free(&ports);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(copies_and_what_was_made),
		cmocka_unit_test(nonsense_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
