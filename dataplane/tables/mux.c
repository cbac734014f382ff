/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which port a frame from a MUX belongs to: a hash of (MUX, MAC), made again after each change of ports by rd_port_publish();
 * looked up by mux_rx on the workers.
 */
#include "tables/tables.h"

#include "tables/index.h"

#include <stdlib.h>

static struct rd_index *behind; // atomic pointer

static uint64_t mux_key(uint16_t mux, const uint8_t mac[6])
{
	return (uint64_t)mux << 48 | rd_mac48(mac);
}

uint16_t rd_mux_demux(uint16_t mux_idx, const uint8_t mac[6])
{
	const struct rd_index *idx = __atomic_load_n(&behind, __ATOMIC_ACQUIRE);

	return rd_index_get(idx, mux_key(mux_idx, mac));
}

int rd_mux_refresh(void)
{
	struct rd_index *fresh;
	unsigned nb = 0;

	for (unsigned i = 1; i < rd_port_bound(); i++)
		if (rd_port_at((uint16_t)i) != NULL
			&& rd_port_at((uint16_t)i)->attach == RD_ATTACH_VIA)
			nb++;
	fresh = rd_index_new(nb);
	if (fresh == NULL)
		return -ENOMEM;
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p != NULL && p->attach == RD_ATTACH_VIA)
			rd_index_put(fresh, mux_key(p->peer, p->mac), p->idx);
	}
	rd_index_publish(&behind, fresh);
	return 0;
}

void rd_mux_fini(void)
{
	free(behind);
	behind = NULL;
}
