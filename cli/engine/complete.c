/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Completion: what may stand at the end of a partial line, words from the tree and names from the daemon. For the
 * shell, reddot --complete and the bash script.
 */
#include "engine/flags.h"

#include <stdlib.h>
#include <string.h>

struct offer {
	const char *prefix; // what the person has typed of the word
	rd_cli_candidate_fn each;
	void *arg;
	const struct rd_item *item;
	const struct rd_arg_names *names;
	size_t keep; // bytes of the prefix in front of the last comma
};

static void offer_name(const struct offer *o, const char *name)
{
	char word[512];
	const char *typed = o->prefix + o->keep;

	if (name == NULL || strncmp(name, typed, strlen(typed)) != 0)
		return;
	snprintf(word, sizeof(word), "%.*s%s", (int)o->keep, o->prefix, name);
	o->each(o->arg, word, rd_leaf_help(o->item));
}

static int offer_item(void *arg, const json_t *object)
{
	const struct offer *o = arg;
	bool slash = strchr(o->prefix + o->keep, '/') != NULL;
	const char *field =
		slash && o->names->qualified != NULL ? o->names->qualified : o->names->field;

	offer_name(o, json_string_value(json_object_get(object, field)));
	return 0;
}

static void offer_names(struct rd_cli *cli, struct offer *o)
{
	const struct rd_arg_desc *d = o->item->desc;
	json_t *fields = json_pack("[s]", d->names->field);
	const char *comma = strrchr(o->prefix, ',');

	o->names = d->names;
	o->keep = d->type == RD_ARG_REFS && comma != NULL ? (size_t)(comma + 1 - o->prefix) : 0;
	if (d->names->qualified != NULL)
		json_array_append_new(fields, json_string(d->names->qualified));
	rd_cli_call(cli, d->names->method, json_pack("{s:o}", "fields", fields), offer_item, o,
		NULL, NULL);
}

static void offer_leaf(struct rd_cli *cli, struct offer *o)
{
	const char *word;
	char label[96];
	size_t len;

	if (o->item->kind == RD_ITEM_WORD) {
		word = rd_word_spelling(o->item, o->prefix, &len);
		if (word == NULL)
			return;
		snprintf(label, sizeof(label), "%.*s", (int)len, word);
		o->each(o->arg, label, rd_leaf_help(o->item));
	} else if (o->item->desc->names != NULL) {
		offer_names(cli, o);
	} else {
		if (o->item->desc->type == RD_ARG_FILE)
			rd_complete_files(o->prefix, rd_leaf_help(o->item), o->each, o->arg);
		snprintf(label, sizeof(label), "%s %s", o->item->text, rd_leaf_help(o->item));
		o->each(o->arg, "", label);
	}
}

int rd_cli_complete(
	struct rd_cli *cli, const char *line, size_t *start, rd_cli_candidate_fn each, void *arg)
{
	struct offer o = {.prefix = "", .each = each, .arg = arg};
	size_t off, len = strlen(line), at = len;
	struct rd_tokens tokens, part;
	const struct rd_item *tree;
	struct rd_match m;
	unsigned before;
	int ret;

	ret = rd_tokenize(&tokens, line, true, &off);
	if (ret < 0)
		return ret;
	part = rd_cli_segment(cli, &tokens, &tree);
	before = part.n;
	if (part.n > 0 && part.v[part.n - 1].off + part.v[part.n - 1].len == len) {
		before--; // the last word is still being typed
		o.prefix = part.v[before].text;
		at = part.v[before].off;
	}
	if (start != NULL)
		*start = at;
	ret = rd_match_expect(&m, tree, &part, before);
	for (const struct rd_leaf *leaf = m.fail_leaves; ret == 0 && leaf != NULL;
		leaf = leaf->next) {
		o.item = leaf->item;
		offer_leaf(cli, &o);
	}
	if (ret == 0 && m.fail_end != NULL && tree == cli->tree && o.prefix[0] == '-') {
		part.n = before;
		if (rd_flags_fit(&part))
			rd_flags_offer(m.fail_end->rates != NULL, o.prefix, each, arg);
	}
	rd_match_free(&m);
	rd_tokens_free(&tokens);
	return ret;
}
