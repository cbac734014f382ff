/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What :set sets: one table, from which completion and the sheet of :set are made, too. Pure; one thread.
 */
#include "walk/view.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum kind {
	FLAG,
	FLAG_OFF, // the view keeps the opposite
	NUMBER,
	WORD
};

static const char *const themes[] = {"dark", "light", "none", NULL};
static const char *const times[] = {"relative", "absolute", NULL};

static const struct setting {
	const char *name;
	enum kind kind;
	size_t at; // in struct rd_view: bool, int, or unsigned
	int min, max; // of a number
	const char *const *words;
	const char *help;
} settings[] = {
	{"mouse", FLAG_OFF, offsetof(struct rd_view, mouse_off), 0, 0, NULL,
		"the mouse is ours; nomouse: the terminal's, to select text"},
	{"follow", FLAG, offsetof(struct rd_view, follow), 0, 0, NULL, "the newest walk is chosen"},
	{"pause", FLAG, offsetof(struct rd_view, paused), 0, 0, NULL, "nothing is read"},
	{"zoom", FLAG, offsetof(struct rd_view, zoom), 0, 0, NULL, "one pane alone"},
	{"speed", NUMBER, offsetof(struct rd_view, speed), -RD_SPEED_MAX, RD_SPEED_MAX, NULL,
		"of the dot that walks by itself: 0 is 2.5 hops a second, each step doubles"},
	{"share", NUMBER, offsetof(struct rd_view, share), -RD_SHARE_MAX, RD_SHARE_MAX, NULL,
		"percent of the width that the first pane of a split has more than half"},
	{"colours", WORD, offsetof(struct rd_view, theme), 0, 0, themes,
		"for dark or light backgrounds, or none"},
	{"time", WORD, offsetof(struct rd_view, absolute), 0, 0, times,
		"in the ladder: since its first step, or of day"},
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static void *place_of(struct rd_view *v, const struct setting *s)
{
	return (char *)v + s->at;
}

static void show_value(const struct setting *s, const struct rd_view *v, char *buf, size_t size)
{
	const void *at = (const char *)v + s->at;

	if (s->kind == FLAG || s->kind == FLAG_OFF)
		snprintf(buf, size, "%s%s", *(const bool *)at != (s->kind == FLAG_OFF) ? "" : "no",
			s->name);
	else if (s->kind == NUMBER)
		snprintf(buf, size, "%s=%d", s->name, *(const int *)at);
	else
		snprintf(buf, size, "%s=%s", s->name, s->words[*(const unsigned *)at]);
}

static bool set_flag(struct rd_view *v, const struct setting *s, bool no, const char *rest)
{
	bool *at = v != NULL ? place_of(v, s) : NULL;

	if (strcmp(rest, "!") != 0 && *rest != '\0')
		return false;
	if (at != NULL)
		*at = *rest == '!' ? !*at : (s->kind == FLAG) == !no;
	return true;
}

static bool set_number(struct rd_view *v, const struct setting *s, const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (end == value || *end != '\0' || n < s->min || n > s->max)
		return false;
	if (v != NULL)
		*(int *)place_of(v, s) = (int)n;
	return true;
}

static bool set_word(struct rd_view *v, const struct setting *s, const char *value)
{
	unsigned i = 0;

	while (s->words[i] != NULL && strcmp(s->words[i], value) != 0)
		i++;
	if (s->words[i] != NULL && v != NULL)
		*(unsigned *)place_of(v, s) = i;
	return s->words[i] != NULL;
}

static const struct setting *find(const char *text, bool *no, const char **rest)
{
	size_t len = strcspn(text, "=?!");

	*rest = text + len;
	for (unsigned i = 0; i < SETTINGS; i++) {
		const char *name = settings[i].name;
		bool flag = settings[i].kind <= FLAG_OFF;

		*no = flag && strncmp(text, "no", 2) == 0 && strlen(name) == len - 2
			&& strncmp(text + 2, name, len - 2) == 0;
		if (*no || (strlen(name) == len && strncmp(text, name, len) == 0))
			return &settings[i];
	}
	return NULL;
}

bool rd_setting(struct rd_view *v, const char *text, const char **why)
{
	const char *rest;
	bool no, good;
	const struct setting *s = find(text, &no, &rest);

	*why = "there is no such setting; Tab lists them";
	if (s == NULL)
		return false;
	if (strcmp(rest, "?") == 0) {
		if (v != NULL)
			show_value(s, v, v->notice, sizeof(v->notice));
		return true;
	}
	*why = s->kind <= FLAG_OFF
		? "on by its name, off with no before it, ! turns it over, ? shows it"
		: s->kind == NUMBER ? "= and a number within its bounds"
				    : "= and one of its words; Tab lists them";
	good = s->kind <= FLAG_OFF  ? set_flag(v, s, no, rest)
		: *rest != '='	    ? false
		: s->kind == NUMBER ? set_number(v, s, rest + 1)
				    : set_word(v, s, rest + 1);
	if (good && v != NULL)
		show_value(s, v, v->notice, sizeof(v->notice));
	return good;
}

bool rd_setting_at(const struct rd_view *v, unsigned i, const char **name, char *value, size_t size,
	const char **help)
{
	if (i >= SETTINGS)
		return false;
	*name = settings[i].name;
	*help = settings[i].help;
	show_value(&settings[i], v, value, size);
	return true;
}

// A setting's ways to be written: its name and with no before it; or with each word.
bool rd_setting_word(unsigned i, char *buf, size_t size)
{
	for (unsigned k = 0; k < SETTINGS; k++) {
		const struct setting *s = &settings[k];
		unsigned ways = s->kind == NUMBER ? 1 : 2;

		for (ways = s->kind == WORD ? 0 : ways; s->kind == WORD && s->words[ways] != NULL;)
			ways++;
		if (i >= ways) {
			i -= ways;
			continue;
		}
		if (s->kind == WORD)
			snprintf(buf, size, "%s=%s", s->name, s->words[i]);
		else
			snprintf(buf, size, "%s%s%s", i == 1 ? "no" : "", s->name,
				s->kind == NUMBER ? "=" : "");
		return true;
	}
	return false;
}
