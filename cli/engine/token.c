/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Cuts a line into tokens: blanks separate, "..." quotes (with \" and \\ inside), # at the start of a word begins
 * a comment. The place of every token is kept for error messages. Called by the engine for each line.
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

static int scan_token(struct scanner *s, struct rd_tokens *t)
{
	struct rd_token *tok = &t->v[t->n];
	int ret;

	*tok = (struct rd_token){.text = s->out, .off = s->pos};
	while (s->line[s->pos] != '\0' && !is_blank(s->line[s->pos])) {
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
	t->buf = malloc(
		len + 2); // a token is never longer than its source, and a blank pays for its NUL
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
