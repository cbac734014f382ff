/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text on standard output, see text.h. Main thread.
 */
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"

static int failed(struct rd_err *err)
{
	int code = errno;

	if (code == EPIPE)
		return -EPIPE;
	return rd_err_set(err, -code, "can't write to standard output: %s", strerror(code));
}

int pk_text_line(const char *line, size_t len, struct rd_err *err)
{
	if (fwrite(line, 1, len, stdout) != len || putchar('\n') == EOF)
		return failed(err);
	return 0;
}

int pk_text_flush(struct rd_err *err)
{
	return fflush(stdout) == EOF ? failed(err) : 0;
}

int pk_text_out_flush(struct pk_out *out, struct rd_err *err)
{
	(void)out;
	return pk_text_flush(err);
}

int pk_text_out_finish(
	struct pk_out *out, const struct rd_capring_reader *totals, struct rd_err *err)
{
	(void)totals; // the summary goes to stderr
	return pk_text_out_flush(out, err);
}

const char *pk_text_time(uint64_t ns, char buf[PK_TIME_TEXT])
{
	time_t sec = (time_t)(ns / 1000000000u);
	struct tm tm = {0};
	size_t len = 0;

	localtime_r(&sec, &tm);
	buf[0] = '\0';
	rd_str_addf(buf, PK_TIME_TEXT, &len, "%02d:%02d:%02d.%09u", tm.tm_hour, tm.tm_min,
		tm.tm_sec, (unsigned)(ns % 1000000000u));
	return buf;
}
