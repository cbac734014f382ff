/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Copies into pcapng files, see file.h. Control thread, but for mirror_file_put().
 */
#include "session/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "core/tap_copy.h"
#include "pcapng/write.h"
#include "session/copy.h"
#include "session/session.h"

RD_LOG_MODULE(mirror_file);

#define SLOTS 2048
#define BURST 64
#define FRAME_MAX 16384
#define BUFFER_MAX (1u << 20) // written when it is that long

struct mirror_file {
	int fd;
	int fault; // errno of the write that failed: nothing is written any more
	uint32_t nb_ifaces;
	int16_t iface[RD_STAGE_MAX]; // by stage; -1 = not yet
	struct rd_pcapng_buf buf;
	off_t whole; // length of the file up to the last whole buffer
	uint64_t packets, bytes; // in the buffer
	struct mirror_state *state; // whose packets these are
	char path[RD_MIRROR_TEXT_LEN * 2];
};

static struct rte_ring *ring;
static uint8_t frame[FRAME_MAX]; // control's

int mirror_file_init(void)
{
	if (ring == NULL)
		ring = rte_ring_create(
			"mirror_file", SLOTS, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	return ring != NULL ? 0 : -ENOMEM;
}

void mirror_file_fini(void)
{
	rte_ring_free(ring);
	ring = NULL;
}

void mirror_file_put(struct rte_mbuf *m)
{
	struct mirror_copy *c = rte_mbuf_to_priv(m);
	struct mirror_owned *o = &c->state->owned;

	if (mirror_is_enough(c->state, &c->run->spec)) {
		o->ended++;
	} else if (rte_ring_sp_enqueue(ring, m) == 0) {
		o->packets++;
		o->bytes += c->len;
		return; // control counts what has become of it
	} else {
		__atomic_fetch_add(&o->sent[0].tx_drop, 1, __ATOMIC_RELAXED);
	}
	rte_pktmbuf_free(m);
}

// The file ends with the last whole buffer: one that holds half a block could not be read.
static void give_up(struct mirror_file *f, int why)
{
	f->fault = why;
	rd_log_warn("%s: %s; nothing is added any more", f->path, strerror(why));
	if (ftruncate(f->fd, f->whole) < 0)
		rd_log_warn("%s: it ends in the middle of a block: %s", f->path, strerror(errno));
}

static void count(struct mirror_file *f)
{
	struct mirror_sent *s = f->state != NULL ? &f->state->owned.sent[0] : NULL;

	if (s != NULL && f->fault == 0) { // of a file nobody else writes these
		__atomic_fetch_add(&s->tx_ok, f->packets, __ATOMIC_RELAXED);
		__atomic_fetch_add(&s->inner_bytes, f->bytes, __ATOMIC_RELAXED);
		__atomic_fetch_add(&s->wire_bytes, f->bytes, __ATOMIC_RELAXED);
	} else if (s != NULL) {
		__atomic_fetch_add(&s->tx_drop, f->packets, __ATOMIC_RELAXED);
	}
	f->packets = f->bytes = 0;
}

static void write_out(struct mirror_file *f)
{
	size_t done = 0;

	while (f->fault == 0 && done < f->buf.len) {
		ssize_t n = write(f->fd, f->buf.data + done, f->buf.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			give_up(f, n < 0 ? errno : ENOSPC);
		else
			done += (size_t)n;
	}
	if (f->fault == 0)
		f->whole += (off_t)done;
	count(f);
	f->buf.len = 0;
}

static int iface_of(struct mirror_file *f, const char *session, unsigned stage)
{
	const struct rd_stage_desc *d = rd_stage_by_id(stage);
	char name[RD_MIRROR_NAME_LEN + 40];
	struct rd_pcapng_iface i = {.name = name, .link_type = RD_PCAPNG_LINK_ETHERNET};

	if (f->iface[stage] >= 0)
		return f->iface[stage];
	snprintf(name, sizeof(name), "%s@%s", session, d != NULL ? d->name : "?");
	if (rd_pcapng_put_iface(&f->buf, &i) < 0)
		return -ENOMEM;
	f->iface[stage] = (int16_t)f->nb_ifaces++;
	return f->iface[stage];
}

static bool put(struct mirror_file *f, const struct rte_mbuf *m)
{
	const struct mirror_copy *c = rte_mbuf_to_priv((struct rte_mbuf *)(uintptr_t)m);
	const struct rd_drop_desc *d = rd_drop_by_id(c->head.reason);
	uint32_t len = RTE_MIN(c->len, (uint32_t)FRAME_MAX);
	int iface = iface_of(f, c->run->spec.name, c->stage);
	struct rd_pcapng_packet p = {.bytes = frame,
		.ns = c->head.ns,
		.packet_id = c->head.packet_id,
		.iface = (uint32_t)iface,
		.cap_len = len,
		.wire_len = c->head.wire_len,
		.comment = d != NULL ? d->name : NULL,
		.has = RD_PCAPNG_HAS_PACKETID};

	rd_tap_copy(frame, m, 0, len);
	if (iface < 0 || rd_pcapng_put_packet(&f->buf, &p) < 0)
		return false;
	f->state = c->state;
	f->packets++;
	f->bytes += c->len;
	if (f->buf.len > BUFFER_MAX)
		write_out(f);
	return true;
}

static void take(struct rte_mbuf *m)
{
	const struct mirror_copy *c = rte_mbuf_to_priv(m);
	struct mirror_file *f = rd_mirror_file_of(c->run->number);

	if (f == NULL || f->fault != 0 || !put(f, m))
		__atomic_fetch_add(&c->state->owned.sent[0].tx_drop, 1, __ATOMIC_RELAXED);
	rte_pktmbuf_free(m);
}

unsigned mirror_file_drain(void)
{
	struct rte_mbuf *m[BURST];
	unsigned left = ring != NULL ? rte_ring_count(ring) : 0, total = 0, n;

	// What comes meanwhile is for the next time: workers may be faster than the disk.
	for (; left != 0; left -= n) {
		n = rte_ring_sc_dequeue_burst(
			ring, (void **)m, RTE_MIN(left, (unsigned)BURST), NULL);
		if (n == 0)
			break;
		for (unsigned i = 0; i < n; i++)
			take(m[i]);
		total += n;
	}
	return total;
}

void mirror_file_flush(struct mirror_file *f)
{
	if (f != NULL && f->buf.len != 0)
		write_out(f);
}

struct mirror_file *mirror_file_open(const char *path, const char *session, struct rd_err *err)
{
	struct mirror_file *f = calloc(1, sizeof(*f));
	struct rd_pcapng_section s = {.userappl = "reddotd " RD_VERSION, .comment = session};

	if (f == NULL) {
		rd_err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	(void)rd_str_copy(f->path, sizeof(f->path), path);
	memset(f->iface, 0xff, sizeof(f->iface));
	f->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (f->fd < 0) {
		rd_err_set(err, -errno, "file %.150s: %s", path, strerror(errno));
		rd_err_where(err, "file");
		rd_err_hint(err, "a name that is not taken, in a folder that the daemon may write");
		free(f);
		return NULL;
	}
	if (rd_pcapng_put_section(&f->buf, &s) == 0)
		write_out(f);
	if (f->whole != 0)
		return f;
	rd_err_set(err, f->fault != 0 ? -f->fault : -ENOMEM, "file %.150s: %s", path,
		strerror(f->fault != 0 ? f->fault : ENOMEM));
	rd_err_where(err, "file");
	mirror_file_discard(f);
	return NULL;
}

const char *mirror_file_fault(const struct mirror_file *f)
{
	return f != NULL && f->fault != 0 ? strerror(f->fault) : NULL;
}

void mirror_file_discard(struct mirror_file *f)
{
	if (f != NULL && unlink(f->path) < 0)
		rd_log_warn("%s: %s", f->path, strerror(errno));
	mirror_file_close(f);
}

void mirror_file_close(struct mirror_file *f)
{
	if (f == NULL)
		return;
	mirror_file_flush(f);
	close(f->fd);
	rd_pcapng_buf_free(&f->buf);
	free(f);
}
