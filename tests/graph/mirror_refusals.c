/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What real drivers say to a mirror session, and that it is copied in software then: net_null, net_ring and net_pcap have no flow functions;
 * net_tap has some, and none that copies. Words of DPDK 22.11: a release that says otherwise should be read, not waved through.
 */
#include "graph_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rte_flow.h>

#include "core/ethdev.h"
#include "encap/encap.h"
#include "session/flow_why.h"
#include "session/offload.h"
#include "session/spec.h"

static struct rd_offload *off;
static struct rd_offload_session *session;
static struct rd_ethdev_info source, out;
static struct rd_mirror_spec spec;
static struct rd_encap_conf head;

static int begin(void **state)
{
	(void)state;
	off = rd_offload_new(&rd_flow_rte, NULL);
	session = rd_offload_session_new(off, 100);
	rd_mirror_spec_init(&spec);
	spec.encap = RD_ENCAP_GRE;
	spec.pps = spec.bps = 0;
	head = (struct rd_encap_conf){.kind = RD_ENCAP_GRE,
		.family = 4,
		.ttl = 64,
		.src = {192, 0, 2, 1},
		.dst = {192, 0, 2, 2}};
	return off == NULL || session == NULL
			|| rd_ethdev_open("net_null9", 1600, &out, &(struct rd_err){0}) < 0
		? -1
		: 0;
}

static int end(void **state)
{
	(void)state;
	rd_offload_session_free(session);
	rd_offload_free(off);
	rd_ethdev_close(&out);
	return 0;
}

static void set(const char *devargs)
{
	struct rd_offload_want want = {.spec = &spec,
		.id = 100,
		.head = &head,
		.out_ethdev = out.port_id,
		.out_mtu = 1600,
		.geneve_port = 6081};
	struct rd_offload_point point = {.port = 1, .stage = RD_STAGE_VNIC_RX, .mtu = 1500};
	struct rd_err err = {0};

	if (rd_ethdev_open(devargs, 1500, &source, &err) < 0)
		fail_msg("%s: %s", devargs, err.what);
	rd_offload_port_opened(off, source.port_id);
	point.ethdev = source.port_id;
	assert_int_equal(rd_offload_set(session, &want, &point, 1, &err), 0);
	assert_int_equal(rd_offload_result(session, 0)->recipe, RD_RECIPE_SOFTWARE);
	assert_int_equal(rd_offload_result(session, 0)->path, RD_PATH_SW);
	assert_int_equal(rd_offload_result(session, 0)->why, RD_FLOW_WHY_NO_COPY);
	assert_int_equal(rd_offload_result(session, 0)->rules, 0);
}

static void unset(void)
{
	rd_offload_revoke(session);
	rd_offload_port_closing(off, source.port_id);
	rd_ethdev_close(&source);
}

static void says(
	unsigned step, const char *recipe, const char *code, const char *type, const char *message)
{
	struct rd_offload_step s;

	assert_true(rd_offload_step(session, 0, step, &s));
	assert_string_equal(s.recipe, recipe);
	assert_string_equal(s.phase, "probe");
	assert_string_equal(s.code, code);
	assert_string_equal(s.type, type);
	assert_string_equal(s.message, message);
}

static void no_flow_functions(const char *devargs)
{
	static const char *const recipes[] = {
		"R1 full-hw", "R2 hybrid-queue", "R3 hybrid-port", "R4 mark-only"};
	struct rd_offload_step s;

	set(devargs);
	for (unsigned i = 0; i < 4; i++)
		says(i, recipes[i], "ENOSYS", "cause unspecified", "Function not implemented");
	assert_true(rd_offload_step(session, 0, 0, &s));
	assert_string_equal(s.meaning, "the NIC cannot copy packets");
	unset();
}

static void net_null(void **state)
{
	(void)state;
	no_flow_functions("net_null8");
}

static void net_ring(void **state)
{
	(void)state;
	no_flow_functions("net_ring8");
}

static void net_pcap(void **state)
{
	char devargs[300];

	(void)state;
	snprintf(devargs, sizeof(devargs), "net_pcap8,rx_pcap=%s/in/corpus.pcap,tx_pcap=/dev/null",
		getenv("RD_PCAPS"));
	no_flow_functions(devargs);
}

// Its rules are the kernel's: what the driver validates the kernel may refuse. Neither has a copy.
static void net_tap(void **state)
{
	const struct rd_flow_cap *cap;

	(void)state;
	if (geteuid() != 0 || access("/dev/net/tun", R_OK | W_OK) != 0) {
		print_message("skip: needs root and /dev/net/tun\n");
		skip();
	}
	set("net_tap8,iface=rdmirror8");
	says(1, "R2 hybrid-queue", "ENOTSUP", "specific action", "action not supported");
	cap = rd_offload_capability(off, source.port_id, false);
	assert_int_equal(cap->cell[RD_FLOW_RUNG_SW_PORT].answer, RD_FLOW_REFUSED);
	assert_int_equal(
		cap->cell[RD_FLOW_RUNG_SW_PORT].fail.type, RTE_FLOW_ERROR_TYPE_ATTR_TRANSFER);
	assert_int_equal(cap->cell[RD_FLOW_RUNG_IN_SAMPLE].answer, RD_FLOW_REFUSED);
	unset();
}

static void required(void **state)
{
	struct rd_offload_want want = {.spec = &spec,
		.id = 100,
		.head = &head,
		.out_ethdev = out.port_id,
		.out_mtu = 1600,
		.geneve_port = 6081};
	struct rd_offload_point point = {
		.port = 1, .ethdev = out.port_id, .stage = RD_STAGE_UPLINK_TX, .mtu = 1500};
	struct rd_err err = {0};

	(void)state;
	spec.offload = RD_MIRROR_OFFLOAD_REQUIRE;
	assert_int_equal(rd_offload_set(session, &want, &point, 1, &err), -ENOTSUP);
	assert_string_equal(err.what,
		"offload require: the NIC cannot copy packets at uplink_tx: ENOSYS, cause unspecified: \"Function not implemented\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(net_null, begin, end),
		cmocka_unit_test_setup_teardown(net_ring, begin, end),
		cmocka_unit_test_setup_teardown(net_pcap, begin, end),
		cmocka_unit_test_setup_teardown(net_tap, begin, end),
		cmocka_unit_test_setup_teardown(required, begin, end),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
