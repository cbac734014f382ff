/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Capture files on a full disk: whole blocks only, and a count that is true.
 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "pcapng/capfile.h"

static size_t block_len(const uint8_t *bytes, bool *packet)
{
	uint32_t head[2];

	memcpy(head, bytes, sizeof(head));
	*packet = head[0] == RD_PCAPNG_EPB;
	return head[1];
}

static ssize_t read_fd(void *arg, void *buf, size_t len)
{
	return read(*(int *)arg, buf, len);
}

// Packets in the file; it must be whole.
static unsigned packets_in(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct rd_capfile *r = rd_capfile_new(read_fd, &fd);
	struct rd_pcapng_event ev;
	struct rd_err err = {0};
	unsigned n = 0;
	struct stat st;
	int kind;

	assert_int_equal(fstat(fd, &st), 0);
	while ((kind = rd_capfile_next(r, &ev, &err)) > 0)
		n += kind == RD_PCAPNG_AT_PACKET;
	assert_true(kind == 0 || st.st_size == 0); // nothing fitted
	rd_capfile_free(r);
	close(fd);
	return n;
}

static void limit_files(rlim_t bytes)
{
	struct rlimit l;

	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &l);
}

// The disk is full after `limit` bytes.
static void fill(rlim_t limit, bool packed)
{
	char path[] = "/tmp/pktcap_file.XXXXXX";
	static uint8_t frame[1400];
	struct rd_pcapng_packet p = {.bytes = frame, .cap_len = 1399, .wire_len = 1400};
	struct rd_err err = {0};
	struct pk_file f;
	struct stat st;
	int rc = 0;

	close(mkstemp(path));
	assert_int_equal(pk_file_open(&f, path, block_len, &err), 0);
	if (packed)
		assert_int_equal(pk_file_pack(&f, &err), 0);
	rd_pcapng_put_section(&f.buf, &(struct rd_pcapng_section){.comment = "x"});
	rd_pcapng_put_iface(&f.buf, &(struct rd_pcapng_iface){.link_type = 1});
	limit_files(limit);
	for (unsigned i = 0; i < 1000 && rc == 0; i++) {
		for (unsigned k = 0; k < sizeof(frame); k++) // nothing that packs well
			frame[k] = (uint8_t)random();
		assert_int_equal(rd_pcapng_put_packet(&f.buf, &p), 0);
		rc = pk_file_added_packet(&f, &err);
	}
	if (rc == 0)
		rc = pk_file_flush(&f, &err);
	assert_int_equal(rc, -EFBIG);
	assert_non_null(strstr(err.what, "can't write"));
	assert_int_equal(pk_file_close(&f, &err), 0);
	limit_files(RLIM_INFINITY);
	assert_int_equal(packets_in(path), f.packets);
	assert_int_equal(stat(path, &st), 0);
	assert_true((rlim_t)st.st_size <= limit);
	assert_true(packed || limit - (rlim_t)st.st_size < 1500); // not one less
	pk_file_free(&f);
	unlink(path);
}

// Of a packed file the whole frames stay, and can be unpacked.
static void a_full_disk_leaves_whole_blocks(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	fill(300000, false); // in the second write
	fill(100000, false); // in the first
	fill(1, false);
	fill(700003, false);
	fill(300000, true); // in the second frame
	fill(100000, true);
}

static void a_closed_pipe_is_told_apart(void **state)
{
	struct rd_err err = {0};
	int fds[2], saved = dup(STDOUT_FILENO);
	struct pk_file f;
	int rc;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	dup2(fds[1], STDOUT_FILENO);
	close(fds[0]);
	close(fds[1]);
	rc = pk_file_open(&f, "-", block_len, &err);
	if (rc == 0) {
		rd_pcapng_put_section(&f.buf, &(struct rd_pcapng_section){0});
		rc = pk_file_added(&f, &err);
	}
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_int_equal(rc, -EPIPE);
	assert_int_equal(err.code, 0);
	pk_file_free(&f);
}

static void no_permission_is_said(void **state)
{
	struct rd_err err = {0};
	struct pk_file f;

	(void)state;
	assert_true(pk_file_open(&f, "/nonexistent/x.pcapng", block_len, &err) < 0);
	assert_non_null(strstr(err.what, "/nonexistent/x.pcapng"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_disk_leaves_whole_blocks),
		cmocka_unit_test(a_closed_pipe_is_told_apart),
		cmocka_unit_test(no_permission_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
