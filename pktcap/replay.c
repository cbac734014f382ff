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

#include "feed.h"
#include "pcapng/capfile.h"
#include "pcapng/link.h"
#include "trigger.h"

#define IDLE_MS 50 // walks end when nothing has come for so long

struct replay {
	struct pk_session *s;
	struct rd_capfile *file;
	struct pk_feed feed;
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

static int read_all(struct replay *r, struct rd_err *err)
{
	struct rd_pcapng_event ev;
	int kind = 1, rc = 0;

	while (rc == 0 && kind > 0 && !pk_session_enough(r->s)) {
		kind = rd_capfile_next(r->file, &ev, err);
		if (kind == RD_PCAPNG_AT_PACKET)
			rc = pk_feed_packet(&r->feed, &ev.packet,
				rd_capfile_iface(r->file, ev.packet.iface), err);
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
	if (r->feed.frames == 0)
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
	int rc = pk_feed_init(&r->feed, r->s, err);

	if (rc < 0)
		return rc;
	r->fd = strcmp(o->infile, "-") == 0 ? dup(STDIN_FILENO)
					    : open(o->infile, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return rd_err_set(err, -errno, "can't read: %s", strerror(errno));
	r->file = rd_capfile_new(read_file, r);
	if (r->file == NULL)
		return rd_err_set(err, -ENOMEM, "no memory to read %s", o->infile);
	return 0;
}

int pk_replay(struct pk_session *s, struct pk_collect *collect, struct rd_err *err)
{
	struct replay r = {.s = s, .fd = -1, .err = err};
	int rc = open_replay(&r, err);

	r.feed.collect = collect;
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
	pk_feed_free(&r.feed);
	rd_capfile_free(r.file);
	return rc;
}
