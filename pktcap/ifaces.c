/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The interfaces of a pcapng file, see ifaces.h. Main thread.
 */
#include "ifaces.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define CAP_FIRST 64u // entries; the map has four times as many places

void pk_ifaces_free(struct pk_ifaces *s)
{
	free(s->list);
	free(s->map);
	*s = (struct pk_ifaces){0};
}

static uint32_t hash_of(uint32_t port_id, uint16_t port_idx, uint8_t stage)
{
	uint64_t key = (uint64_t)port_id << 32 | (uint64_t)port_idx << 8 | stage;

	return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static bool is_of(const struct pk_iface *i, const struct rd_cap_rec *rec)
{
	return i->stage == rec->stage && i->port_id == rec->port_id && i->port_idx == rec->port_idx;
}

int pk_ifaces_find(const struct pk_ifaces *s, const struct rd_cap_rec *rec)
{
	uint32_t at = hash_of(rec->port_id, rec->port_idx, rec->stage);

	if (s->map == NULL)
		return -ENOENT;
	for (;; at++) {
		uint32_t n = s->map[at & s->mask];

		if (n == 0)
			return -ENOENT;
		if (is_of(&s->list[n - 1], rec))
			return (int)n - 1;
	}
}

static void put_map(struct pk_ifaces *s, uint32_t n)
{
	const struct pk_iface *i = &s->list[n];
	uint32_t at = hash_of(i->port_id, i->port_idx, i->stage);

	while (s->map[at & s->mask] != 0)
		at++;
	s->map[at & s->mask] = n + 1;
}

static int grow(struct pk_ifaces *s)
{
	uint32_t cap = s->cap ? s->cap * 2 : CAP_FIRST;
	struct pk_iface *list = realloc(s->list, cap * sizeof(*list));
	uint32_t *map;

	if (list == NULL)
		return -ENOMEM;
	s->list = list;
	map = calloc((size_t)cap * 4, sizeof(*map));
	if (map == NULL)
		return -ENOMEM;
	free(s->map);
	s->map = map;
	s->mask = cap * 4 - 1;
	s->cap = cap;
	for (uint32_t n = 0; n < s->count; n++)
		put_map(s, n);
	return 0;
}

int pk_ifaces_add(struct pk_ifaces *s, const struct rd_cap_rec *rec)
{
	if (s->count == s->cap && grow(s) < 0)
		return -ENOMEM;
	s->list[s->count] = (struct pk_iface){.port_id = rec->port_id,
		.port_idx = rec->port_idx,
		.stage = rec->stage,
		.first_ns = rec->ns};
	put_map(s, s->count);
	return (int)s->count++;
}
