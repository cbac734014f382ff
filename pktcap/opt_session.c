/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options of the session that a capture is at the daemon. Main thread.
 */
#include <string.h>

#include "base/str.h"
#include "options.h"

static int set_last_drops(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	if (value != NULL)
		return pk_set_number(o, opt, value, err);
	o->last_drops = 20;
	return 0;
}

static int set_max_cost(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	size_t len = strlen(value);
	char digits[8];

	(void)opt;
	rd_str_copy(digits, sizeof(digits), value);
	if (len > 1 && len < sizeof(digits) && digits[len - 1] == '%')
		digits[len - 1] = '\0';
	if (len < sizeof(digits) && rd_parse_u64(digits, 1, 100, &o->session.max_cost) == 0)
		return 0;
	rd_err_set(err, -EINVAL, "--max-cost %s is not a part of a worker's time", value);
	rd_err_hint(err, "--max-cost with a number of per cent, 1 to 100");
	return -EINVAL;
}

static bool is_number(const char *word)
{
	return word != NULL && word[0] >= '1' && word[0] <= '9';
}

static const struct pk_option options[] = {
	{.name = "name",
		.arg = "WORD",
		.set = pk_set_text,
		.at = offsetof(struct pk_opts, session.name),
		.help = "what the session is called; else a word and a number",
		.man = "What the session is called: 1 to 63 letters, digits, dots, underscores, colons and dashes, no number, and no other session's name. Without "
		       "it the daemon makes one."},
	{.name = "duration",
		.arg = "TIME",
		.set = pk_set_ms,
		.at = offsetof(struct pk_opts, session.duration_ms),
		.help = "stop after so long: 10s, 500ms, 5m, 2h",
		.man = "Stop after so long: *10s*, *500ms*, *5m*, *2h*; a number alone is seconds. The daemon keeps the time."},
	{.name = "max-bytes",
		.arg = "SIZE",
		.set = pk_set_size,
		.at = offsetof(struct pk_opts, session.max_bytes),
		.help = "stop after so many bytes of packets: 500k, 100M, 2G",
		.man = "Stop before more than so many bytes of packets were captured: *500k*, *100M*, *2G*. The daemon counts."},
	{.name = "max-cost",
		.arg = "PCT",
		.set = set_max_cost,
		.help = "take at most PCT % of a worker's time, else 1 packet in N",
		.man = "Take at most so many per cent of the time of each worker that forwards. Above that, the session takes 1 packet in _n_, the "
		       "same at every stage; what it passes over is told at once on stderr and counted as skipped: forwarded - captured = "
		       "lost + skipped. _n_ follows the load up to 255, and down again."},
	{.name = "keep",
		.arg = "TIME",
		.set = pk_set_seconds,
		.at = offsetof(struct pk_opts, session.keep_s),
		.help = "the session outlives pktcap for so long: --attach takes it",
		.man = "When pktcap dies or loses its terminal, the session lives on for so long, and packets wait in its ring, as many as "
		       "it holds, for a pktcap with *--attach*. Without it a session ends with its pktcap, whatever ends that."},
	{.name = "attach",
		.arg = "SESSION",
		.set = pk_set_text,
		.at = offsetof(struct pk_opts, session.attach),
		.help = "go on with a session that was kept, instead of starting one",
		.man = "Go on with a session that was kept, name or number. What is captured was said when it was started."},
	{.name = "last-drops",
		.arg = "N",
		.is_arg = is_number,
		.set = set_last_drops,
		.at = offsetof(struct pk_opts, last_drops),
		.max = 65536,
		.help = "no capture: the last N packets that died before (20)",
		.man = "No capture: the last _n_ packets (20) that the switch dropped, which the daemon always remembers, oldest first, with "
		       "reason, stage, rule and port. Of each, the daemon keeps the first bytes only (*reddotd --drop-snap*). Ports, "
		       "*--drop* _reasons_ and a filter choose among them; all outputs can be used."},
	{0},
};

const struct pk_group pk_group_session = {
	.title = "Sessions",
	.intro =
		"Each capture is a session of the daemon. *pktcap list* lists them, *pktcap show* _session_ has all about one, *pktcap "
		"stop* _session_ ends one; with *--json* as JSON. Other users' sessions need an administrator (*reddotd*(8)).",
	.options = options,
};
