/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Link state and MTU of devices, with what only the kernel knows of the interfaces behind TAP, AF_PACKET and AF_XDP
 * ports. Control thread.
 */
#include "core/ethdev.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <rte_ethdev.h>

#include "core/devargs.h"

#define TAGS_LEN 8 // what a frame may have beyond MTU and Ethernet header

// 0, or -1 when the interface isn't in our namespace.
static int kernel_ask(unsigned if_index, unsigned long what, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = -1;

	memset(ifr, 0, sizeof(*ifr));
	if (fd >= 0 && if_indextoname(if_index, ifr->ifr_name) != NULL)
		ret = ioctl(fd, what, ifr);
	if (fd >= 0)
		close(fd);
	return ret;
}

static bool is_kernels(const struct rte_eth_dev_info *di)
{
	return di->if_index != 0
		&& (strcmp(di->driver_name, "net_af_packet") == 0
			|| strcmp(di->driver_name, "net_af_xdp") == 0);
}

bool rd_ethdev_link_up(uint16_t port_id)
{
	struct rte_eth_dev_info di;
	struct rte_eth_link link;
	struct ifreq ifr;

	if (rte_eth_dev_info_get(port_id, &di) < 0)
		return true;
	// These drivers say "up" whatever happens.
	if (is_kernels(&di))
		return kernel_ask(di.if_index, SIOCGIFFLAGS, &ifr) == 0
			&& (ifr.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
	// A TAP that was moved to a guest's namespace works, but its driver finds it no more and says "down".
	if (strcmp(di.driver_name, "net_tap") == 0
		&& kernel_ask(di.if_index, SIOCGIFFLAGS, &ifr) < 0)
		return true;
	if (rte_eth_link_get_nowait(port_id, &link) < 0)
		return true;
	return link.link_status == RTE_ETH_LINK_UP;
}

uint16_t rd_ethdev_mtu(uint16_t port_id, const char *devargs, uint16_t mtu)
{
	uint32_t frame = rd_devargs_frame_size(devargs);
	uint16_t limit = mtu, own;
	struct rte_eth_dev_info di;
	struct ifreq ifr;

	if (rte_eth_dev_info_get(port_id, &di) < 0)
		return mtu;
	if (!is_kernels(&di)) // it was configured for this one, or for the largest it can
		return rte_eth_dev_get_mtu(port_id, &own) == 0 ? own : mtu;
	if (kernel_ask(di.if_index, SIOCGIFMTU, &ifr) == 0 && ifr.ifr_mtu < limit)
		limit = (uint16_t)ifr.ifr_mtu;
	if (frame > RTE_ETHER_HDR_LEN + TAGS_LEN)
		limit = (uint16_t)RTE_MIN((uint32_t)limit, frame - RTE_ETHER_HDR_LEN - TAGS_LEN);
	return limit;
}

// An interface that was there before us keeps its MTU: whoever made it changes it.
int rd_ethdev_set_mtu(
	uint16_t port_id, const char *devargs, uint16_t mtu, uint16_t *now, struct rd_err *err)
{
	struct rte_eth_dev_info di;
	int ret = rte_eth_dev_info_get(port_id, &di);

	if (ret == 0 && !is_kernels(&di))
		ret = rte_eth_dev_set_mtu(port_id, mtu);
	if (ret < 0) {
		rd_err_set(err, ret, "the port's device refuses an MTU of %u: %s", mtu,
			strerror(-ret));
		rd_err_where(err, "mtu");
		rd_err_hint(err, "port del, and port add with this MTU");
		return ret;
	}
	*now = rd_ethdev_mtu(port_id, devargs, mtu);
	return 0;
}
