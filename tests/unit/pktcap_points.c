/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From words to capture points: ports by name and number, directions, sides, names of pktcap-uw.
 */
#include "unit.h"

#include <stdbool.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/stages.h"
#include "points.h"

#define BIT(name) (UINT64_C(1) << RD_STAGE_##name)

static struct pk_port vmnic1 = {.id = 2248146967,
	.idx = 1,
	.name = "vmnic1",
	.host = "arm",
	.qname = "arm/vmnic1",
	.type = "uplink",
	.stages = BIT(UPLINK_RX) | BIT(UPLINK_TX)};
static struct pk_port x86_vmnic1 = {.id = 2248146966,
	.idx = 2,
	.name = "vmnic1",
	.host = "x86",
	.qname = "x86/vmnic1",
	.type = "uplink",
	.stages = BIT(UPLINK_RX) | BIT(UPLINK_TX)};
static struct pk_port guest = {.id = 134217768,
	.idx = 3,
	.name = "eth0",
	.host = "x86",
	.qname = "x86/eth0",
	.type = "vnic",
	.stages = BIT(VNIC_RX) | BIT(PORT_IN) | BIT(DFW_OUT) | BIT(DFW_IN) | BIT(PORT_OUT)
		| BIT(VNIC_TX)};
static struct pk_port vmk = {.id = 100663310,
	.idx = 4,
	.name = "vmk10",
	.host = "arm",
	.qname = "arm/vmk10",
	.type = "vmk",
	.stages = BIT(VMK_RX) | BIT(PUNT)};
static struct pk_port proxy = {.id = 100663333,
	.idx = 5,
	.ens = 7,
	.name = "proxy",
	.host = "arm",
	.qname = "arm/proxy",
	.type = "vnic",
	.stages = BIT(PORT_IN) | BIT(PORT_OUT) | BIT(DFW_IN) | BIT(DFW_OUT)};

static struct pk_port vf = {.id = 100663329,
	.idx = 6,
	.ens = 10,
	.name = "vm8.eth0.7c520dd0",
	.host = "arm",
	.qname = "arm/vm8.eth0.7c520dd0",
	.type = "upt",
	.used_by = "vm8.eth0.7c520dd0",
	.stages = BIT(UPT_RX) | BIT(UPT_TX)};
static struct pk_port vf_guest = {.id = 134217764,
	.idx = 7,
	.name = "vm8.eth0",
	.host = "x86",
	.qname = "x86/vm8.eth0",
	.type = "vnic",
	.used_by = "2192756:vm8.eth0",
	.bypass = "arm/vm8.eth0.7c520dd0"};

static struct pk_port *list[] = {&vmnic1, &x86_vmnic1, &guest, &vmk, &proxy, &vf, &vf_guest};
static const struct pk_ports ports = {
	.list = list, .count = 7, .default_host = "arm", .many_hosts = true};

// "uplink_rx@arm/vmnic1 ..." of the selection; "" and the error's code in *rc when it fails.
static const char *select_text(const struct pk_opts *o, int *rc)
{
	static char text[2048];
	struct rd_err err = {0};
	struct pk_points pts;
	size_t len = 0;

	text[0] = '\0';
	*rc = pk_points_select(&pts, o, &ports, &err);
	for (unsigned i = 0; *rc == 0 && i < pts.count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%s%s", i ? " " : "",
			rd_stage_by_id(pts.list[i].stage)->name, pts.list[i].port ? "@" : "",
			pts.list[i].port ? pts.list[i].port->qname : "");
	assert_true(*rc == 0 || (err.what[0] != '\0' && err.hint[0] != '\0'));
	pk_points_free(&pts);
	return text;
}

static void expect(enum pk_select_kind kind, const char *name, enum pk_dir dir, enum pk_side side,
	const char *points)
{
	struct pk_opts o = {.select = {{kind, name}}, .nb_select = 1, .dir = dir, .side = side};
	int rc;

	assert_string_equal(select_text(&o, &rc), points);
	assert_int_equal(rc, 0);
}

static void ports_have_directions(void **state)
{
	(void)state;
	expect(PK_SELECT_UPLINK, "vmnic1", PK_DIR_RX, PK_SIDE_AUTO, "uplink_rx@arm/vmnic1");
	expect(PK_SELECT_UPLINK, "x86/vmnic1", PK_DIR_TX, PK_SIDE_AUTO, "uplink_tx@x86/vmnic1");
	expect(PK_SELECT_UPLINK, "2248146966", PK_DIR_BOTH, PK_SIDE_PRE,
		"uplink_rx@x86/vmnic1 uplink_tx@x86/vmnic1");
	expect(PK_SELECT_SWITCHPORT, "eth0", PK_DIR_BOTH, PK_SIDE_AUTO,
		"vnic_rx@x86/eth0 vnic_tx@x86/eth0");
	expect(PK_SELECT_VMK, "vmk10", PK_DIR_BOTH, PK_SIDE_AUTO,
		"vmk_rx@arm/vmk10 punt@arm/vmk10");
	expect(PK_SELECT_SWITCHPORT, "proxy", PK_DIR_RX, PK_SIDE_AUTO, "port_in@arm/proxy");
	expect(PK_SELECT_ANY, "proxy", PK_DIR_TX, PK_SIDE_AUTO, "port_out@arm/proxy");
}

static void sides_are_the_two_ends_of_the_switch(void **state)
{
	(void)state;
	expect(PK_SELECT_UPLINK, "vmnic1", PK_DIR_RX, PK_SIDE_POST, "classify@arm/vmnic1");
	expect(PK_SELECT_SWITCHPORT, "eth0", PK_DIR_RX, PK_SIDE_POST, "port_in@x86/eth0");
	expect(PK_SELECT_SWITCHPORT, "eth0", PK_DIR_TX, PK_SIDE_PRE, "vnic_tx@x86/eth0");
	expect(PK_SELECT_SWITCHPORT, "eth0", PK_DIR_TX, PK_SIDE_POST, "port_out@x86/eth0");
}

static void ports_by_other_names(void **state)
{
	struct pk_opts x86 = {
		.select = {{PK_SELECT_VM, "vm8"}}, .nb_select = 1, .dir = PK_DIR_RX, .host = "x86"};
	int rc;

	(void)state;
	expect(PK_SELECT_VM, "vm8", PK_DIR_BOTH, PK_SIDE_AUTO,
		"upt_rx@arm/vm8.eth0.7c520dd0 upt_tx@arm/vm8.eth0.7c520dd0");
	expect(PK_SELECT_VM, "vm8.eth0", PK_DIR_RX, PK_SIDE_AUTO, "upt_rx@arm/vm8.eth0.7c520dd0");
	// Where there is only the bypassed one it is taken: a warning says who carries the traffic.
	assert_string_equal(select_text(&x86, &rc), "port_in@x86/vm8.eth0");
	expect(PK_SELECT_FCPORT, "0.7", PK_DIR_RX, PK_SIDE_AUTO, "port_in@arm/proxy");
	expect(PK_SELECT_FCPORT, "10", PK_DIR_TX, PK_SIDE_AUTO, "upt_tx@arm/vm8.eth0.7c520dd0");
	expect(PK_SELECT_DVFILTER, "nic-2192756-eth0-vmware-sfw.2", PK_DIR_BOTH, PK_SIDE_AUTO,
		"dfw_out@x86/vm8.eth0 dfw_in@x86/vm8.eth0");
	expect(PK_SELECT_DVFILTER, "nic-100663333-eth0-vmware-sfw.2", PK_DIR_TX, PK_SIDE_PRE,
		"dfw_in@arm/proxy");
	expect(PK_SELECT_DVFILTER, "x86/eth0", PK_DIR_BOTH, PK_SIDE_POST,
		"tunnel_encap@x86/eth0 port_out@x86/eth0");
}

static const char *captured(const char *words, const char *port, int *rc)
{
	struct pk_opts o = {.capture = words, .dir = PK_DIR_BOTH};

	if (port != NULL) {
		o.select[0] = (struct pk_select){PK_SELECT_SWITCHPORT, port};
		o.nb_select = 1;
	}
	return select_text(&o, rc);
}

static void stages_by_our_names_and_theirs(void **state)
{
	int rc;

	(void)state;
	assert_string_equal(captured("drop", NULL, &rc), "drop");
	assert_string_equal(captured("Drop", NULL, &rc), "drop");
	assert_string_equal(captured("EtherswitchDispath", NULL, &rc), "classify");
	assert_string_equal(captured("EtherswitchDispatch", NULL, &rc), "classify");
	assert_string_equal(
		captured("UplinkRcv,UplinkSndKernel", NULL, &rc), "uplink_rx uplink_tx");
	assert_string_equal(
		captured("PreDVFilter", "eth0", &rc), "dfw_out@x86/eth0 dfw_in@x86/eth0");
	assert_string_equal(
		captured("postdvfilter", "eth0", &rc), "tunnel_encap@x86/eth0 port_out@x86/eth0");
	assert_string_equal(captured("VnicTx", NULL, &rc), "vnic_rx upt_rx");
	assert_string_equal(
		captured("uplink_rx@vmnic1,drop", NULL, &rc), "uplink_rx@arm/vmnic1 drop");
	assert_string_equal(captured("drop,drop", NULL, &rc), "drop");
	assert_int_equal(rc, 0);
}

// -f says which of the modules; without it Dynamic is nothing.
static void functions_are_stages(void **state)
{
	struct pk_opts o = {.capture = "IOChain", .function = "vmkernel.dfw_in:0"};
	struct rd_err err = {0};
	struct pk_points pts;
	int rc;

	(void)state;
	assert_string_equal(select_text(&o, &rc), "dfw_in");
	o.function = NULL;
	assert_string_equal(select_text(&o, &rc), "flow_lookup flow_install");
	o.capture = "Dynamic";
	assert_int_equal(pk_points_select(&pts, &o, &ports, &err), -ENOTSUP);
	assert_non_null(strstr(err.what, "-f STAGE"));
	pk_points_free(&pts);
	o.function = "printf";
	select_text(&o, &rc);
	assert_int_equal(rc, -EINVAL);
}

static void points_without_a_source_say_where_to_look(void **state)
{
	(void)state;
	for (unsigned i = 0; i < pk_named_points_count; i++) {
		struct pk_opts o = {.capture = pk_named_points[i].name, .dir = PK_DIR_BOTH};
		struct rd_err err = {0};
		struct pk_points pts;
		int rc = pk_points_select(&pts, &o, &ports, &err);

		assert_int_equal(rc, pk_named_points[i].stages == 0 ? -ENOTSUP : 0);
		assert_true(rc == 0 || strstr(err.what, pk_named_points[i].note) != NULL);
		pk_points_free(&pts);
	}
}

// flow_hit is at several stages, and of their packets only those that come from the cache.
static void some_points_are_not_whole_stages(void **state)
{
	struct rd_cap_rec rec = {.stage = RD_STAGE_DFW_IN,
		.prev_stage = RD_STAGE_FLOW_LOOKUP,
		.flags = RD_CAP_F_HIT};
	struct pk_opts o = {.capture = "flow_hit,classify", .dir = PK_DIR_BOTH};
	struct rd_err err = {0};
	struct pk_points pts;
	json_t *json;

	(void)state;
	assert_int_equal(pk_points_select(&pts, &o, &ports, &err), 0);
	assert_true(pts.some);
	assert_true(pk_points_have(&pts, &rec));
	rec.flags = RD_CAP_F_MISS;
	assert_false(pk_points_have(&pts, &rec));
	rec.flags = RD_CAP_F_HIT;
	rec.prev_stage = RD_STAGE_DFW_OUT;
	assert_false(pk_points_have(&pts, &rec));
	rec.stage = RD_STAGE_CLASSIFY;
	assert_true(pk_points_have(&pts, &rec));
	pk_points_free(&pts);
	o.capture = "dfw_in,flow_hit,flow_miss";
	assert_int_equal(pk_points_select(&pts, &o, &ports, &err), 0);
	json = pk_points_json(&pts);
	assert_int_equal(json_array_size(json), 8); // each stage once
	json_decref(json);
	pk_points_free(&pts);
}

static void words_that_mean_nothing(void **state)
{
	struct pk_opts vm = {.select = {{PK_SELECT_VM, "vm"}}, .nb_select = 1};
	struct pk_opts filter = {
		.select = {{PK_SELECT_DVFILTER, "nic-1-eth0-vmware-sfw.2"}}, .nb_select = 1};
	struct pk_opts any = {.select = {{PK_SELECT_ANY, "uplink_rx@nic9"}}, .nb_select = 1};
	struct pk_opts uplink = {
		.select = {{PK_SELECT_UPLINK, "eth0"}}, .nb_select = 1, .host = "x86"};
	struct pk_opts host = {.host = "nowhere"};
	int rc;

	(void)state;
	captured("no_such_stage", NULL, &rc);
	assert_int_equal(rc, -ENOENT);
	captured("no_such_stage", "eth0", &rc);
	assert_int_equal(rc, -ENOENT);
	captured("drop", "eth7", &rc);
	assert_int_equal(rc, -ENOENT);
	select_text(&any, &rc);
	assert_int_equal(rc, -ENOENT);
	select_text(&uplink, &rc);
	assert_int_equal(rc, -EINVAL);
	select_text(&host, &rc);
	assert_int_equal(rc, -ENOENT);
	select_text(&vm, &rc);
	assert_int_equal(rc, -ENOENT);
	select_text(&filter, &rc);
	assert_int_equal(rc, -ENOENT);
}

static void everything_is_every_stage(void **state)
{
	struct pk_opts all = {.dir = PK_DIR_BOTH}, arm = {.dir = PK_DIR_BOTH, .host = "arm"};
	struct rd_err err = {0};
	struct pk_points pts;

	(void)state;
	assert_int_equal(pk_points_select(&pts, &all, &ports, &err), 0);
	assert_int_equal(pts.count, rd_stages_count);
	pk_points_free(&pts);
	assert_int_equal(pk_points_select(&pts, &arm, &ports, &err), 0);
	assert_int_equal(pts.count, 4 * rd_stages_count);
	pk_points_free(&pts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_have_directions),
		cmocka_unit_test(sides_are_the_two_ends_of_the_switch),
		cmocka_unit_test(ports_by_other_names),
		cmocka_unit_test(stages_by_our_names_and_theirs),
		cmocka_unit_test(functions_are_stages),
		cmocka_unit_test(points_without_a_source_say_where_to_look),
		cmocka_unit_test(some_points_are_not_whole_stages),
		cmocka_unit_test(words_that_mean_nothing),
		cmocka_unit_test(everything_is_every_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
