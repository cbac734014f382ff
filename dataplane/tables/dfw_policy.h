/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the workers have of the firewall policy: one immutable snapshot for all ports, replaced by one pointer store. A
 * worker takes the pointer once per graph walk, so everything that happens to a packet is judged by one revision.
 */
#pragma once

#include "core/worker.h"

struct rd_dfw; // a compiled rule set, shared by the ports that have the same rules; tables/dfw.h

struct rd_dfw_port {
	const struct rd_dfw *dfw; // NULL = no firewall on this port
	uint32_t
		changes; // how often this port's rule set has changed; never goes back: flows compare it
};

struct rd_dfw_policy {
	uint32_t revision; // 1, 2, ...
	struct rd_dfw_port port[RD_PORT_MAX];
};

extern struct rd_dfw_policy *rd_dfw_policy_; // never NULL after rd_dfw_init(); atomic
static inline const struct rd_dfw_policy *rd_dfw_policy(void)
{
	return __atomic_load_n(&rd_dfw_policy_, __ATOMIC_ACQUIRE);
}
// The rule set of a port in this worker's walk.
static inline const struct rd_dfw *rd_dfw_of(const struct rd_worker *w, uint16_t port)
{
	return w->policy->port[port].dfw;
}
