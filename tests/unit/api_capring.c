/* SPDX-License-Identifier: BSD-3-Clause
 *
 * api/capring between honest partners: records of all sizes, wrap, full ring, losses, several
 * rings, seals, and two threads at once.
 */
#include "api/capring.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#define SIZE 4096u
#define HDR ((uint32_t)sizeof(struct rd_cap_rec))

static struct rd_capring ring;
static struct rd_capring_reader *reader;

static int open_rings(void **state)
{
	(void)state;
	if (rd_capring_create(&ring, 7, 2, SIZE) != 0)
		return -1;
	reader = rd_capring_open(dup(ring.fd));
	return reader == NULL;
}

static int close_rings(void **state)
{
	(void)state;
	rd_capring_close(reader);
	rd_capring_destroy(&ring);
	return 0;
}

// Writes one record whose bytes all are `mark`; false if the ring is full.
static bool put(unsigned i, uint32_t cap_len, uint8_t mark)
{
	struct rd_cap_rec *rec = rd_capring_reserve(&ring.ring[i], RD_STAGE_CLASSIFY, cap_len);

	if (rec == NULL)
		return false;
	assert_int_equal(rec->cap_len, cap_len);
	rec->packet_id = mark;
	memset(rec + 1, mark, cap_len);
	rd_capring_commit(&ring.ring[i], rec);
	return true;
}

// Reads one record and checks every byte. Returns its `lost`.
static uint32_t take(unsigned i, uint32_t cap_len, uint8_t mark)
{
	int err;
	const struct rd_cap_rec *rec = rd_capring_peek(reader, i, &err);
	const uint8_t *bytes;
	uint32_t lost, same = 0;

	assert_non_null(rec);
	assert_ptr_equal(rd_capring_peek(reader, i, &err), rec);
	assert_int_equal(rec->cap_len, cap_len);
	assert_int_equal(rec->packet_id, mark);
	assert_int_equal(rec->stage, RD_STAGE_CLASSIFY);
	bytes = (const uint8_t *)rec + rec->hdr_len;
	for (uint32_t n = 0; n < cap_len; n++)
		same += bytes[n] == mark;
	assert_int_equal(same, cap_len);
	lost = rec->lost;
	rd_capring_pop(reader, i);
	return lost;
}

static void expect_empty(unsigned i)
{
	int err = 1;

	assert_null(rd_capring_peek(reader, i, &err));
	assert_int_equal(err, 0);
}

static void every_size_wraps(void **state)
{
	(void)state;
	assert_int_equal(rd_capring_nb_rings(reader), 2);
	for (uint32_t len = 0; len <= SIZE - HDR; len += 3) {
		assert_true(put(0, len, (uint8_t)len));
		assert_int_equal(take(0, len, (uint8_t)len), 0);
		expect_empty(0);
	}
	expect_empty(1);
}

static void fills_to_the_last_byte(void **state)
{
	(void)state;
	for (uint8_t n = 0; n < SIZE / 128; n++)
		assert_true(put(0, 128 - HDR, n));
	assert_false(put(0, 0, 99));
	assert_true(put(1, 0, 1)); // the other ring does not care
	for (uint8_t n = 0; n < SIZE / 128; n++)
		take(0, 128 - HDR, n);
	expect_empty(0);
}

static void counts_losses(void **state)
{
	struct rd_capring_stage sum;

	(void)state;
	assert_true(put(0, SIZE - HDR, 1));
	for (int n = 0; n < 5; n++)
		assert_false(put(0, 10, 2));
	assert_int_equal(take(0, SIZE - HDR, 1), 0);
	assert_true(put(0, 10, 3));
	assert_true(put(0, 10, 4));
	assert_int_equal(take(0, 10, 3), 5);
	assert_int_equal(take(0, 10, 4), 0);
	assert_false(put(1, SIZE - HDR + 1, 5)); // never fits
	assert_false(put(1, UINT32_MAX, 5)); // nor does this, and nothing overflows
	sum = rd_capring_totals(reader, RD_STAGE_CLASSIFY);
	assert_int_equal(sum.lost, 7);
	assert_int_equal(sum.captured, 0);
	assert_int_equal(rd_capring_totals(reader, RD_STAGE_MAX).lost, 0);
}

static void reservation_can_be_dropped(void **state)
{
	struct rd_cap_rec *rec;

	(void)state;
	assert_non_null(rd_capring_reserve(&ring.ring[0], RD_STAGE_CLASSIFY, 100));
	expect_empty(0);
	rec = rd_capring_reserve(&ring.ring[0], RD_STAGE_CLASSIFY, 50);
	rec->packet_id = 1;
	memset(rec + 1, 1, 50);
	rd_capring_commit(&ring.ring[0], rec);
	rd_capring_commit(&ring.ring[0], rec); // twice is once
	take(0, 50, 1);
	expect_empty(0);
	rd_capring_pop(reader, 0); // nothing peeked, nothing popped
	assert_true(put(0, 10, 2));
	take(0, 10, 2);
}

static void memory_is_sealed(void **state)
{
	int seals = fcntl(ring.fd, F_GET_SEALS);

	(void)state;
	assert_int_equal(seals, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	assert_int_equal(ftruncate(ring.fd, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(fcntl(ring.fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
}

static void bad_parameters(void **state)
{
	struct rd_capring r;

	(void)state;
	assert_int_equal(rd_capring_create(&r, 1, 0, SIZE), -EINVAL);
	assert_int_equal(rd_capring_create(&r, 1, RD_CAPRING_MAX_RINGS + 1, SIZE), -EINVAL);
	assert_int_equal(rd_capring_create(&r, 1, 1, 0), -EINVAL);
	assert_int_equal(rd_capring_create(&r, 1, 1, 2048), -EINVAL);
	assert_int_equal(rd_capring_create(&r, 1, 1, 3 * SIZE), -EINVAL);
	assert_int_equal(rd_capring_create(&r, 1, 1, UINT64_C(1) << 63), -EINVAL);
	rd_capring_destroy(&r);
	rd_capring_destroy(&(struct rd_capring){0}); // fd 0 must survive this
	assert_true(fcntl(0, F_GETFD) >= 0 || errno == EBADF);
	rd_capring_destroy(NULL);
	rd_capring_close(NULL);
}

// Rings that are ready, half ready, or of another size when they are wanted.
static void prepared(void **state)
{
	struct rd_capring r;
	int steps = 0, fd;

	(void)state;
	while (rd_capring_prepare(2, SIZE, SIZE / 2))
		assert_true(++steps < 10);
	assert_int_equal(steps, 4); // one to map them, then halves
	assert_false(rd_capring_prepare(2, SIZE, SIZE)); // nothing more to do
	assert_int_equal(rd_capring_create(&r, 9, 2, SIZE), 0);
	assert_int_equal(r.hdr->session, 9);
	assert_int_equal(r.hdr->ended, RD_CAPRING_RUNS);
	fd = r.fd;
	rd_capring_destroy(&r);
	assert_true(rd_capring_prepare(2, SIZE, SIZE / 2)); // another one
	assert_int_equal(rd_capring_create(&r, 10, 2, SIZE), 0);
	r.ring[1].data[2 * SIZE - 1] = 1; // whole
	rd_capring_destroy(&r);
	assert_true(rd_capring_prepare(1, SIZE, SIZE));
	assert_int_equal(rd_capring_create(&r, 11, 2, SIZE), 0); // the prepared one stays
	assert_int_equal(r.nb_rings, 2);
	rd_capring_destroy(&r);
	rd_capring_forget();
	rd_capring_forget();
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_false(rd_capring_prepare(0, SIZE, SIZE));
}

#define RECORDS 5000u

static void *produce(void *arg)
{
	(void)arg;
	for (uint32_t n = 0; n < RECORDS;) {
		uint32_t len = n * 7 % 300;
		struct rd_cap_rec *rec = rd_capring_reserve(&ring.ring[1], RD_STAGE_DROP, len);

		if (rec == NULL) {
			sched_yield();
			continue;
		}
		rec->packet_id = n;
		memset(rec + 1, (int)n, len);
		rd_capring_commit(&ring.ring[1], rec);
		n++;
	}
	return NULL;
}

static void two_threads(void **state)
{
	const struct rd_cap_rec *rec;
	uint64_t lost = 0;
	pthread_t t;
	int err;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, produce, NULL), 0);
	for (uint32_t n = 0; n < RECORDS; n++) {
		const uint8_t *bytes;

		while ((rec = rd_capring_peek(reader, 1, &err)) == NULL)
			assert_int_equal(err | sched_yield(), 0);
		assert_int_equal(rec->packet_id, n);
		assert_int_equal(rec->cap_len, n * 7 % 300);
		bytes = (const uint8_t *)rec + rec->hdr_len;
		assert_true(rec->cap_len == 0 || bytes[rec->cap_len - 1] == (uint8_t)n);
		lost += rec->lost;
		rd_capring_pop(reader, 1);
	}
	pthread_join(t, NULL);
	assert_int_equal(rd_capring_totals(reader, RD_STAGE_DROP).lost, lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_size_wraps, open_rings, close_rings),
		cmocka_unit_test_setup_teardown(fills_to_the_last_byte, open_rings, close_rings),
		cmocka_unit_test_setup_teardown(counts_losses, open_rings, close_rings),
		cmocka_unit_test_setup_teardown(
			reservation_can_be_dropped, open_rings, close_rings),
		cmocka_unit_test_setup_teardown(memory_is_sealed, open_rings, close_rings),
		cmocka_unit_test(bad_parameters),
		cmocka_unit_test(prepared),
		cmocka_unit_test_setup_teardown(two_threads, open_rings, close_rings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
