/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of a mirror session's fields, see field.h. Pure.
 */
#include "session/field.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "session/field_own.h"

static const char *const dir_words[] = {"", "to-guest", "from-guest", "both", NULL};
static const char *const mtu_words[] = {"truncate", "drop", "fragment", NULL};
static const char *const mode_words[] = {"active-standby", "replicate", "balance", NULL};
static const char *const health_words[] = {"neighbour", "echo", NULL};
static const char *const gra_words[] = {"100us", "100ns", "1588", NULL};
static const char *const offload_words[] = {"auto", "require", "forbid", "hybrid", NULL};
static const char *const trigger_words[] = {"none", "rst", "drop", "retransmit", NULL};
static const char *const encap_words[] = {"erspan1", "erspan2", "erspan3", "gre", "vxlan", "geneve",
	"tzsp", "rspan", "pcap-file", "port", NULL};
_Static_assert(sizeof(encap_words) / sizeof(encap_words[0]) == RD_MIRROR_TARGETS + 1,
	"a word for every encapsulation");

#define AT(member)                                      \
	.off = offsetof(struct rd_mirror_spec, member), \
	.size = sizeof(((struct rd_mirror_spec *)0)->member)
#define NUM(word, member, lo, hi, about)                                              \
	{                                                                             \
		.key = word, .kind = RD_MIRROR_NUM, AT(member), .min = lo, .max = hi, \
		.help = about                                                         \
	}
#define HEX(word, member, lo, hi, about)                                                           \
	{                                                                                          \
		.key = word, .kind = RD_MIRROR_NUM, .hex = true, AT(member), .min = lo, .max = hi, \
		.help = about                                                                      \
	}
#define OR0(word, member, lo, hi, none, about)                                        \
	{                                                                             \
		.key = word, .kind = RD_MIRROR_NUM, AT(member), .min = lo, .max = hi, \
		.zero = none, .help = about                                           \
	}
#define ONE_OF(word, member, list, about)                                                     \
	{                                                                                     \
		.key = word, .kind = RD_MIRROR_WORD, AT(member), .words = list, .help = about \
	}
#define ON_OFF(word, member, about)                                            \
	{                                                                      \
		.key = word, .kind = RD_MIRROR_BOOL, AT(member), .help = about \
	}
#define STRING(word, member, about)                                              \
	{                                                                        \
		.key = word, .kind = RD_MIRROR_STRING, AT(member), .help = about \
	}
#define OWN(word, fn, about)                                                \
	{                                                                   \
		.key = word, .kind = RD_MIRROR_OWN, .set = mirror_set_##fn, \
		.text = mirror_text_##fn, .help = about                     \
	}

const struct rd_mirror_field rd_mirror_fields[] = {
	OWN("name", name, "1 to 31 of A-Z a-z 0-9 . _ -"),
	HEX("id", id, 1, 1023, "number of the session; the lowest that is free"),
	OWN("source", sources,
		"ports; guest:LABEL, vni:N or vlan:N for their ports; all for those of all guests"),
	ONE_OF("direction", dir, dir_words, "of the guest; both"),
	OWN("stage", stages, "stages, with commas, or all; edge = at the source's device"),
	OWN("reason", reasons, "of dropped packets only those with these reasons, or any"),
	OWN("rule", rules, "permit or deny, and what it asks for"),
	ONE_OF("trigger", trigger, trigger_words, "when copying begins; none = at once"),
	NUM("trigger-stop", trigger_s, 0, 86400, "seconds from then on; 0 = no end"),
	NUM("session-priority", priority, 1, 65535,
		"of exclusive sessions the lowest gets a packet"),
	ON_OFF("exclusive", exclusive, "no other exclusive session gets the packet; off"),
	OR0("once", once, 1, 255, "no group",
		"a group whose sessions send a packet to a collector once; 0"),
	OWN("sample", sample, "1/N, random:1/N or flow:1/N; 1/1"),
	OR0("pps", pps, 1, 1000000000, "no limit", "copies in a second; 100000"),
	OR0("bps", bps, 8000, UINT64_C(1000000000000), "no limit",
		"bits in a second on the wire; 1000000000"),
	NUM("burst", burst_ms, 1, 10000, "milliseconds' worth that may come at once; 10"),
	OR0("snaplen", snaplen, RD_MIRROR_SNAP_MIN, RD_MIRROR_SNAP_MAX, "whole frames",
		"bytes of the mirrored frame; 0"),
	ONE_OF("mtu-policy", mtu_policy, mtu_words, "for a copy that does not fit; truncate"),
	OWN("payload-mask", mask, "none, zero:N or random:N: bytes of payload that stay; none"),
	ONE_OF("encap", encap, encap_words, "what goes round the copy; erspan2"),
	HEX("erspan-id", erspan_id, 1, 1023, "session id in the header; the session's id"),
	HEX("index", index, 0, 0xfffff, "of ERSPAN II; direction, stage and port"),
	HEX("hwid", hwid, 0, 63, "of ERSPAN III; the stage"),
	ONE_OF("gra", gra, gra_words, "ERSPAN III's unit of time; 100ns"),
	OWN("sgt", sgt, "of ERSPAN III: 0 to 65535, or reason for the drop reason; 0"),
	OWN("key", key, "of GRE: 0 to 4294967295, or none; none"),
	ON_OFF("seq", seq, "sequence numbers in GRE; on"),
	HEX("vni", vni, 0, 0xffffff, "of VXLAN and Geneve; the session's id"),
	NUM("vlan", vlan, 1, 4094, "that RSPAN puts round the copy"),
	NUM("udp-port", udp_port, 1, 65535, "of the collector; as registered"),
	OWN("options", options, "of Geneve: time, copy, origin, packet; all of them"),
	HEX("seq-start", seq_start, 0, UINT32_MAX, "number of the first copy; 0"),
	OWN("to", dests, "collectors' addresses, with commas"),
	OWN("priority", priorities, "of each, 1 to 255: the lowest is tried first; 1,2,3,4"),
	OWN("weight", weights, "of each, 1 to 255: its share when balanced; 1"),
	ONE_OF("mode", mode, mode_words, "of several collectors; active-standby"),
	ONE_OF("health", health, health_words, "how it is known that a collector lives; neighbour"),
	OWN("src-ip", src, "our address; the tunnel endpoint's"),
	STRING("out-port", out_port, "port that copies leave by; an uplink of the endpoint"),
	OWN("gateway", gateway, "next hop; the collector itself"),
	OWN("next-hop", mac, "the next hop's MAC; asked for"),
	NUM("outer-vlan", outer_vlan, 1, 4094, "tag of the outer frame; the endpoint's"),
	NUM("dscp", dscp, 0, 63, "of the outer header; 8"),
	NUM("ttl", ttl, 1, 255, "of the outer header; 64"),
	NUM("pcp", pcp, 0, 7, "of the outer tag; 0"),
	NUM("mtu", mtu, 576, 9216, "of the way to the collector; the port's"),
	STRING("file", file, "pcapng file of encap pcap-file"),
	ON_OFF("multicast", multicast, "a collector may be a group address; off"),
	OWN("lifetime", lifetime, "90s, 30m, 24h; 0 = until it is removed; 1h"),
	NUM("max-packets", max_packets, 0, INT64_MAX, "ends after so many copies; 0 = no limit"),
	NUM("max-bytes", max_bytes, 0, INT64_MAX, "ends after so many copied bytes; 0 = no limit"),
	NUM("start-at", start_at, 0, INT64_MAX, "seconds since 1970; 0 = at once"),
	ONE_OF("offload", offload, offload_words, "copying by the NIC; auto"),
	ON_OFF("persist", persist, "is there again after a restart; on if lifetime is 0"),
	ON_OFF("force", force, "no limit of rate or lifetime is meant; off"),
	STRING("owner", owner, "whose it is"),
	STRING("comment", comment, "for people"),
};
const unsigned rd_mirror_nb_fields = sizeof(rd_mirror_fields) / sizeof(rd_mirror_fields[0]);
_Static_assert(sizeof(rd_mirror_fields) / sizeof(rd_mirror_fields[0]) <= 64, "a bit each");

const struct rd_mirror_field *rd_mirror_field(const char *key)
{
	for (unsigned i = 0; i < rd_mirror_nb_fields; i++)
		if (strcmp(rd_mirror_fields[i].key, key) == 0)
			return &rd_mirror_fields[i];
	return NULL;
}

bool rd_mirror_given(const struct rd_mirror_spec *s, const char *key)
{
	const struct rd_mirror_field *f = rd_mirror_field(key);

	return f != NULL && (s->given >> (f - rd_mirror_fields) & 1);
}

static uint64_t load(const struct rd_mirror_spec *s, const struct rd_mirror_field *f)
{
	const uint8_t *at = (const uint8_t *)s + f->off;
	uint64_t v = 0;

	memcpy(&v, at, f->size); // little-endian, as everything that DPDK is built for here
	return v;
}

static void store(struct rd_mirror_spec *s, const struct rd_mirror_field *f, uint64_t v)
{
	memcpy((uint8_t *)s + f->off, &v, f->size);
}

static int set_num(struct rd_mirror_spec *s, const struct rd_mirror_field *f, const char *value,
	struct rd_err *err)
{
	char bounds[96];
	size_t len = 0;
	uint64_t v;

	if (rd_parse_u64(value, f->zero != NULL ? 0 : f->min, f->max, &v) == 0
		&& (v >= f->min || v == 0)) {
		store(s, f, v);
		return 0;
	}
	rd_str_addf(bounds, sizeof(bounds), &len, "%" PRIu64 " to %" PRIu64, f->min, f->max);
	if (f->hex)
		rd_str_addf(bounds, sizeof(bounds), &len, " (0x%" PRIx64 " to 0x%" PRIx64 ")",
			f->min, f->max);
	if (f->zero != NULL)
		rd_str_addf(bounds, sizeof(bounds), &len, ", or 0 for %s", f->zero);
	return rd_err_set(err, -ERANGE, "%s %.60s: %s", f->key, value, bounds);
}

static int set_word(struct rd_mirror_spec *s, const struct rd_mirror_field *f, const char *value,
	struct rd_err *err)
{
	char all[160] = "";
	size_t len = 0;

	for (unsigned i = 0; f->words[i] != NULL; i++) {
		if (f->words[i][0] == '\0')
			continue;
		if (strcmp(f->words[i], value) == 0) {
			store(s, f, i);
			return 0;
		}
		rd_str_addf(all, sizeof(all), &len, "%s%s", len != 0 ? ", " : "", f->words[i]);
	}
	return rd_err_set(err, -EINVAL, "%s %.40s: one of %s", f->key, value, all);
}

static int set_string(struct rd_mirror_spec *s, const struct rd_mirror_field *f, const char *value,
	struct rd_err *err)
{
	size_t len = strlen(value);

	if (len >= f->size)
		return rd_err_set(
			err, -E2BIG, "%s has %zu bytes: at most %d", f->key, len, f->size - 1);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)value[i] < ' ' || value[i] == 0x7f || value[i] == '"')
			return rd_err_set(err, -EINVAL,
				"%s has a control character or a quotation mark", f->key);
	memcpy((uint8_t *)s + f->off, value, len + 1);
	return 0;
}

static int set_field(struct rd_mirror_spec *s, const struct rd_mirror_field *f, const char *value,
	struct rd_err *err)
{
	static const char *const on_off[] = {"off", "on", NULL};
	struct rd_mirror_field flag = *f;

	switch (f->kind) {
	case RD_MIRROR_NUM:
		return set_num(s, f, value, err);
	case RD_MIRROR_WORD:
		return set_word(s, f, value, err);
	case RD_MIRROR_BOOL:
		flag.words = on_off;
		return set_word(s, &flag, value, err);
	case RD_MIRROR_STRING:
		return set_string(s, f, value, err);
	default:
		return f->set(s, value, err);
	}
}

int rd_mirror_spec_set(
	struct rd_mirror_spec *s, const char *key, const char *value, struct rd_err *err)
{
	const struct rd_mirror_field *f = rd_mirror_field(key);
	int ret;

	if (f == NULL)
		return rd_err_set(err, -ENOENT, "a mirror session has no %.40s", key);
	ret = set_field(s, f, value, err);
	if (ret < 0)
		rd_err_where(err, "%s", f->key);
	else
		s->given |= UINT64_C(1) << (f - rd_mirror_fields);
	return ret;
}

const char *rd_mirror_spec_text(
	const struct rd_mirror_spec *s, const struct rd_mirror_field *f, char *buf)
{
	size_t len = 0;

	*buf = '\0';
	if (f->kind == RD_MIRROR_NUM)
		rd_str_addf(buf, RD_MIRROR_VALUE_LEN, &len, "%" PRIu64, load(s, f));
	else if (f->kind == RD_MIRROR_WORD)
		rd_str_addf(buf, RD_MIRROR_VALUE_LEN, &len, "%s", f->words[load(s, f)]);
	else if (f->kind == RD_MIRROR_BOOL)
		rd_str_addf(buf, RD_MIRROR_VALUE_LEN, &len, "%s", load(s, f) != 0 ? "on" : "off");
	else if (f->kind == RD_MIRROR_STRING)
		rd_str_addf(buf, RD_MIRROR_VALUE_LEN, &len, "%s", (const char *)s + f->off);
	else
		f->text(s, buf, RD_MIRROR_VALUE_LEN);
	return buf;
}

const char *rd_mirror_spec_shown(
	const struct rd_mirror_spec *s, const struct rd_mirror_field *f, char *buf)
{
	size_t len;

	rd_mirror_spec_text(s, f, buf);
	len = strlen(buf);
	if (f->kind == RD_MIRROR_NUM && f->hex)
		rd_str_addf(buf, RD_MIRROR_VALUE_LEN, &len, " (0x%" PRIx64 ")", load(s, f));
	return buf;
}

const char *rd_mirror_encap_name(unsigned encap)
{
	return encap < RD_MIRROR_TARGETS ? encap_words[encap] : "";
}
