/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How a prompt's line is typed: characters, what was typed before, completion. Pure.
 */
#include "walk/prompt.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define CTRL_KEY(c) ((c)&0x1f)

struct found { // by completion
	char common[RD_SHOW_TEXT]; // what all words begin with
	unsigned words;
	char *list;
	size_t size, len;
};

static void take_word(void *arg, const char *word)
{
	struct found *f = arg;
	size_t n = 0;

	if (f->words++ == 0)
		snprintf(f->common, sizeof(f->common), "%s", word);
	while (f->common[n] != '\0'
		&& tolower((unsigned char)f->common[n]) == tolower((unsigned char)word[n]))
		n++;
	f->common[n] = '\0';
	rd_str_addf(f->list, f->size, &f->len, "%s%s", f->len > 0 ? "  " : "", word);
}

// The one word that fits and a blank; else as far as all go, and the list of them.
static void complete(struct rd_view *v, const struct rd_store *s)
{
	struct found f = {.list = v->hint, .size = sizeof(v->hint)};
	size_t begin = v->prompt == RD_PROMPT_SHOW ? rd_show_complete(s, v->line, take_word, &f)
						   : rd_command_complete(s, v->line, take_word, &f);
	size_t len = begin;

	if (f.words == 0) {
		snprintf(v->hint, sizeof(v->hint), "nothing to complete here");
		return;
	}
	if (begin + strlen(f.common) + 2 > sizeof(v->line))
		return;
	rd_str_addf(v->line, sizeof(v->line), &len, "%s%s", f.common, f.words == 1 ? " " : "");
	if (f.words == 1)
		v->hint[0] = '\0';
}

static void remember(struct rd_past *p, const char *line)
{
	if (*line == '\0' || (p->n > 0 && strcmp(p->line[p->n - 1], line) == 0))
		return;
	if (p->n == RD_PAST) {
		memmove(p->line[0], p->line[1], sizeof(p->line) - sizeof(p->line[0]));
		p->n--;
	}
	snprintf(p->line[p->n++], sizeof(p->line[0]), "%s", line);
}

static void back_in_past(struct rd_view *v, int step)
{
	struct rd_past *p = &v->past[v->prompt];
	int at = (int)p->at + step;

	if (at < 0 || at > (int)p->n)
		return;
	p->at = (unsigned)at;
	snprintf(v->line, sizeof(v->line), "%s", p->at < p->n ? p->line[p->at] : "");
}

static void rub_out_word(char *line)
{
	size_t len = strlen(line);

	while (len > 0 && line[len - 1] == ' ')
		len--;
	while (len > 0 && line[len - 1] != ' ')
		len--;
	line[len] = '\0';
}

static void edit(struct rd_view *v, const struct rd_store *s, int key)
{
	size_t len = strlen(v->line);
	bool completes = v->prompt == RD_PROMPT_SHOW || v->prompt == RD_PROMPT_COMMAND;

	if (key == RD_KEY_BACKSPACE && len > 0) {
		v->line[len - 1] = '\0';
	} else if (key == RD_KEY_BACKSPACE && v->prompt == RD_PROMPT_COMMAND) {
		v->prompt = RD_PROMPT_NONE;
	} else if (key == CTRL_KEY('U')) {
		v->line[0] = '\0';
	} else if (key == CTRL_KEY('W')) {
		rub_out_word(v->line);
	} else if (key == RD_KEY_UP || key == RD_KEY_DOWN) {
		back_in_past(v, key == RD_KEY_UP ? -1 : 1);
	} else if (key == '\t' && completes) {
		complete(v, s);
	} else if (key >= ' ' && key < 0x7f && len + 1 < sizeof(v->line)) {
		v->line[len] = (char)key;
		v->line[len + 1] = '\0';
	}
}

bool rd_prompt_key(struct rd_view *v, struct rd_store *s, int key)
{
	enum rd_prompt prompt = v->prompt;
	bool go_on = true;

	v->hint[0] = '\0';
	if (key == '\r' || key == '\n') {
		go_on = rd_prompt_enter(v, s);
		if (v->prompt != prompt)
			remember(&v->past[prompt], v->line);
	} else if (key == 0x1b || key == CTRL_KEY('C')) {
		v->prompt = RD_PROMPT_NONE;
	} else if (prompt != RD_PROMPT_RUN) { // which only wants Enter or Esc
		edit(v, s, key);
	}
	return go_on;
}
