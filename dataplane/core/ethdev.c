/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Opening and closing DPDK devices for ports. Control thread only.
 */
#include "core/ethdev.h"

#include <errno.h>
#include <string.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "base/log.h"
#include "core/worker.h"

RD_LOG_MODULE(ethdev);

#define RING_DESC 1024

static int find(const char *devargs, uint16_t *port_id)
{
	struct rte_dev_iterator it;
	char name[RTE_ETH_NAME_MAX_LEN];
	size_t len = strcspn(devargs, ",");

	if (len < sizeof(name)) {
		memcpy(name, devargs, len);
		name[len] = '\0';
		if (rte_eth_dev_get_port_by_name(name, port_id) == 0)
			return 0;
	}
	RTE_ETH_FOREACH_MATCHING_DEV(*port_id, devargs, &it)
	{
		rte_eth_iterator_cleanup(&it);
		return 0;
	}
	return -ENODEV;
}

static int probe(const char *devargs, struct rd_ethdev_info *info, struct rd_err *err)
{
	int ret;

	if (find(devargs, &info->port_id) == 0)
		return 0;
	ret = rte_dev_probe(devargs);
	if (ret == 0)
		ret = find(devargs, &info->port_id);
	if (ret < 0) {
		rd_err_set(err, ret, "DPDK can't open device \"%s\": %s", devargs, strerror(-ret));
		rd_err_hint(err,
			"check the driver's name and arguments; start reddotd with --log eal=debug to see why");
		return ret;
	}
	info->owned = true;
	return 0;
}

static int configure(struct rd_ethdev_info *info, uint16_t mtu)
{
	struct rte_eth_dev_info di;
	struct rte_eth_conf conf = {0};
	int ret = rte_eth_dev_info_get(info->port_id, &di);

	if (ret < 0)
		return ret;
	info->nb_rxq = 1;
	info->nb_txq = (uint16_t)RTE_MIN(rd_nb_workers, (unsigned)di.max_tx_queues);
	conf.txmode.offloads = di.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	conf.rxmode.offloads = di.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
	conf.rxmode.mtu = RTE_MIN(mtu, di.max_mtu != 0 ? di.max_mtu : mtu);
	ret = rte_eth_dev_configure(info->port_id, info->nb_rxq, info->nb_txq, &conf);
	if (ret < 0) { // some vdevs refuse any MTU but their own
		conf.rxmode.mtu = 0;
		ret = rte_eth_dev_configure(info->port_id, info->nb_rxq, info->nb_txq, &conf);
	}
	return ret;
}

static int queues(struct rd_ethdev_info *info)
{
	uint16_t nb_rx = RING_DESC, nb_tx = RING_DESC;
	int socket = rte_eth_dev_socket_id(info->port_id);
	int ret = rte_eth_dev_adjust_nb_rx_tx_desc(info->port_id, &nb_rx, &nb_tx);

	for (uint16_t q = 0; ret == 0 && q < info->nb_rxq; q++)
		ret = rte_eth_rx_queue_setup(
			info->port_id, q, nb_rx, (unsigned)socket, NULL, rd_pool());
	for (uint16_t q = 0; ret == 0 && q < info->nb_txq; q++)
		ret = rte_eth_tx_queue_setup(info->port_id, q, nb_tx, (unsigned)socket, NULL);
	return ret;
}

int rd_ethdev_open(
	const char *devargs, uint16_t mtu, struct rd_ethdev_info *info, struct rd_err *err)
{
	struct rte_ether_addr mac;
	int ret;

	memset(info, 0, sizeof(*info));
	ret = probe(devargs, info, err);
	if (ret < 0)
		return ret;
	ret = configure(info, mtu);
	if (ret == 0)
		ret = queues(info);
	if (ret == 0)
		ret = rte_eth_dev_start(info->port_id);
	if (ret < 0) {
		rd_err_set(err, ret, "device \"%s\" can't be started: %s", devargs, strerror(-ret));
		rd_err_hint(err,
			"a device can serve one port only; see the log for what its driver says");
		rd_ethdev_close(info);
		return ret;
	}
	if (rte_eth_promiscuous_enable(info->port_id) < 0)
		rd_log_warn(
			"device \"%s\" has no promiscuous mode: it may filter frames for guests",
			devargs);
	if (rte_eth_macaddr_get(info->port_id, &mac) == 0)
		memcpy(info->mac, mac.addr_bytes, sizeof(info->mac));
	if (rte_eth_dev_get_mtu(info->port_id, &info->mtu) < 0)
		info->mtu = mtu;
	return 0;
}

void rd_ethdev_close(const struct rd_ethdev_info *info)
{
	struct rte_eth_dev_info di;
	bool known = rte_eth_dev_info_get(info->port_id, &di) == 0;

	if (rte_eth_dev_stop(info->port_id) < 0)
		rd_log_warn("device of DPDK port %u did not stop", info->port_id);
	rte_eth_dev_close(info->port_id);
	if (known && info->owned && rte_dev_remove(di.device) < 0)
		rd_log_warn("device of DPDK port %u did not detach", info->port_id);
}

bool rd_ethdev_link_up(uint16_t port_id)
{
	struct rte_eth_link link;

	if (rte_eth_link_get_nowait(port_id, &link) < 0)
		return true;
	return link.link_status == RTE_ETH_LINK_UP;
}
