/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The real table of flow_ops.h: rte_flow, and what ethdev knows of a device. Control thread.
 */
#include "session/flow_ops.h"

#include <errno.h>
#include <string.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include "base/str.h"

static int validate(void *drv, uint16_t port, const struct rte_flow_attr *attr,
	const struct rte_flow_item *pattern, const struct rte_flow_action *actions,
	struct rte_flow_error *error)
{
	(void)drv;
	return rte_flow_validate(port, attr, pattern, actions, error);
}

static struct rte_flow *create(void *drv, uint16_t port, const struct rte_flow_attr *attr,
	const struct rte_flow_item *pattern, const struct rte_flow_action *actions,
	struct rte_flow_error *error)
{
	(void)drv;
	return rte_flow_create(port, attr, pattern, actions, error);
}

static int destroy(void *drv, uint16_t port, struct rte_flow *flow, struct rte_flow_error *error)
{
	(void)drv;
	return rte_flow_destroy(port, flow, error);
}

static int query(void *drv, uint16_t port, struct rte_flow *flow,
	const struct rte_flow_action *action, void *data, struct rte_flow_error *error)
{
	(void)drv;
	return rte_flow_query(port, flow, action, data, error);
}

static int flush(void *drv, uint16_t port, struct rte_flow_error *error)
{
	(void)drv;
	return rte_flow_flush(port, error);
}

static int proxy(void *drv, uint16_t port, uint16_t *proxy_port, struct rte_flow_error *error)
{
	(void)drv;
	return rte_flow_pick_transfer_proxy(port, proxy_port, error);
}

// Cut short where it must be: these texts are shown and are part of a key, no more.
static void text(char *out, size_t size, const char *from)
{
	(void)rd_str_copy(out, size, from != NULL ? from : "");
}

static void identity(uint16_t port, const struct rte_eth_dev_info *di, struct rd_flow_facts *out)
{
	const struct rte_devargs *args = di->device != NULL ? rte_dev_devargs(di->device) : NULL;

	text(out->driver, sizeof(out->driver), di->driver_name);
	text(out->devargs, sizeof(out->devargs), args != NULL ? args->args : NULL);
	if (rte_eth_dev_fw_version_get(port, out->firmware, sizeof(out->firmware)) != 0)
		out->firmware[0] = '\0';
}

static void spreading(uint16_t port, struct rd_flow_facts *out)
{
	struct rte_eth_rss_conf conf = {
		.rss_key = out->rss_key, .rss_key_len = sizeof(out->rss_key)};

	if (out->nb_rxq < 2 || rte_eth_dev_rss_hash_conf_get(port, &conf) != 0)
		return;
	out->rss_types = conf.rss_hf;
	out->rss_key_len = conf.rss_key_len <= sizeof(out->rss_key) ? conf.rss_key_len : 0;
}

static bool is_up(uint16_t port)
{
	struct rte_eth_link link;

	return rte_eth_link_get_nowait(port, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

static int facts(void *drv, uint16_t port, struct rd_flow_facts *out)
{
	struct rte_eth_dev_info di;
	int ret = rte_eth_dev_info_get(port, &di);

	(void)drv;
	*out = (struct rd_flow_facts){.domain = RD_FLOW_DOMAIN_NONE,
		.copy_queue = RD_FLOW_NOWHERE,
		.copy_port = RD_FLOW_NOWHERE,
		.look_port = RD_FLOW_NOWHERE};
	if (ret < 0)
		return ret;
	identity(port, &di, out);
	out->domain = di.switch_info.domain_id;
	out->nb_rxq = di.nb_rx_queues;
	out->started = true; // ports have started devices only
	out->link = is_up(port);
	spreading(port, out);
	return 0;
}

// For all drivers and threads, but for the milliseconds that a probe takes.
static void quiet(void *drv, bool on)
{
	static uint32_t before = RTE_LOG_INFO;

	(void)drv;
	if (on)
		before = rte_log_get_global_level();
	rte_log_set_global_level(on ? RTE_LOG_EMERG : before);
}

const struct rd_flow_ops rd_flow_rte = {
	.quiet = quiet,
	.facts = facts,
	.validate = validate,
	.create = create,
	.destroy = destroy,
	.query = query,
	.flush = flush,
	.proxy = proxy,
};
