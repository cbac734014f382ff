/* SPDX-License-Identifier: BSD-3-Clause
 *
 * device.list and pool.list: what DPDK tells of the devices behind ports, and of the pools that packets are in. Control thread.
 */
#include <string.h>
#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "control/ctl.h"
#include "control/device.h"

// The next port with a device from index i on that the request wants; NULL: none.
static const struct rd_port *next_device(const struct rd_port *only, uint16_t *i)
{
	for (; *i < rd_port_bound(); (*i)++) {
		const struct rd_port *p = rd_port_at(*i);

		if (p != NULL && p->attach == RD_ATTACH_ETHDEV && (only == NULL || p == only))
			return p;
	}
	return NULL;
}

const struct rd_port *rd_req_device(struct rd_request *req)
{
	const struct rd_port *p = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;

	if (p != NULL && p->attach != RD_ATTACH_ETHDEV) {
		rd_req_fail(req, "port", -ENODEV, "port %s has no device", p->name);
		rd_err_hint(req->err, "show device");
	}
	return p;
}

int rd_req_each_device(struct rd_request *req, const struct rd_port *only,
	int (*each)(struct rd_request *req, const struct rd_port *p))
{
	const struct rd_port *p;
	int ret = 0;

	for (uint16_t i = 1; ret == 0 && (p = next_device(only, &i)) != NULL; i++)
		ret = each(req, p);
	return ret;
}

// The names of the bits that are set.
static json_t *offloads(uint64_t bits, const char *(*name)(uint64_t bit))
{
	json_t *list = json_array();

	for (; bits != 0; bits &= bits - 1)
		json_array_append_new(list, json_string(name(bits & -bits)));
	return list;
}

static json_t *identity(const struct rd_port *p, const struct rte_eth_dev_info *di)
{
	char name[RD_QNAME_LEN];

	return json_pack("{s:s,s:s,s:i,s:s,s:s,s:s,s:o,s:i}", "port",
		rd_ctl_port_qname(p->idx, name), "device", p->device, "dpdk_port", (int)p->ethdev,
		"driver", di->driver_name, "bus", rte_bus_name(rte_dev_bus(di->device)), "name",
		rte_dev_name(di->device), "mac", rd_json_mac(p->eth.mac), "numa",
		rte_eth_dev_socket_id(p->ethdev));
}

static json_t *link_of(const struct rd_port *p)
{
	struct rte_eth_link link = {0};
	bool known = rte_eth_link_get_nowait(p->ethdev, &link) == 0
		&& link.link_speed != RTE_ETH_SPEED_NUM_NONE
		&& link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN;

	return json_pack("{s:s,s:o,s:s,s:b,s:i}", "link", p->link_up ? "up" : "down", "mbps",
		known ? json_integer((json_int_t)link.link_speed) : json_null(), "duplex",
		link.link_duplex ? "full" : "half", "promiscuous",
		rte_eth_promiscuous_get(p->ethdev) == 1, "mtu", (int)p->eth.mtu);
}

// Of queue 0: all were made alike. Not every driver says.
static json_t *descriptors(const struct rd_port *p, bool rx)
{
	struct rte_eth_rxq_info r = {0};
	struct rte_eth_txq_info t = {0};
	int ret = rx ? rte_eth_rx_queue_info_get(p->ethdev, 0, &r)
		     : rte_eth_tx_queue_info_get(p->ethdev, 0, &t);

	return ret == 0 ? json_integer(rx ? r.nb_desc : t.nb_desc) : json_null();
}

static json_t *queues_of(const struct rd_port *p, const struct rte_eth_dev_info *di)
{
	static const char *const rss[] = {"off", "nic", "driver"};
	static const char *const intr[] = {"none", "event", "level"};

	return json_pack("{s:i,s:i,s:i,s:i,s:o,s:o,s:s,s:s}", "rx_queues", (int)di->nb_rx_queues,
		"tx_queues", (int)di->nb_tx_queues, "max_rx_queues", (int)di->max_rx_queues,
		"max_tx_queues", (int)di->max_tx_queues, "rx_descriptors", descriptors(p, true),
		"tx_descriptors", descriptors(p, false), "rss", rss[p->eth.rss], "interrupts",
		intr[p->eth.intr]);
}

static json_t *offloads_of(const struct rd_port *p, const struct rte_eth_dev_info *di)
{
	struct rte_eth_conf conf = {0};

	if (rte_eth_dev_conf_get(p->ethdev, &conf) < 0) // it is being taken out of the machine
		conf = (struct rte_eth_conf){0};
	return json_pack("{s:o,s:o,s:o,s:o}", "rx_offloads",
		offloads(conf.rxmode.offloads, rte_eth_dev_rx_offload_name), "tx_offloads",
		offloads(conf.txmode.offloads, rte_eth_dev_tx_offload_name), "rx_could",
		offloads(di->rx_offload_capa, rte_eth_dev_rx_offload_name), "tx_could",
		offloads(di->tx_offload_capa, rte_eth_dev_tx_offload_name));
}

static int device_item(struct rd_request *req, const struct rd_port *p)
{
	struct rte_eth_dev_info di = {0};
	json_t *item, *more[3];

	if (rte_eth_dev_info_get(p->ethdev, &di) < 0)
		return 0; // it is being taken out of the machine
	item = identity(p, &di);
	more[0] = link_of(p);
	more[1] = queues_of(p, &di);
	more[2] = offloads_of(p, &di);
	for (unsigned i = 0; i < 3; i++) {
		json_object_update(item, more[i]);
		json_decref(more[i]);
	}
	return rd_req_item(req, item);
}

int ctl_device_list(struct rd_request *req)
{
	const struct rd_port *only = rd_req_device(req);

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_req_each_device(req, only, device_item);
	return 0;
}

// The ports whose devices take what they receive from it.
static json_t *users_of(const struct rte_mempool *mp)
{
	json_t *ports = json_array();
	const struct rd_port *p;

	for (uint16_t i = 1; (p = next_device(NULL, &i)) != NULL; i++) {
		char name[RD_QNAME_LEN];

		if (rd_ethdev_pool(p->device) == mp)
			json_array_append_new(ports, json_string(rd_ctl_port_qname(p->idx, name)));
	}
	return ports;
}

// In the caches of the workers: free, but for their own lcore only.
static json_int_t in_caches(const struct rte_mempool *mp)
{
	json_int_t sum = 0;

	for (unsigned i = 0; mp->cache_size != 0 && i < RTE_MAX_LCORE; i++)
		sum += mp->local_cache[i].len;
	return sum;
}

static void pool_item(struct rte_mempool *mp, void *arg)
{
	struct rd_request *req = arg;
	unsigned free = rte_mempool_avail_count(mp);

	rd_req_item(req,
		json_pack("{s:s,s:i,s:i,s:i,s:I,s:i,s:i,s:i,s:s,s:o}", "pool", mp->name, "size",
			(int)mp->size, "in_use", (int)(mp->size - RTE_MIN(free, mp->size)), "free",
			(int)free, "in_caches", in_caches(mp), "cache", (int)mp->cache_size,
			"element_bytes", (int)(mp->header_size + mp->elt_size + mp->trailer_size),
			"numa", mp->socket_id, "ops", rte_mempool_get_ops(mp->ops_index)->name,
			"ports", users_of(mp)));
}

int ctl_pool_list(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	rte_mempool_walk(pool_item, req);
	return 0;
}
