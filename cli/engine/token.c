/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Cuts a line into tokens: blanks separate, "..." quotes (with \" and \\ inside), # at the start of a word begins
 * a comment, a | at the start or end of a word is a token of its own (|| is not, nor is a|b). The place of every token is kept
 * for error messages. Called by the engine for each line.
 */
#include "engine/tree.h"

#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct scanner {
	const char *line;
	size_t pos;
	char *out; // grows inside rd_tokens.buf
	bool partial;
};

// Copies a quoted part; pos is behind the opening quote.
static int scan_quoted(struct scanner *s, struct rd_tokens *t)
{
	for (; s->line[s->pos] != '"'; s->pos++) {
		if (s->line[s->pos] == '\0' || s->line[s->pos] == '\n') {
			if (!s->partial)
				return -EINVAL;
			t->open_quote = true;
			return 0;
		}
		if (s->line[s->pos] == '\\'
			&& (s->line[s->pos + 1] == '"' || s->line[s->pos + 1] == '\\'))
			s->pos++;
		*s->out++ = s->line[s->pos];
	}
	s->pos++;
	return 0;
}

static bool ends_word(char c)
{
	return c == '\0' || is_blank(c);
}

// A bar that is no part of a word: at its start, or the last sign of it.
static bool is_bar(const struct scanner *s, size_t word)
{
	if (s->line[s->pos] != '|' || s->line[s->pos + 1] == '|')
		return false;
	if (s->pos == word)
		return true;
	return s->line[s->pos - 1] != '|' && ends_word(s->line[s->pos + 1]);
}

static int scan_token(struct scanner *s, struct rd_tokens *t)
{
	struct rd_token *tok = &t->v[t->n];
	int ret;

	*tok = (struct rd_token){.text = s->out, .off = s->pos, .bar = is_bar(s, s->pos)};
	if (tok->bar)
		*s->out++ = s->line[s->pos++];
	while (!tok->bar && !ends_word(s->line[s->pos]) && !is_bar(s, tok->off)) {
		if (s->line[s->pos] != '"') {
			*s->out++ = s->line[s->pos++];
			continue;
		}
		tok->quoted = true;
		s->pos++;
		ret = scan_quoted(s, t);
		if (ret < 0)
			return ret;
	}
	*s->out++ = '\0';
	tok->len = s->pos - tok->off;
	t->n++;
	return 0;
}

static int scan_line(struct scanner *s, struct rd_tokens *t)
{
	int ret = 0;

	while (ret == 0) {
		while (is_blank(s->line[s->pos]))
			s->pos++;
		if (s->line[s->pos] == '\0' || s->line[s->pos] == '#')
			return 0;
		if (t->n == RD_CLI_MAX_TOKENS)
			return -E2BIG;
		ret = scan_token(s, t);
	}
	return ret;
}

int rd_tokenize(struct rd_tokens *t, const char *line, bool partial, size_t *off)
{
	struct scanner s = {.line = line, .partial = partial};
	size_t len = strlen(line);
	int ret;

	memset(t, 0, sizeof(*t));
	*off = 0;
	if (len > RD_CLI_MAX_LINE)
		return -E2BIG;
	t->v = calloc(RD_CLI_MAX_TOKENS, sizeof(*t->v));
	t->buf = malloc(2 * len + 2); // a token is never longer than its source, and has a NUL
	if (t->v == NULL || t->buf == NULL) {
		rd_tokens_free(t);
		return -ENOMEM;
	}
	s.out = t->buf;
	ret = scan_line(&s, t);
	if (ret < 0) {
		*off = t->n < RD_CLI_MAX_TOKENS ? t->v[t->n].off : s.pos;
		rd_tokens_free(t);
	}
	return ret;
}

void rd_tokens_free(struct rd_tokens *t)
{
	free(t->v);
	free(t->buf);
	memset(t, 0, sizeof(*t));
}
