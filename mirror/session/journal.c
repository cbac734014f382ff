/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The journal of mirror sessions, see store.h. Control thread.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "session/store.h"

RD_LOG_MODULE(mirror_journal);

static struct rd_mirror_event events[RD_MIRROR_JOURNAL];
static uint64_t nb;

void mirror_journal(const struct rd_mirror *m, const char *who, const char *fmt, ...)
{
	struct rd_mirror_event *e = &events[nb++ % RD_MIRROR_JOURNAL];
	va_list ap;

	e->ns = rd_realtime_ns();
	(void)rd_str_copy(e->session, sizeof(e->session), m->spec.name);
	(void)rd_str_copy(e->who, sizeof(e->who), who);
	va_start(ap, fmt);
	vsnprintf(e->what, sizeof(e->what), fmt, ap);
	va_end(ap);
	rd_log_tagged(RD_LOG_INFO, (.id = RD_EVENT_MIRROR, .session = e->session),
		"session %s, %s: %s", e->session, e->who, e->what);
}

const struct rd_mirror_event *rd_mirror_event(unsigned i)
{
	uint64_t kept = nb < RD_MIRROR_JOURNAL ? nb : RD_MIRROR_JOURNAL;

	return i < kept ? &events[(nb - kept + i) % RD_MIRROR_JOURNAL] : NULL;
}
