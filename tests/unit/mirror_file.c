/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Copies for files: workers that are faster than the disk do not hold control, and a full disk leaves a file that can be read, with
 * the packets in it that were counted as sent. The ring is of the test; RLIMIT_FSIZE plays the full disk.
 */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rte_ring.h>

#include "session/copy.h"
#include "session/file.h"
#include "session/session.h"

#define LEN 1000

static struct rte_ring *ring;
static struct mirror_state state;
static struct mirror_run run;
static struct mirror_file *file;
static unsigned asked;
static bool refill;
static char folder[] = "/tmp/rd-mirror-file-XXXXXX", path[64];

struct rte_ring *rte_ring_create(const char *name, unsigned count, int socket_id, unsigned flags)
{
	(void)name;
	(void)socket_id;
	ring = aligned_alloc(RTE_CACHE_LINE_SIZE, (size_t)rte_ring_get_memsize(count));
	assert_non_null(ring);
	assert_int_equal(rte_ring_init(ring, "test", count, flags), 0);
	return ring;
}

void rte_ring_free(struct rte_ring *r)
{
	free(r);
}

bool mirror_is_enough(struct mirror_state *st, const struct rd_mirror_spec *s)
{
	(void)st;
	(void)s;
	return false;
}

static struct { // a copy that is not given back: somebody else has it, too
	struct rte_mbuf m;
	struct mirror_copy copy;
	uint8_t bytes[LEN];
} one;

static void put(void)
{
	rte_mbuf_refcnt_set(&one.m, 2);
	mirror_file_put(&one.m);
}

struct mirror_file *rd_mirror_file_of(unsigned number)
{
	(void)number;
	asked++;
	assert_in_range(asked, 1, 100000);
	if (refill)
		put();
	rte_mbuf_refcnt_set(&one.m, 2);
	return file;
}

static int start(void **unused)
{
	struct rd_err err = {0};

	(void)unused;
	memset(&state, 0, sizeof(state));
	one.m = (struct rte_mbuf){.buf_addr = one.bytes,
		.data_len = LEN,
		.pkt_len = LEN,
		.nb_segs = 1,
		.priv_size = sizeof(one.copy)};
	one.copy = (struct mirror_copy){
		.state = &state, .run = &run, .len = LEN, .stage = RD_STAGE_VNIC_RX};
	one.copy.head.wire_len = LEN;
	asked = 0;
	refill = false;
	if (mirror_file_init() < 0)
		return -1;
	file = mirror_file_open(path, "web", &err);
	return file != NULL ? 0 : -1;
}

static int stop(void **unused)
{
	(void)unused;
	mirror_file_close(file);
	file = NULL;
	mirror_file_fini();
	return unlink(path);
}

static void workers_that_are_faster(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 100; i++)
		put();
	refill = true;
	assert_int_equal(mirror_file_drain(), 100);
	refill = false;
	assert_int_equal(mirror_file_drain(), 100);
	mirror_file_flush(file);
	assert_int_equal(state.owned.sent[0].tx_ok, 200);
	assert_int_equal(state.owned.sent[0].inner_bytes, 200 * LEN);
	assert_null(mirror_file_fault(file));
}

static off_t size(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void a_full_disk(void **unused)
{
	struct rlimit before, small;
	off_t whole;

	(void)unused;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	put();
	assert_int_equal(mirror_file_drain(), 1);
	mirror_file_flush(file);
	whole = size();
	small = before;
	small.rlim_cur = (rlim_t)whole + 3 * LEN; // in the midst of a packet
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (unsigned i = 0; i < 10; i++)
		put();
	(void)mirror_file_drain();
	mirror_file_flush(file);
	put();
	(void)mirror_file_drain();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(size(), whole);
	assert_string_equal(mirror_file_fault(file), strerror(EFBIG));
	assert_int_equal(state.owned.sent[0].tx_ok, 1);
	assert_int_equal(state.owned.sent[0].tx_drop, 11);
}

// A copy whose session has no file is not sent.
static void no_file(void **unused)
{
	struct mirror_file *f = file;

	(void)unused;
	file = NULL;
	put();
	assert_int_equal(mirror_file_drain(), 1);
	file = f;
	assert_int_equal(state.owned.sent[0].tx_ok, 0);
	assert_int_equal(state.owned.sent[0].tx_drop, 1);
}

static void a_start_that_failed(void **unused)
{
	struct rd_err err = {0};
	char other[80];
	struct mirror_file *f;

	(void)unused;
	snprintf(other, sizeof(other), "%s.2", path);
	for (unsigned i = 0; i < 2; i++) { // it can be tried again
		f = mirror_file_open(other, "web", &err);
		assert_non_null(f);
		mirror_file_discard(f);
		assert_int_equal(access(other, F_OK), -1);
	}
}

static int make_folder(void **unused)
{
	(void)unused;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/a.pcapng", folder);
	return 0;
}

static int remove_folder(void **unused)
{
	(void)unused;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(workers_that_are_faster, start, stop),
		cmocka_unit_test_setup_teardown(a_full_disk, start, stop),
		cmocka_unit_test_setup_teardown(no_file, start, stop),
		cmocka_unit_test_setup_teardown(a_start_that_failed, start, stop),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
