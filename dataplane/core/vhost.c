/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Guests at net_vhost devices, read through the public calls of librte_vhost. A build without that library knows none.
 */
#include "core/vhost.h"

#include <errno.h>
#include <string.h>
#include <rte_ethdev.h>
#include <rte_spinlock.h>

#ifdef RD_VHOST

#include <rte_eth_vhost.h>
#include <rte_vhost.h>

#define RING_PACKED 34 // VIRTIO_F_RING_PACKED

static struct {
	rte_spinlock_t lock; // held while the library is asked about vid
	bool watched;
	int vid; // -1: no guest
} devices[RTE_MAX_ETHPORTS];

// The library's thread: a guest has come, or goes and is freed when this returns.
static int on_link(uint16_t port_id, enum rte_eth_event_type event, void *arg, void *ret)
{
	struct rte_eth_link link = {0};
	bool up = rte_eth_link_get_nowait(port_id, &link) == 0 && link.link_status;

	(void)event;
	(void)arg;
	(void)ret;
	rte_spinlock_lock(&devices[port_id].lock);
	devices[port_id].vid = up ? rte_eth_vhost_get_vid_from_port_id(port_id) : -1;
	rte_spinlock_unlock(&devices[port_id].lock);
	return 0;
}

void rd_vhost_watch(uint16_t port_id)
{
	struct rte_eth_dev_info di;

	if (rte_eth_dev_info_get(port_id, &di) < 0 || strcmp(di.driver_name, "net_vhost") != 0)
		return;
	devices[port_id].vid = -1;
	devices[port_id].watched =
		rte_eth_dev_callback_register(port_id, RTE_ETH_EVENT_INTR_LSC, on_link, NULL) == 0;
}

void rd_vhost_forget(uint16_t port_id)
{
	if (!devices[port_id].watched)
		return;
	while (rte_eth_dev_callback_unregister(port_id, RTE_ETH_EVENT_INTR_LSC, on_link, NULL)
		== -EAGAIN)
		rte_pause(); // it runs just now
	devices[port_id].watched = false;
	devices[port_id].vid = -1;
}

bool rd_vhost_is(uint16_t port_id)
{
	return devices[port_id].watched;
}

bool rd_vhost_session(uint16_t port_id, struct rd_vhost_session *out)
{
	bool there;
	int vid;

	*out = (struct rd_vhost_session){.vid = -1, .numa = -1};
	rte_spinlock_lock(&devices[port_id].lock);
	vid = devices[port_id].watched ? devices[port_id].vid : -1;
	there = vid >= 0 && rte_vhost_get_ifname(vid, out->path, sizeof(out->path)) == 0
		&& rte_vhost_get_negotiated_features(vid, &out->features) == 0;
	if (there) {
		out->vid = vid;
		out->numa = rte_vhost_get_numa_node(vid);
		out->rings = rte_vhost_get_vring_num(vid);
	}
	rte_spinlock_unlock(&devices[port_id].lock);
	return there;
}

static bool read_ring(int vid, uint16_t ring, struct rd_vhost_ring *out)
{
	struct rte_vhost_vring v;
	uint64_t features;

	if (ring >= rte_vhost_get_vring_num(vid) || rte_vhost_get_vhost_vring(vid, ring, &v) < 0
		|| rte_vhost_get_negotiated_features(vid, &features) < 0
		|| rte_vhost_get_vring_base(vid, ring, &out->avail, &out->used) < 0)
		return false;
	out->size = v.size;
	out->packed = features >> RING_PACKED & 1;
	out->mapped = v.desc != NULL;
	out->waiting = out->packed || !out->mapped ? 0 : rte_vhost_avail_entries(vid, ring);
	return true;
}

bool rd_vhost_ring(uint16_t port_id, uint16_t ring, struct rd_vhost_ring *out)
{
	bool there;

	*out = (struct rd_vhost_ring){0};
	rte_spinlock_lock(&devices[port_id].lock);
	there = devices[port_id].watched && devices[port_id].vid >= 0
		&& read_ring(devices[port_id].vid, ring, out);
	rte_spinlock_unlock(&devices[port_id].lock);
	return there;
}

#else

void rd_vhost_watch(uint16_t port_id)
{
	(void)port_id;
}

void rd_vhost_forget(uint16_t port_id)
{
	(void)port_id;
}

bool rd_vhost_is(uint16_t port_id)
{
	(void)port_id;
	return false;
}

bool rd_vhost_session(uint16_t port_id, struct rd_vhost_session *out)
{
	(void)port_id;
	*out = (struct rd_vhost_session){.vid = -1, .numa = -1};
	return false;
}

bool rd_vhost_ring(uint16_t port_id, uint16_t ring, struct rd_vhost_ring *out)
{
	(void)port_id;
	(void)ring;
	*out = (struct rd_vhost_ring){0};
	return false;
}

#endif
