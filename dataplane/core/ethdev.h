/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Real devices behind ports: probing, queues, start, stop. Control thread only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct rd_ethdev_info {
	uint16_t port_id; // DPDK's
	uint16_t nb_rxq, nb_txq; // a tx queue per worker where the device has them
	uint16_t mtu;
	uint8_t mac[6];
	bool owned; // probed by us: removed again at close
};

// Attaches `devargs` ("net_tap0,iface=rd0", "0000:3b:00.0") or takes an already probed device of that name, sets up its
// queues from rd_pool() and starts it. Never waits for a link. 0 or -errno with *err.
int rd_ethdev_open(
	const char *devargs, uint16_t mtu, struct rd_ethdev_info *info, struct rd_err *err);
void rd_ethdev_close(const struct rd_ethdev_info *info);
// Link state without waiting; devices that can't tell count as up.
bool rd_ethdev_link_up(uint16_t port_id);
