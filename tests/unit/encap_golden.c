/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The golden frames, see encap_golden.h.
 */
#include "encap_golden.h"

#include <stdlib.h>
#include <string.h>

#define ETH "020000000002020000000001"
#define TAGGED                                                                                           \
	"005056a1999e005056a1fcf38100a06408004500003c1234400040069234ac101f1aac101f19e0680050830fe93a00" \
	"000000a002faf02e2a0000020405b40402080ab403878a0000000001030307"
#define V4 ETH "0800"
#define ADDR "c0000201c0000202"
#define NS UINT64_C(1700000000123456789)
#define TCI_100 (5u << 13 | 100)
#define DEADBEEF 0xdeadbeefu

#define FROM(k) .kind = (k), .family = 4, .ttl = 64, .session = 100

const struct golden goldens[] = {
	{"G1", {FROM(RD_ENCAP_ERSPAN1)}, {0}, SYN, 0, V4 "4500006200004000402fb669" ADDR "000088be",
		NULL},
	{"G2", {FROM(RD_ENCAP_ERSPAN2)}, {.seq = 7, .index = 0xa05}, SYN, 0,
		V4 "4500006e00004000402fb65d" ADDR "100088be00000007"
		   "1000006400000a05",
		NULL},
	{"G3", {FROM(RD_ENCAP_ERSPAN2)},
		{.seq = 8, .index = 0xa05, .tci = TCI_100, .en = RD_EN_KEPT}, TAGGED, 0,
		V4 "4500007200004000402fb659" ADDR "100088be00000008"
		   "1064b86400000a05",
		NULL},
	{"G4", {.kind = RD_ENCAP_ERSPAN2, .family = 4, .ttl = 64, .session = 1023},
		{.seq = 9, .index = 0xfffff, .tci = TCI_100, .en = RD_EN_STRIPPED}, SYN, 0,
		V4 "4500006e00004000402fb65d" ADDR "100088be00000009"
		   "1064b3ff000fffff",
		NULL},
	{"G5", {FROM(RD_ENCAP_ERSPAN2)}, {.seq = 10, .index = 0xa05, .flags = RD_COPY_TRUNCATED},
		SYN, 64,
		V4 "4500006400004000402fb667" ADDR "100088be0000000a"
		   "1000046400000a05",
		NULL},
	{"G6", {FROM(RD_ENCAP_ERSPAN3), .gra = RD_GRA_100US}, {.seq = 11, .ns = NS, .stage = 0x2a},
		SYN, 0,
		V4 "4500007200004000402fb659" ADDR "100022eb0000000b"
		   "200000641ef614d2000082a0",
		NULL},
	{"G7", {FROM(RD_ENCAP_ERSPAN3), .gra = RD_GRA_100NS, .sub_id = 3},
		{.seq = 12,
			.ns = NS,
			.stage = 0x3f,
			.sgt = 0x1234,
			.port = 341,
			.tci = TCI_100,
			.flags = RD_COPY_EGRESS},
		TAGGED, 0,
		V4 "4500007e00004000402fb64d" ADDR "100022eb0000000c"
		   "2064a064f1415687123483fb"
		   "0c000155003c6568",
		NULL},
	{"G8", {FROM(RD_ENCAP_ERSPAN3), .gra = RD_GRA_1588, .sub_id = 5, .switch_id = 683},
		{.seq = 13,
			.ns = NS,
			.stage = 1,
			.port = 0xa05,
			.flags = RD_COPY_EGRESS | RD_COPY_TRUNCATED},
		SYN, 64,
		V4 "4500007000004000402fb65b" ADDR "100022eb0000000d"
		   "20000464075bcd150000801d"
		   "16ab0a056553f100",
		NULL},
	{"G9", {.kind = RD_ENCAP_ERSPAN2, .family = 6, .ttl = 64, .session = 100},
		{.seq = 14, .index = 0xa05}, SYN, 0,
		ETH "86dd60000000005a2f40"
		    "20010db8000000000000000000000001"
		    "20010db8000000000000000000000002"
		    "100088be0000000e"
		    "1000006400000a05",
		NULL},
	{"G10", {FROM(RD_ENCAP_GRE), .has_key = true, .key = DEADBEEF}, {0}, SYN, 0,
		V4 "4500006600004000402fb665" ADDR "20006558deadbeef", NULL},
	{"G11", {FROM(RD_ENCAP_GRE), .has_key = true, .has_seq = true, .key = DEADBEEF},
		{.seq = 15}, SYN, 0, V4 "4500006a00004000402fb661" ADDR "30006558deadbeef0000000f",
		NULL},
	{"G12", {FROM(RD_ENCAP_VXLAN), .vni = 0x123456, .sport = 0xc123}, {0}, SYN, 0,
		V4 "4500006e000040004011b67b" ADDR "c12312b5005a0000"
		   "0800000012345600",
		NULL},
	{"G13",
		{FROM(RD_ENCAP_GENEVE), .vni = 0x12400, .sport = 0xc123,
			.opt_class = RD_ENCAP_OPT_CLASS,
			.options = RD_OPT_TIME | RD_OPT_COPY | RD_OPT_ORIGIN},
		{.seq = 16, .ns = NS, .stage = 5, .flags = RD_COPY_EGRESS, .wire_len = 74}, SYN, 0,
		V4 "45000092000040004011b657" ADDR "c12317c1007e0000"
		   "0900655801240000"
		   "ff01010217979cfe3d85cd15"
		   "ff0102020000001005010000"
		   "ff010302006400000000004a",
		NULL},
	{"G14", {.kind = RD_ENCAP_RSPAN, .rspan_vid = 900, .rspan_tpid = 0x8100}, {0}, SYN, 0, NULL,
		"005056a1999e005056a1fcf38100038408004500003c1234400040069234ac101f1aac101f19e0680050830fe93a"
		"00000000a002faf02e2a0000020405b40402080ab403878a0000000001030307"},
	{"G15", {.kind = RD_ENCAP_RSPAN, .rspan_vid = 900, .rspan_tpid = 0x8100}, {0}, TAGGED, 0,
		NULL,
		"005056a1999e005056a1fcf3810003848100a06408004500003c1234400040069234ac101f1aac101f19e0680050"
		"830fe93a00000000a002faf02e2a0000020405b40402080ab403878a0000000001030307"},
	{"G16", {FROM(RD_ENCAP_TZSP), .sport = 37008}, {0}, SYN, 0,
		V4 "4500006b000040004011b67e" ADDR "9090909000570000"
		   "0100000101",
		NULL},
	{"G17", {FROM(RD_ENCAP_ERSPAN3), .gra = RD_GRA_100NS, .sub_id = 7},
		{.seq = 17, .ns = NS, .index = 0xa05}, SYN, 0,
		V4 "4500007a00004000402fb651" ADDR "100022eb00000011"
		   "20000064f141568700008003"
		   "1c000a05003c6568",
		NULL},
};
_Static_assert(sizeof(goldens) / sizeof(goldens[0]) == NB_GOLDENS, "all of them");

struct bytes from_hex(const char *hex)
{
	struct bytes f = {.len = strlen(hex) / 2};

	for (size_t i = 0; i < f.len; i++) {
		char byte[3] = {hex[2 * i], hex[2 * i + 1], 0};

		f.b[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return f;
}

struct bytes golden_inner(const struct golden *g)
{
	struct bytes f = from_hex(g->inner);

	f.len = g->cut != 0 ? g->cut : f.len;
	return f;
}

struct bytes golden_bytes(const struct golden *g)
{
	struct bytes f = from_hex(g->head != NULL ? g->head : g->whole), inner = golden_inner(g);

	if (g->head == NULL)
		return f;
	memcpy(f.b + f.len, inner.b, inner.len);
	f.len += inner.len;
	return f;
}

int golden_make(const struct golden *g, struct bytes *out)
{
	static const uint8_t src4[] = {192, 0, 2, 1}, dst4[] = {192, 0, 2, 2};
	static const uint8_t net6[] = {0x20, 1, 0x0d, 0xb8};
	struct bytes inner = golden_inner(g);
	struct rd_encap_conf conf = g->conf;
	struct rd_encap e;
	int rc;

	memcpy(conf.dmac, (uint8_t[]){2, 0, 0, 0, 0, 2}, 6);
	memcpy(conf.smac, (uint8_t[]){2, 0, 0, 0, 0, 1}, 6);
	memcpy(conf.src, conf.family == 4 ? src4 : net6, 4);
	memcpy(conf.dst, conf.family == 4 ? dst4 : net6, 4);
	if (conf.family == 6) {
		conf.src[15] = 1;
		conf.dst[15] = 2;
	}
	rc = rd_encap_prepare(&e, &conf, NULL);
	if (rc < 0)
		return rc;
	rd_encap_head(&e, &g->copy, inner.b, (uint32_t)inner.len, out->b);
	memcpy(out->b + e.len, inner.b + e.skip, inner.len - e.skip);
	out->len = e.len + inner.len - e.skip;
	return 0;
}
