/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What can stand at the end of an expression of the show language: fields, their words, ports that were met. Pure.
 */
#include "walk/show.h"
#include "walk/show_fields.h"

#include <string.h>
#include <strings.h>

#define NEWEST 200 // walks whose ports are offered
#define PORTS 32

struct offer {
	const char *begin; // of what is there already
	void (*each)(void *arg, const char *word);
	void *arg;
};

static void put(const struct offer *o, const char *word)
{
	if (strncasecmp(word, o->begin, strlen(o->begin)) == 0)
		o->each(o->arg, word);
}

static void put_ports(const struct offer *o, const struct rd_store *s)
{
	const char *seen[PORTS];
	unsigned n = 0, walks = 0, k;

	for (uint64_t i = s->next; i-- > s->first && walks++ < NEWEST;) {
		const struct rd_wk *w = rd_store_walk(s, i);

		for (unsigned j = 0; j < w->n && n < PORTS; j++) {
			for (k = 0; k < n && strcmp(seen[k], w->hop[j].port) != 0; k++)
				;
			if (k < n || w->hop[j].port[0] == '\0')
				continue;
			seen[n++] = w->hop[j].port;
			put(o, w->hop[j].port);
		}
	}
}

static void put_words(const struct offer *o, const struct rd_store *s, enum rd_show_id field)
{
	const char *word;

	if (field == RD_SHOW_PORT)
		put_ports(o, s);
	for (unsigned i = 0; (word = rd_show_word(field, i)) != NULL; i++)
		put(o, word);
}

static void put_fields(const struct offer *o)
{
	static const char *const more[] = {"and", "or", "not"};

	for (unsigned i = 0; i < RD_SHOW_ANYWHERE; i++)
		put(o, rd_show_fields[i].name);
	for (unsigned i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		put(o, more[i]);
}

// Where the word that ends at `end` begins.
static size_t word_begin(const char *text, size_t end)
{
	while (end > 0 && strchr(" \t(),=<>~!\"", text[end - 1]) == NULL)
		end--;
	return end;
}

// The field whose value is being typed; RD_SHOW_IDS if none is.
static enum rd_show_id field_before(const char *text, size_t begin)
{
	static const char *const ops[] = {"in", "contains", "matches"};
	char word[32];
	size_t end = begin, from;
	enum rd_show_id field;

	for (;;) {
		while (end > 0 && strchr(" \t=<>~!,", text[end - 1]) != NULL)
			end--;
		from = word_begin(text, end);
		if (end == from || end - from >= sizeof(word))
			return RD_SHOW_IDS;
		memcpy(word, text + from, end - from);
		word[end - from] = '\0';
		field = rd_show_field(word);
		if (field != RD_SHOW_IDS)
			return field;
		if (strcmp(word, ops[0]) != 0 && strcmp(word, ops[1]) != 0
			&& strcmp(word, ops[2]) != 0 && text[end] != ',')
			return RD_SHOW_IDS;
		end = from; // past an operator, or a value of the list
	}
}

size_t rd_show_complete(const struct rd_store *s, const char *text,
	void (*each)(void *arg, const char *word), void *arg)
{
	size_t begin = word_begin(text, strlen(text));
	struct offer o = {text + begin, each, arg};
	enum rd_show_id field = field_before(text, begin);

	if (field == RD_SHOW_IDS || field == RD_SHOW_MARK)
		put_fields(&o);
	else
		put_words(&o, s, field);
	return begin;
}
