/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What show commands print: the vendor's layouts are golden (the rows of both packet walks), tables align, JSON is one
 * array. A fake transport plays the daemon's items back.
 */
#include "cmds/cmds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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

static const char ports[] =
	"[{'host':'arm','id':100663325,'type':'mux','type_code':13,'subtype':0,'switch':'DvsPortset-1',"
	"'mac':'08:c0:eb:5d:ae:08','name':'vmnic0_MUX_PF16387','used_by':'vmnic0_MUX_PF16387',"
	"'team_pnic':'vmnic0'},"
	"{'host':'arm','id':2248146967,'type':'uplink','type_code':4,'subtype':0,'switch':'DvsPortset-1',"
	"'mac':'08:c0:eb:5d:ae:0f','name':'vmnic1','used_by':'vmnic1','team_pnic':'-'},"
	"{'host':'arm','id':100663320,'type':'shadow','type_code':0,'subtype':0,'switch':'DvsPortset-1',"
	"'mac':'','name':'shadow-vmnic1','used_by':'Shadow of vmnic1','team_pnic':'n/a'},"
	"{'host':'arm','id':100663329,'type':'upt','type_code':13,'subtype':14,'switch':'DvsPortset-1',"
	"'mac':'00:50:56:a1:87:fe','name':'cluster1-ubuntu-vm8.eth0.7c520dd0',"
	"'used_by':'cluster1-ubuntu-vm8.eth0.7c520dd0','team_pnic':'vmnic1'}]";

static const char x86_port[] =
	",{'host':'x86','id':134217768,'type':'vnic','type_code':5,'subtype':9,'switch':'DvsPortset-1',"
	"'mac':'00:50:56:a1:99:9e','name':'gs-ubuntu-01.eth0','used_by':'4241327:gs-ubuntu-01.eth0',"
	"'team_pnic':'vmnic2'}]";

static void items(struct fake *f, const char *text, const char *more)
{
	char *json = NULL;

	if (asprintf(&json, "%.*s%s", (int)(strlen(text) - (more[0] != '\0')), text, more) < 0)
		abort();
	for (char *p = json; *p != '\0'; p++)
		*p = *p == '\'' ? '"' : *p;
	fake_items(f, json);
	free(json);
}

#define NET_STATS_HEAD \
	"PortNum          Type SubType SwitchName       MACAddress         ClientName\n"
#define NET_STATS_ARM                                                                            \
	NET_STATS_HEAD                                                                           \
	"2248146967          4       0 DvsPortset-1     08:c0:eb:5d:ae:0f  vmnic1\n"             \
	"100663325          13       0 DvsPortset-1     08:c0:eb:5d:ae:08  vmnic0_MUX_PF16387\n" \
	"100663329          13      14 DvsPortset-1     00:50:56:a1:87:fe  cluster1-ubuntu-vm8.eth0.7c520dd0\n"

static void net_stats_is_golden(void **state)
{
	struct fake *f = *state;

	items(f, ports, "");
	run(f, "net-stats -l");
	assert_string_equal(fake_output(f), NET_STATS_ARM);
	items(f, ports, x86_port);
	run(f, "net-stats -l");
	assert_string_equal(fake_output(f),
		"arm:\n" NET_STATS_ARM "\nx86:\n" NET_STATS_HEAD
		"134217768           5       9 DvsPortset-1     "
		"00:50:56:a1:99:9e  gs-ubuntu-01.eth0\n");
	items(f, "[]", "");
	run(f, "net-stats -l");
	assert_string_equal(fake_output(f), NET_STATS_HEAD);
}

static void esxtop_is_golden(void **state)
{
	struct fake *f = *state;

	items(f, ports, "");
	run(f, "esxtop");
	assert_string_equal(fake_output(f),
		"   PORT-ID                           USED-BY  TEAM-PNIC DNAME\n"
		" 100663320                  Shadow of vmnic1        n/a DvsPortset-1\n"
		" 100663325                vmnic0_MUX_PF16387     vmnic0 DvsPortset-1\n"
		" 100663329 cluster1-ubuntu-vm8.eth0.7c520dd0     vmnic1 DvsPortset-1\n"
		"2248146967                            vmnic1          - DvsPortset-1\n");
}

static const char flows[] =
	"[{'worker':0,'id':1,'host':'arm','ft':'L4','dst_mac':'00:50:56:a1:99:9e','src_mac':'00:50:56:a1:fc:f3',"
	"'vlan':0,'src_port':3,'src_port_name':'arm/vmnic1','src_ip':'172.16.31.26',"
	"'dst_ip':'172.16.31.25','proto':6,'vni':74752,'l4_src':57448,'l4_dst':80,'sw_hits':2,"
	"'sw_bytes':148,'hw_hits':0,'hw_bytes':0,'bmap':2155872384,'inval_s':150,'cg':2123,'dp':7,"
	"'dp_name':'arm/vmnic0_MUX_PF16387','len':704,'actions':['GENEVE DECAP','DFW on dstPort'],"
	"'verdict':'allow','rule':1041,'reason':'','stale':false},"
	"{'worker':0,'id':2,'host':'arm','ft':'L4','dst_mac':'00:50:56:a1:fc:f3','src_mac':'00:50:56:a1:99:9e',"
	"'vlan':0,'src_port':7,'src_port_name':'arm/gs-ubuntu-01.eth0.7c520dd4','src_ip':'172.16.31.25',"
	"'dst_ip':'172.16.31.26','proto':6,'vni':0,'l4_src':80,'l4_dst':57448,'sw_hits':1,'sw_bytes':74,"
	"'hw_hits':0,'hw_bytes':0,'bmap':33554624,'inval_s':138,'cg':2123,'dp':3,'dp_name':'arm/vmnic1',"
	"'len':814,'actions':['DFW on srcPort','VNI: 74752','GENEVE ENCAP VNI: 74752'],'verdict':'allow',"
	"'rule':1042,'reason':'','stale':true}]";

static const char flow_dump[] =
	"FT dstMAC            srcMAC            VLAN srcPort srcIP        dstIP        proto VNI   "
	"srcPort/type dstPort/code Actions  hwHits hwBytes\n"
	"L4 00:50:56:a1:99:9e 00:50:56:a1:fc:f3 0    3       172.16.31.26 172.16.31.25 6     74752 "
	"57448        80           bmap:0x80800080 inval(s):150 cg:2123 dp:0x7 len:704; GENEVE DECAP; "
	"DFW on dstPort;  0 0\n"
	"L4 00:50:56:a1:fc:f3 00:50:56:a1:99:9e 0    7       172.16.31.25 172.16.31.26 6     0     "
	"80           57448        bmap:0x20000c0 inval(s):138 cg:2123 dp:0x3 len:814; DFW on srcPort; "
	"VNI: 74752; GENEVE ENCAP VNI: 74752;  0 0\n";

static void flow_dump_is_golden(void **state)
{
	struct fake *f = *state;

	items(f, flows, "");
	run(f, "nsxdp-cli ens flow-table dump");
	assert_string_equal(fake_output(f), flow_dump);
	run(f, "get ens flow-t dump");
	assert_string_equal(fake_output(f), flow_dump);
}

static void tables_align(void **state)
{
	struct fake *f = *state;

	items(f, flows, "");
	run(f, "show flows");
	assert_string_equal(fake_output(f),
		"ID  HITS  BYTES    VNI  RULE  VERDICT        FLOW\n"
		" 1     2    148  74752  1041  allow          172.16.31.26:57448 > 172.16.31.25:80 tcp\n"
		"    path: arm/vmnic1 > arm/vmnic0_MUX_PF16387: GENEVE DECAP,DFW on dstPort\n"
		" 2     1     74      0  1042  allow (stale)  172.16.31.25:80 > 172.16.31.26:57448 tcp\n"
		"    path: arm/gs-ubuntu-01.eth0.7c520dd4 > arm/vmnic1: DFW on srcPort,VNI: "
		"74752,GENEVE ENCAP VNI: 74752\n");
	items(f,
		"[{'name':'a\\u001b[31m','default':true,'switches':1,'ports':20},"
		"{'name':'\\u00fc','default':false,'switches':10,'ports':3}]",
		"");
	run(f, "show host");
	assert_string_equal(fake_output(f),
		"DEFAULT  SWITCHES  PORTS  HOST\n"
		"yes             1     20  a\\x1b[31m\n"
		"no             10      3  \u00fc\n");
	items(f,
		"[{'port':'arm/a','id':1,'name':'x','hits':0},{'port':'arm/b','id':0,'name':'default'}]",
		"");
	run(f, "show dfw");
	assert_non_null(strstr(fake_output(f), "default"));
}

// A flow to its router has no port to leave by, but a next hop.
static void a_routed_flow_goes_to_its_next_hop(void **state)
{
	struct fake *f = *state;

	items(f,
		"[{'worker':0,'id':3,'host':'h','ft':'L3','dst_mac':'02:50:56:56:44:52','src_mac':'02:00:00:00:00:02',"
		"'vlan':0,'src_port':1,'src_port_name':'h/g1','src_ip':'10.1.0.2','dst_ip':'10.2.0.2',"
		"'proto':1,'vni':0,'l4_src':0,'l4_dst':0,'sw_hits':4,'sw_bytes':392,'hw_hits':0,"
		"'hw_bytes':0,'bmap':1024,'inval_s':1,'cg':9,'dp':0,'dp_name':'','len':64,"
		"'actions':['VDR'],'next_hop':'10.2.0.2 (h/r-green)','verdict':'allow','rule':0,"
		"'reason':'','stale':false}]",
		"");
	run(f, "show flow action route");
	assert_non_null(strstr(fake_output(f), "\n    path: h/g1 > 10.2.0.2 (h/r-green): VDR\n"));
	run(f, "ens flow-table dump");
	assert_non_null(strstr(fake_output(f),
		"bmap:0x400 inval(s):1 cg:9 dp:0x0 len:64; VDR; next hop 10.2.0.2 (h/r-green);  0 0\n"));
}

static void shows_dropped_packets(void **state)
{
	struct fake *f = *state;

	setenv("TZ", "UTC", 1);
	items(f,
		"[{'ns':1700000000123456789,'packet_id':7,'stage':'dfw_in','port':'arm/g','port_id':9,"
		"'reason':'DFW_RULE_DENY','rule':1043,'vni':74752,'len':60,"
		"'hex':'005056a1999e005056a1fcf308060001080006040001005056a1fcf3ac101f1a000000000000ac101f19'}]",
		"");
	run(f, "show drops recent 1");
	assert_string_equal(fake_output(f),
		"TIME             PACKET  REASON         RULE  STAGE     VNI  LEN  PORT\n"
		"22:13:20.123456       7  DFW_RULE_DENY  1043  dfw_in  74752   60  arm/g\n"
		"    packet: 00:50:56:a1:fc:f3 > 00:50:56:a1:99:9e, ethertype ARP (0x0806), length 60: "
		"Request who-has 172.16.31.25 tell 172.16.31.26, length 46\n");
}

static void json_is_one_array(void **state)
{
	struct fake *f = *state;
	json_t *shown;

	items(f, flows, "");
	rd_cli_set_json(f->cli, true, false);
	run(f, "show flow");
	shown = json_loads(fake_output(f), 0, NULL);
	assert_true(json_equal(shown, f->items));
	json_decref(shown);
	run(f, "ens flow-table dump");
	shown = json_loads(fake_output(f), 0, NULL);
	assert_true(json_equal(shown, f->items));
	json_decref(shown);
	items(f, "[]", "");
	run(f, "show flow");
	assert_string_equal(fake_output(f), "[]\n");
	f->fail = (struct rd_err){.code = -ENOENT, .what = "no"};
	assert_int_equal(rd_cli_run_line(f->cli, "show port x", NULL), -ENOENT);
	assert_string_equal(fake_output(f), "");
}

static void prints_the_running_config_as_it_is(void **state)
{
	struct fake *f = *state;

	items(f, "[{'line':'host add arm default'},{'line':'flow capacity 64'}]", "");
	run(f, "show run");
	assert_string_equal(fake_output(f), "host add arm default\nflow capacity 64\n");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(net_stats_is_golden),
		TEST(esxtop_is_golden),
		TEST(flow_dump_is_golden),
		TEST(tables_align),
		TEST(a_routed_flow_goes_to_its_next_hop),
		TEST(shows_dropped_packets),
		TEST(json_is_one_array),
		TEST(prints_the_running_config_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
