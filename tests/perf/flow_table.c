/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What finding a flow costs, by how many there are: cycles per lookup in bursts of 32, in random order, that also write the
 * entry's counters as flow_lookup does; one by one for comparison; and what inserting costs. Medians of bursts, so that being
 * interrupted does not count.
 *
 * flow_table [FLOWS]...; without: 1 1000 100000 1000000.
 */
#include "tables/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define BURST 32
#define BURSTS 60000u

static struct rd_flow_key key_of(uint32_t n)
{
	struct rd_flow_key k = {.dmac = {2, 1},
		.smac = {2, 2},
		.in_port = 3,
		.segment = 1,
		.ethertype = 0x0800,
		.proto = 17,
		.ft = RD_FT_L4,
		.sport = (uint16_t)(n * 7),
		.dport = 53,
		.src = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
		.dst = {10, 0, 0, 1}};

	return k;
}

static uint64_t seed = 1;

static uint32_t rnd(uint32_t bound)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)((seed >> 33) * bound >> 31);
}

static void gather(struct rd_flow_key k[BURST], uint32_t hash[BURST], uint32_t flows)
{
	for (unsigned i = 0; i < BURST; i++) {
		k[i] = key_of(rnd(flows));
		hash[i] = rd_flow_hash(&k[i]);
	}
}

static unsigned find_all(struct rd_flow_table *t, const struct rd_flow_key *k, const uint32_t *hash,
	bool bulk, struct rd_flow **out)
{
	unsigned found = 0;

	if (bulk)
		rd_flow_find_bulk(t, k, hash, BURST, out);
	for (unsigned i = 0; i < BURST; i++) {
		if (!bulk)
			out[i] = rd_flow_find(t, &k[i], hash[i]);
		if (out[i] == NULL)
			continue;
		out[i]->hits++;
		out[i]->bytes += 64;
		found++;
	}
	return found;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static double median(uint64_t *v, unsigned n)
{
	qsort(v, n, sizeof(v[0]), by_size);
	return (double)v[n / 2];
}

// Cycles per lookup. The keys are made outside of the measured part.
static double lookups(struct rd_flow_table *t, uint32_t flows, bool bulk)
{
	static uint64_t cycles[BURSTS];
	struct rd_flow_key k[BURST];
	struct rd_flow *out[BURST];
	uint32_t hash[BURST], found = 0;

	for (unsigned n = 0; n < BURSTS; n++) {
		gather(k, hash, flows);
		uint64_t from = rd_tsc();

		found += find_all(t, k, hash, bulk, out);
		cycles[n] = rd_tsc() - from;
	}
	if (found < BURSTS * BURST / 100 * 98) // evictions of full buckets
		fprintf(stderr, "only %u of %u found\n", found, BURSTS * BURST);
	return median(cycles, BURSTS) / BURST;
}

// Cycles per new flow: all of them, in portions of a burst.
static double inserts(struct rd_flow_table *t, uint32_t flows)
{
	uint32_t nb = (flows + BURST - 1) / BURST;
	uint64_t *cycles = malloc(nb * sizeof(*cycles));
	double result;

	if (cycles == NULL)
		return 0;
	for (uint32_t n = 0; n < nb; n++) {
		uint64_t from = rd_tsc();

		for (uint32_t i = n * BURST; i < (n + 1) * BURST; i++) {
			struct rd_flow_key k = key_of(i < flows ? i : flows - 1);
			uint32_t hash = rd_flow_hash(&k);

			if (rd_flow_find(t, &k, hash) == NULL)
				(void)rd_flow_insert(t, &k, hash, 1);
		}
		cycles[n] = rd_tsc() - from;
	}
	result = median(cycles, nb) / BURST;
	free(cycles);
	return result;
}

static int measure(uint32_t flows)
{
	struct rd_flow_table *t = rd_flow_table_create(flows < 60000 ? 65536 : flows + 1, 0);
	uint64_t from = rd_tsc();
	double insert;

	if (t == NULL) {
		fprintf(stderr, "no memory for %u flows\n", flows);
		return 1;
	}
	rd_flow_table_touch(t);
	while (rd_flow_table_populate(t, SIZE_MAX))
		;
	double touch_ms = (double)(rd_tsc() - from) * 1e3 / (double)rd_tsc_hz();

	insert = inserts(t, flows);
	printf("%9u flows: %6.1f cycles per lookup in bulk, %6.1f one by one, %7.1f to insert; "
	       "%lu evicted; pages made in %.0f ms\n",
		flows, lookups(t, flows, true), lookups(t, flows, false), insert,
		t->stats.evictions, touch_ms);
	rd_flow_table_free(t);
	return 0;
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = {1, 1000, 100000, 1000000};
	int ret = 0;

	for (int i = 1; i < argc; i++)
		ret |= measure((uint32_t)strtoul(argv[i], NULL, 10));
	for (unsigned i = 0; argc == 1 && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		ret |= measure(sizes[i]);
	return ret;
}
