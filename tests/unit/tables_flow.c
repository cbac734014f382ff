/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/flow against a model that knows who must be in the table, plus hash, bulk lookup, aging and flushing.
 */
#include "tables/flow_bucket.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define UNIVERSE 20000 // different keys
#define CAPACITY 4096
#define STEPS 1000000

static uint64_t seed = 42;

static uint32_t rnd(uint32_t bound)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % bound;
}

static struct rd_flow_key key_of(uint32_t n)
{
	struct rd_flow_key k = {
		.dmac = {0, 0x50, 0x56, 0xa1, 0x99, 0x9e},
		.smac = {0, 0x50, 0x56, 0xa1, 0xfc, 0xf3},
		.in_port = 1,
		.segment = 1,
		.vni = 74752,
		.ethertype = 0x0800,
		.proto = 6,
		.ft = RD_FT_L4,
		.dport = 80,
		.src = {172, 16, 31, 26},
		.dst = {172, 16, 31, 25},
	};

	k.sport = (uint16_t)n;
	k.src[2] = (uint8_t)(n >> 16);
	return k;
}

struct model {
	struct rd_flow_table *t;
	uint32_t id_of[UNIVERSE]; // 0 = not in the table
	uint32_t owner[CAPACITY + 1]; // key + 1 of an entry, 0 = free
	uint32_t nb;
	uint64_t evictions, inserts;
};

static struct rd_flow *find(struct model *m, uint32_t n)
{
	struct rd_flow_key k = key_of(n);

	return rd_flow_find(m->t, &k, rd_flow_hash(&k));
}

static void model_forget(struct model *m, uint32_t id)
{
	m->id_of[m->owner[id] - 1] = 0;
	m->owner[id] = 0;
	m->nb--;
}

static void step_insert(struct model *m, uint32_t n, uint32_t now_s)
{
	struct rd_flow_key k = key_of(n);
	struct rd_flow *f = rd_flow_insert(m->t, &k, rd_flow_hash(&k), now_s);
	uint32_t id = rd_flow_id(m->t, f);

	m->inserts++;
	assert_in_range(id, 1, CAPACITY - 1);
	if (m->owner[id] != 0) { // the evicted one's entry is the next to be used
		model_forget(m, id);
		m->evictions++;
	}
	m->owner[id] = n + 1;
	m->id_of[n] = id;
	m->nb++;
	assert_int_equal(f->decided, 0);
	assert_int_equal(f->hits, 0);
	assert_int_equal(f->last_s, now_s);
	assert_memory_equal(&f->key, &k, sizeof(k));
	f->bytes = n;
}

static void step(struct model *m, uint32_t now_s)
{
	uint32_t n = rnd(UNIVERSE);
	struct rd_flow *f = find(m, n);

	assert_int_equal(f == NULL ? 0 : rd_flow_id(m->t, f), m->id_of[n]);
	if (f == NULL) {
		step_insert(m, n, now_s);
	} else if (rnd(8) == 0) {
		rd_flow_remove(m->t, f);
		model_forget(m, m->id_of[n]);
	} else {
		assert_int_equal(f->bytes, n);
		f->last_s = now_s;
	}
}

static void verify(struct model *m)
{
	uint32_t in_table = 0;

	for (uint32_t n = 0; n < UNIVERSE; n++) {
		struct rd_flow *f = find(m, n);

		assert_int_equal(f == NULL ? 0 : rd_flow_id(m->t, f), m->id_of[n]);
		in_table += f != NULL;
	}
	assert_int_equal(in_table, m->nb);
	assert_int_equal(m->t->nb, m->nb);
	assert_int_equal(m->t->stats.evictions, m->evictions);
	assert_int_equal(m->t->stats.inserts, m->inserts);
}

static void agrees_with_a_model(void **state)
{
	struct model *m = calloc(1, sizeof(*m));

	(void)state;
	assert_non_null(m);
	m->t = rd_flow_table_create(CAPACITY, 0);
	assert_non_null(m->t);
	for (uint32_t i = 0; i < STEPS; i++) {
		step(m, 1 + i / 1000);
		if (i % 100000 == 0)
			verify(m);
	}
	verify(m);
	assert_int_equal(m->nb, CAPACITY - 1);
	assert_true(m->evictions > 100000);
	assert_int_equal(rd_flow_flush(m->t), CAPACITY - 1);
	memset(m->id_of, 0, sizeof(m->id_of));
	m->nb = 0;
	verify(m);
	rd_flow_table_free(m->t);
	free(m);
}

static struct rd_flow *put(struct rd_flow_table *t, uint32_t n, uint32_t now_s)
{
	struct rd_flow_key k = key_of(n);

	return rd_flow_insert(t, &k, rd_flow_hash(&k), now_s);
}

static bool has(struct rd_flow_table *t, uint32_t n)
{
	struct rd_flow_key k = key_of(n);

	return rd_flow_find(t, &k, rd_flow_hash(&k)) != NULL;
}

// One bucket: the ninth evicts the one that was silent longest, decided or not.
static void evicts_the_oldest(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(100, 0);
	uint32_t same[9], nb = 0;

	(void)state;
	assert_non_null(t);
	for (uint32_t n = 0; nb < 9; n++) {
		struct rd_flow_key k = key_of(n);

		if (rd_flow_bucket_of(t, rd_flow_hash(&k)) == 5)
			same[nb++] = n;
	}
	for (unsigned i = 0; i < 8; i++)
		put(t, same[i], 100 + i)->decided = RD_DECIDED_L2 | RD_DECIDED_LIVE;
	struct rd_flow_key k0 = key_of(same[0]);
	rd_flow_find(t, &k0, rd_flow_hash(&k0))->last_s = 200; // used again: 1 is the oldest now
	put(t, same[8], 201);
	assert_false(has(t, same[1]));
	assert_true(has(t, same[0]));
	assert_true(has(t, same[8]));
	assert_int_equal(t->nb, 8);
	assert_int_equal(t->stats.evictions, 1);
	rd_flow_table_free(t);
}

static void spares_entries_of_this_second(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(64, 0);
	struct rd_flow_key k;
	uint32_t n = 0;

	(void)state;
	assert_non_null(t);
	for (; t->nb < t->capacity - 1; n++) {
		k = key_of(n);
		if (rd_flow_insert_idle(t, &k, rd_flow_hash(&k), 7) == NULL)
			assert_true(t->nb >= 8); // a full bucket
	}
	k = key_of(n);
	assert_null(rd_flow_insert_idle(t, &k, rd_flow_hash(&k), 7));
	assert_int_equal(t->stats.evictions, 0);
	assert_non_null(rd_flow_insert_idle(t, &k, rd_flow_hash(&k), 8));
	assert_int_equal(t->stats.evictions, 1);
	assert_int_equal(t->nb, t->capacity - 1);
	rd_flow_table_free(t);
}

static void ages_in_bounded_steps(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(2048, 60);

	(void)state;
	assert_non_null(t);
	for (uint32_t n = 0; n < 1000; n++)
		put(t, n, n < 500 ? 10 : 50);
	rd_flow_age(t, 69, 5000);
	assert_int_equal(t->nb, 1000);
	rd_flow_age(t, 70, 300); // looks at 300 entries only
	assert_in_range(t->nb, 700, 999);
	rd_flow_age(t, 70, 1000);
	rd_flow_age(t, 70, 1000);
	assert_int_equal(t->nb, 500);
	for (uint32_t n = 0; n < 1000; n++)
		assert_int_equal(has(t, n), n >= 500);
	t->idle_s = 0; // never
	rd_flow_age(t, 100000, 2000);
	assert_int_equal(t->nb, 500);
	rd_flow_table_free(t);
}

static void time_zero_is_no_free_entry(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(16, 60);
	struct rd_flow copy;

	(void)state;
	assert_non_null(t);
	assert_int_equal(put(t, 1, 0)->last_s, 1);
	assert_true(rd_flow_read(t, 1, &copy));
	assert_false(rd_flow_read(t, 0, &copy));
	assert_false(rd_flow_read(t, 2, &copy));
	assert_false(rd_flow_read(t, UINT32_MAX, &copy));
	assert_int_equal(rd_flow_bound(t), 2);
	rd_flow_table_free(t);
}

// Free slots of a bucket lead to entry 0, which is all zero: a key of zeros must not find it.
static void entry_zero_is_never_found(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(16, 0);
	struct rd_flow_key zero = {0};
	uint32_t hash = 1; // signature 0
	struct rd_flow *out;

	(void)state;
	assert_non_null(t);
	assert_null(rd_flow_find(t, &zero, hash));
	rd_flow_find_bulk(t, &zero, &hash, 1, &out);
	assert_null(out);
	rd_flow_table_touch(t);
	assert_null(rd_flow_find(t, &zero, hash));
	rd_flow_table_free(t);
}

static void refuses_bad_capacities(void **state)
{
	(void)state;
	assert_null(rd_flow_table_create(0, 1));
	assert_int_equal(errno, EINVAL);
	assert_null(rd_flow_table_create(UINT32_MAX, 1));
	assert_int_equal(errno, EINVAL);
	rd_flow_table_free(NULL);
}

static void finds_in_bulk(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(8192, 0);
	struct rd_flow_key keys[RD_FLOW_BULK];
	uint32_t hashes[RD_FLOW_BULK];
	struct rd_flow *out[RD_FLOW_BULK];

	(void)state;
	assert_non_null(t);
	for (uint32_t n = 0; n < 4000; n += 2)
		put(t, n, 1);
	for (unsigned round = 0; round < 500; round++) {
		unsigned nb = rnd(RD_FLOW_BULK + 1);

		for (unsigned i = 0; i < nb; i++) {
			keys[i] = key_of(rnd(4000));
			hashes[i] = rd_flow_hash(&keys[i]);
		}
		uint64_t before = t->stats.hits + t->stats.misses;

		rd_flow_find_bulk(t, keys, hashes, nb, out);
		assert_int_equal(t->stats.hits + t->stats.misses - before, nb);
		for (unsigned i = 0; i < nb; i++)
			assert_ptr_equal(out[i], rd_flow_find(t, &keys[i], hashes[i]));
	}
	rd_flow_table_free(t);
}

// Two keys in one bucket with one signature: only the key compare can tell them apart.
static void tells_equal_signatures_apart(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(16, 0);
	static uint32_t first_with[1 << 19]; // by signature and bucket of eight
	struct rd_flow_key a, b;
	uint32_t n;

	(void)state;
	assert_non_null(t);
	assert_int_equal(t->nb_buckets, 8);
	for (n = 1;; n++) {
		struct rd_flow_key k = key_of(n);
		uint32_t hash = rd_flow_hash(&k);
		uint32_t *first = &first_with[(hash >> 16) << 3 | (hash & 7)];

		if (*first != 0) {
			a = key_of(*first);
			b = k;
			break;
		}
		*first = n;
	}
	struct rd_flow *fa = rd_flow_insert(t, &a, rd_flow_hash(&a), 1);

	assert_null(rd_flow_find(t, &b, rd_flow_hash(&b)));
	struct rd_flow *fb = rd_flow_insert(t, &b, rd_flow_hash(&b), 1);

	assert_ptr_equal(rd_flow_find(t, &a, rd_flow_hash(&a)), fa);
	assert_ptr_equal(rd_flow_find(t, &b, rd_flow_hash(&b)), fb);
	rd_flow_remove(t, fa);
	assert_null(rd_flow_find(t, &a, rd_flow_hash(&a)));
	assert_ptr_equal(rd_flow_find(t, &b, rd_flow_hash(&b)), fb);
	rd_flow_table_free(t);
}

// Flows that differ in few bits fill the buckets evenly: a table filled to its capacity evicts next to nothing.
static void hashes_evenly(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(65536, 0);
	struct rd_flow_key k = key_of(57448);
	uint32_t hash = rd_flow_hash(&k);

	(void)state;
	assert_non_null(t);
	for (uint32_t n = 0; n < 65535; n++)
		put(t, n, 1);
	assert_in_range(t->stats.evictions, 0, 65);
	for (unsigned bit = 0; bit < sizeof(k) * 8; bit++) { // every bit counts
		struct rd_flow_key other = k;

		((uint8_t *)&other)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(rd_flow_hash(&other), hash);
	}
	rd_flow_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_a_model),
		cmocka_unit_test(evicts_the_oldest),
		cmocka_unit_test(spares_entries_of_this_second),
		cmocka_unit_test(ages_in_bounded_steps),
		cmocka_unit_test(time_zero_is_no_free_entry),
		cmocka_unit_test(entry_zero_is_never_found),
		cmocka_unit_test(refuses_bad_capacities),
		cmocka_unit_test(finds_in_bulk),
		cmocka_unit_test(tells_equal_signatures_apart),
		cmocka_unit_test(hashes_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
