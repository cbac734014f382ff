/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Replays a capture file, see replay.h. Main thread.
 */
#include "replay.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pkt.h"
#include "filter/filter.h"
#include "pcapng/read.h"
#include "replay_rec.h"

struct replay {
	struct pk_session *s;
	struct rd_pcapng_reader *reader;
	struct rd_filter filter;
	struct pk_followed *followed; // NULL = each record has to match by itself
	struct rd_cap_rec *rec; // with room for bytes behind it
	size_t room;
	int fd;
};

static ssize_t read_file(void *arg, void *buf, size_t len)
{
	struct replay *r = arg;
	ssize_t n;

	do
		n = read(r->fd, buf, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

// The packet as a record with its bytes behind it, as rings have them.
static int make_record(struct replay *r, const struct rd_pcapng_packet *p, struct rd_err *err)
{
	size_t need = sizeof(*r->rec) + p->cap_len;

	if (need > r->room) {
		struct rd_cap_rec *rec = realloc(r->rec, need);

		if (rec == NULL)
			return rd_err_set(err, -ENOMEM, "no memory for a packet");
		r->rec = rec;
		r->room = need;
	}
	pk_replay_rec(r->rec, p, rd_pcapng_iface(r->reader, p->iface), r->s->ports);
	if (p->cap_len > 0)
		memcpy(r->rec + 1, p->bytes, p->cap_len);
	return 0;
}

static bool is_wanted(struct replay *r)
{
	const uint8_t *bytes = (const uint8_t *)(r->rec + 1);
	const struct rd_cap_rec *rec = r->rec;
	size_t inner;

	if (r->s->opts->capture != NULL && !r->s->selective && !pk_session_asked(r->s, rec))
		return false;
	if (r->followed != NULL
		&& (pk_followed_has(r->followed, rec->packet_id)
			|| pk_followed_has(r->followed, rec->parent_id))) {
		pk_followed_add(r->followed, rec->packet_id);
		return true;
	}
	inner = rd_pkt_inner(bytes, rec->cap_len, rec->wire_len, RD_GENEVE_PORT);
	if (rd_filter_run(&r->filter, bytes, rec->cap_len, rec->wire_len, (uint32_t)inner)
		== RD_FILTER_NO)
		return false;
	if (r->followed != NULL)
		pk_followed_add(r->followed, rec->packet_id);
	return true;
}

static int put_packet(struct replay *r, const struct rd_pcapng_packet *p, struct rd_err *err)
{
	int rc = make_record(r, p, err);

	return rc < 0 || !is_wanted(r) ? rc : pk_session_put(r->s, r->rec, err);
}

static int check_link(const struct replay *r, uint32_t iface, struct rd_err *err)
{
	uint16_t type = rd_pcapng_iface(r->reader, iface)->link_type;

	if (type == RD_PCAPNG_LINK_ETHERNET)
		return 0;
	return rd_err_set(
		err, -EINVAL, "the file has frames of link type %u: only Ethernet is read", type);
}

static int read_all(struct replay *r, struct rd_err *err)
{
	struct rd_pcapng_event ev;
	int kind = 1, rc = 0;

	while (rc == 0 && kind > 0 && !pk_session_enough(r->s)) {
		kind = rd_pcapng_next(r->reader, &ev, err);
		if (kind == RD_PCAPNG_AT_IFACE)
			rc = check_link(r, ev.iface, err);
		else if (kind == RD_PCAPNG_AT_PACKET)
			rc = put_packet(r, &ev.packet, err);
	}
	return kind < 0 ? kind : rc;
}

static int open_replay(struct replay *r, struct rd_err *err)
{
	const struct pk_opts *o = r->s->opts;
	uint32_t where = o->outer_only ? RD_FILTER_OUTER
		: o->inner_only	       ? RD_FILTER_INNER
				       : RD_FILTER_BOTH;
	int rc = rd_filter_compile(&r->filter, o->filter, where, err);

	if (rc < 0)
		return rc;
	r->fd = strcmp(o->infile, "-") == 0 ? dup(STDIN_FILENO)
					    : open(o->infile, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return rd_err_set(err, -errno, "can't read: %s", strerror(errno));
	r->reader = rd_pcapng_reader_new(read_file, r);
	r->s->selective = o->trace && o->capture != NULL;
	if (o->follow)
		r->followed = pk_followed_new();
	if (r->reader == NULL || (o->follow && r->followed == NULL))
		return rd_err_set(err, -ENOMEM, "no memory to read %s", o->infile);
	return 0;
}

int pk_replay(struct pk_session *s, struct rd_err *err)
{
	struct replay r = {.s = s, .fd = -1};
	int rc = open_replay(&r, err);

	if (rc == 0)
		rc = read_all(&r, err);
	if (rc < 0)
		rd_err_where(err, "%s", s->opts->infile);
	rc = pk_session_finish(s, rc, err);
	if (r.fd >= 0)
		close(r.fd);
	free(r.rec);
	free(r.followed);
	rd_pcapng_reader_free(r.reader);
	rd_filter_free(&r.filter);
	return rc;
}
