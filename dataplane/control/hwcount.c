/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Counters of devices behind ports, and drop.hardware, which shows those that mean loss. No packet belongs to them, so no sum
 * has them. A driver that does not count something says 0: where it is not known to count, that is "n/a", not 0. The last
 * answer of a device is kept, for some forget when their peer goes.
 */
#include "control/hwcount.h"

#include <string.h>
#include <rte_ethdev.h>

#include "control/ctl.h"

#define BIT(n) (1u << (n))
#define PACKETS (BIT(RD_HW_RX_PACKETS) | BIT(RD_HW_TX_PACKETS))
#define ERRORS (BIT(RD_HW_RX_ERROR) | BIT(RD_HW_RX_NOMBUF) | BIT(RD_HW_TX_ERROR))

// Software drivers of DPDK 22.11 and what their stats_get fills. Others have a NIC below that counts everything.
static const struct {
	const char *driver;
	uint32_t counted;
} software[] = {
	{"net_tap", PACKETS | ERRORS},
	{"net_af_packet", PACKETS | BIT(RD_HW_TX_ERROR)},
	{"net_vhost", PACKETS | BIT(RD_HW_TX_ERROR)},
	{"net_pcap", PACKETS | ERRORS},
	{"net_ring", PACKETS},
	{"net_null", PACKETS},
	{"net_memif", PACKETS},
	{"net_virtio_user", PACKETS | ERRORS},
};

static struct { // by port index
	uint16_t gen;
	uint16_t ethdev;
	bool used;
	struct rd_hwcount last;
} kept[RD_PORT_MAX];

static uint32_t counted_by(const char *driver)
{
	for (unsigned i = 0; i < sizeof(software) / sizeof(software[0]); i++)
		if (strcmp(software[i].driver, driver) == 0)
			return software[i].counted;
	return BIT(RD_HW_COUNTERS) - 1;
}

static bool ask(uint16_t ethdev, struct rd_hwcount *c)
{
	struct rte_eth_dev_info info;
	struct rte_eth_stats st;

	if (rte_eth_dev_info_get(ethdev, &info) != 0 || rte_eth_stats_get(ethdev, &st) != 0)
		return false;
	*c = (struct rd_hwcount){.value = {st.imissed, st.ierrors, st.rx_nombuf, st.oerrors,
					 st.ipackets, st.opackets},
		.driver = info.driver_name,
		.counted = counted_by(info.driver_name),
		.fresh = true};
	for (unsigned i = 0; i < RD_HW_COUNTERS; i++) // what has counted once, counts
		c->counted |= c->value[i] != 0 ? BIT(i) : 0;
	return true;
}

// Counters that went back were reset by the driver: what was counted before is added.
static void carry(struct rd_hwcount *c, const struct rd_hwcount *before)
{
	bool reset = false;

	for (unsigned i = 0; i < RD_HW_COUNTERS; i++)
		reset |= c->value[i] < before->value[i];
	for (unsigned i = 0; reset && i < RD_HW_COUNTERS; i++)
		if (c->value[i] < before->value[i])
			c->value[i] = before->value[i];
}

bool rd_hw_read(const struct rd_port *p, struct rd_hwcount *out)
{
	bool device = p->attach == RD_ATTACH_ETHDEV;
	bool known = kept[p->idx].used && kept[p->idx].gen == rd_port_gen[p->idx];

	if (device && ask(p->ethdev, out)) {
		if (known && kept[p->idx].ethdev == p->ethdev)
			carry(out, &kept[p->idx].last);
		kept[p->idx].gen = rd_port_gen[p->idx];
		kept[p->idx].ethdev = p->ethdev;
		kept[p->idx].used = true;
		kept[p->idx].last = *out;
		return true;
	}
	if (!known)
		return false;
	*out = kept[p->idx].last;
	out->fresh = false;
	return true;
}

static json_t *value(const struct rd_hwcount *c, unsigned i)
{
	return c->counted & BIT(i) ? json_integer((json_int_t)c->value[i]) : json_null();
}

static int item(struct rd_request *req, const struct rd_port *p, const struct rd_hwcount *c)
{
	static const uint16_t reasons[] = {RD_DROP_HW_RX_MISSED, RD_DROP_HW_RX_ERROR,
		RD_DROP_HW_RX_NOMBUF, RD_DROP_HW_TX_ERROR};
	char name[RD_QNAME_LEN];

	for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		const struct rd_drop_desc *d = rd_drop_by_id(reasons[i]);

		if (rd_req_item(req,
			    json_pack("{s:s,s:s,s:s,s:o,s:b,s:s}", "port",
				    rd_ctl_port_qname(p->idx, name), "driver", c->driver, "reason",
				    d->name, "count", value(c, i), "fresh", c->fresh, "meaning",
				    d->meaning))
			< 0)
			return -EPIPE;
	}
	return 0;
}

int ctl_drop_hardware(struct rd_request *req)
{
	const struct rd_port *only = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);
		struct rd_hwcount c;

		if (p == NULL || (only != NULL && p != only) || !rd_hw_read(p, &c))
			continue;
		if (item(req, p, &c) < 0)
			break;
	}
	return 0;
}
