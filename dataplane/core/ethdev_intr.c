/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How a device can wake the worker that polls it: by an interrupt of the EAL's, by a descriptor of the kernel's that is
 * readable while there are packets, or not at all. Control thread.
 */
#include "core/ethdev.h"

#include <dirent.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <rte_ethdev.h>

#define FD_NONE (-1)

static bool is_packet_socket(int fd, unsigned if_index)
{
	struct sockaddr_ll sa = {0};
	socklen_t len = sizeof(sa);

	return getsockname(fd, (struct sockaddr *)&sa, &len) == 0 && sa.sll_family == AF_PACKET
		&& (unsigned)sa.sll_ifindex == if_index;
}

// The AF_PACKET driver does not tell its socket, but the kernel knows which one of ours it is. Several of one interface
// can't be told apart.
static int find_packet_socket(unsigned if_index)
{
	DIR *dir = if_index != 0 ? opendir("/proc/self/fd") : NULL;
	int found = FD_NONE, nb = 0;
	const struct dirent *e;

	if (dir == NULL)
		return FD_NONE;
	while ((e = readdir(dir)) != NULL) {
		int fd = (int)strtol(e->d_name, NULL, 10);

		if (e->d_name[0] != '.' && is_packet_socket(fd, if_index)) {
			found = fd;
			nb++;
		}
	}
	closedir(dir);
	return nb == 1 ? found : FD_NONE;
}

// The library calls it an error when a device has none.
static bool eal_knows(const struct rd_ethdev_info *info)
{
	int type = rte_log_register("lib.ethdev"), level = rte_log_get_level((uint32_t)type);
	bool all = true;

	rte_log_set_level((uint32_t)type, RTE_LOG_EMERG);
	for (uint16_t q = 0; q < info->nb_rxq; q++)
		all = all && rte_eth_dev_rx_intr_ctl_q_get_fd(info->port_id, q) >= 0;
	rte_log_set_level((uint32_t)type, (uint32_t)level);
	return all;
}

void rd_ethdev_find_interrupts(struct rd_ethdev_info *info)
{
	struct rte_eth_dev_info di;

	info->intr = RD_INTR_NONE;
	info->packet_fd = FD_NONE;
	if (rte_eth_dev_info_get(info->port_id, &di) < 0)
		return;
	if (strcmp(di.driver_name, "net_af_packet") == 0 && info->nb_rxq == 1) {
		info->packet_fd = find_packet_socket(di.if_index);
		info->intr = info->packet_fd >= 0 ? RD_INTR_LEVEL : RD_INTR_NONE;
	} else if (strcmp(di.driver_name, "net_vhost") == 0) {
		// Its descriptors change, and its events are freed, whenever a guest comes or goes.
	} else if (eal_knows(info)) {
		info->intr = strcmp(di.driver_name, "net_tap") == 0 ? RD_INTR_LEVEL : RD_INTR_EVENT;
	}
}

int rd_ethdev_rx_fd(const struct rd_ethdev_info *info, uint16_t queue)
{
	if (info->intr != RD_INTR_LEVEL)
		return FD_NONE;
	return info->packet_fd >= 0 ? info->packet_fd
				    : rte_eth_dev_rx_intr_ctl_q_get_fd(info->port_id, queue);
}
