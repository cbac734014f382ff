/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Start and end of the control part. Main thread.
 */
#include "control/ctl.h"

#include <signal.h>

#include "control/device.h"
#include "control/pages.h"
#include "control/timers.h"
#include "session/session.h"

int rd_ctl_init(struct rd_ctl *ctl, struct event_base *base)
{
	ctl->base = base;
	return rd_timers_start(ctl);
}

void rd_ctl_stop(struct rd_ctl *ctl)
{
	ctl->stopping = true;
	event_base_loopbreak(ctl->base);
}

void rd_ctl_fini(struct rd_ctl *ctl)
{
	rd_ctl_sessions_end(ctl); // those without a client
	rd_mirror_end_all();
	if (ctl->mirror_tick != NULL)
		event_free(ctl->mirror_tick);
	ctl->mirror_tick = NULL;
	rd_ctl_timers_end(ctl);
	if (ctl->tick != NULL)
		event_free(ctl->tick);
	ctl->tick = NULL;
	rd_pages_stop(ctl);
}
