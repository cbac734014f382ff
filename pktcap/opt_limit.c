/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options that bound a capture. Main thread.
 */
#include "base/str.h"
#include "options.h"

#define SNAPLEN_MIN 24 // pktcap-uw's

static int set_snaplen(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	uint64_t n;

	if (rd_parse_u64(value, 0, PK_SNAPLEN_MAX, &n) < 0)
		return rd_err_set(err, -EINVAL, "--%s %s is not a number up to %u", opt->name,
			value, PK_SNAPLEN_MAX);
	if (n != 0 && n < SNAPLEN_MIN)
		return rd_err_set(err, -EINVAL, "--snaplen %s is below %d (0 = the whole packet)",
			value, SNAPLEN_MIN);
	o->snaplen = n == 0 ? PK_SNAPLEN_MAX : (uint32_t)n;
	return 0;
}

static int set_buffer(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	int rc = pk_set_number(o, opt, value, err);

	o->ring_size *= 1024;
	return rc;
}

static const struct pk_option options[] = {
	{.name = "count",
		.letters = "c",
		.arg = "N",
		.set = pk_set_number,
		.at = offsetof(struct pk_opts, count),
		.help = "stop after N packets (--trace: walks)",
		.man = "Stop after _n_ packets; with *--trace* after _n_ walks."},
	{.name = "snaplen",
		.letters = "s",
		.arg = "N",
		.set = set_snaplen,
		.help = "at most N bytes of each packet (0 = all)",
		.man = "At most _n_ bytes of each packet, at least 24. 0, the default, is the whole packet."},
	{.name = "buffer-size",
		.letters = "B",
		.arg = "N",
		.set = set_buffer,
		.at = offsetof(struct pk_opts, ring_size),
		.max = 1u << 20,
		.help = "ring of N KiB per worker",
		.man = "Memory between the switch and pktcap: _n_ KiB for each worker. By default 8192 KiB are shared by all workers, and each "
		       "has at least 4096. More of it survives longer bursts."},
	{0},
};

const struct pk_group pk_group_limit = {
	.title = "How much",
	.options = options,
};
