/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Every command of docs/design/protocol.md makes exactly its method and params; frames come from capture files. A
 * fake transport stands in for the daemon.
 */
#include "cmds/cmds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "cli_fake.h"

static int setup(void **state)
{
	static struct fake f;

	fake_open(&f);
	*state = &f;
	return rd_cmds_register(f.cli);
}

static int teardown(void **state)
{
	fake_close(*state);
	return 0;
}

static void run(struct fake *f, const char *line)
{
	struct rd_err err = {0};

	if (rd_cli_run_line(f->cli, line, &err) < 0)
		fail_msg("%s: %s; try %s", line, err.what, err.hint);
}

static void check(struct fake *f, const char *line, const char *method, const char *params)
{
	json_t *want = json_loads(params, 0, NULL);

	assert_non_null(want);
	f->method[0] = '\0';
	run(f, line);
	if (strcmp(f->method, method) != 0 || !json_equal(f->params, want))
		fail_msg("%s makes %s %s", line, f->method, json_dumps(f->params, 0));
	json_decref(want);
}

// Single quotes in params stand for double ones.
static const struct {
	const char *line, *method, *params;
} grammar[] = {
	{"host add arm default", "host.add", "{'name':'arm','default':true}"},
	{"host add x86", "host.add", "{'name':'x86'}"},
	{"host del x86", "host.del", "{'name':'x86'}"},
	{"show hosts", "host.list", "{}"},
	{"switch add DvsPortset-1 host arm portset 3 mtu 9000", "switch.add",
		"{'name':'DvsPortset-1','host':'arm','portset':3,'mtu':9000}"},
	{"switch set arm/DvsPortset-1 mtu 1700", "switch.set",
		"{'switch':'arm/DvsPortset-1','mtu':1700}"},
	{"switch del DvsPortset-1", "switch.del", "{'switch':'DvsPortset-1'}"},
	{"show switches host arm", "switch.list", "{'host':'arm'}"},
	{"port add vmnic1 switch arm/DvsPortset-1 type uplink id 2248146967 ens 3 mac 08:C0:eb:5d:ae:0f "
	 "device \"net_null0,no-rx=1\"",
		"port.add",
		"{'name':'vmnic1','switch':'arm/DvsPortset-1','type':'uplink','id':2248146967,'ens':3,"
		"'mac':'08:c0:eb:5d:ae:0f','device':'net_null0,no-rx=1'}"},
	{"port add g switch s type vnic segment arm/s1 team vmnic1,x86/vmnic0 label \"Shadow of vmnic1\" "
	 "mtu 1500 spoof-check off via m down",
		"port.add",
		"{'name':'g','switch':'s','type':'vnic','segment':'arm/s1','team':['vmnic1','x86/vmnic0'],"
		"'label':'Shadow of vmnic1','mtu':1500,'spoof_check':false,'via':'m','up':false}"},
	{"port set 100663325 link x86/vmnic2 up", "port.set",
		"{'port':'100663325','link':'x86/vmnic2','up':true}"},
	{"port set g bypass arm/u spoof-check on", "port.set",
		"{'port':'g','bypass':'arm/u','spoof_check':true}"},
	{"port del arm/vmnic1", "port.del", "{'port':'arm/vmnic1'}"},
	{"show ports", "port.list", "{}"},
	{"show port vmnic1 host arm", "port.list", "{'port':'vmnic1','host':'arm'}"},
	{"show port type uplink switch s", "port.list", "{'type':'uplink','switch':'s'}"},
	{"segment add s1 switch sw vni 74752 mtu 1500 flood off learn on aging 5m tunnels t1,t2",
		"segment.add",
		"{'name':'s1','switch':'sw','vni':74752,'mtu':1500,'flood':false,'learn':true,"
		"'aging_s':300,'tunnels':['t1','t2']}"},
	{"segment add s1 switch sw vlan 0", "segment.add", "{'name':'s1','switch':'sw','vlan':0}"},
	{"segment set s1 aging 30 learn off", "segment.set",
		"{'segment':'s1','aging_s':30,'learn':false}"},
	{"segment del arm/s1", "segment.del", "{'segment':'arm/s1'}"},
	{"show segments", "segment.list", "{}"},
	{"fdb add segment s1 mac 00:50:56:a1:fc:f3 tunnel t1", "fdb.add",
		"{'segment':'s1','mac':'00:50:56:a1:fc:f3','tunnel':'t1'}"},
	{"fdb add segment s1 mac 00:50:56:a1:fc:f3 port arm/p", "fdb.add",
		"{'segment':'s1','mac':'00:50:56:a1:fc:f3','port':'arm/p'}"},
	{"fdb del segment s1 mac 00:50:56:a1:fc:f3", "fdb.del",
		"{'segment':'s1','mac':'00:50:56:a1:fc:f3'}"},
	{"fdb flush", "fdb.flush", "{}"},
	{"fdb flush segment s1", "fdb.flush", "{'segment':'s1'}"},
	{"show fdb segment s1", "fdb.list", "{'segment':'s1'}"},
	{"tep add 192.168.4.60 host arm mac 00:50:56:67:eb:13 port vmk10 team vmnic1,vmnic0 encap geneve "
	 "dport 6082 ttl 32 df off checksum on option 0104:00:a1b2c3d4 hash-seed 7",
		"tep.add",
		"{'ip':'192.168.4.60','host':'arm','mac':'00:50:56:67:eb:13','port':'vmk10',"
		"'team':['vmnic1','vmnic0'],'encap':'geneve','dport':6082,'ttl':32,'df':false,"
		"'csum':true,'option':'0104:00:a1b2c3d4','hash_seed':7}"},
	{"tep del 192.168.4.60", "tep.del", "{'ip':'192.168.4.60'}"},
	{"show teps", "tep.list", "{}"},
	{"tunnel add t1 local 192.168.4.60 remote 192.168.4.57 mac 00:50:56:63:04:5c", "tunnel.add",
		"{'name':'t1','local':'192.168.4.60','remote':'192.168.4.57','mac':'00:50:56:63:04:5c'}"},
	{"tunnel del t1", "tunnel.del", "{'tunnel':'t1'}"},
	{"show tunnels", "tunnel.list", "{}"},
	{"dfw add port g rule 1041 dir in action allow proto tcp from 10.0.0.0/8 to any sport any dport 80-90 "
	 "name web",
		"dfw.add",
		"{'port':'g','id':1041,'dir':'in','action':'allow','proto':'tcp','src':'10.0.0.0/8',"
		"'dst':'any','sport':'any','dport':'80-90','name':'web'}"},
	{"dfw add port g rule 1 dir inout action drop", "dfw.add",
		"{'port':'g','id':1,'dir':'inout','action':'drop'}"},
	{"dfw del port g rule 1041", "dfw.del", "{'port':'g','id':1041}"},
	{"dfw default port g action drop", "dfw.default", "{'port':'g','action':'drop'}"},
	{"show dfw port g", "dfw.list", "{'port':'g'}"},
	{"flow capacity 65536", "flow.set", "{'capacity':65536}"},
	{"flow timeout 10", "flow.set", "{'idle_s':10}"},
	{"flow generation 2123", "flow.set", "{'generation':2123}"},
	{"flow flush", "flow.flush", "{}"},
	{"show flows host arm worker 1 limit 5", "flow.list",
		"{'host':'arm','worker':1,'limit':5}"},
	{"show flow stats", "flow.stats", "{}"},
	{"show stages", "stage.list", "{}"},
	{"show stage worker 0 help", "stage.list", "{'worker':0}"},
	{"show drops", "drop.list", "{}"},
	{"show drop all", "drop.list", "{'all':true}"},
	{"show drop recent", "drop.recent", "{}"},
	{"show drop recent 5", "drop.recent", "{'count':5}"},
	{"show workers", "worker.list", "{}"},
	{"capture stop 3", "capture.stop", "{'session':'3'}"},
	{"show captures", "capture.list", "{}"},
	{"show capture pktcap-1", "capture.show", "{'session':'pktcap-1'}"},
	{"inject vmnic1 hex 00ff", "inject", "{'port':'vmnic1','frames':['00ff']}"},
	{"inject vmnic1 hex \"00:ff 01\" count 2 every 250ms", "inject",
		"{'port':'vmnic1','frames':['00ff01'],'count':2,'every_ms':250}"},
	{"inject stop 1", "inject.stop", "{'timer':1}"},
	{"show inject", "inject.list", "{}"},
	{"log set all debug", "log.set", "{'module':'all','level':'debug'}"},
	{"show log", "log.list", "{}"},
	{"show running-config", "running_config", "{}"},
	{"clock advance 300", "clock.advance", "{'seconds':300}"},
	{"daemon stop", "daemon.stop", "{}"},
	{"net-stats -l", "port.list", "{}"},
	{"net-stats -l host arm", "port.list", "{'host':'arm'}"},
	{"esxtop host x86", "port.list", "{'host':'x86'}"},
	{"ens flow-table dump", "flow.list", "{'limit':1001}"},
	{"nsxdp-cli ens flow-table dump", "flow.list", "{'limit':1001}"},
	{"nsxcli ens flow-table dump host arm", "flow.list", "{'host':'arm','limit':1001}"},
	{"nsxdataplanecli ens flow-table dump", "flow.list", "{'limit':1001}"},
	{"get ens flow-table dump", "flow.list", "{'limit':1001}"},
	{"ens flow-table dump -l 1 dst 10.0.0.0/8 mac 02:00:00:00:00:01 action encap drop",
		"flow.list",
		"{'worker':1,'dst':'10.0.0.0/8','mac':'02:00:00:00:00:01','action':'encap',"
		"'drop_only':true}"},
	{"show flow ip 10.0.0.1 proto tcp dport 80 ft l4 hits 5 vni 0 port vmnic1 sort bytes limit 3",
		"flow.list",
		"{'ip':'10.0.0.1','proto':6,'dport':80,'ft':'l4','min_hits':5,'vni':0,"
		"'port':'vmnic1'}"},
	{"show flow", "flow.list", "{'limit':1001}"},
	{"ens flow-table size 65536", "flow.set", "{'capacity':65536}"},
	{"get ens flow-table size", "flow.stats", "{}"},
	{"ens flow-table timeout 10", "flow.set", "{'idle_s':10}"},
	{"nsxdp-cli ens flow-table clear", "flow.flush", "{}"},
	{"ens flow-stats sw 0", "flow.stats", "{}"},
	{"clear ens flow-table", "flow.flush", "{}"},
	{"get ens switch list", "switch.list", "{}"},
	{"ens uplink stats host arm", "port.list", "{'host':'arm'}"},
};

static void makes_the_methods_of_the_protocol(void **state)
{
	char params[512];

	for (unsigned i = 0; i < sizeof(grammar) / sizeof(grammar[0]); i++) {
		snprintf(params, sizeof(params), "%s", grammar[i].params);
		for (char *p = params; *p != '\0'; p++)
			*p = *p == '\'' ? '"' : *p;
		check(*state, grammar[i].line, grammar[i].method, params);
	}
}

static void write_pcap(const char *path, int linktype, unsigned frames, unsigned len)
{
	pcap_t *p = pcap_open_dead(linktype, 65535);
	pcap_dumper_t *file = pcap_dump_open(p, path);
	uint8_t *bytes = calloc(1, len);

	assert_non_null(file);
	for (unsigned i = 0; i < frames; i++) {
		struct pcap_pkthdr hdr = {.caplen = len, .len = len};

		bytes[0] = (uint8_t)(i + 1);
		pcap_dump((u_char *)file, &hdr, bytes);
	}
	pcap_dump_close(file);
	pcap_close(p);
	free(bytes);
}

static void expect_error(struct fake *f, const char *line, const char *part)
{
	struct rd_err err = {0};

	f->method[0] = '\0';
	assert_true(rd_cli_run_line(f->cli, line, &err) < 0);
	if (strstr(err.what, part) == NULL)
		fail_msg("%s: %s", line, err.what);
	assert_string_equal(f->method, "");
}

static void reads_frames_from_files(void **state)
{
	char path[] = "/tmp/cli_cmds_test.XXXXXX", line[128], want[256];
	struct fake *f = *state;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	write_pcap(path, DLT_EN10MB, 3, 2);
	snprintf(line, sizeof(line), "inject p pcap %s", path);
	check(f, line, "inject", "{\"port\":\"p\",\"frames\":[\"0100\",\"0200\",\"0300\"]}");
	snprintf(line, sizeof(line), "inject p pcap %s frame 2 every 1s", path);
	check(f, line, "inject", "{\"port\":\"p\",\"frames\":[\"0200\"],\"every_ms\":1000}");
	snprintf(line, sizeof(line), "port set p answer %s", path);
	snprintf(want, sizeof(want),
		"{\"port\":\"p\",\"answer_file\":\"%s\",\"answer\":[\"0100\",\"0200\",\"0300\"]}",
		path);
	check(f, line, "port.set", want);

	snprintf(line, sizeof(line), "inject p pcap %s frame 4", path);
	expect_error(f, line, "the file has no frame 4");
	expect_error(f, "inject p hex 00 frame 1", "there is none");
	expect_error(f, "inject p pcap /nowhere/x", "/nowhere/x");
	write_pcap(path, DLT_RAW, 1, 20);
	snprintf(line, sizeof(line), "port set p answer %s", path);
	expect_error(f, line, "does not hold Ethernet frames");
	assert_int_equal(truncate(path, 30), 0);
	expect_error(f, line, "");
	unlink(path);
}

static void cuts_large_files_into_messages(void **state)
{
	char path[] = "/tmp/cli_cmds_test.XXXXXX", line[128];
	struct fake *f = *state;
	int fd = mkstemp(path);
	size_t frames = 0;

	assert_true(fd >= 0);
	close(fd);
	write_pcap(path, DLT_EN10MB, 1000, 1000); // 2 MB as hex
	json_object_set_new(f->result, "injected", json_integer(5));
	snprintf(line, sizeof(line), "inject p pcap %s count 2", path);
	run(f, line);
	assert_int_equal(json_array_size(f->requests), 6);
	for (size_t i = 0; i < 6; i++) {
		const json_t *r = json_array_get(f->requests, i);

		frames += json_array_size(json_object_get(r, "frames"));
		assert_null(json_object_get(r, "count"));
		assert_true(rd_frames_size(json_object_get(r, "frames")) < RD_FRAMES_MAX_SIZE);
	}
	assert_int_equal(frames, 2000);
	assert_string_equal(fake_output(f), "30 packets injected\n");
	snprintf(line, sizeof(line), "inject p pcap %s every 1s", path);
	expect_error(f, line, "do not fit into one message");
	snprintf(line, sizeof(line), "port set p answer %s", path);
	expect_error(f, line, "do not fit into one message");
	unlink(path);
}

// The daemon has another working directory, so it gets absolute names.
static void makes_pcap_devices_absolute(void **state)
{
	char dir[] = "/tmp/cli_cmds_test.XXXXXX", path[64], want[256];
	struct fake *f = *state;
	struct rd_err err = {0};
	FILE *file;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.rd", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("port set p device net_pcap0,rx_pcap=in.pcap,tx_pcap=/abs/out.pcap,infinite_rx=1\n",
		file);
	fclose(file);
	assert_int_equal(rd_cli_run_file(f->cli, path, &err), 0);
	snprintf(want, sizeof(want),
		"net_pcap0,rx_pcap=%s/in.pcap,tx_pcap=/abs/out.pcap,infinite_rx=1", dir);
	assert_string_equal(json_string_value(json_object_get(f->params, "device")), want);
	unlink(path);
	rmdir(dir);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(makes_the_methods_of_the_protocol),
		TEST(reads_frames_from_files),
		TEST(cuts_large_files_into_messages),
		TEST(makes_pcap_devices_absolute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
