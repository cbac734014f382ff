/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes one encapsulation's parser at a time: the outer headers are sound, so that every input gets as far as the tunnel's own. Input: a
 * byte that says which tunnel and over what, one for how many bytes of the frame's end were not captured, then what comes behind IP's or UDP's header.
 * RD_FUZZ_TUNNEL=erspan3 looks at nothing else. What is found is of that kind, lies inside, has a text; the collector counts it once.
 */
#include "collector/collector.h"
#include "encap/decap.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"

#define MAX 2048u
#define OUTER 64u // Ethernet, four tags at most, IPv6
#define OVER_IPV6 0x80u
#define TAGGED 0x40u
#define GRE_SEQ 0x10u
#define GRE_FLAGS 0xb0u // C, K, S

static const struct tunnel {
	const char *name;
	uint16_t proto, port; // of GRE, of UDP
	uint32_t kinds; // a bit for each enum rd_decap_kind that may be found
} tunnels[] = {
	{"erspan1", 0x88be, 0, 1u << RD_DECAP_ERSPAN1},
	{"erspan2", 0x88be, 0, 1u << RD_DECAP_ERSPAN2 | 1u << RD_DECAP_ERSPAN3},
	{"erspan3", 0x22eb, 0, 1u << RD_DECAP_ERSPAN2 | 1u << RD_DECAP_ERSPAN3},
	{"gre", 0x6558, 0, 1u << RD_DECAP_GRE},
	{"vxlan", 0, 4789, 1u << RD_DECAP_VXLAN},
	{"geneve", 0, 6081, 1u << RD_DECAP_GENEVE},
	{"rspan", 0, 0, ~0u}, // tags before the frame, which may have any tunnel in it
	{"tzsp", 0, 37008, 1u << RD_DECAP_TZSP},
};
#define TUNNELS (sizeof(tunnels) / sizeof(tunnels[0]))

static const struct tunnel *chosen(uint8_t how)
{
	const char *only = getenv("RD_FUZZ_TUNNEL");

	for (size_t i = 0; only != NULL && i < TUNNELS; i++)
		if (strcmp(only, tunnels[i].name) == 0)
			return &tunnels[i];
	return &tunnels[how % TUNNELS];
}

// Ethernet and its tags; IP is put behind it.
static size_t put_ether(uint8_t *f, uint8_t how)
{
	uint16_t type = how & OVER_IPV6 ? RD_ETHERTYPE_IPV6 : RD_ETHERTYPE_IPV4;

	memset(f, 2, 12);
	if ((how & TAGGED) == 0) {
		rd_put16(f + 12, type);
		return 14;
	}
	rd_put16(f + 12, RD_ETHERTYPE_QINQ);
	rd_put16(f + 14, 900);
	rd_put16(f + 16, type);
	return 18;
}

static size_t put_ip(uint8_t *ip, uint8_t how, uint8_t proto, size_t payload)
{
	size_t head = how & OVER_IPV6 ? 40 : 20;

	memset(ip, 0, head);
	if (how & OVER_IPV6) {
		ip[0] = 0x60;
		rd_put16(ip + 4, (uint16_t)payload);
		ip[6] = proto;
		return head;
	}
	ip[0] = 0x45;
	rd_put16(ip + 2, (uint16_t)(head + payload));
	ip[9] = proto;
	return head;
}

// Behind IP: what the input has, made to be this tunnel. Returns its length.
static size_t put_tunnel(uint8_t *at, const struct tunnel *t, const uint8_t *data, size_t size)
{
	size_t head = t->port != 0 ? 8 : 4;

	memset(at, 0, head);
	if (t->port != 0) {
		rd_put16(at + 2, t->port);
		rd_put16(at + 4, (uint16_t)(head + size));
	} else if (size >= 1) {
		at[0] = (uint8_t)(data[0] & GRE_FLAGS);
		if (t->kinds == 1u << RD_DECAP_ERSPAN1) // with numbers it is type II
			at[0] &= (uint8_t)~GRE_SEQ;
		else if (t->kinds != 1u << RD_DECAP_GRE)
			at[0] |= GRE_SEQ;
		data++;
		size--;
	}
	if (t->port == 0)
		rd_put16(at + 2, t->proto);
	memcpy(at + head, data, size);
	return head + size;
}

static size_t put_frame(
	uint8_t *f, const struct tunnel *t, uint8_t how, const uint8_t *data, size_t size)
{
	size_t at = put_ether(f, t->proto == 0 && t->port == 0 ? how | TAGGED : how), len;

	if (t->proto == 0 && t->port == 0) { // RSPAN: what is behind the tag is the input's
		memcpy(f + 16, data, size);
		return 16 + size;
	}
	len = put_tunnel(f + OUTER, t, data, size);
	at += put_ip(f + at, how, t->port != 0 ? RD_IPPROTO_UDP : 47, len);
	memmove(f + at, f + OUTER, len);
	return at + len;
}

static void check(const struct tunnel *t, const uint8_t *frame, size_t len, size_t wire)
{
	struct rd_decap d;
	char text[RD_DECAP_TEXT];
	enum rd_decap_result rc = rd_decap(frame, len, wire, &d);

	FUZZ_CHECK(strlen(rd_decap_text(&d, text, sizeof(text))) < sizeof(text));
	FUZZ_CHECK((rc == RD_DECAP_BAD) == (d.fault != RD_DECAP_FINE));
	FUZZ_CHECK(d.fault != RD_DECAP_F_OUTER_LEN || t->kinds == ~0u); // they are sound
	FUZZ_CHECK(d.fault != RD_DECAP_F_FRAGMENT || t->kinds == ~0u);
	if (rc != RD_DECAP_YES)
		return;
	FUZZ_CHECK((t->kinds >> d.kind & 1) != 0);
	FUZZ_CHECK(d.inner < len && d.inner + (size_t)d.inner_len <= wire);
	FUZZ_CHECK((size_t)d.opt_off + d.opt_len <= len);
}

static void collect(const uint8_t *frame, size_t len, size_t wire)
{
	struct rd_facts_how how = {.opt_class = RD_ENCAP_OPT_CLASS, .reddot = true};
	struct rd_collector *c = rd_collector_new(&how);
	struct rd_collected o;
	char text[RD_FACTS_TEXT];

	if (c == NULL)
		return;
	FUZZ_CHECK(rd_collector_add(c, frame, len, wire, 1, &o) == 0);
	FUZZ_CHECK(strlen(rd_facts_text(&o.facts, text, sizeof(text))) + 1 < sizeof(text));
	FUZZ_CHECK((o.source != NULL) == (o.result == RD_DECAP_YES));
	FUZZ_CHECK(rd_collector_copies(c) == (o.result == RD_DECAP_YES));
	rd_collector_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[MAX + 2 * OUTER];
	const struct tunnel *t;
	uint8_t *frame;
	size_t wire, len;

	if (size < 2)
		return 0;
	t = chosen(data[0]);
	wire = put_frame(room, t, data[0], data + 2, size - 2 < MAX ? size - 2 : MAX);
	len = wire - (data[1] < wire ? data[1] : wire);
	frame = malloc(len + 1); // ASan sees a read behind it
	if (frame == NULL)
		return 0;
	memcpy(frame, room, len);
	check(t, frame, len, wire);
	collect(frame, len, wire);
	free(frame);
	return 0;
}
