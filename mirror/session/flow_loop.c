/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See flow_loop.h. What we can send is what leaves by a port, so it is that side of the card's switch which is tried; packets that come from a
 * port's other side are proven by their rule's counter alone. Control thread.
 */
#include "session/flow_loop.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/pkt.h"

RD_LOG_MODULE(mirror_loop);

#define LOOP_ETHERTYPE 0x88b5 // for experiments: IEEE 802, clause 9
#define LOOP_LEN 60
#define HEAD_LEN 38 // Ethernet, IPv4, GRE
#define HEAD_IP_LEN 16 // what a card may fill in: the packet's length ...
#define HEAD_IP_ID 18 // ... its number ...
#define HEAD_IP_SUM 24 // ... and the checksum

struct loop { // points into itself: not copied
	struct rd_flow_rule rule;
	uint16_t port, look;
	uint8_t mac[6];
	uint8_t frame[LOOP_LEN], head[HEAD_LEN];
	bool has_head;
	struct rte_flow_item item[3];
	struct rte_flow_item_ethdev from;
	struct rte_flow_item_eth eth, eth_mask;
	struct rte_flow_action action[3], sub[3];
	struct rte_flow_action_sample sample;
	struct rte_flow_action_raw_encap raw;
	struct rte_flow_action_ethdev back, copy;
	struct rd_flow_heard heard;
};

// For the next bridge only (IEEE 802.1Q, table 8-1): none passes it on, ours neither.
static const uint8_t nearest[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e};

static bool draw_mac(uint8_t mac[6])
{
	if (getrandom(mac, 6, GRND_NONBLOCK) != 6)
		return false;
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 2); // local, of one station
	return true;
}

static void put_frame(struct loop *l)
{
	static const char text[] = "a probe of mirroring";

	memset(l->frame, 0, sizeof(l->frame));
	memcpy(l->frame, nearest, 6);
	memcpy(l->frame + 6, l->mac, 6);
	rd_put16(l->frame + 12, LOOP_ETHERTYPE);
	memcpy(l->frame + RD_ETH_LEN, text, sizeof(text));
}

// GRE with a frame inside, from and to addresses for documentation.
static void put_head(struct loop *l)
{
	memset(l->head, 0, sizeof(l->head));
	memcpy(l->head, nearest, 6);
	memcpy(l->head + 6, l->mac, 6);
	rd_put16(l->head + 12, RD_ETHERTYPE_IPV4);
	l->head[14] = 0x45;
	rd_put16(l->head + HEAD_IP_LEN, HEAD_LEN - RD_ETH_LEN + LOOP_LEN);
	rd_put16(l->head + 20, 0x4000); // not in fragments
	l->head[22] = 1;
	l->head[23] = 47;
	rd_put32(l->head + 26, 0xc0000201);
	rd_put32(l->head + 30, 0xc0000202);
	rd_put16(l->head + HEAD_IP_SUM, rd_csum_fold(rd_csum_add(0, l->head + RD_ETH_LEN, 20)));
	rd_put16(l->head + 36, RD_ETHERTYPE_TEB);
}

static void put_pattern(struct loop *l)
{
	l->from.port_id = l->port;
	memcpy(&l->eth.hdr.src_addr, l->mac, 6);
	l->eth.hdr.ether_type = RTE_BE16(LOOP_ETHERTYPE);
	memset(&l->eth_mask.hdr.src_addr, 0xff, 6);
	l->eth_mask.hdr.ether_type = RTE_BE16(0xffff);
	l->item[0] = (struct rte_flow_item){.type = RTE_FLOW_ITEM_TYPE_PORT_REPRESENTOR,
		.spec = &l->from,
		.mask = &rte_flow_item_ethdev_mask};
	l->item[1] = (struct rte_flow_item){
		.type = RTE_FLOW_ITEM_TYPE_ETH, .spec = &l->eth, .mask = &l->eth_mask};
	l->item[2] = (struct rte_flow_item){.type = RTE_FLOW_ITEM_TYPE_END};
}

// The frame comes back by its port, the copy by the port that is looked at.
static void put_actions(struct loop *l)
{
	unsigned n = 0;

	if (l->has_head) {
		l->raw = (struct rte_flow_action_raw_encap){.data = l->head, .size = HEAD_LEN};
		l->sub[n++] = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_RAW_ENCAP, &l->raw};
	}
	l->copy.port_id = l->look;
	l->sub[n++] = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_PORT_REPRESENTOR, &l->copy};
	l->sub[n] = (struct rte_flow_action){.type = RTE_FLOW_ACTION_TYPE_END};
	l->sample = (struct rte_flow_action_sample){.ratio = 1, .actions = l->sub};
	l->back.port_id = l->port;
	l->action[0] = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_SAMPLE, &l->sample};
	l->action[1] = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_PORT_REPRESENTOR, &l->back};
	l->action[2] = (struct rte_flow_action){.type = RTE_FLOW_ACTION_TYPE_END};
}

static int prepare(struct loop *l, uint16_t port, const struct rd_flow_cap *cap, bool head)
{
	memset(l, 0, sizeof(*l));
	l->port = port;
	l->look = cap->facts.look_port != RD_FLOW_NOWHERE ? cap->facts.look_port : port;
	l->has_head = head;
	if (!draw_mac(l->mac))
		return -EAGAIN;
	put_frame(l);
	put_head(l);
	put_pattern(l);
	put_actions(l);
	l->rule = (struct rd_flow_rule){
		.attr = {.transfer = 1}, .pattern = l->item, .actions = l->action};
	return 0;
}

static bool is_frame(const struct loop *l, const uint8_t *bytes, unsigned len)
{
	return len >= LOOP_LEN && memcmp(bytes, l->frame, LOOP_LEN) == 0;
}

static bool is_headed(const struct loop *l, const uint8_t *bytes, unsigned len)
{
	uint8_t head[HEAD_LEN];

	if (len < HEAD_LEN)
		return false;
	memcpy(head, bytes, HEAD_LEN);
	memcpy(head + HEAD_IP_LEN, l->head + HEAD_IP_LEN, 4);
	memcpy(head + HEAD_IP_SUM, l->head + HEAD_IP_SUM, 2);
	return memcmp(head, l->head, HEAD_LEN) == 0
		&& is_frame(l, bytes + HEAD_LEN, len - HEAD_LEN);
}

// Frames that came by one of the ports, as the frame itself or as its copy.
static void count(const struct loop *l, unsigned *frames, unsigned *copies, unsigned *others)
{
	*frames = *copies = 0;
	*others = l->heard.nb > RD_FLOW_HEARD ? l->heard.nb - RD_FLOW_HEARD : 0;
	for (unsigned i = 0; i < l->heard.nb && i < RD_FLOW_HEARD; i++) {
		const struct rd_flow_heard_frame *f = &l->heard.frame[i];
		bool frame = is_frame(l, f->bytes, f->len);
		bool copy = l->has_head ? is_headed(l, f->bytes, f->len) : frame;

		if (frame && f->port == l->port && (*frames == 0 || l->look != l->port))
			++*frames;
		else if (copy && f->port == l->look)
			++*copies;
		else
			++*others;
	}
}

static bool is_good(const struct loop *l, struct rd_flow_fail *fail)
{
	unsigned frames, copies, others;

	count(l, &frames, &copies, &others);
	if (frames + copies + others == 0)
		rd_flow_fail_set(
			fail, -EIO, "a frame was sent through, and neither it nor a copy came");
	else if (others != 0)
		rd_flow_fail_set(fail, -EIO,
			"a frame was sent through, and what came is neither it nor its copy");
	else if (frames != 1)
		rd_flow_fail_set(fail, -EIO,
			"a frame was sent through, and it came %u times: packets would go astray",
			frames);
	else if (copies != 1)
		rd_flow_fail_set(
			fail, -EIO, "a frame was sent through, and %u copies of it came", copies);
	return frames == 1 && copies == 1 && others == 0;
}

// The rule is there for as long as the frame needs. 0, or -errno with *fail: the frame was not sent through.
static int send_through(const struct rd_flow_dev *dev, const struct rd_flow_cap *cap,
	struct loop *l, struct rd_flow_fail *fail)
{
	struct rd_flow_dev proxy = *dev;
	struct rd_flow_pass pass = {
		.frame = l->frame, .len = LOOP_LEN, .at = {l->port, l->look}, .enough = 2};
	struct rd_flow_fail left;
	struct rte_flow *flow;
	int ret;

	proxy.port = cap->proxy;
	memcpy(pass.mac, l->mac, 6);
	ret = rd_flow_create(&proxy, &l->rule, &flow, fail);
	if (ret < 0)
		return ret;
	ret = dev->ops->pass(dev->drv, dev->port, &pass, &l->heard);
	if (ret != 0)
		ret = rd_flow_fail_set(
			fail, ret < 0 ? ret : -EPROTO, "the frame could not be sent");
	if (rd_flow_destroy(&proxy, flow, &left) < 0) {
		rd_log_warn("port %u does not take the rule of its functional probe back: %s",
			dev->port, left.message);
		ret = rd_flow_fail_set(fail, left.code, "%s", left.message);
	}
	return ret;
}

static bool try_one(const struct rd_flow_dev *dev, const struct rd_flow_cap *cap, bool head,
	struct rd_flow_loop *out, struct rd_flow_fail *fail)
{
	struct loop l;

	out->code = prepare(&l, dev->port, cap, head);
	if (out->code < 0) {
		rd_flow_fail_set(fail, out->code, "no random address could be drawn");
		return false;
	}
	out->code = send_through(dev, cap, &l, fail);
	if (out->code < 0 || !is_good(&l, fail))
		return false;
	out->us = (uint32_t)(l.heard.ns / 1000);
	return true;
}

static const char *unable(const struct rd_flow_dev *dev, const struct rd_flow_cap *cap, int *code)
{
	*code = -ENOTSUP;
	if (dev->ops->pass == NULL)
		return "no frame can be sent through";
	if (!rd_flow_can(cap, RD_FLOW_RUNG_SW_REPRESENTOR)
		|| !rd_flow_can(cap, RD_FLOW_RUNG_SW_SAMPLE_REPR))
		return "the card leads no copy back to us";
	*code = -ENETDOWN;
	return cap->facts.link ? NULL : "the link is down";
}

void rd_flow_loop_try(const struct rd_flow_dev *dev, struct rd_flow_cap *cap)
{
	struct rd_flow_loop *out = &cap->loop, head = {0};
	int code;
	const char *why = unable(dev, cap, &code);

	memset(out, 0, sizeof(*out));
	if (why != NULL) {
		out->code = rd_flow_fail_set(&out->fail, code, "%s", why);
		return;
	}
	out->copies = try_one(dev, cap, false, out, &out->fail);
	if (!out->copies)
		return;
	if (rd_flow_can(cap, RD_FLOW_RUNG_SW_RAW_38))
		out->heads = try_one(dev, cap, true, &head, &out->head_fail);
	else
		rd_flow_fail_set(&out->head_fail, -ENOTSUP, "the card puts no bytes before a copy");
}

bool rd_flow_loop_again(const struct rd_flow_cap *cap)
{
	return (cap->loop.code == -ENETDOWN && cap->facts.link) || cap->loop.code == -EBUSY
		|| cap->loop.code == -EAGAIN;
}
