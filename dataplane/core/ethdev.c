/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Opening and closing DPDK devices for ports. Control thread only.
 */
#include "core/ethdev.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "base/log.h"
#include "core/devargs.h"
#include "core/idle.h"
#include "core/meta.h"
#include "core/vhost.h"
#include "core/worker.h"

RD_LOG_MODULE(ethdev);

#define RING_DESC 1024
#define REASON_LEN 160
#define RSS_KEY_MAX 64
#define DEVARGS_MAX 320

#define LARGE_ROOM \
	16384 // data room of large mbufs: framesz=16384, the usual one for jumbo frames, fits
#define LARGE_MBUFS 2048

rte_spinlock_t rd_tx_lock[RTE_MAX_ETHPORTS];
static bool in_use[RTE_MAX_ETHPORTS];
static struct rte_mempool *large; // made when a device first wants it
static __thread char reason[REASON_LEN]; // the driver's own words
static __thread bool listening;

bool rd_ethdev_log(const char *line, int len)
{
	if (listening && reason[0] == '\0')
		snprintf(reason, sizeof(reason), "%.*s", len, line);
	return listening;
}

static int find_by_name(const char *devargs, uint16_t *port_id)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	size_t len = strcspn(devargs, ",");

	if (len >= sizeof(name))
		return -ENODEV;
	memcpy(name, devargs, len);
	name[len] = '\0';
	return rte_eth_dev_get_port_by_name(name, port_id) == 0 ? 0 : -ENODEV;
}

// A representor goes by the name of its card, plus which one it is: only the iterator can tell.
static int find(const char *devargs, uint16_t *port_id)
{
	struct rte_dev_iterator it;

	if (rd_devargs_get(devargs, "representor", NULL, 0) < 0
		&& find_by_name(devargs, port_id) == 0)
		return 0;
	RTE_ETH_FOREACH_MATCHING_DEV(*port_id, devargs, &it)
	{
		rte_eth_iterator_cleanup(&it);
		return 0;
	}
	return -ENODEV;
}

static int fail(struct rd_err *err, int ret, const char *what, const char *devargs)
{
	rd_err_set(err, ret, "%s \"%.80s\": %s", what, devargs,
		reason[0] != '\0' ? reason : strerror(-ret));
	if (rd_devargs_is_pci(devargs) && !rte_eal_has_pci())
		rd_err_hint(err, "start reddotd with --pci, and bind the device to vfio-pci");
	else if (rd_devargs_is_pci(devargs))
		rd_err_hint(err, "dpdk-devbind.py --status shows devices and their drivers");
	else
		rd_err_hint(err,
			"check the driver's arguments and permissions; --log eal=debug says more");
	return ret;
}

static int probe(const char *devargs, uint16_t *port_id)
{
	int ret;

	if (find(devargs, port_id) == 0)
		return 0;
	ret = rte_dev_probe(devargs);
	if (ret < 0)
		return ret;
	ret = find(devargs, port_id);
	if (ret < 0) // of a bus, but not one of ours: a crypto device, say
		rte_log(RTE_LOG_ERR, RTE_LOGTYPE_EAL, "%s is no Ethernet device\n", devargs);
	return ret;
}

// As the library checks it: a device that names no largest MTU is held to its largest frame.
static uint16_t accepted_mtu(const struct rte_eth_dev_info *di, uint16_t mtu)
{
	uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	if (di->max_mtu != UINT16_MAX && di->max_mtu != 0)
		return RTE_MIN(mtu, di->max_mtu);
	if (di->max_rx_pktlen <= overhead || di->max_rx_pktlen >= mtu + overhead)
		return mtu;
	return (uint16_t)(di->max_rx_pktlen - overhead);
}

static bool is_driver(const struct rte_eth_dev_info *di, const char *name)
{
	return strcmp(di->driver_name, name) == 0;
}

// A key that repeats every 16 bits: both directions of a flow come to the same queue.
static void want_rss(
	const struct rte_eth_dev_info *di, struct rd_ethdev_info *info, struct rte_eth_conf *conf)
{
	static uint8_t key[RSS_KEY_MAX];
	uint64_t want = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TUNNEL;

	if (info->nb_rxq < 2)
		return;
	info->rss = RD_RSS_DRIVER;
	if ((di->flow_type_rss_offloads & want) == 0)
		return;
	info->rss = RD_RSS_NIC;
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = i % 2 == 0 ? 0x6d : 0x5a;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf->rxmode.offloads |= di->rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH;
	conf->rx_adv_conf.rss_conf.rss_hf = di->flow_type_rss_offloads & want;
	if (di->hash_key_size != 0 && di->hash_key_size <= sizeof(key)) {
		conf->rx_adv_conf.rss_conf.rss_key = key;
		conf->rx_adv_conf.rss_conf.rss_key_len = di->hash_key_size;
	}
}

static bool is_virtual(const struct rte_eth_dev_info *di)
{
	return strcmp(rte_bus_name(rte_dev_bus(di->device)), "vdev") == 0;
}

static void want(
	const struct rte_eth_dev_info *di, struct rd_ethdev_info *info, struct rte_eth_conf *conf)
{
	info->nb_txq = (uint16_t)RTE_MIN(rd_nb_workers, (unsigned)di->max_tx_queues);
	if (is_driver(di, "net_tap")) // wants as many tx queues as rx queues
		info->nb_txq = info->nb_rxq;
	info->spare_txq = info->nb_txq < di->max_tx_queues && !is_driver(di, "net_tap")
		&& !is_driver(di, "net_vhost");
	conf->txmode.offloads = di->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	conf->rxmode.offloads = di->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
	// A card's interrupts take vectors that not every kernel driver has, and may cost it a faster way to receive: only
	// if they are wanted.
	conf->intr_conf.rxq = rd_idle_get() == RD_IDLE_INTERRUPT || is_virtual(di);
	want_rss(di, info, conf);
}

static int configure(struct rd_ethdev_info *info, uint16_t mtu)
{
	struct rte_eth_dev_info di;
	struct rte_eth_conf conf = {0};
	int ret = rte_eth_dev_info_get(info->port_id, &di);
	uint16_t nb_tx;

	if (ret < 0)
		return ret;
	if (info->nb_rxq > di.max_rx_queues)
		return -ENOTSUP;
	want(&di, info, &conf);
	conf.rxmode.mtu = accepted_mtu(&di, mtu);
	nb_tx = info->nb_txq + info->spare_txq;
	ret = rte_eth_dev_configure(info->port_id, info->nb_rxq, nb_tx, &conf);
	if (ret < 0) { // some vdevs refuse any MTU but their own
		conf.rxmode.mtu = 0;
		ret = rte_eth_dev_configure(info->port_id, info->nb_rxq, nb_tx, &conf);
	}
	return ret;
}

static int queues(struct rd_ethdev_info *info, struct rte_mempool *pool)
{
	uint16_t nb_rx = RING_DESC, nb_tx = RING_DESC;
	int socket = rte_eth_dev_socket_id(info->port_id);
	int ret = rte_eth_dev_adjust_nb_rx_tx_desc(info->port_id, &nb_rx, &nb_tx);

	for (uint16_t q = 0; ret == 0 && q < info->nb_rxq; q++)
		ret = rte_eth_rx_queue_setup(info->port_id, q, nb_rx, (unsigned)socket, NULL, pool);
	for (uint16_t q = 0; ret == 0 && q < info->nb_txq + info->spare_txq; q++)
		ret = rte_eth_tx_queue_setup(info->port_id, q, nb_tx, (unsigned)socket, NULL);
	return ret;
}

// AF_PACKET copies a whole frame into one mbuf: with a large framesz it needs large ones.
struct rte_mempool *rd_ethdev_pool(const char *devargs)
{
	return rd_devargs_frame_size(devargs) <= RTE_MBUF_DEFAULT_DATAROOM ? rd_pool() : large;
}

static struct rte_mempool *pool_for(const char *devargs)
{
	struct rte_mempool *pool = rd_ethdev_pool(devargs);

	if (pool != NULL)
		return pool;
	large = rte_pktmbuf_pool_create("packets_large", LARGE_MBUFS, 64, sizeof(struct rd_meta),
		LARGE_ROOM + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	if (large == NULL)
		rd_log_err("can't make %d large mbufs: %s; try a larger --mem", LARGE_MBUFS,
			rte_strerror(rte_errno));
	return large;
}

static int start(const char *devargs, uint16_t mtu, struct rd_ethdev_info *info)
{
	struct rte_mempool *pool = pool_for(devargs);
	int ret;

	if (pool == NULL)
		return -ENOMEM;
	ret = configure(info, mtu);
	if (ret == 0)
		ret = queues(info, pool);
	if (ret == 0)
		rd_vhost_watch(info->port_id); // its guest may come at once
	return ret == 0 ? rte_eth_dev_start(info->port_id) : ret;
}

static void describe(const char *devargs, uint16_t mtu, struct rd_ethdev_info *info)
{
	struct rte_ether_addr mac;

	if (rte_eth_promiscuous_enable(info->port_id) < 0)
		rd_log_warn(
			"device \"%s\" has no promiscuous mode: it may filter frames for guests",
			devargs);
	if (rte_eth_macaddr_get(info->port_id, &mac) == 0)
		memcpy(info->mac, mac.addr_bytes, sizeof(info->mac));
	info->mtu = rd_ethdev_mtu(info->port_id, devargs, mtu);
	rd_ethdev_find_interrupts(info);
}

static int open_device(
	const char *devargs, uint16_t mtu, struct rd_ethdev_info *info, struct rd_err *err)
{
	int ret = probe(devargs, &info->port_id);

	if (ret < 0)
		return fail(err, ret, "DPDK can't open device", devargs);
	if (in_use[info->port_id]) { // under another spelling of its name
		rd_err_set(err, -EBUSY, "device \"%.80s\" serves another port already", devargs);
		return -EBUSY;
	}
	in_use[info->port_id] = true;
	ret = start(devargs, mtu, info);
	if (ret == -ENOTSUP && info->nb_rxq > 1) {
		rd_err_set(err, ret, "device \"%.80s\" has no %u rx queues", devargs, info->nb_rxq);
		rd_err_hint(err, "fewer queues; worker model balanced spreads one queue");
	} else if (ret < 0) {
		fail(err, ret, "DPDK can't start device", devargs);
	}
	if (ret < 0) {
		rd_ethdev_close(info);
		return ret;
	}
	describe(devargs, mtu, info);
	return 0;
}

int rd_ethdev_open_queues(const char *devargs, uint16_t mtu, uint16_t nb,
	struct rd_ethdev_info *info, struct rd_err *err)
{
	char text[DEVARGS_MAX];
	int ret = rd_devargs_with_queues(devargs, nb, text, sizeof(text));

	*info = (struct rd_ethdev_info){.nb_rxq = nb, .packet_fd = -1};
	if (ret < 0)
		return rd_err_set(err, ret, "the device's arguments are too long");
	rd_devargs_remove_stale_socket(text);
	reason[0] = '\0';
	listening = true;
	ret = open_device(text, mtu, info, err);
	listening = false;
	return ret;
}

int rd_ethdev_open(
	const char *devargs, uint16_t mtu, struct rd_ethdev_info *info, struct rd_err *err)
{
	return rd_ethdev_open_queues(devargs, mtu, 1, info, err);
}

// Also a device that was there before us: once closed it can't be opened again, only probed anew. But a card with more
// ports (or representors) in use stays.
static void detach(struct rte_device *dev)
{
	uint16_t sibling;

	RTE_ETH_FOREACH_DEV_OF(sibling, dev)
	return;
	if (rte_dev_remove(dev) < 0)
		rd_log_warn("device %s did not detach", rte_dev_name(dev));
}

void rd_ethdev_close(const struct rd_ethdev_info *info)
{
	struct rte_eth_dev_info di;
	bool known = rte_eth_dev_info_get(info->port_id, &di) == 0, outer = listening;

	listening = true;
	if (rte_eth_dev_stop(info->port_id) < 0)
		rd_log_warn("device of DPDK port %u did not stop", info->port_id);
	rd_vhost_forget(info->port_id);
	rte_eth_dev_close(info->port_id);
	in_use[info->port_id] = false;
	if (known)
		detach(di.device);
	listening = outer;
}

void rd_ethdev_fini(void)
{
	rte_mempool_free(large);
	large = NULL;
}
