/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a person reads when a line is wrong: what, where (with a caret under the place), what to try.
 */
#include "engine/tree.h"

#include "base/str.h"
#include "engine/clean.h"

#include <string.h>

// All words of a choice: "on|off".
static void choice_text(const struct rd_item *choice, char *buf, size_t size, size_t *len)
{
	const char *bar = "";

	for (const struct rd_item *alt = choice->child; alt != NULL; alt = alt->alt) {
		if (alt->kind != RD_ITEM_WORD || !alt->binds)
			continue;
		rd_str_addf(buf, size, len, "%s%s", bar, alt->text);
		bar = "|";
	}
}

void rd_leaf_text(const struct rd_item *item, char *buf, size_t size)
{
	const struct rd_item *next = item->next;
	size_t len = 0;

	buf[0] = '\0';
	rd_str_addf(buf, size, &len, "%s", item->text);
	if (item->kind != RD_ITEM_WORD || next == NULL || item->binds)
		return;
	if (next->kind == RD_ITEM_VALUE) {
		rd_str_addf(buf, size, &len, " %s", next->text);
	} else if (next->kind == RD_ITEM_CHOICE && item->key != NULL) {
		rd_str_addf(buf, size, &len, " ");
		choice_text(next, buf, size, &len);
	}
}

const char *rd_leaf_help(const struct rd_item *item)
{
	if (item->help != NULL)
		return item->help;
	return item->desc != NULL && item->desc->help != NULL ? item->desc->help : "";
}

// "a, b, c": as many as fit.
static void list_leaves(const struct rd_match *m, const char *prefix, char *buf, size_t size)
{
	size_t len = 0;
	bool exact;

	buf[0] = '\0';
	for (const struct rd_leaf *leaf = m->fail_leaves; leaf != NULL; leaf = leaf->next) {
		char text[96];

		if (prefix != NULL
			&& (leaf->item->kind != RD_ITEM_WORD
				|| !rd_word_fits(leaf->item, prefix, &exact)))
			continue;
		rd_leaf_text(leaf->item, text, sizeof(text));
		if (len + strlen(text) + 8 >= size) {
			rd_str_addf(buf, size, &len, ", ..");
			return;
		}
		rd_str_addf(buf, size, &len, "%s%s", len > 0 ? ", " : "", text);
	}
	if (m->fail_end != NULL && prefix == NULL)
		rd_str_addf(buf, size, &len, len > 0 ? ", end of line" : "end of line");
}

void rd_cli_parse_error(struct rd_cli *cli, const struct rd_tokens *tokens,
	const struct rd_match *m, struct rd_err *err)
{
	const struct rd_token *tok = m->fail_pos < tokens->n ? &tokens->v[m->fail_pos] : NULL;
	const struct rd_token *last = &tokens->v[tokens->n - 1];
	char list[192];

	cli->blamed = true;
	cli->blame_off = tok != NULL ? tok->off : last->off + last->len + 1;
	list_leaves(m, NULL, list, sizeof(list));
	if (m->exhausted) {
		rd_err_set(err, -E2BIG, "the line has too many words");
	} else if (tok == NULL) {
		rd_err_set(err, -EINVAL, "the command is not complete");
	} else if (m->fail_ambiguous) {
		list_leaves(m, tok->text, list, sizeof(list));
		rd_err_set(err, -EINVAL, "\"%.60s\" could mean several words", tok->text);
	} else if (m->fail_why[0] != '\0') {
		rd_err_set(err, -EINVAL, "%s", m->fail_why);
	} else if (m->fail_leaves == NULL) {
		rd_err_set(err, -EINVAL, "nothing more is expected at \"%.60s\"", tok->text);
	} else {
		rd_err_set(err, -EINVAL, "\"%.60s\" is not known here", tok->text);
	}
	if (tok != NULL && !tok->quoted && strchr(tok->text, '|') != NULL)
		rd_err_hint(err, "a blank before and behind the bar of a pipe");
	rd_err_hint(err, "%s", list);
}

// Terminals must not get control characters from a file or a peer. Returns the columns of the first `until` bytes.
static size_t put_clean(FILE *to, const char *s, size_t until)
{
	const char *begin = s, *end = s + strlen(s);
	size_t columns = 0, wanted = 0;

	while (s < end) {
		char shown[RD_CLEAN_MAX];
		const char *tab = *s == '\t' ? s++ : NULL;
		unsigned width = tab != NULL ? 1 : rd_clean_next(&s, end, shown);

		columns += width;
		if ((size_t)(s - begin) <= until)
			wanted = columns;
		fputs(tab != NULL ? " " : shown, to);
	}
	return until > (size_t)(end - begin) ? columns + until - (size_t)(end - begin) : wanted;
}

// The place of the caret in where, if where ends with the whole line.
static bool caret_at(const struct rd_cli *cli, const struct rd_err *err, size_t *at)
{
	size_t where = strlen(err->where), line = cli->line != NULL ? strlen(cli->line) : 0;

	if (!cli->blamed || line == 0 || where <= line
		|| strcmp(err->where + where - line, cli->line) != 0)
		return false;
	*at = where - line + cli->blame_off;
	return true;
}

void rd_cli_print_error(const struct rd_cli *cli, FILE *to, const struct rd_err *err)
{
	size_t at = 0;
	bool caret = caret_at(cli, err, &at);

	fputs("error: ", to);
	put_clean(to, err->what, 0);
	if (err->where[0] != '\0') {
		fputs("\nwhere: ", to);
		at = put_clean(to, err->where, at);
	}
	if (caret)
		fprintf(to, "\n       %*s^", (int)at, "");
	if (err->hint[0] != '\0') {
		fputs("\ntry:   ", to);
		put_clean(to, err->hint, 0);
	}
	fputc('\n', to);
}
