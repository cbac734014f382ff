/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Walks as a capture file like pktcap's (docs/man/pcapng-metadata.5.scd): `pktcap -r` and `reddot walk -r` show the same walk again.
 */
#include "walk/export.h"

#include "base/str.h"
#include "engine/clean.h"
#include "pcapng/write.h"
#include "walk/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IFACES 4096 // stages of ports that are told apart; further ones share the last

struct file {
	FILE *out;
	struct rd_pcapng_buf buf;
	struct iface {
		const struct rd_stage_desc *stage;
		char port[64];
		uint32_t id;
	} * iface;
	unsigned n;
};

static void iface_name(const struct rd_wk_hop *h, char *buf, size_t size)
{
	char text[160], clean[160];
	int host;
	const char *port = rd_wk_bare_port(h, &host);
	size_t len = 0;

	rd_str_addf(text, sizeof(text), &len, "%.*s%s%s%s%s", host, h->port, host > 0 ? "/" : "",
		h->stage->name, *port != '\0' ? "@" : "", port);
	rd_clean(text, strlen(text), sizeof(clean) - 1, clean, sizeof(clean));
	snprintf(buf, size, "%s", clean);
}

static int add_iface(struct file *f, const struct rd_wk_hop *h)
{
	char name[160], text[256];
	struct rd_pcapng_iface i = {.name = name,
		.description = text,
		.snaplen = 262144,
		.link_type = RD_PCAPNG_LINK_ETHERNET};
	int ret;

	iface_name(h, name, sizeof(name));
	snprintf(text, sizeof(text), "stage=%s port-id=%u clock=realtime", h->stage->name,
		h->facts.port_id);
	ret = rd_pcapng_put_iface(&f->buf, &i);
	if (ret < 0)
		return ret;
	f->iface[f->n].stage = h->stage;
	f->iface[f->n].id = h->facts.port_id;
	memcpy(f->iface[f->n].port, h->port, sizeof(h->port));
	return (int)f->n++;
}

static int find_iface(struct file *f, const struct rd_wk_hop *h)
{
	for (unsigned i = 0; i < f->n; i++)
		if (f->iface[i].stage == h->stage && f->iface[i].id == h->facts.port_id
			&& strcmp(f->iface[i].port, h->port) == 0)
			return (int)i;
	return f->n < IFACES ? add_iface(f, h) : IFACES - 1;
}

static void add_text(json_t *o, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_object_set_new(o, key, json_string(text));
}

static void add_number(json_t *o, const char *key, uint64_t n)
{
	if (n != 0)
		json_object_set_new(o, key, json_integer((json_int_t)n));
}

static void add_place(json_t *o, const struct rd_wk_hop *h)
{
	const struct rd_stage_desc *prev = rd_stage_by_id(h->facts.prev);
	char host[sizeof(h->port)];
	int len;

	rd_wk_bare_port(h, &len);
	snprintf(host, sizeof(host), "%.*s", len, h->port);
	add_text(o, "host", host);
	add_text(o, "port", h->port);
	add_number(o, "port_id", h->facts.port_id);
	add_number(o, "parent", h->facts.parent_id);
	add_number(o, "made", h->facts.made);
	add_text(o, "prev", prev != NULL ? prev->name : "");
	add_text(o, "dir", rd_wk_guest_dir(h->facts.guest_dir));
}

static void add_fate(json_t *o, const struct rd_wk_hop *h)
{
	static const char *const verdicts[] = {"pass", "drop", "delivered", "sent"};
	const struct rd_drop_desc *drop = rd_drop_by_name(h->reason);

	add_text(o, "verdict", verdicts[h->verdict]);
	add_text(o, "reason", h->reason);
	add_number(o, "reason_id", drop != NULL ? drop->id : 0);
	add_number(o, "rule", h->rule);
	add_text(o, "fc", h->flow_hit);
	add_number(o, "flow", h->flow);
	add_number(o, "vni", h->vni);
	add_number(o, "inner", h->facts.inner);
	add_text(o, "match", rd_wk_match(h->facts.match));
}

static void add_work(json_t *o, const struct rd_wk_hop *h)
{
	add_number(o, "worker", h->facts.worker);
	if (h->facts.hash != 0)
		add_text(o, "hash", rd_wk_hash(h->facts.hash));
	add_number(o, "handed", h->facts.handed);
	add_text(o, "txq", rd_wk_txq(h->facts.txq));
	add_number(o, "lost", h->facts.lost);
	add_number(o, "one_in", h->facts.one_in > 1 ? h->facts.one_in : 0);
}

static char *facts_json(const struct rd_wk *w, unsigned i)
{
	const struct rd_wk_hop *h = &w->hop[i];
	json_t *o = json_pack(
		"{s:i, s:s, s:i}", "v", 1, "stage", h->stage->name, "hop", (int)h->facts.hop);
	char *text;

	if (o == NULL)
		return NULL;
	add_number(o, "dt", rd_wk_since(w, 0, i));
	add_place(o, h);
	add_fate(o, h);
	add_work(o, h);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

static int put_hop(struct file *f, const struct rd_wk *w, unsigned i)
{
	const struct rd_wk_hop *h = &w->hop[i];
	char where[128], clean[160], comment[256], *json = facts_json(w, i);
	struct rd_pcapng_packet p = {.bytes = h->bytes,
		.ns = h->ns,
		.cap_len = h->caplen,
		.wire_len = h->len > h->caplen ? h->len : h->caplen,
		.has = RD_PCAPNG_HAS_FLAGS | RD_PCAPNG_HAS_PACKETID | RD_PCAPNG_HAS_QUEUE,
		.flags = h->facts.dir,
		.packet_id = w->packet_id,
		.queue = h->facts.queue,
		.dropcount = h->facts.lost,
		.json = json};
	int iface = json != NULL ? find_iface(f, h) : -ENOMEM, ret = iface;

	rd_wk_detail(w, i, where, sizeof(where));
	rd_clean(where, strlen(where), sizeof(clean) - 1, clean, sizeof(clean));
	snprintf(comment, sizeof(comment), "%s %s", rd_wk_observed(w, i), clean);
	p.comment = h->verdict == RD_WK_DROP ? comment : NULL;
	p.has |= h->facts.lost != 0 ? RD_PCAPNG_HAS_DROPCOUNT : 0;
	if (iface >= 0) {
		p.iface = (uint32_t)iface;
		ret = rd_pcapng_put_packet(&f->buf, &p);
	}
	free(json);
	return ret;
}

static int put_walk(struct file *f, const struct rd_wk *w)
{
	int ret = 0;

	for (unsigned i = 0; i < w->n && ret == 0; i++)
		ret = put_hop(f, w, i);
	fwrite(f->buf.data, 1, f->buf.len, f->out);
	f->buf.len = 0;
	return ret;
}

int rd_export_pcapng(FILE *out, const struct rd_export *e)
{
	const struct rd_pcapng_section section = {.userappl = "reddot " RD_VERSION,
		.comment = "exported walks: packets of one walk have the same packet id"};
	struct file f = {.out = out, .iface = calloc(IFACES, sizeof(*f.iface))};
	int ret = f.iface != NULL ? rd_pcapng_put_section(&f.buf, &section) : -ENOMEM;

	for (const struct rd_wk *w = rd_export_next(e, e->first); ret == 0 && w != NULL;
		w = rd_export_next(e, w->number + 1))
		ret = put_walk(&f, w);
	rd_pcapng_buf_free(&f.buf);
	free(f.iface);
	return ret;
}
