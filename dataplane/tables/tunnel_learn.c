/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Learning the next hop's MAC of tunnels that were configured without one. A worker leaves what it saw in the tunnel's
 * request word; control's timer takes it and publishes a changed record.
 */
#include "tables/tables.h"

#include "tables/index.h"
#include "tables/retire.h"
#include "tables/tunnel_priv.h"

#include <stdlib.h>
#include <string.h>

#define VALID (UINT64_C(1) << 63)

static uint64_t request[RD_TUNNEL_MAX]; // atomic: VALID and the MAC
static bool any_request; // atomic

void rd_tunnel_learn_mac(const struct rd_tunnel *t, const uint8_t mac[6])
{
	uint64_t want = VALID | rd_mac48(mac);

	if (t->mac_known && (!t->mac_learned || memcmp(t->mac, mac, 6) == 0))
		return;
	if (rd_mac_is_multicast(mac) || rd_mac_is_zero(mac)
		|| __atomic_load_n(&request[t->idx], __ATOMIC_RELAXED) == want)
		return;
	__atomic_store_n(&request[t->idx], want, __ATOMIC_RELAXED);
	__atomic_store_n(&any_request, true, __ATOMIC_RELEASE);
}

void rd_tunnel_learn_clear(uint16_t idx)
{
	__atomic_store_n(&request[idx], 0, __ATOMIC_RELAXED);
}

static void take(const struct rd_tunnel *old, uint64_t mac)
{
	const struct rd_tep *tep = rd_tep_at(old->tep);
	struct rd_tunnel *t = malloc(sizeof(*t));

	if (t == NULL)
		return; // the next packet asks again
	*t = *old;
	for (unsigned i = 0; i < 6; i++)
		t->mac[i] = (uint8_t)(mac >> (40 - 8 * i));
	t->mac_known = true;
	t->mac_learned = true;
	rd_tunnel_template(t, tep);
	(void)rd_tunnel_swap(t->idx, t); // as above
}

void rd_tunnel_poll_learned(void)
{
	if (!__atomic_exchange_n(&any_request, false, __ATOMIC_ACQUIRE))
		return;
	for (unsigned i = 1; i < rd_tunnel_bound(); i++) {
		uint64_t r = __atomic_exchange_n(&request[i], 0, __ATOMIC_RELAXED);
		const struct rd_tunnel *t = rd_tunnel_at((uint16_t)i);

		// Configured meanwhile: a worker may have asked on the strength of an older record.
		if ((r & VALID) != 0 && t != NULL && (!t->mac_known || t->mac_learned))
			take(t, r);
	}
	rd_commit();
}
