/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tshark in sharkd's place, where only that is installed: started anew for each frame, its -V text read to the end. The thread of deep.c.
 */
#include "walk/deep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INDENT 4 // blanks that tshark puts before a line for each level

// All that it writes; the caller's. NULL with *err.
static char *read_all(struct rd_shark *s, int leave, struct rd_err *err)
{
	int64_t until = rd_deep_now_ms() + RD_DEEP_PATIENCE_MS;
	char *text = malloc(RD_DEEP_ANSWER + 1);
	size_t len = 0;
	ssize_t n = 1;

	while (text != NULL && n > 0) {
		n = len < RD_DEEP_ANSWER
			? rd_deep_read(s, leave, until, text + len, RD_DEEP_ANSWER - len)
			: -EMSGSIZE;
		len += n > 0 ? (size_t)n : 0;
	}
	if (text == NULL) {
		rd_err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	text[len] = '\0';
	if (n == 0 && len > 0)
		return text;
	free(text);
	rd_deep_fail(s, "tshark", n, err);
	return NULL;
}

json_t *rd_tshark_lines(const char *text)
{
	json_t *lines = json_array();
	unsigned left_out = 0;
	bool about_file = false; // that we made

	for (const char *end; *text != '\0'; text = *end != '\0' ? end + 1 : end) {
		size_t blanks = strspn(text, " "), len;
		char line[RD_DEEP_LINE];

		end = strchrnul(text, '\n');
		if (blanks == 0)
			about_file = strncmp(text, "Frame ", 6) == 0;
		len = (size_t)(end - text);
		if (about_file || len <= blanks)
			continue;
		if (json_array_size(lines) >= RD_DEEP_LINES) {
			left_out++;
			continue;
		}
		blanks = blanks < 100 ? blanks : 100;
		snprintf(line, sizeof(line), "%*s%.*s", (int)(2 * (blanks / INDENT)), "",
			(int)(len - blanks < sizeof(line) ? len - blanks : sizeof(line)),
			text + blanks);
		json_array_append_new(lines, json_stringn_nocheck(line, strlen(line)));
	}
	if (left_out > 0)
		json_array_append_new(lines, json_sprintf("and %u more", left_out));
	return lines;
}

json_t *rd_tshark_dissect(const struct rd_deep_ask *ask, int leave, struct rd_err *err)
{
	char name[] = "tshark", v[] = "-V", n[] = "-N", m[] = "m", r[] = "-r", file[64];
	char *argv[] = {name, n, m, v, r, file,
		NULL}; // -N m: names of makers of MACs, no other is looked up
	struct rd_shark s;
	json_t *lines = NULL;
	char *text = NULL;

	if (rd_deep_file(&s, err) == 0 && rd_deep_put(&s, ask, err) == 0) {
		snprintf(file, sizeof(file), "/proc/%d/fd/%d", (int)getpid(), s.frame);
		if (rd_deep_spawn(&s, argv, "TSHARK", err) == 0)
			text = read_all(&s, leave, err);
	}
	if (text != NULL)
		lines = rd_tshark_lines(text);
	free(text);
	rd_shark_stop(&s);
	return lines;
}
