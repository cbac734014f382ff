/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Matches the tokens of a line against the tree. At each place all leaves (words, values) that may stand there
 * are collected; an exact word wins, then a unique prefix, then a value; a choice that leads nowhere is taken back
 * (which only happens when a prefix of a word was meant as a value). Used to run, complete and explain lines.
 */
#include "engine/tree.h"

#include <stdlib.h>
#include <string.h>

#define MATCH_MAX_BYTES (4u << 20) // no line of 256 tokens comes near it

// What comes after the current list: the item to go on with, and which options of its run are used up.
struct rd_cont {
	const struct rd_item *item;
	uint64_t used;
	const struct rd_cont *up;
};

struct rd_chunk {
	struct rd_chunk *next;
	size_t used;
	_Alignas(16) char bytes[8192 - 32];
};

static void *arena(struct rd_match *m, size_t size)
{
	struct rd_chunk *chunk = m->chunks;

	size = (size + 15) & ~(size_t)15;
	if (chunk == NULL || chunk->used + size > sizeof(chunk->bytes)) {
		if (m->allocated >= MATCH_MAX_BYTES)
			return NULL;
		chunk = calloc(1, sizeof(*chunk));
		if (chunk == NULL)
			return NULL;
		m->allocated += sizeof(*chunk);
		chunk->next = m->chunks;
		m->chunks = chunk;
	}
	chunk->used += size;
	return chunk->bytes + chunk->used - size;
}

void rd_match_free(struct rd_match *m)
{
	while (m->chunks != NULL) {
		struct rd_chunk *next = m->chunks->next;

		free(m->chunks);
		m->chunks = next;
	}
}

struct place { // what may stand here
	struct rd_leaf *head, **tail;
	const struct rd_cmd *end; // a command is complete here
};

static void expand(struct rd_match *m, struct place *p, const struct rd_item *item, uint64_t used,
	const struct rd_cont *up);

static const struct rd_cont *cont(
	struct rd_match *m, const struct rd_item *item, uint64_t used, const struct rd_cont *up)
{
	struct rd_cont *c = arena(m, sizeof(*c));

	if (c == NULL)
		m->exhausted = true;
	else
		*c = (struct rd_cont){item, used, up};
	return c;
}

static void add_leaf(
	struct rd_match *m, struct place *p, const struct rd_item *item, const struct rd_cont *up)
{
	struct rd_leaf *leaf = arena(m, sizeof(*leaf));

	if (leaf == NULL) {
		m->exhausted = true;
		return;
	}
	*leaf = (struct rd_leaf){item, up, NULL};
	*p->tail = leaf;
	p->tail = &leaf->next;
}

// A run of optional groups: any unused one, or what follows the run.
static void expand_options(struct rd_match *m, struct place *p, const struct rd_item *run,
	uint64_t used, const struct rd_cont *up)
{
	const struct rd_item *item = run;
	unsigned i = 0;

	for (; item != NULL && item->kind == RD_ITEM_OPT; item = item->next, i++) {
		const struct rd_cont *next;

		if (used & 1ull << i)
			continue;
		next = cont(m, run, used | 1ull << i, up);
		if (next == NULL)
			return;
		expand(m, p, item->child, 0, next);
	}
	expand(m, p, item, 0, up);
}

static void expand(struct rd_match *m, struct place *p, const struct rd_item *item, uint64_t used,
	const struct rd_cont *up)
{
	const struct rd_cont *next;

	if (m->exhausted)
		return;
	if (item == NULL) {
		if (up != NULL)
			expand(m, p, up->item, up->used, up->up);
	} else if (item->kind == RD_ITEM_OPT) {
		expand_options(m, p, item, used, up);
	} else if (item->kind == RD_ITEM_CHOICE) {
		next = cont(m, item->next, 0, up);
		for (item = item->child; item != NULL && next != NULL; item = item->alt)
			expand(m, p, item, 0, next);
	} else if (item->kind == RD_ITEM_END) {
		p->end = item->cmd;
	} else {
		add_leaf(m, p, item, up);
	}
}

// The spelling of the word that begins so: NULL, or *len characters that nothing ends.
const char *rd_word_spelling(const struct rd_item *word, const char *text, size_t *len)
{
	size_t typed = strlen(text);
	const char *found = NULL;

	*len = strlen(word->text);
	if (strncmp(word->text, text, typed) == 0)
		found = word->text;
	// The whole of a later spelling is better than the beginning of an earlier one.
	for (const char *s = word->alias;
		s != NULL && *s != '\0' && (found == NULL || *len != typed);) {
		size_t n = strcspn(s, "/");

		if (n >= typed && strncmp(s, text, typed) == 0 && (found == NULL || n == typed)) {
			found = s;
			*len = n;
		}
		s += n + (s[n] == '/');
	}
	return found;
}

bool rd_word_fits(const struct rd_item *word, const char *text, bool *exact)
{
	size_t len;
	bool fits = rd_word_spelling(word, text, &len) != NULL;

	*exact = fits && len == strlen(text);
	return fits;
}

// The one word that the token means, NULL if none; *ambiguous if several could be meant.
static const struct rd_leaf *pick_word(
	const struct rd_leaf *leaves, const struct rd_token *tok, bool *ambiguous)
{
	const struct rd_leaf *found = NULL;
	bool exact;

	*ambiguous = false;
	if (tok->quoted || tok->text[0] == '\0')
		return NULL;
	for (const struct rd_leaf *leaf = leaves; leaf != NULL; leaf = leaf->next) {
		if (leaf->item->kind != RD_ITEM_WORD
			|| !rd_word_fits(leaf->item, tok->text, &exact))
			continue;
		if (exact) {
			*ambiguous = false;
			return leaf;
		}
		if (found != NULL)
			*ambiguous = true;
		found = leaf;
	}
	return *ambiguous ? NULL : found;
}

static void note_failure(
	struct rd_match *m, unsigned pos, const struct place *p, const char *why, bool ambiguous)
{
	if (m->failed && pos <= m->fail_pos)
		return;
	m->failed = true;
	m->fail_pos = pos;
	m->fail_leaves = p->head;
	m->fail_end = p->end;
	m->fail_ambiguous = ambiguous;
	snprintf(m->fail_why, sizeof(m->fail_why), "%s", why);
}

static bool step(
	struct rd_match *m, const struct rd_item *item, const struct rd_cont *up, unsigned pos);

static bool take(struct rd_match *m, const struct rd_leaf *leaf, unsigned pos)
{
	unsigned n = m->args->n;

	if (leaf->item->binds)
		m->args->v[m->args->n++] = (struct rd_bind){leaf->item, pos};
	if (leaf->item->desc != NULL && leaf->item->desc->type == RD_ARG_REST
		&& leaf->item->kind == RD_ITEM_VALUE)
		pos = m->tokens->n - 1;
	if (step(m, leaf->item->next, leaf->up, pos + 1))
		return true;
	m->args->n = n;
	return false;
}

static bool try_values(struct rd_match *m, const struct place *p, unsigned pos, char why[160])
{
	for (const struct rd_leaf *leaf = p->head; leaf != NULL; leaf = leaf->next) {
		if (leaf->item->kind != RD_ITEM_VALUE)
			continue;
		if (rd_value_check(leaf->item->desc, m->tokens->v[pos].text, why, 160) == 0
			&& take(m, leaf, pos))
			return true;
	}
	return false;
}

// One place of the line; true when the rest of the line fits from here.
static bool step(
	struct rd_match *m, const struct rd_item *item, const struct rd_cont *up, unsigned pos)
{
	struct place p = {.tail = &p.head};
	const struct rd_leaf *word;
	bool ambiguous, exact = false;
	char why[160] = "";

	expand(m, &p, item, 0, up);
	if (pos == m->tokens->n) {
		m->args->cmd = p.end;
		if (p.end != NULL && !m->expecting)
			return true;
		note_failure(m, pos, &p, "", false);
		return false;
	}
	word = pick_word(p.head, &m->tokens->v[pos], &ambiguous);
	if (word != NULL && take(m, word, pos))
		return true;
	if (word != NULL)
		rd_word_fits(word->item, m->tokens->v[pos].text, &exact);
	if (!exact
		&& try_values(m, &p, pos, why)) // an exact word is never meant as a value: quote it
		return true;
	note_failure(m, pos, &p, why, ambiguous);
	return false;
}

static int match(struct rd_match *m, const struct rd_item *tree, const struct rd_tokens *tokens,
	struct rd_args *args)
{
	m->tokens = tokens;
	m->args = args;
	args->tokens = tokens;
	args->n = 0;
	args->cmd = NULL;
	return step(m, tree, NULL, 0) ? 0 : -EINVAL;
}

int rd_match_run(struct rd_match *m, const struct rd_item *tree, const struct rd_tokens *tokens,
	struct rd_args *args)
{
	memset(m, 0, sizeof(*m));
	return match(m, tree, tokens, args);
}

int rd_match_expect(
	struct rd_match *m, const struct rd_item *tree, const struct rd_tokens *tokens, unsigned n)
{
	struct rd_tokens before = *tokens;
	struct rd_args *args = calloc(1, sizeof(*args));

	memset(m, 0, sizeof(*m));
	if (args == NULL)
		return -ENOMEM;
	before.n = n;
	m->expecting = true;
	match(m, tree, &before,
		args); // never succeeds: it notes what it meets behind the last token
	free(args);
	m->args = NULL;
	m->tokens = NULL;
	return m->fail_pos == n ? 0 : -EINVAL;
}
