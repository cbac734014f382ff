/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The walk's keys, commands and settings as sections of a manual page (scdoc), from the tables that the help is made from.
 */
#include "walk/keys.h"
#include "walk/walk.h"

#include <string.h>

// scdoc(5) gives some characters a meaning.
static void put_text(FILE *to, const char *s)
{
	for (; *s != '\0'; s++) {
		if (strchr("_*\\#<>[]", *s) != NULL)
			fputc('\\', to);
		fputc(*s, to);
	}
}

static void put_item(FILE *to, const char *name, const char *text)
{
	fputc('*', to);
	put_text(to, name);
	fputs("*\n\t", to);
	put_text(to, text);
	fputs("\n\n", to);
}

void rd_walk_dump_scdoc(FILE *to)
{
	static const struct rd_view view;
	const char *name, *text;
	char buf[64];

	fputs("# KEYS OF THE WALK\n\n", to);
	for (unsigned i = 0; rd_key_help(i, &name, &text); i++)
		put_item(to, name, text);
	fputs("# COMMANDS OF THE WALK\n\n", to);
	for (unsigned i = 0; rd_command_help(i, buf, sizeof(buf), &text); i++) {
		size_t len = strlen(buf);

		while (len > 0 && buf[len - 1] == ' ')
			buf[--len] = '\0';
		put_item(to, buf, text);
	}
	fputs("# SETTINGS OF THE WALK\n\n", to);
	for (unsigned i = 0; rd_setting_at(&view, i, &name, buf, sizeof(buf), &text); i++)
		put_item(to, buf, text);
}
