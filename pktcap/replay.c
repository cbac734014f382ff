/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Replays a capture file, see replay.h. Main thread.
 */
#include "replay.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pkt.h"
#include "filter/filter.h"
#include "pcapng/capfile.h"
#include "pcapng/link.h"
#include "replay_rec.h"
#include "trigger.h"

#define IDLE_MS 50 // walks end when nothing has come for so long

struct replay {
	struct pk_session *s;
	struct rd_capfile *file;
	struct rd_filter filter;
	struct pk_followed *followed; // NULL = each record has to match by itself
	struct rd_cap_rec *rec; // with room for bytes behind it
	size_t room;
	uint64_t frames; // read so far
	uint32_t inner; // where the frame inside the record's tunnel starts, 0 if it has none
	int fd;
	int failed; // an output, while we waited for more
	struct rd_err *err;
};

// Waits for input. A pipe may be silent for long: then what there is is shown. false: a signal, or an output that is
// broken; either ends the replay.
static bool wait_input(struct replay *r)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};

	if (poll(&p, 1, 0) == 0) {
		r->failed = pk_session_flush(r->s, r->err);
		while (r->failed == 0 && !pk_session_interrupted() && poll(&p, 1, IDLE_MS) == 0)
			r->failed = pk_session_flush(r->s, r->err);
	}
	return r->failed == 0 && !pk_session_interrupted();
}

static ssize_t read_file(void *arg, void *buf, size_t len)
{
	struct replay *r = arg;
	ssize_t n;

	do {
		if (!wait_input(r))
			return r->failed < 0 ? r->failed : 0;
		n = read(r->fd, buf, len);
	} while (n < 0 && errno == EINTR);
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
	pk_replay_rec(r->rec, p, rd_capfile_iface(r->file, p->iface), r->s->ports);
	if (p->cap_len > 0)
		memcpy(r->rec + 1, p->bytes, p->cap_len);
	r->frames++;
	if ((p->has & RD_PCAPNG_HAS_PACKETID) == 0)
		r->rec->packet_id = r->frames; // nobody's walk: each frame is one
	r->inner = r->s->opts->decap != 0
		? pk_decap_offset(p->bytes, p->cap_len, p->wire_len, r->s->opts->decap)
		: (uint32_t)rd_pkt_inner(p->bytes, p->cap_len, p->wire_len, RD_GENEVE_PORT);
	return 0;
}

// Which form of the packet this replay's filter took. Without a filter what the file says about an earlier one stays.
static void note_match(struct replay *r, uint8_t match)
{
	if (r->filter.nb_insns != 0 || (r->filter.where & RD_FILTER_OUTER) == 0)
		r->rec->match = match;
}

static bool matches(struct replay *r)
{
	struct rd_cap_rec *rec = r->rec;
	int hit = rd_filter_run(
		&r->filter, (const uint8_t *)(rec + 1), rec->cap_len, rec->wire_len, r->inner);

	if (hit == RD_FILTER_HIT_INNER)
		rec->flags |= RD_CAP_F_INNER;
	note_match(r, hit == RD_FILTER_HIT_INNER ? RD_CAP_MATCH_INNER : RD_CAP_MATCH_OUTER);
	return hit != RD_FILTER_NO;
}

static bool is_wanted(struct replay *r)
{
	const struct rd_cap_rec *rec = r->rec;

	if (r->s->opts->capture != NULL && !r->s->selective && !pk_session_asked(r->s, rec))
		return false;
	if (r->followed != NULL
		&& (pk_followed_has(r->followed, rec->packet_id)
			|| pk_followed_has(r->followed, rec->parent_id))) {
		pk_followed_add(r->followed, rec->packet_id);
		note_match(r, RD_CAP_MATCH_FOLLOWED);
		return true;
	}
	if (!matches(r))
		return false;
	if (r->followed != NULL)
		pk_followed_add(r->followed, rec->packet_id);
	return true;
}

// Triggers look at what is written and, if they wait for drops, at all drops that the filter takes.
static int offer(struct replay *r, bool wanted, struct rd_err *err)
{
	struct pk_session *s = r->s;

	if (s->trigger == NULL)
		return wanted ? pk_session_put(s, r->rec, err) : 0;
	if (r->rec->inner_off == 0 && r->inner <= UINT16_MAX)
		r->rec->inner_off = (uint16_t)r->inner;
	if (!wanted
		&& (r->rec->stage != RD_STAGE_DROP || !pk_trigger_needs_drops(&s->opts->trigger)
			|| !matches(r)))
		return 0;
	return pk_trigger_offer(s->trigger, s, r->rec, wanted, err);
}

static int put_packet(struct replay *r, const struct rd_pcapng_packet *p, struct rd_err *err)
{
	int rc = make_record(r, p, err);

	return rc < 0 ? rc : offer(r, is_wanted(r), err);
}

static int read_all(struct replay *r, struct rd_err *err)
{
	struct rd_pcapng_event ev;
	int kind = 1, rc = 0;

	while (rc == 0 && kind > 0 && !pk_session_enough(r->s)) {
		kind = rd_capfile_next(r->file, &ev, err);
		if (kind == RD_PCAPNG_AT_PACKET)
			rc = put_packet(r, &ev.packet, err);
	}
	if (kind < 0 && r->failed == 0 && pk_session_interrupted()) {
		*err = (struct rd_err){0}; // we stopped inside a block ourselves
		return 0;
	}
	return kind < 0 ? kind : rc;
}

// Frames that could not be read because of their link. Only an error if nothing else was there.
static int check_left_out(const struct replay *r, struct rd_err *err)
{
	uint16_t link = 0;
	uint64_t n = rd_capfile_left_out(r->file, &link);

	if (n == 0)
		return 0;
	if (r->frames == 0)
		return rd_err_set(err, -EINVAL,
			"the file has frames of link type %s (%u): only Ethernet, IP and "
			"Linux's cooked captures are read",
			rd_link_name(link), link);
	fprintf(stderr, "pktcap: %llu frames of link type %s (%u) were left out\n",
		(unsigned long long)n, rd_link_name(link), link);
	return 0;
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
	r->file = rd_capfile_new(read_file, r);
	r->s->selective = o->trace && o->capture != NULL;
	if (o->follow)
		r->followed = pk_followed_new();
	if (r->file == NULL || (o->follow && r->followed == NULL))
		return rd_err_set(err, -ENOMEM, "no memory to read %s", o->infile);
	if (!o->trigger.start.given && !o->trigger.stop.given)
		return 0;
	r->s->trigger = pk_trigger_new(&o->trigger, err);
	return r->s->trigger == NULL ? err->code : 0;
}

int pk_replay(struct pk_session *s, struct rd_err *err)
{
	struct replay r = {.s = s, .fd = -1, .err = err};
	int rc = open_replay(&r, err);

	if (rc == 0)
		rc = read_all(&r, err);
	if (rc == 0)
		rc = check_left_out(&r, err);
	if (rc < 0)
		rd_err_where(err, "%s", s->opts->infile);
	rc = pk_session_finish(s, rc, err);
	if (s->trigger != NULL)
		pk_trigger_summary(s->trigger);
	if (r.fd >= 0)
		close(r.fd);
	free(r.rec);
	free(r.followed);
	rd_capfile_free(r.file);
	rd_filter_free(&r.filter);
	return rc;
}
