/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Attachments of ports. Control thread.
 */
#include "control/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "core/rxq.h"
#include "session/hw.h"

RD_LOG_MODULE(port);

#define ANSWER_MAX 1000 // frames
#define FRAME_MAX 9238 // the largest MTU, an Ethernet header, two tags

static const struct {
	const char *key;
	uint8_t attach;
} attachments[] = {
	{"device", RD_ATTACH_ETHDEV},
	{"link", RD_ATTACH_LINK},
	{"via", RD_ATTACH_VIA},
	{"bypass", RD_ATTACH_BYPASS},
	{"answer", RD_ATTACH_ANSWER},
};
#define NB_ATTACHMENTS (sizeof(attachments) / sizeof(attachments[0]))

static int add_frame(struct rd_answer *a, json_t *hex)
{
	uint8_t frame[FRAME_MAX];
	size_t len = sizeof(frame);

	if (!json_is_string(hex) || rd_parse_hex(json_string_value(hex), frame, &len) < 0
		|| len == 0)
		return -EINVAL;
	a->frame[a->next].bytes = malloc(len);
	if (a->frame[a->next].bytes == NULL)
		return -ENOMEM;
	memcpy(a->frame[a->next].bytes, frame, len);
	a->frame[a->next++].len = (uint32_t)len;
	return 0;
}

static void read_answer(struct rd_request *req, struct rd_port *p)
{
	json_t *frames = rd_req_array(req, "answer", ANSWER_MAX), *hex;
	const char *file = rd_req_str_or(req, "answer_file", "");
	struct rd_answer *a = rd_answer_new((uint32_t)json_array_size(frames));
	size_t i;

	p->answer = a; // an old one stays with the published record
	if (a == NULL)
		rd_req_fail(req, "answer", -ENOMEM, "out of memory");
	if (file != NULL && rd_str_copy(p->device, sizeof(p->device), file) < 0)
		rd_req_fail(req, "answer_file", -ENAMETOOLONG, "the file's name is too long");
	json_array_foreach (frames, i, hex) {
		if (a != NULL && add_frame(a, hex) < 0)
			rd_req_fail(req, "answer", -EINVAL, "frame %zu is not 1 to %d bytes in hex",
				i + 1, FRAME_MAX);
	}
	if (a != NULL)
		a->next = 0;
}

static void read_device(struct rd_request *req, struct rd_port *p)
{
	const char *args = rd_req_str(req, "device");

	if (args == NULL)
		return;
	if (*args == '\0' || strcmp(args, "none") == 0)
		p->attach = RD_ATTACH_NONE;
	else if (rd_str_copy(p->device, sizeof(p->device), args) < 0)
		rd_req_fail(req, "device", -ENAMETOOLONG, "device arguments of more than %zu bytes",
			sizeof(p->device) - 1);
}

static void read_queues(struct rd_request *req, struct rd_port *p)
{
	if (!rd_req_has(req, "queues"))
		return;
	p->eth.nb_rxq = (uint16_t)rd_req_num(req, "queues", 1, RD_QUEUES_MAX);
	if (p->attach != RD_ATTACH_ETHDEV)
		rd_req_fail(req, "queues", -EINVAL, "queues goes with device");
}

void rd_device_read(struct rd_request *req, struct rd_port *p)
{
	size_t at = NB_ATTACHMENTS;
	bool answer_file = rd_req_has(req, "answer_file");

	for (size_t i = 0; i < NB_ATTACHMENTS; i++) {
		if (!rd_req_has(req, attachments[i].key))
			continue;
		if (at != NB_ATTACHMENTS)
			rd_req_fail(req, attachments[i].key, -EINVAL,
				"a port has one attachment, and both %s and %s are given",
				attachments[at].key, attachments[i].key);
		at = i;
	}
	if (at == NB_ATTACHMENTS) {
		if (answer_file)
			rd_req_fail(req, "answer_file", -EINVAL, "answer_file goes with answer");
		read_queues(req, p);
		return;
	}
	p->attach = attachments[at].attach;
	p->eth.nb_rxq = 0; // not said
	p->peer = 0;
	p->answer = NULL;
	p->device[0] = '\0';
	p->link_up = true;
	if (p->attach == RD_ATTACH_ETHDEV) {
		read_device(req, p);
	} else if (p->attach == RD_ATTACH_ANSWER) {
		read_answer(req, p);
	} else {
		const struct rd_port *peer = rd_req_port(req, attachments[at].key);

		p->peer = peer == NULL ? 0 : peer->idx;
	}
	read_queues(req, p);
}

static int check_free(const struct rd_port *p, struct rd_err *err)
{
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *q = rd_port_at((uint16_t)i);

		if (q == NULL || q->attach != RD_ATTACH_ETHDEV
			|| !rd_ethdev_same(q->device, p->device))
			continue;
		rd_err_set(
			err, -EBUSY, "port %s has device \"%.100s\" already", q->name, q->device);
		rd_err_where(err, "device");
		rd_err_hint(err, "port set %s device none", q->name);
		return -EBUSY;
	}
	return 0;
}

// A device's queues are fixed while it is open.
static int other_queues(const struct rd_port *old, struct rd_err *err)
{
	rd_err_set(err, -EBUSY, "the device of port %s is open with %u rx queue%s", old->name,
		old->eth.nb_rxq, old->eth.nb_rxq == 1 ? "" : "s");
	rd_err_where(err, "queues");
	rd_err_hint(err, "port set %s device none, then port set %s device .. queues N", old->name,
		old->name);
	return -EBUSY;
}

int rd_device_switch(struct rd_port *p, const struct rd_port *old, bool *opened, bool *replaced,
	struct rd_err *err)
{
	bool had = old != NULL && old->attach == RD_ATTACH_ETHDEV;
	int ret;

	*opened = *replaced = false;
	if (p->attach != RD_ATTACH_ETHDEV) {
		*replaced = had;
		memset(&p->eth, 0, sizeof(p->eth));
		return 0;
	}
	if (had && strcmp(old->device, p->device) == 0) {
		if (p->eth.nb_rxq == 0)
			p->eth.nb_rxq = old->eth.nb_rxq;
		if (p->eth.nb_rxq != old->eth.nb_rxq)
			return other_queues(old, err);
		p->link_up = old->link_up;
		return p->mtu == old->mtu
			? 0
			: rd_ethdev_set_mtu(p->ethdev, p->device, p->mtu, &p->eth.mtu, err);
	}
	ret = check_free(p, err);
	if (ret == 0)
		ret = rd_ethdev_open_queues(p->device, p->mtu, p->eth.nb_rxq ?: 1, &p->eth, err);
	if (ret < 0) {
		rd_err_where(err, "device");
		return ret;
	}
	p->ethdev = p->eth.port_id;
	p->nb_txq = p->eth.nb_txq;
	p->link_up = rd_ethdev_link_up(p->ethdev);
	*opened = true;
	*replaced = had;
	return 0;
}

static bool held;

void rd_device_hold(void)
{
	held = true;
}

bool rd_device_held(void)
{
	return held;
}

int rd_device_release(struct rd_err *err)
{
	held = false;
	return rd_device_refresh(err);
}

int rd_device_refresh(struct rd_err *err)
{
	int ret = held ? 0 : rd_rxq_refresh();

	return ret < 0 ? rd_err_set(err, ret, "no memory for the workers' lists of queues") : 0;
}

int rd_device_del(const struct rd_port *p, struct rd_err *err)
{
	bool has = p->attach == RD_ATTACH_ETHDEV;
	struct rd_ethdev_info eth = p->eth;
	int ret = rd_port_del(p->idx, err);

	if (ret < 0 || !has)
		return ret;
	ret = rd_device_refresh(err);
	if (ret < 0)
		return ret;
	rd_mirror_port_closing(eth.port_id);
	rd_ethdev_close(&eth);
	return 0;
}

const char *rd_device_text(const struct rd_port *p, char buf[RD_DEVICE_TEXT])
{
	char peer[RD_QNAME_LEN];
	size_t i;

	for (i = 0; i < NB_ATTACHMENTS && attachments[i].attach != p->attach; i++)
		;
	if (i == NB_ATTACHMENTS)
		return "none";
	snprintf(buf, RD_DEVICE_TEXT, "%s %s", attachments[i].key,
		p->peer != 0 ? rd_ctl_port_qname(p->peer, peer) : p->device);
	return buf;
}

static void poll_device(const struct rd_port *p)
{
	uint16_t mtu = rd_ethdev_mtu(p->ethdev, p->device, p->mtu);
	bool up = rd_ethdev_link_up(p->ethdev);
	struct rd_err err = {0};
	struct rd_port *fresh;

	if (up == p->link_up && mtu == p->eth.mtu)
		return;
	fresh = rd_port_edit(p->idx);
	if (fresh == NULL)
		return; // out of memory: the next second tries again
	fresh->link_up = up;
	fresh->eth.mtu = mtu;
	if (up != p->link_up)
		rd_log_tagged(RD_LOG_INFO, (.id = RD_EVENT_LINK, .port = p->name),
			"port %s: link %s", p->name, up ? "up" : "down");
	if (mtu != p->eth.mtu)
		rd_log_info("port %s: the device can send an MTU of %u", p->name, mtu);
	if (rd_port_publish(fresh, &err) < 0) {
		rd_log_err("port %s: %s", fresh->name, err.what);
		rd_port_discard(fresh);
	}
}

void rd_device_poll_links(void)
{
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p != NULL && p->attach == RD_ATTACH_ETHDEV)
			poll_device(p);
	}
}

void rd_device_close_all(void)
{
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p != NULL && p->attach == RD_ATTACH_ETHDEV)
			rd_ethdev_close(&p->eth);
	}
	rd_ethdev_fini();
}
