/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Compiles a command's grammar string into items and ties every value and flag to its argument description.
 * Runs once per command at start-up. The language is described in engine/cmd.h.
 */
#include "engine/tree.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct rd_item *rd_item_new(enum rd_item_kind kind, const char *text, size_t len)
{
	struct rd_item *item = calloc(1, sizeof(*item));

	if (item == NULL)
		return NULL;
	item->kind = kind;
	if (text == NULL)
		return item;
	item->text = strndup(text, len);
	if (item->text == NULL) {
		free(item);
		return NULL;
	}
	return item;
}

void rd_item_free(struct rd_item *list)
{
	while (list != NULL) {
		struct rd_item *next = list->next;

		rd_item_free(list->child);
		rd_item_free(list->alt);
		free(list->text);
		free(list->alias);
		free(list->key);
		free(list);
		list = next;
	}
}

struct compiler {
	const char *p; // what is left of the grammar
	const struct rd_cmd *cmd;
	struct rd_err *err;
};

static struct rd_item *compile_choice(struct compiler *c);

static struct rd_item *fail(struct compiler *c, const char *what)
{
	rd_err_set(c->err, -EINVAL, "grammar: %s", what);
	rd_err_where(c->err, "%s", c->cmd->grammar);
	return NULL;
}

static struct rd_item *compile_group(struct compiler *c)
{
	bool optional = *c->p == '[';
	struct rd_item *item, *inside;

	c->p++;
	inside = compile_choice(c);
	if (inside == NULL)
		return NULL;
	if (*c->p != (optional ? ']' : ')')) {
		rd_item_free(inside);
		return fail(c, "a bracket is not closed");
	}
	c->p++;
	if (!optional && inside->kind == RD_ITEM_CHOICE && inside->next == NULL)
		return inside;
	item = rd_item_new(optional ? RD_ITEM_OPT : RD_ITEM_CHOICE, NULL, 0);
	if (item == NULL)
		rd_item_free(inside);
	else
		item->child = inside;
	return item;
}

static struct rd_item *compile_symbol(struct compiler *c)
{
	size_t len = strcspn(c->p, " []()|");
	bool value = isupper((unsigned char)*c->p);
	const char *slash = value ? NULL : memchr(c->p, '/', len);
	struct rd_item *item;

	if (len == 0)
		return fail(c, "a word is missing");
	item = rd_item_new(value ? RD_ITEM_VALUE : RD_ITEM_WORD, c->p,
		slash != NULL ? (size_t)(slash - c->p) : len);
	if (item != NULL && slash != NULL)
		item->alias = strndup(slash + 1, (size_t)(c->p + len - slash - 1));
	c->p += len;
	return item;
}

// Items up to a bar, a closing bracket or the end.
static struct rd_item *compile_list(struct compiler *c)
{
	struct rd_item *head = NULL, **tail = &head;

	for (;;) {
		while (*c->p == ' ')
			c->p++;
		if (*c->p == '\0' || strchr("|])", *c->p) != NULL)
			break;
		*tail = *c->p == '[' || *c->p == '(' ? compile_group(c) : compile_symbol(c);
		if (*tail == NULL) {
			rd_item_free(head);
			return NULL;
		}
		tail = &(*tail)->next;
	}
	return head != NULL ? head : fail(c, "an alternative is empty");
}

// A list, or several with bars between: then one CHOICE.
static struct rd_item *compile_choice(struct compiler *c)
{
	struct rd_item *list = compile_list(c), *choice, **alt;

	if (list == NULL || *c->p != '|')
		return list;
	choice = rd_item_new(RD_ITEM_CHOICE, NULL, 0);
	if (choice == NULL) {
		rd_item_free(list);
		return NULL;
	}
	choice->child = list;
	alt = &list->alt;
	while (*c->p == '|') {
		c->p++;
		*alt = compile_list(c);
		if (*alt == NULL) {
			rd_item_free(choice);
			return NULL;
		}
		alt = &(*alt)->alt;
	}
	return choice;
}

static int bind(struct compiler *c, struct rd_item *item, const char *key, bool binds)
{
	item->key = strdup(key);
	if (item->key == NULL)
		return -ENOMEM;
	if (item->kind == RD_ITEM_VALUE)
		for (char *p = item->key; *p != '\0'; p++)
			*p = (char)tolower((unsigned char)*p);
	item->binds = binds;
	for (const struct rd_arg_desc *d = c->cmd->args; d != NULL && d->key != NULL; d++)
		if (strcmp(d->key, item->key) == 0)
			item->desc = d;
	if (binds && item->desc == NULL) {
		rd_err_set(c->err, -EINVAL, "no argument is described for \"%s\"", item->key);
		rd_err_where(c->err, "%s", c->cmd->grammar);
		return -EINVAL;
	}
	return 0;
}

static bool all_words(const struct rd_item *choice)
{
	for (const struct rd_item *alt = choice->child; alt != NULL; alt = alt->alt)
		if (alt->kind != RD_ITEM_WORD || alt->next != NULL)
			return false;
	return true;
}

static bool is_enum(const struct rd_item *item)
{
	return item != NULL && item->kind == RD_ITEM_CHOICE && all_words(item);
}

static int bind_list(struct compiler *c, struct rd_item *list, const struct rd_item *word);

static int bind_alternatives(struct compiler *c, struct rd_item *choice, const struct rd_item *word)
{
	int ret = 0;

	for (struct rd_item *alt = choice->child; alt != NULL && ret == 0; alt = alt->alt)
		ret = is_enum(choice) && word != NULL ? bind(c, alt, word->text, true)
						      : bind_list(c, alt, NULL);
	return ret;
}

// word: the word before the list, which gives its key to what follows it.
static int bind_list(struct compiler *c, struct rd_item *list, const struct rd_item *word)
{
	int ret = 0;

	for (struct rd_item *item = list; item != NULL && ret == 0; item = item->next) {
		const struct rd_item *next = item->next;

		if (item->kind
			== RD_ITEM_WORD) // a flag, unless a value or a choice of words follows
			ret = bind(c, item, item->text,
				next == NULL || (next->kind != RD_ITEM_VALUE && !is_enum(next)));
		else if (item->kind == RD_ITEM_VALUE)
			ret = bind(c, item, word != NULL ? word->text : item->text, true);
		else if (item->kind == RD_ITEM_OPT)
			ret = bind_list(c, item->child, NULL);
		else
			ret = bind_alternatives(c, item, word);
		word = item->kind == RD_ITEM_WORD ? item : NULL;
	}
	return ret;
}

struct rd_item *rd_grammar_compile(const struct rd_cmd *cmd, struct rd_err *err)
{
	struct compiler c = {.p = cmd->grammar, .cmd = cmd, .err = err};
	struct rd_item *list = compile_list(&c), *rest;

	if (list == NULL)
		return NULL;
	if (*c.p != '\0') {
		rd_item_free(list);
		return fail(&c, "text is left over");
	}
	for (rest = list; rest != NULL && rest->kind == RD_ITEM_WORD; rest = rest->next)
		;
	if (bind_list(&c, rest, NULL) < 0) {
		rd_item_free(list);
		return NULL;
	}
	return list;
}
