/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Time stamps, see stamp.h. Main thread.
 */
#include "stamp.h"

#include <time.h>

#include "base/str.h"

#define SECOND UINT64_C(1000000000)

static void add_fraction(const struct pk_stamp *s, uint64_t ns, char *buf, size_t *len)
{
	if (s->micro)
		rd_str_addf(buf, PK_STAMP_TEXT, len, ".%06u ", (unsigned)(ns % SECOND / 1000));
	else
		rd_str_addf(buf, PK_STAMP_TEXT, len, ".%09u ", (unsigned)(ns % SECOND));
}

static void add_clock(const struct pk_stamp *s, uint64_t ns, bool date, char *buf)
{
	time_t sec = (time_t)(ns / SECOND);
	struct tm tm = {0};
	size_t len = 0;

	localtime_r(&sec, &tm);
	if (date)
		rd_str_addf(buf, PK_STAMP_TEXT, &len, "%04d-%02d-%02d ", tm.tm_year + 1900,
			tm.tm_mon + 1, tm.tm_mday);
	rd_str_addf(buf, PK_STAMP_TEXT, &len, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	add_fraction(s, ns, buf, &len);
}

// The merge of rings may put a packet a little before the one that was printed last.
static void add_delta(const struct pk_stamp *s, uint64_t ns, uint64_t since, char *buf)
{
	uint64_t d = ns >= since ? ns - since : since - ns;
	unsigned sec = (unsigned)(d / SECOND);
	size_t len = 0;

	rd_str_addf(buf, PK_STAMP_TEXT, &len, "%c%02u:%02u:%02u", ns >= since ? ' ' : '-',
		sec / 3600, sec / 60 % 60, sec % 60);
	add_fraction(s, d, buf, &len);
}

// Microseconds are cut off before anything is computed, as in a file that has no more.
static uint64_t cut(const struct pk_stamp *s, uint64_t ns)
{
	return s->micro ? ns - ns % 1000 : ns;
}

const char *pk_stamp(struct pk_stamp *s, uint64_t ns, char buf[PK_STAMP_TEXT])
{
	size_t len = 0;

	ns = cut(s, ns);
	if (s->first_ns == 0)
		s->first_ns = s->last_ns = ns;
	buf[0] = '\0';
	if (s->style == 2) {
		rd_str_addf(buf, PK_STAMP_TEXT, &len, "%llu", (unsigned long long)(ns / SECOND));
		add_fraction(s, ns, buf, &len);
	} else if (s->style == 3 || s->style >= 5) {
		add_delta(s, ns, s->style == 3 ? s->last_ns : s->first_ns, buf);
	} else if (s->style != 1) {
		add_clock(s, ns, s->style == 4, buf);
	}
	s->last_ns = ns;
	return buf;
}
