/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is derived from ports and segments: the members of each segment, and the hashes by VNI and VLAN. Made by control
 * after each change, read by workers.
 */
#include "tables/tables.h"

#include "tables/index.h"
#include "tables/retire.h"

#include <stdlib.h>
#include <string.h>

static struct rd_index *by_tag; // atomic pointer; keys below

#define KEY_VNI (UINT64_C(1) << 62)
#define KEY_VLAN (UINT64_C(2) << 62)

static uint64_t vni_key(uint8_t host, uint32_t vni)
{
	return KEY_VNI | (uint64_t)host << 32 | vni;
}

static uint64_t vlan_key(uint16_t sw, uint16_t vlan)
{
	return KEY_VLAN | (uint64_t)sw << 32 | vlan;
}

static const struct rd_segment *by_key(uint64_t key)
{
	const struct rd_index *idx = __atomic_load_n(&by_tag, __ATOMIC_ACQUIRE);
	uint16_t found = rd_index_get(idx, key);

	return found == 0 ? NULL : rd_segment_at(found);
}

const struct rd_segment *rd_segment_by_vni(uint8_t host, uint32_t vni)
{
	return by_key(vni_key(host, vni));
}

const struct rd_segment *rd_segment_by_vlan(uint16_t sw, uint16_t vlan)
{
	return by_key(vlan_key(sw, vlan));
}

static int rebuild_index(void)
{
	struct rd_index *fresh;
	unsigned nb = 0, bound = rd_segment_bound();

	for (unsigned i = 1; i < bound; i++)
		nb += rd_segment_at((uint16_t)i) != NULL;
	fresh = rd_index_new(nb);
	if (fresh == NULL)
		return -ENOMEM;
	for (unsigned i = 1; i < bound; i++) {
		const struct rd_segment *s = rd_segment_at((uint16_t)i);

		if (s == NULL)
			continue;
		if (s->vlan < 0)
			rd_index_put(fresh, vni_key(s->host, s->vni), s->idx);
		else
			rd_index_put(fresh, vlan_key(s->sw, (uint16_t)s->vlan), s->idx);
	}
	rd_index_publish(&by_tag, fresh);
	return 0;
}

// Ports by segment as linked lists, so that one pass over the ports serves all segments.
static uint16_t head[RD_SEGMENT_MAX], next[RD_PORT_MAX];

static void sort_ports(void)
{
	memset(head, 0, sizeof(head));
	for (unsigned i = rd_port_bound() - 1; i >= 1; i--) { // down, so that the lists go up
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p == NULL || p->segment == 0 || !rd_port_is_access(p->type))
			continue;
		next[i] = head[p->segment];
		head[p->segment] = (uint16_t)i;
	}
}

static uint16_t collect(const struct rd_segment *s, uint16_t *list)
{
	uint16_t nb = 0;

	for (uint16_t i = head[s->idx]; i != 0; i = next[i])
		list[nb++] = i;
	for (unsigned i = 1; s->vlan >= 0 && i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p != NULL && p->type == RD_PORT_UPLINK && p->sw == s->sw
			&& p->attach != RD_ATTACH_NONE)
			list[nb++] = (uint16_t)i;
	}
	return nb;
}

int rd_segment_rebuild(void)
{
	uint16_t list[RD_PORT_MAX];
	unsigned bound = rd_segment_bound();

	sort_ports();
	for (unsigned i = 1; i < bound; i++) {
		const struct rd_segment *s = rd_segment_at((uint16_t)i);
		struct rd_segment *fresh;
		uint16_t nb;

		if (s == NULL)
			continue;
		nb = collect(s, list);
		if (nb == s->nb_ports && memcmp(list, s->port, nb * sizeof(list[0])) == 0)
			continue;
		fresh = rd_segment_with(s, list, nb);
		if (fresh == NULL)
			return -ENOMEM;
		rd_segment_swap((uint16_t)i, fresh);
	}
	return rebuild_index();
}

void rd_segment_refresh(void)
{
	(void)rd_segment_rebuild(); // out of memory: the former lists stay, their readers check every index
	rd_commit();
}

void rd_segment_index_fini(void)
{
	free(by_tag);
	by_tag = NULL;
}
