/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The person's own settings and keys: lines of :set and :map in $XDG_CONFIG_HOME/reddot/walkrc, read when the walk begins. The first line
 * that is none is told, and ends it. One thread.
 */
#include "walk/rc.h"

#include "walk/command.h"

#include <stdlib.h>
#include <string.h>

static bool path_of(char *buf, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n;

	if (config != NULL && *config == '/')
		n = snprintf(buf, size, "%s/reddot/walkrc", config);
	else if (home != NULL && *home == '/')
		n = snprintf(buf, size, "%s/.config/reddot/walkrc", home);
	else
		return false;
	return n > 0 && (size_t)n < size;
}

bool rd_rc_line(struct rd_view *v, struct rd_store *s, const char *line, struct rd_show_err *why)
{
	const char *args;
	const struct rd_command *c;

	line += strspn(line, " \t:");
	if (*line == '\0' || *line == '#')
		return true;
	c = rd_command_of(line, &args);
	if (c == NULL || *args == '\0'
		|| (c->takes != RD_TAKES_SETTING && c->takes != RD_TAKES_MAP)) {
		snprintf(why->what, sizeof(why->what), "set SETTING or map KEY KEYS is expected");
		return false;
	}
	if (rd_command_worth(line, why) != RD_WORTH_GOOD)
		return false;
	rd_command_run(v, s, line);
	v->notice[0] = '\0';
	return true;
}

void rd_rc_read(struct rd_view *v, struct rd_store *s)
{
	char path[512], line[RD_SHOW_TEXT];
	struct rd_show_err why = {0};
	unsigned number = 0;
	FILE *f = path_of(path, sizeof(path)) ? fopen(path, "re") : NULL;
	bool good = true;

	while (f != NULL && good && fgets(line, sizeof(line), f) != NULL) {
		number++;
		good = strchr(line, '\n') != NULL || feof(f) != 0;
		if (!good)
			snprintf(why.what, sizeof(why.what), "the line is too long");
		line[strcspn(line, "\n")] = '\0';
		good = good && rd_rc_line(v, s, line, &why);
	}
	if (!good)
		snprintf(v->notice, sizeof(v->notice), "walkrc, line %u: %s", number, why.what);
	if (f != NULL)
		fclose(f);
}
