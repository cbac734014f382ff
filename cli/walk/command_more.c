/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands behind a colon about the walk's own ways: settings, keys, places, copies, explanations, another file. Pure.
 */
#include "walk/command.h"

#include "walk/sheet.h"

#include <string.h>

bool rd_command_set(struct rd_view *v, struct rd_store *s, const char *args)
{
	const char *why;

	(void)s;
	if (*args == '\0')
		rd_sheet_lay(v, RD_SHEET_SETTINGS);
	else if (!rd_setting(v, args, &why))
		snprintf(v->notice, sizeof(v->notice), "%s", why);
	return true;
}

bool rd_command_map(struct rd_view *v, struct rd_store *s, const char *args)
{
	struct rd_key_map map;
	const char *why;

	(void)s;
	if (*args == '\0')
		rd_sheet_lay(v, RD_SHEET_MAPS);
	else if (!rd_map_parse(args, &map, &why))
		snprintf(v->notice, sizeof(v->notice), "%s", why);
	else if (!rd_map_add(v, &map))
		snprintf(v->notice, sizeof(v->notice), "%d keys have another meaning already",
			RD_MAPS);
	return true;
}

bool rd_command_unmap(struct rd_view *v, struct rd_store *s, const char *args)
{
	int key = rd_map_key(&args);

	(void)s;
	if (key == 0 || *args != '\0' || !rd_map_remove(v, key))
		snprintf(v->notice, sizeof(v->notice),
			"no such key has another meaning; :map lists them");
	return true;
}

bool rd_command_places(struct rd_view *v, struct rd_store *s, const char *args)
{
	(void)s;
	(void)args;
	rd_sheet_lay(v, RD_SHEET_PLACES);
	return true;
}

bool rd_command_explain(struct rd_view *v, struct rd_store *s, const char *args)
{
	(void)s;
	snprintf(v->about, sizeof(v->about), "%.*s", (int)sizeof(v->about) - 1, args);
	rd_sheet_lay(v, RD_SHEET_EXPLAIN);
	return true;
}

bool rd_command_copy_it(struct rd_view *v, struct rd_store *s, const char *args)
{
	rd_copy(v, s, rd_command_copy(args));
	return true;
}

bool rd_command_edit(struct rd_view *v, struct rd_store *s, const char *args)
{
	(void)s;
	if (strcmp(args, "-") == 0) {
		snprintf(v->notice, sizeof(v->notice), "standard input can't be read from here");
		return true;
	}
	snprintf(v->open, sizeof(v->open), "%.*s", (int)sizeof(v->open) - 1, args);
	v->want |= RD_WANT_OPEN;
	return true;
}

const char *const rd_command_copies[] = {"id", "filter", "hop", "bytes", NULL};

int rd_command_copy(const char *word)
{
	if (*word == '\0')
		return 'y';
	for (unsigned i = 0; rd_command_copies[i] != NULL; i++)
		if (strcmp(rd_command_copies[i], word) == 0)
			return rd_command_copies[i][0];
	return 0;
}
