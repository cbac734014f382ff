/* SPDX-License-Identifier: BSD-3-Clause
 *
 * drop.recent: the last dropped packets, of the ring that all reasons share and of each reason's own last ones. Control
 * thread; the workers write meanwhile.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "control/ctl_drop.h"

#define COUNT_MAX 65536

struct found {
	struct rd_droplog_rec rec;
	uint8_t *bytes; // in the collection's
};

struct collection {
	struct rd_drop_filter want;
	unsigned count; // wanted of each place
	unsigned nb, room;
	uint32_t snap;
	struct found *v;
	uint8_t *bytes;
};

static int newest_first(const void *a, const void *b)
{
	const struct rd_droplog_rec *x = &((const struct found *)a)->rec;
	const struct rd_droplog_rec *y = &((const struct found *)b)->rec;

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	if (x->packet_id != y->packet_id)
		return x->packet_id < y->packet_id ? 1 : -1;
	return (int)y->reason - (int)x->reason;
}

// The two records of one drop follow each other once sorted.
static bool is_same(const struct found *a, const struct found *b)
{
	return newest_first(a, b) == 0;
}

static struct found *next_free(struct collection *c)
{
	struct found *f = &c->v[c->nb];

	f->bytes = c->bytes + (size_t)c->nb * c->snap;
	return f;
}

static bool take(struct collection *c, const struct found *f)
{
	if (!rd_drop_wants(&c->want, f->rec.port, f->rec.stage, f->rec.reason))
		return false;
	if (c->want.port != RD_PORT_NONE && f->rec.port_gen != rd_port_gen[f->rec.port])
		return false;
	c->nb++;
	return true;
}

static void collect(struct collection *c, const struct rd_droplog *l)
{
	unsigned nb = 0;

	for (uint32_t n = 0; n < l->slots && n < l->head && nb < c->count && c->nb < c->room; n++) {
		struct found *f = next_free(c);

		nb += rd_droplog_read(l, n, &f->rec, f->bytes) && take(c, f);
	}
	for (unsigned i = 0; i < rd_drops_count; i++)
		for (unsigned n = 0; n < RD_DROPLOG_LAST && c->nb < c->room; n++) {
			struct found *f = next_free(c);

			if (!rd_droplog_read_last(l, rd_drops[i].id, n, &f->rec, f->bytes))
				break;
			(void)take(c, f);
		}
}

static json_t *rec_item(const struct rd_request *req, const struct found *f)
{
	const struct rd_droplog_rec *r = &f->rec;
	const struct rd_stage_desc *stage = rd_stage_by_id(r->stage);
	const struct rd_drop_desc *reason = rd_drop_by_id(r->reason);
	bool there = r->port > 0 && r->port < RD_PORT_MAX && r->port_gen == rd_port_gen[r->port];
	const struct rd_port *p = there ? rd_port_at(r->port) : NULL;
	char hex[2 * RD_DROPLOG_SNAP_MAX + 1] = "", port[RD_QNAME_LEN];

	if (req->admin) // what is in a packet is nobody else's business
		rd_fmt_hex(f->bytes, r->cap_len, hex, sizeof(hex));
	return json_pack("{s:I,s:I,s:s,s:s,s:I,s:s,s:I,s:I,s:I,s:i,s:s,s:b,s:s}", "ns",
		(json_int_t)r->ns, "packet_id", (json_int_t)r->packet_id, "stage",
		stage == NULL ? "" : stage->name, "port",
		rd_ctl_port_qname(p == NULL ? 0 : r->port, port), "port_id",
		p == NULL ? (json_int_t)0 : (json_int_t)p->id, "reason",
		reason == NULL ? "" : reason->name, "rule", (json_int_t)r->rule_id, "vni",
		(json_int_t)r->vni, "len", (json_int_t)r->len, "worker", (int)r->worker, "hex", hex,
		"tunnelled", (r->flags & RD_META_FROM_TUNNEL) != 0, "cache",
		r->flags & RD_META_HIT		  ? "hit"
			: r->flags & RD_META_MISS ? "miss"
						  : "");
}

static void emit(struct rd_request *req, struct collection *c)
{
	unsigned nb = 0;

	qsort(c->v, c->nb, sizeof(c->v[0]), newest_first);
	for (unsigned i = 0; i < c->nb && nb < c->count; i++) {
		if (i > 0 && is_same(&c->v[i - 1], &c->v[i]))
			continue;
		nb++;
		if (rd_req_item(req, rec_item(req, &c->v[i])) < 0)
			return;
	}
}

int ctl_drop_recent(struct rd_request *req)
{
	struct collection c = {
		.count = (unsigned)rd_req_num_or(req, "count", 1, COUNT_MAX, 20),
		.snap = rd_workers[0]->droplog.snap,
	};

	rd_req_drop_filter(req, &c.want);
	if (rd_req_end(req) < 0)
		return req->err->code;
	c.room = rd_nb_workers
			* (RTE_MIN(c.count, rd_workers[0]->droplog.slots)
				+ rd_drops_count * RD_DROPLOG_LAST)
		+ 1;
	c.v = calloc(c.room, sizeof(c.v[0]));
	c.bytes = malloc((size_t)c.room * c.snap + 1);
	if (c.v == NULL || c.bytes == NULL) {
		free(c.v);
		free(c.bytes);
		return -ENOMEM;
	}
	c.room--; // one more is always readable
	for (unsigned w = 0; w < rd_nb_workers; w++)
		if (c.want.worker < 0 || (unsigned)c.want.worker == w)
			collect(&c, &rd_workers[w]->droplog);
	emit(req, &c);
	free(c.v);
	free(c.bytes);
	return 0;
}
