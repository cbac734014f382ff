/* SPDX-License-Identifier: BSD-3-Clause
 *
 * api/capring with one side lying: a client that writes anywhere in the mapping, and a memory from
 * elsewhere whose header or records are wrong.
 */
#include "api/capring.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE 4096u

static struct rd_capring ring;
static struct rd_capring_prod *prod = &ring.ring[0];

static int make_ring(void **state)
{
	(void)state;
	return rd_capring_create(&ring, 7, 1, SIZE);
}

static int drop_ring(void **state)
{
	(void)state;
	rd_capring_destroy(&ring);
	return 0;
}

static struct rd_cap_rec *put(uint32_t cap_len)
{
	struct rd_cap_rec *rec = rd_capring_reserve(prod, RD_STAGE_CLASSIFY, cap_len);

	if (rec != NULL)
		rd_capring_commit(prod, rec);
	return rec;
}

static void impossible_tail_is_full(void **state)
{
	const uint64_t tails[] = {1u << 20, UINT64_MAX, UINT64_C(1) << 63, SIZE + 1};

	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		prod->ctl->tail = tails[i];
		prod->head = SIZE;
		assert_null(put(0));
	}
	prod->head = 8 * SIZE; // further behind than the ring is long
	prod->ctl->tail = 7 * SIZE - 16;
	assert_null(put(0));
	prod->ctl->tail = 7 * SIZE + 112; // possible again: it goes on
	assert_non_null(put(0));
	assert_int_equal(prod->ctl->stage[RD_STAGE_CLASSIFY].lost, 5);
}

static void producer_reads_nothing_back(void **state)
{
	struct rd_cap_rec *rec = rd_capring_reserve(prod, RD_STAGE_CLASSIFY, 100);

	(void)state;
	rec->rec_len = 0xfffffff0; // the client writes while the worker does
	rec->cap_len = UINT32_MAX;
	prod->ctl->head = 0x1234;
	rd_capring_commit(prod, rec);
	assert_int_equal(prod->head, 192);
	assert_int_equal(prod->ctl->head, 192);
	memset(ring.hdr, 0xff, sizeof(*ring.hdr));
	memset(prod->ctl->stage, 0xff, sizeof(prod->ctl->stage));
	assert_non_null(put(100));
	assert_int_equal(prod->head, 384);
}

// Any tail at all: the record lies inside the mapping, whatever the client says.
static void records_stay_inside(void **state)
{
	uint64_t x = 88172645463325252u;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct rd_cap_rec *rec;
		uint32_t len;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		len = (uint32_t)(x >> 40) % (SIZE + 100);
		prod->ctl->tail = i % 3 == 0 ? x : prod->head - x % (2 * SIZE);
		rec = rd_capring_reserve(prod, RD_STAGE_CLASSIFY, len);
		if (rec == NULL)
			continue;
		assert_true((uint8_t *)rec >= prod->data);
		assert_true((uint8_t *)(rec + 1) + len <= prod->data + 2 * SIZE);
		memset(rec + 1, 0xaa, len);
		rd_capring_commit(prod, rec);
	}
}

// A sound record is written, one field spoilt, and the reader must refuse the ring for good.
static void expect_corrupt(void (*spoil)(struct rd_cap_rec *))
{
	struct rd_capring_reader *r;
	struct rd_cap_rec *rec;
	int err = 0;

	assert_int_equal(make_ring(NULL), 0);
	rec = put(100);
	assert_non_null(rec);
	spoil(rec);
	r = rd_capring_open(dup(ring.fd));
	assert_non_null(r);
	assert_null(rd_capring_peek(r, 0, &err));
	assert_int_equal(err, -EBADMSG);
	rec->rec_len = 192; // too late
	err = 0;
	assert_null(rd_capring_peek(r, 0, &err));
	assert_int_equal(err, -EBADMSG);
	rd_capring_pop(r, 0);
	assert_null(rd_capring_peek(r, 1, &err)); // no such ring
	assert_int_equal(err, -EINVAL);
	rd_capring_close(r);
	drop_ring(NULL);
}

static void rec_len_zero(struct rd_cap_rec *rec)
{
	rec->rec_len = 0;
}
static void rec_len_odd(struct rd_cap_rec *rec)
{
	rec->rec_len = 191;
}
static void rec_len_long(struct rd_cap_rec *rec)
{
	rec->rec_len = 208; // more than was published
}
static void rec_len_huge(struct rd_cap_rec *rec)
{
	rec->rec_len = 0xfffffff0;
}
static void hdr_len_short(struct rd_cap_rec *rec)
{
	rec->hdr_len = 79;
}
static void hdr_len_long(struct rd_cap_rec *rec)
{
	rec->hdr_len = 93;
}
static void cap_len_long(struct rd_cap_rec *rec)
{
	rec->cap_len = 113;
}
static void cap_len_huge(struct rd_cap_rec *rec)
{
	rec->cap_len = UINT32_MAX;
}
static void stage_wild(struct rd_cap_rec *rec)
{
	rec->stage = RD_STAGE_MAX;
}
static void head_beyond(struct rd_cap_rec *rec)
{
	(void)rec;
	prod->ctl->head = SIZE + 16;
}
static void head_short(struct rd_cap_rec *rec)
{
	(void)rec;
	prod->ctl->head = 64; // not even a header
}
static void head_back(struct rd_cap_rec *rec)
{
	(void)rec;
	prod->ctl->head = UINT64_MAX;
}
static void tail_odd(struct rd_cap_rec *rec)
{
	(void)rec;
	prod->ctl->tail = 8;
}

static void reader_refuses_bad_records(void **state)
{
	void (*const spoil[])(struct rd_cap_rec *) = {rec_len_zero, rec_len_odd, rec_len_long,
		rec_len_huge, hdr_len_short, hdr_len_long, cap_len_long, cap_len_huge, stage_wild,
		head_beyond, head_short, head_back, tail_odd};

	(void)state;
	for (size_t i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++)
		expect_corrupt(spoil[i]);
}

static void reader_takes_longer_headers(void **state)
{
	struct rd_cap_rec *rec = put(100);
	struct rd_capring_reader *r;
	int err;

	(void)state;
	rec->hdr_len = 92; // a newer writer
	r = rd_capring_open(dup(ring.fd));
	assert_non_null(r);
	assert_ptr_not_equal(rd_capring_peek(r, 0, &err), NULL);
	rd_capring_close(r);
}

// A sealed memory of len bytes with this header.
static void expect_refused(const struct rd_capring_hdr *hdr, off_t len, int seals, int want)
{
	int fd = memfd_create("unit", MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, len), 0);
	if (len >= (off_t)sizeof(*hdr))
		assert_int_equal(pwrite(fd, hdr, sizeof(*hdr), 0), sizeof(*hdr));
	if (seals != 0)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	errno = 0;
	assert_null(rd_capring_open(fd));
	assert_int_equal(errno, want);
	assert_int_equal(fcntl(fd, F_GETFD), -1); // closed: the ownership went over
}

static void reader_refuses_bad_headers(void **state)
{
	const struct rd_capring_hdr good = *ring.hdr;
	const off_t len = (off_t)(good.data_off + good.ring_size);
	struct rd_capring_hdr bad[] = {
		good, good, good, good, good, good, good, good, good, good, good, good};

	(void)state;
	bad[0].magic++;
	bad[1].version++;
	bad[2].nb_rings = 0;
	bad[3].nb_rings = RD_CAPRING_MAX_RINGS + 1;
	bad[4].nb_rings = 2;
	bad[5].ring_size = 2 * SIZE;
	bad[6].ring_size = 0;
	bad[7].ring_size = UINT64_C(1) << 63;
	bad[8].ctl_off = 0;
	bad[9].ctl_off = UINT64_MAX & ~UINT64_C(4095);
	bad[10].data_off = good.ctl_off;
	bad[11].data_off = UINT64_MAX & ~UINT64_C(4095);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_refused(&bad[i], len, F_SEAL_SHRINK, EBADMSG);
	expect_refused(&good, len - 1, F_SEAL_SHRINK, EBADMSG);
	expect_refused(&good, 0, F_SEAL_SHRINK, EBADMSG);
	expect_refused(&good, len, 0, EPERM); // could be cut away later
}

static void reader_refuses_other_files(void **state)
{
	int fd[2];

	(void)state;
	assert_null(rd_capring_open(-1));
	assert_int_equal(pipe(fd), 0);
	assert_null(rd_capring_open(fd[0]));
	assert_int_equal(errno, EBADMSG);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(impossible_tail_is_full, make_ring, drop_ring),
		cmocka_unit_test_setup_teardown(producer_reads_nothing_back, make_ring, drop_ring),
		cmocka_unit_test_setup_teardown(records_stay_inside, make_ring, drop_ring),
		cmocka_unit_test(reader_refuses_bad_records),
		cmocka_unit_test_setup_teardown(reader_takes_longer_headers, make_ring, drop_ring),
		cmocka_unit_test_setup_teardown(reader_refuses_bad_headers, make_ring, drop_ring),
		cmocka_unit_test(reader_refuses_other_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
