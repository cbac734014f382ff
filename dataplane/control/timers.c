/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Once a second: the clocks, aging of the fdb, link states, MAC addresses that tunnels learned. Control thread.
 */
#include "control/timers.h"

#include "base/clock.h"
#include "control/ctl_worker.h"
#include "control/device.h"
#include "control/pages.h"
#include "tables/router.h"

void rd_timers_age(void)
{
	rd_coarse_tick();
	rd_fdb_age(rd_coarse_s());
	rd_neigh_age(rd_coarse_s());
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	rd_clock_discipline();
	rd_timers_age();
	rd_device_poll_links();
	rd_tunnel_poll_learned();
	rd_ctl_worker_tick();
	rd_dfw_log_drain();
}

int rd_timers_start(struct rd_ctl *ctl)
{
	struct timeval second = {.tv_sec = 1};

	ctl->tick = event_new(ctl->base, -1, EV_PERSIST, on_second, ctl);
	if (ctl->tick == NULL || event_add(ctl->tick, &second) < 0)
		return -ENOMEM;
	rd_pages_start(ctl);
	return 0;
}
