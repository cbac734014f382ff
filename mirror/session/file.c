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
	uint32_t nb_ifaces;
	int16_t iface[RD_STAGE_MAX]; // by stage; -1 = not yet
	struct rd_pcapng_buf buf;
	uint64_t failed; // copies that could not be written
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
		o->sent[0].tx_ok++;
		o->sent[0].inner_bytes += c->len;
		o->sent[0].wire_bytes += c->len;
		return;
	} else {
		o->sent[0].tx_drop++;
	}
	rte_pktmbuf_free(m);
}

static void write_out(struct mirror_file *f)
{
	size_t done = 0;

	while (done < f->buf.len) {
		ssize_t n = write(f->fd, f->buf.data + done, f->buf.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rd_log_warn("%s: %s", f->path, strerror(errno));
			f->failed++;
			break;
		}
		done += (size_t)n;
	}
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

static void put(struct mirror_file *f, const struct rte_mbuf *m)
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
		f->failed++;
	if (f->buf.len > BUFFER_MAX)
		write_out(f);
}

unsigned mirror_file_drain(void)
{
	struct rte_mbuf *m[BURST];
	unsigned total = 0, n;

	while (ring != NULL
		&& (n = rte_ring_sc_dequeue_burst(ring, (void **)m, BURST, NULL)) != 0) {
		for (unsigned i = 0; i < n; i++) {
			const struct mirror_copy *c = rte_mbuf_to_priv(m[i]);
			struct mirror_file *f = rd_mirror_file_of(c->run->number);

			if (f != NULL)
				put(f, m[i]);
			rte_pktmbuf_free(m[i]);
		}
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
	return f;
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
