/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Neighbours of routers' interfaces. A slot's key is written once, before the slot is shown; what is known of the neighbour is one
 * word, and so workers read without a lock. Workers fill free slots under a lock that they only try; slots become free by control
 * alone, in two steps with a generation between them, so no flow leads to a slot that has got another key.
 */
#include "tables/tables.h"

#include <rte_spinlock.h>

#include "core/worker.h"
#include "tables/index.h"
#include "tables/retire.h"
#include "tables/router_priv.h"

#define WAYS 16
#define GIVE_UP_S 10 // after that nobody wants one that never answered

struct slot {
	uint16_t rif; // 0 = free; atomic
	uint8_t family;
	uint8_t addr[16];
	uint64_t fact; // MAC << 16 | fixed << 8 | state; atomic; 0 = about to be free
	uint32_t heard_s, used_s, asked_s, asked; // atomic
};

static struct slot slots[RD_NEIGH_MAX];
static rte_spinlock_t filling = RTE_SPINLOCK_INITIALIZER;

static uint64_t fact_of(const uint8_t mac[6], bool fixed, enum rd_neigh_state state)
{
	return rd_mac48(mac) << 16 | (uint64_t)fixed << 8 | state;
}
static uint8_t state_of(uint64_t fact)
{
	return (uint8_t)fact;
}
static bool is_fixed(uint64_t fact)
{
	return fact >> 8 & 1;
}

const char *rd_neigh_state_name(enum rd_neigh_state state)
{
	static const char *const names[] = {"", "incomplete", "reachable", "stale", "failed"};

	return state <= RD_NEIGH_FAILED ? names[state] : "";
}

static struct slot *bucket_of(uint16_t rif, const uint8_t *addr, uint8_t family)
{
	uint64_t h = rif, word;
	unsigned bytes = rd_addr_bits(family) / 8;

	for (unsigned i = 0; i < bytes; i += 8) {
		word = 0;
		memcpy(&word, addr + i, bytes - i < 8 ? bytes - i : 8);
		h = rd_mix64(h ^ word);
	}
	return &slots[h % (RD_NEIGH_MAX / WAYS) * WAYS];
}

static bool is_of(const struct slot *s, uint16_t rif, uint8_t family, const uint8_t *addr)
{
	return __atomic_load_n(&s->rif, __ATOMIC_ACQUIRE) == rif && s->family == family
		&& memcmp(s->addr, addr, rd_addr_bits(family) / 8) == 0;
}

static struct slot *find(uint16_t rif, uint8_t family, const uint8_t *addr)
{
	struct slot *b = bucket_of(rif, addr, family);

	for (unsigned i = 0; i < WAYS; i++)
		if (is_of(&b[i], rif, family, addr))
			return &b[i];
	return NULL;
}

// With the lock. NULL: no room.
static struct slot *fill(
	uint16_t rif, uint8_t family, const uint8_t *addr, uint64_t fact, uint32_t now_s)
{
	struct slot *b = bucket_of(rif, addr, family), *s = find(rif, family, addr);

	for (unsigned i = 0; s == NULL && i < WAYS; i++) {
		if (b[i].rif != 0)
			continue;
		s = &b[i];
		s->family = family;
		memset(s->addr, 0, sizeof(s->addr));
		memcpy(s->addr, addr, rd_addr_bits(family) / 8);
		s->heard_s = s->used_s = now_s;
		s->asked_s = s->asked = 0;
		__atomic_store_n(&s->fact, fact, __ATOMIC_RELAXED);
		__atomic_store_n(&s->rif, rif, __ATOMIC_RELEASE);
	}
	return s;
}

int rd_neigh_find(uint16_t rif, uint8_t family, const uint8_t *addr, bool make, uint32_t now_s)
{
	static const uint8_t none[6];
	struct slot *s = find(rif, family, addr);

	if (s == NULL && !make)
		return -ENOENT;
	if (s == NULL) {
		if (!rte_spinlock_trylock(&filling))
			return -EBUSY;
		s = fill(rif, family, addr, fact_of(none, false, RD_NEIGH_INCOMPLETE), now_s);
		rte_spinlock_unlock(&filling);
	}
	if (s == NULL)
		return -ENOSPC;
	return __atomic_load_n(&s->fact, __ATOMIC_RELAXED) != 0 ? (int)(s - slots + 1) : -EBUSY;
}

bool rd_neigh_at(uint16_t idx, struct rd_neigh *n)
{
	const struct slot *s = &slots[(idx - 1u) % RD_NEIGH_MAX];
	uint64_t fact = __atomic_load_n(&s->fact, __ATOMIC_RELAXED);
	uint32_t heard = __atomic_load_n(&s->heard_s, __ATOMIC_RELAXED), now = rd_coarse_s();

	*n = (struct rd_neigh){.rif = __atomic_load_n(&s->rif, __ATOMIC_ACQUIRE),
		.family = s->family,
		.state = state_of(fact),
		.fixed = is_fixed(fact),
		.age_s = is_fixed(fact) || now < heard ? 0 : now - heard,
		.asked = __atomic_load_n(&s->asked, __ATOMIC_RELAXED)};
	memcpy(n->addr, s->addr, 16);
	for (unsigned i = 0; i < 6; i++)
		n->mac[i] = (uint8_t)(fact >> (56 - 8 * i));
	return idx != 0 && n->rif != 0 && fact != 0;
}

bool rd_neigh_use(uint16_t idx, uint32_t now_s)
{
	struct slot *s = &slots[(idx - 1u) % RD_NEIGH_MAX];
	uint32_t asked = __atomic_load_n(&s->asked_s, __ATOMIC_RELAXED);

	if (s->used_s != now_s)
		__atomic_store_n(&s->used_s, now_s, __ATOMIC_RELAXED);
	if (state_of(__atomic_load_n(&s->fact, __ATOMIC_RELAXED)) == RD_NEIGH_REACHABLE)
		return false;
	if (asked == now_s
		|| !__atomic_compare_exchange_n(
			&s->asked_s, &asked, now_s, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return false;
	__atomic_fetch_add(&s->asked, 1, __ATOMIC_RELAXED);
	return true;
}

void rd_neigh_learn(uint16_t rif, uint8_t family, const uint8_t *addr, const uint8_t mac[6],
	bool make, uint32_t now_s)
{
	uint64_t fact = fact_of(mac, false, RD_NEIGH_REACHABLE), old;
	struct slot *s = find(rif, family, addr);

	if (s == NULL && make && rte_spinlock_trylock(&filling)) {
		s = fill(rif, family, addr, fact, now_s);
		rte_spinlock_unlock(&filling);
	}
	if (s == NULL)
		return;
	old = __atomic_load_n(&s->fact, __ATOMIC_RELAXED);
	do {
		if (old == 0 || is_fixed(old))
			return;
	} while (!__atomic_compare_exchange_n(
		&s->fact, &old, fact, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	__atomic_store_n(&s->heard_s, now_s, __ATOMIC_RELAXED);
	__atomic_store_n(&s->asked, 0, __ATOMIC_RELAXED);
}

// --- control ---

static bool is_inside(const struct rd_rif *i, uint8_t family, const uint8_t *addr)
{
	for (unsigned n = 0; n < i->nb_addrs; n++)
		if (i->addr[n].family == family
			&& rd_addr_is_in(addr, i->addr[n].addr, i->addr[n].len))
			return true;
	return false;
}

static int check(uint16_t rif, uint8_t family, const uint8_t addr[16], const uint8_t mac[6],
	struct rd_err *err)
{
	const struct rd_rif *i = rd_rif_at(rif);

	if (i == NULL)
		return rd_err_set(err, -ENOENT, "there is no such router interface");
	if (rd_mac_is_multicast(mac) || rd_mac_is_zero(mac))
		return rd_err_set(err, -EINVAL, "a neighbour needs a unicast MAC");
	if (!is_inside(i, family, addr))
		return rd_err_set(err, -ENETUNREACH,
			"the address is in no subnet of router interface %s", i->name);
	return rd_rif_has_addr(i, family, addr)
		? rd_err_set(err, -EINVAL, "the address is the router interface's own")
		: 0;
}

int rd_neigh_add(uint16_t rif, uint8_t family, const uint8_t addr[16], const uint8_t mac[6],
	struct rd_err *err)
{
	uint64_t fact = fact_of(mac, true, RD_NEIGH_REACHABLE);
	struct slot *s;
	int rc = check(rif, family, addr, mac, err);

	if (rc < 0)
		return rc;
	rte_spinlock_lock(&filling);
	s = fill(rif, family, addr, fact, rd_coarse_s());
	rte_spinlock_unlock(&filling);
	if (s == NULL)
		return rd_err_set(err, -ENOSPC, "the table of neighbours has no room for this one");
	__atomic_store_n(&s->fact, fact, __ATOMIC_RELAXED);
	__atomic_store_n(&s->asked, 0, __ATOMIC_RELAXED);
	return 0;
}

// First step: nobody finds it, and flows that lead there decide again. Second: others may have it.
static unsigned remove_if(bool (*doomed)(const struct slot *s, const void *arg), const void *arg)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < RD_NEIGH_MAX; i++) {
		if (slots[i].rif == 0 || !doomed(&slots[i], arg))
			continue;
		__atomic_store_n(&slots[i].fact, 0, __ATOMIC_RELAXED);
		nb++;
	}
	if (nb == 0)
		return 0;
	rd_commit();
	for (unsigned i = 0; i < RD_NEIGH_MAX; i++)
		if (slots[i].rif != 0 && slots[i].fact == 0)
			__atomic_store_n(&slots[i].rif, 0, __ATOMIC_RELEASE);
	return nb;
}

static bool is_this(const struct slot *s, const void *arg)
{
	return s == arg;
}

int rd_neigh_del(uint16_t rif, uint8_t family, const uint8_t addr[16], struct rd_err *err)
{
	const struct slot *s = find(rif, family, addr);

	if (s == NULL || remove_if(is_this, s) == 0)
		return rd_err_set(err, -ENOENT, "there is no such neighbour");
	return 0;
}

static bool is_learned_by(const struct slot *s, const void *arg)
{
	uint16_t rif = *(const uint16_t *)arg;

	return !is_fixed(s->fact) && (rif == 0 || s->rif == rif);
}

unsigned rd_neigh_flush(uint16_t rif)
{
	return remove_if(is_learned_by, &rif);
}

static bool is_lost(const struct slot *s, const void *arg)
{
	const struct rd_rif *i = rd_rif_at(s->rif);

	return s->rif == *(const uint16_t *)arg && (i == NULL || !is_inside(i, s->family, s->addr));
}

void rd_neigh_forget(uint16_t rif)
{
	(void)remove_if(is_lost, &rif);
}

int rd_neigh_each(int (*fn)(void *arg, const struct rd_neigh *n), void *arg)
{
	struct rd_neigh n;
	int rc = 0;

	for (unsigned i = 1; rc == 0 && i <= RD_NEIGH_MAX; i++)
		if (rd_neigh_at((uint16_t)i, &n))
			rc = fn(arg, &n);
	return rc;
}

static uint32_t since(const uint32_t *then, uint32_t now_s)
{
	uint32_t s = __atomic_load_n(then, __ATOMIC_RELAXED);

	return now_s > s ? now_s - s : 0;
}

static void age(struct slot *s, uint32_t now_s)
{
	uint64_t old = __atomic_load_n(&s->fact, __ATOMIC_RELAXED), fresh = old & ~UINT64_C(0xff);

	if (old == 0 || is_fixed(old))
		return;
	if (state_of(old) == RD_NEIGH_REACHABLE && since(&s->heard_s, now_s) > RD_NEIGH_REACHABLE_S)
		fresh |= RD_NEIGH_STALE;
	else if (state_of(old) != RD_NEIGH_REACHABLE
		&& __atomic_load_n(&s->asked, __ATOMIC_RELAXED) >= RD_NEIGH_ASKS
		&& since(&s->asked_s, now_s) > 0)
		fresh |= RD_NEIGH_FAILED;
	else
		return;
	// A worker may have learned it meanwhile: then it stays as that one says.
	(void)__atomic_compare_exchange_n(
		&s->fact, &old, fresh, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static bool is_forgotten(const struct slot *s, const void *arg)
{
	uint32_t unused = since(&s->used_s, *(const uint32_t *)arg);
	uint32_t unheard = since(&s->heard_s, *(const uint32_t *)arg);

	if (is_fixed(s->fact) || state_of(s->fact) == RD_NEIGH_REACHABLE)
		return false;
	return unused > (state_of(s->fact) == RD_NEIGH_STALE ? RD_NEIGH_FORGET_S : GIVE_UP_S)
		&& unheard > GIVE_UP_S;
}

void rd_neigh_age(uint32_t now_s)
{
	if (rd_rif_bound() == 1)
		return;
	for (unsigned i = 0; i < RD_NEIGH_MAX; i++)
		if (slots[i].rif != 0)
			age(&slots[i], now_s);
	(void)remove_if(is_forgotten, &now_s);
}

void rd_neigh_fini(void)
{
	memset(slots, 0, sizeof(slots));
}
