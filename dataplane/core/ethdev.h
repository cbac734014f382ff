/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Real devices behind ports: probing, queues, start, stop. Control thread only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <rte_spinlock.h>

#include "base/err.h"

struct rte_mempool;

enum rd_intr { // whether its rx queues can wake their workers
	RD_INTR_NONE,
	RD_INTR_EVENT, // a descriptor per queue that the EAL reads
	RD_INTR_LEVEL, // a descriptor that is readable while there are packets (TAP, AF_PACKET)
};

enum rd_rss { // how the device spreads packets over its rx queues
	RD_RSS_OFF, // it has one only
	RD_RSS_NIC, // by its own hash, with our symmetric key
	RD_RSS_DRIVER, // in a way of its own: the driver offers no hash functions
};

struct rd_ethdev_info {
	uint16_t port_id; // DPDK's
	uint16_t nb_rxq, nb_txq; // a tx queue per worker where the device has them
	bool spare_txq; // queue nb_txq is there, too, and no worker's: copies leave by it
	uint8_t rss; // enum rd_rss
	uint8_t intr; // enum rd_intr
	int packet_fd; // the driver's packet socket, if it has one and it was found; or -1
	uint16_t mtu; // what it can send
	uint8_t mac[6];
};

// Attaches `devargs` ("net_tap0,iface=rd0", "0000:3b:00.0") or takes an already probed device of that name, sets up its
// queues from rd_pool() and starts it. Never waits for a link. 0 or -errno with *err.
int rd_ethdev_open(
	const char *devargs, uint16_t mtu, struct rd_ethdev_info *info, struct rd_err *err);
// The same with several rx queues; -ENOTSUP if the device has fewer.
int rd_ethdev_open_queues(const char *devargs, uint16_t mtu, uint16_t queues,
	struct rd_ethdev_info *info, struct rd_err *err);
void rd_ethdev_close(const struct rd_ethdev_info *info);
// Whether both texts name one device, or one kernel interface or socket: that can serve one port only.
bool rd_ethdev_same(const char *devargs, const char *other);
// The pool that a device of this name is given, NULL if that was not made yet.
struct rte_mempool *rd_ethdev_pool(const char *devargs);
// How its rx queues can wake a worker; sets intr and packet_fd. The device is started.
void rd_ethdev_find_interrupts(struct rd_ethdev_info *info);
// The descriptor of a queue, -1 if it is not of RD_INTR_LEVEL.
int rd_ethdev_rx_fd(const struct rd_ethdev_info *info, uint16_t queue);
// Link state without waiting; devices that can't tell count as up. A TAP in another namespace does, too.
bool rd_ethdev_link_up(uint16_t port_id);
// What the device can send: `mtu`, or less where the kernel's interface behind it or its frame size allows less.
uint16_t rd_ethdev_mtu(uint16_t port_id, const char *devargs, uint16_t mtu);
// Changes what an open device can send; *now is what it can. 0 or -errno with *err.
int rd_ethdev_set_mtu(
	uint16_t port_id, const char *devargs, uint16_t mtu, uint16_t *now, struct rd_err *err);
// The EAL's log stream hands over each line of level warning or error. True: a device is being opened or closed by this
// thread, and the line is its driver's: the first one tells better than an errno why it can't be had, and is in
// rd_ethdev_open()'s error then; where all went well nobody needs them. Any thread.
bool rd_ethdev_log(const char *line, int len);
// Around a tx burst of a device with fewer queues than there are workers: TAP, AF_PACKET, vhost-user.
extern rte_spinlock_t rd_tx_lock[RTE_MAX_ETHPORTS];
void rd_ethdev_fini(void); // after the last close, no worker runs
