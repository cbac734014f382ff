/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Capture files, see file.h. Main thread.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define WRITE_LEN (256u << 10) // collect so much before a write

int pk_file_open(struct pk_file *f, const char *path, pk_block_fn block, struct rd_err *err)
{
	int rc;

	memset(f, 0, sizeof(*f));
	f->block = block;
	f->live = strcmp(path, "-") == 0;
	f->path = f->live ? "standard output" : path;
	f->fd = f->live ? STDOUT_FILENO
			: open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (f->fd >= 0)
		return 0;
	rc = rd_err_set(err, -errno, "can't write %s: %s", path, strerror(errno));
	rd_err_hint(err, "-o FILE in a directory that you may write to");
	return rc;
}

// Counts the packets in the whole blocks of the first `len` bytes; returns the bytes of those blocks.
static size_t whole_blocks(struct pk_file *f, size_t len)
{
	size_t done = 0;

	while (done < f->buf.len) {
		bool packet = false;
		size_t n = f->block(f->buf.data + done, &packet);

		if (n > len - done)
			break;
		done += n;
		f->packets += packet;
	}
	return done;
}

static int write_failed(struct pk_file *f, size_t written, int error, struct rd_err *err)
{
	size_t whole = f->pack == NULL ? whole_blocks(f, written) : 0;
	off_t good = f->good + (off_t)whole;

	f->broken = true;
	f->good = good;
	if (error == EPIPE)
		return -EPIPE;
	// A pipe can't be cut, and its reader sees the end anyway.
	if (!f->live && ftruncate(f->fd, good) < 0)
		return rd_err_set(err, -error,
			"can't write %s (%s), nor cut off the block that was begun", f->path,
			strerror(error));
	rd_err_set(err, -error, "can't write %s: %s; the file has %llu whole packets", f->path,
		strerror(error), (unsigned long long)f->packets);
	rd_err_hint(err, "more room, or a --snaplen");
	return -error;
}

static int write_all(struct pk_file *f, const uint8_t *bytes, size_t len, struct rd_err *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(f->fd, bytes + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return write_failed(f, done, n < 0 ? errno : ENOSPC, err);
		done += (size_t)n;
	}
	f->good += (off_t)len;
	return 0;
}

int pk_file_flush(struct pk_file *f, struct rd_err *err)
{
	const uint8_t *bytes = f->buf.data;
	size_t len = f->buf.len;
	int rc = 0;

	if (f->broken)
		return 0;
	pk_file_watch(f);
	if (len == 0)
		return 0;
	if (f->pack != NULL)
		rc = pk_pack_frame(f->pack, f->buf.data, f->buf.len, &bytes, &len);
	if (rc < 0)
		return rd_err_set(err, rc, "no memory to compress");
	rc = write_all(f, bytes, len, err);
	if (rc < 0)
		return rc;
	f->packets += f->queued;
	f->queued = 0;
	f->buf.len = 0;
	return 0;
}

int pk_file_pack(struct pk_file *f, struct rd_err *err)
{
	f->pack = pk_pack_new(err);
	return f->pack == NULL ? -ENOMEM : 0;
}

int pk_file_added(struct pk_file *f, struct rd_err *err)
{
	bool now = f->each
		|| (f->live && f->pack == NULL); // a frame for each packet would pack nothing

	return now || f->buf.len >= WRITE_LEN ? pk_file_flush(f, err) : 0;
}

static int write_table(struct pk_file *f, struct rd_err *err)
{
	const uint8_t *bytes = NULL;
	size_t len = 0;

	if (f->pack == NULL || f->broken || pk_pack_table(f->pack, &bytes, &len) < 0)
		return 0; // a file without the table is whole as well
	return write_all(f, bytes, len, err);
}

int pk_file_close(struct pk_file *f, struct rd_err *err)
{
	int rc = pk_file_flush(f, err);

	if (rc == 0)
		rc = write_table(f, err);
	// Network file systems report a full disk here.
	if (!f->live && f->fd >= 0 && close(f->fd) < 0 && rc == 0)
		rc = rd_err_set(err, -errno, "can't write %s: %s", f->path, strerror(errno));
	f->fd = -1;
	return rc;
}

void pk_file_free(struct pk_file *f)
{
	if (!f->live && f->fd >= 0)
		close(f->fd);
	pk_pack_free(f->pack);
	rd_pcapng_buf_free(&f->buf);
}
