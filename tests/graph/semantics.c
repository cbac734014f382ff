/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The flow cache against a reference that has none: generated scenarios of packets and changes. After each packet (or burst
 * of packets) the drops by reason, the ports that something left by, and every byte of it must be the reference's.
 *
 * RD_SCENARIOS: how many, 5,000 by default. RD_SEED: the first scenario's seed, to see one again; a failure names it.
 * RD_STAGED: 1 = every packet takes the stages, 0 = established flows take the fast path; by default a quarter of the scenarios
 * are without.
 *
 * Connections: stateful and plain firewalls side by side, TCP, UDP, ICMP echoes and errors, fragments; strict and loose; limits,
 * aging, and rules that change meanwhile. How many there are and how many are half open is compared after each packet.
 *
 * A packet that is sent alone is asked about first: the walk that changes nothing (core/dry.h) has to answer as the reference
 * does, with the cache that there is. Not if a router sends the packet back to its sender: that walk keeps no connection and
 * learns nothing, so it knows the sender as it was before.
 *
 * Two things are left to the cache. A station that moves from one tunnel to another is believed once a second and flow, so
 * the clock ticks before such a packet. And the packets of a burst are decided together, so nothing is learned in bursts,
 * and no connection changes. A packet that a router sends back to its sender, who has just moved, may still go where he was: it
 * is decided in the walk that learns, so it is left out.
 */
#include "semantics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tables/flow.h"

#define STEPS 60
#define BURST 8
#define HISTORY 24
#define SINKS 7

static struct rd_flow_table *tables[3]; // tiny, small, normal
static struct sem_result want;
static uint64_t drops_before[RD_DROP_MAX], dfw_before[2];
static struct rd_flow_stats seen; // sum over all scenarios
static uint64_t nb_packets, nb_outputs, nb_changes, nb_asked, nb_routed;
static char history[HISTORY][240];
static unsigned step;

static void say(const char *what)
{
	snprintf(history[step % HISTORY], sizeof(history[0]), "%u: %s", step, what);
	step++;
}

static void hex(const char *title, const struct sem_frame *f)
{
	print_error("%s, %u bytes:", title, f->len);
	for (uint32_t i = 0; i < f->len && i < 160; i++)
		print_error("%s%02x", i % 16 == 0 ? "\n  " : " ", f->b[i]);
	print_error("\n");
}

static void fail_here(uint64_t seed, const char *what)
{
	for (unsigned i = step > HISTORY ? step - HISTORY : 0; i < step; i++)
		print_error("%s\n", history[i % HISTORY]);
	fail_msg("scenario with RD_SEED=%lu RD_SCENARIOS=1, step %u: %s", seed, step, what);
}

static void say_packet(const struct sem_pkt *k, uint16_t port)
{
	const struct sem_pkt *i = k->inner != NULL ? k->inner : k;
	char text[220];

	snprintf(text, sizeof(text),
		"port %u%s vni %u: ..:%02x > ..:%02x kind %u tags %u vlan %u proto %u frag %u "
		".%u > .%u ports %u %u id %u len %u, TCP %u seq %u ack %u",
		port, k->inner != NULL ? " tunnel" : "", k->vni, i->smac[5], i->dmac[5], i->kind,
		i->tags, i->vlan[0], i->proto, i->frag, i->src[i->kind == SEM_IP4 ? 3 : 15],
		i->dst[i->kind == SEM_IP4 ? 3 : 15], i->sport, i->dport, i->icmp_id, i->payload,
		i->flags, i->seq, i->ack);
	say(text);
}

static void compare_drops(uint64_t seed)
{
	char text[100];

	for (unsigned r = 1; r < RD_DROP_MAX; r++) {
		uint64_t got = gf_w->drops[r] - drops_before[r];

		if (got == want.drops[r])
			continue;
		snprintf(text, sizeof(text), "%lu drops for %s, the reference has %lu", got,
			gf_reason_name((enum rd_drop_reason)r), want.drops[r]);
		fail_here(seed, text);
	}
	if (gf_w->stages[RD_STAGE_DFW_OUT].drops - dfw_before[0] != want.dfw_out
		|| gf_w->stages[RD_STAGE_DFW_IN].drops - dfw_before[1] != want.dfw_in)
		fail_here(seed, "the other firewall dropped it");
}

// The IP id of a tunnel packet that may be fragmented is anything.
void sem_blank_id(struct sem_frame *f)
{
	bool ours = f->len > 50 && memcmp(f->b + 6, sem.tep.mac, 6) == 0 && f->b[12] == 8
		&& f->b[23] == 17;

	if (ours && !sem.tep.df) {
		f->b[18] = f->b[19] = 0;
		sem_ip_sum(f->b + 14);
	}
}

static void compare_frame(uint64_t seed, int sink, struct sem_frame *got)
{
	const struct sem_frame *other = NULL;

	sem_blank_id(got);
	for (unsigned i = 0; i < want.nb_out; i++) {
		if (want.out[i].sink != sink)
			continue;
		other = &want.out[i].f;
		if (other->len != got->len || memcmp(other->b, got->b, got->len) != 0)
			continue;
		want.out[i].sink = -1;
		nb_outputs++;
		return;
	}
	hex("got", got);
	if (other != NULL)
		hex("the reference has", other);
	fail_here(seed, "a frame that the reference has not");
}

static void compare_output(uint64_t seed)
{
	static struct gf_frame out;
	struct sem_frame f;
	char text[64];

	for (unsigned s = 0; s < SINKS; s++)
		while (gf_sink_take(s, &out)) {
			assert_true(out.len <= SEM_BYTES);
			f.len = out.len;
			memcpy(f.b, out.bytes, out.len);
			compare_frame(seed, (int)s, &f);
		}
	for (unsigned i = 0; i < want.nb_out; i++) {
		if (want.out[i].sink < 0)
			continue;
		hex("missing", &want.out[i].f);
		snprintf(text, sizeof(text), "a frame for sink %d is missing", want.out[i].sink);
		fail_here(seed, text);
	}
}

static void begin(void)
{
	want.nb_out = want.routed = 0;
	memset(want.drops, 0, sizeof(want.drops));
	want.dfw_out = want.dfw_in = 0;
	want.taught = want.moved = want.back = false;
	memcpy(drops_before, gf_w->drops, sizeof(drops_before));
	dfw_before[0] = gf_w->stages[RD_STAGE_DFW_OUT].drops;
	dfw_before[1] = gf_w->stages[RD_STAGE_DFW_IN].drops;
}

static void tick(void)
{
	rd_coarse_advance(1);
	sem.now_s = rd_coarse_s();
}

static void inject(const struct sem_pkt *k, uint16_t port)
{
	struct sem_frame f;

	sem_build(k, &f);
	say_packet(k, port);
	gf_queue(port, f.b, f.len);
	nb_packets++;
}

static void compare_conns(uint64_t seed)
{
	char text[100];

	for (unsigned i = 0; i < SEM_PORTS; i++) {
		uint16_t idx = sem.port[i].idx;
		unsigned half_open, nb = sem_state_count(idx, &half_open);
		uint32_t got_half_open, got = rd_conn_zone_count(idx, &got_half_open);

		if (idx == 0 || (got == nb && got_half_open == half_open))
			continue;
		snprintf(text, sizeof(text),
			"port %u: %u connections, %u half open; the reference has %u and %u", idx,
			got, got_half_open, nb, half_open);
		fail_here(seed, text);
	}
}

static void finish(uint64_t seed)
{
	nb_routed += want.routed;
	rd_worker_walk_once(gf_w);
	compare_drops(seed);
	compare_output(seed);
	compare_conns(seed);
}

static bool teaches(const struct sem_pkt *k, uint16_t port)
{
	begin();
	sem_state_save();
	sem_receive(port, k, true, &want);
	want.taught |= sem_state_restore();
	return want.taught;
}

// Before it goes in: what would become of it?
static void ask(uint64_t seed, const struct sem_pkt *k, uint16_t port)
{
	const char *fault = sem_ask(port, k, &want);

	nb_asked++;
	if (fault == NULL)
		return;
	say_packet(k, port);
	fail_here(seed, fault);
}

static void send_one(uint64_t seed, const struct sem_pkt *k, uint16_t port)
{
	bool taught = teaches(k, port);

	if (taught && want.back)
		return;
	if (want.moved)
		tick();
	begin();
	sem_receive(port, k, false, &want);
	if (!want.back)
		ask(seed, k, port);
	inject(k, port);
	finish(seed);
}

// Packets that teach nothing, also not after those that were sent alone meanwhile.
static unsigned collect(uint64_t seed, struct sem_pkt k[BURST], uint16_t port[BURST])
{
	unsigned nb = 0, quiet = 0;

	for (unsigned tries = 0; tries < 3 * BURST && nb < BURST; tries++) {
		port[nb] = sem_traffic(&k[nb]);
		if (teaches(&k[nb], port[nb]))
			send_one(seed, &k[nb], port[nb]);
		else
			nb++;
	}
	for (unsigned i = 0; i < nb; i++) {
		if (teaches(&k[i], port[i]))
			continue;
		k[quiet] = k[i];
		port[quiet++] = port[i];
	}
	return quiet;
}

static void send_burst(uint64_t seed)
{
	struct sem_pkt k[BURST];
	uint16_t port[BURST];
	unsigned nb = collect(seed, k, port);

	begin();
	for (unsigned i = 0; i < nb; i++) {
		sem_receive(port[i], &k[i], false, &want);
		inject(&k[i], port[i]);
	}
	finish(seed);
}

static void one_step(uint64_t seed)
{
	struct sem_pkt k;
	uint16_t port;

	if (sem_chance(16)) {
		say(sem_change());
		nb_changes++;
	} else if (sem_chance(15)) {
		send_burst(seed);
	} else {
		if (sem_chance(4))
			tick();
		port = sem_traffic(&k);
		for (unsigned i = 1 + sem_rnd(4); i > 0; i--)
			send_one(seed, &k, port);
	}
}

static void add_stats(const struct rd_flow_table *t)
{
	seen.hits += t->stats.hits;
	seen.misses += t->stats.misses;
	seen.inserts += t->stats.inserts;
	seen.evictions += t->stats.evictions;
	seen.stale += t->stats.stale;
	seen.renewed += t->stats.renewed;
	seen.expired += t->stats.expired;
}

static uint64_t from_env(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void scenario(uint64_t seed)
{
	struct rd_flow_table *before = gf_w->flows;

	sem_seed = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	gf_w->flows = tables[sem_chance(60) ? 2 : sem_rnd(2)];
	gf_w->flows->idle_s = 300;
	assert_int_equal(gf_begin(NULL), 0);
	gf_trace(false);
	gf_w->staged = from_env("RD_STAGED", sem_chance(25)) != 0;
	step = 0;
	sem_world_build();
	sem_traffic_begin();
	tick();
	for (unsigned i = 0; i < STEPS; i++)
		one_step(seed);
	add_stats(gf_w->flows);
	assert_int_equal(gf_end(NULL), 0);
	gf_w->staged = false;
	gf_w->flows = before;
}

static void scenarios(void **state)
{
	static const uint32_t capacities[] = {5, 24, 4096};
	uint64_t nb = from_env("RD_SCENARIOS", 5000), seed = from_env("RD_SEED", 1);
	struct rd_conn_stats c;

	(void)state;
	for (unsigned i = 0; i < RTE_DIM(tables); i++) {
		tables[i] = rd_flow_table_create(capacities[i], 300);
		assert_non_null(tables[i]);
	}
	for (uint64_t i = 0; i < nb; i++)
		scenario(seed + i);
	for (unsigned i = 0; i < RTE_DIM(tables); i++)
		rd_flow_table_free(tables[i]);
	rd_conn_stats(&c);
	print_message(
		"%lu packets, %lu of them asked about before, %lu routed, %lu frames out, %lu changes; "
		"hits %lu misses %lu evictions %lu stale %lu renewed %lu expired %lu\n",
		nb_packets, nb_asked, nb_routed, nb_outputs, nb_changes, seen.hits, seen.misses,
		seen.evictions, seen.stale, seen.renewed, seen.expired);
	print_message(
		"connections: %lu created, %lu expired, %lu killed, %lu reset; refused: %lu by "
		"the limit, %lu as flood, %lu out of state\n",
		c.created, c.expired, c.killed, c.reset, c.limit, c.flood, c.mismatch);
	if (nb < 100) // too few to say
		return;
	assert_true(nb_outputs > nb_packets / 4);
	assert_true(nb_routed > nb_packets / 50);
	assert_true(seen.hits > nb_packets / 8);
	assert_true(seen.evictions > nb && seen.stale > nb && seen.renewed > nb);
	assert_true(seen.expired > nb / 10);
	assert_true(c.created > nb && c.expired > nb / 10 && c.killed > nb / 50);
	assert_true(c.reset > nb / 200 && c.limit > nb / 10 && c.flood > nb / 100
		&& c.mismatch > nb / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(scenarios)};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
