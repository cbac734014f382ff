/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A capture by drop reason, for tests that look at what it gives. See graph_fixture.h.
 */
#include "graph_fixture.h"

#include <unistd.h>

#include "core/tap.h"

struct gf_capture gf_capture_reason(enum rd_drop_reason reason)
{
	static const struct rd_tap_point at_drop = {.stage = RD_STAGE_DROP};
	uint64_t mask[RD_DROP_MAX / 64] = {0};
	struct rd_capture_opts o = {.points = &at_drop,
		.nb_points = 1,
		.reasons = mask,
		.snaplen = 65535,
		.ring_size = 8u << 20};
	struct rd_err err = {0};
	struct gf_capture c;
	int fd = -1;

	mask[reason / 64] |= UINT64_C(1) << (reason % 64);
	assert_int_equal(rd_filter_compile(&o.filter, "", RD_FILTER_BOTH, &err), 0);
	c.session = rd_capture_start(&o, 1, &fd, &err);
	assert_non_null(c.session);
	c.reader = rd_capring_open(dup(fd));
	assert_non_null(c.reader);
	return c;
}

void gf_capture_end(struct gf_capture *c)
{
	rd_capring_close(c->reader);
	rd_capture_stop(c->session);
	*c = (struct gf_capture){0};
}
