/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Keys that a second one belongs to: places, copies, and the question before the end. Pure.
 */
#include "walk/keys.h"

static bool keep(struct rd_view *v, struct rd_store *s, int key)
{
	(void)s;
	rd_place_keep(v, key);
	return true;
}

static bool go(struct rd_view *v, struct rd_store *s, int key)
{
	rd_place_go(v, s, key);
	return true;
}

static bool copy(struct rd_view *v, struct rd_store *s, int key)
{
	rd_copy(v, s, key);
	return true;
}

static bool ends(struct rd_view *v, struct rd_store *s, int key)
{
	(void)v;
	(void)s;
	return key != 'Z';
}

static bool ends_if_wanted(struct rd_view *v, struct rd_store *s, int key)
{
	(void)v;
	(void)s;
	return key != 'q' && key != 'y' && key != '\r' && key != F_KEY(10);
}

static const struct {
	int key;
	rd_key_fn fn;
	const char *says;
} firsts[] = {
	{'m', keep, "keep this place: a letter from a to z"},
	{'\'', go, "go to a place: its letter, or ' to where the last jump began"},
	{'y', copy, "copy: y what this pane is about, i packet id, f filter, h hop, b bytes"},
	{'Z', ends, "Z once more ends the walk"},
	{'q', ends_if_wanted, "end the walk? q, y or Enter ends it, another key stays"},
};

const char *rd_key_awaits(const struct rd_view *v)
{
	for (unsigned i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++)
		if (firsts[i].key == v->awaits)
			return firsts[i].says;
	return NULL;
}

bool rd_key_await(struct rd_view *v, struct rd_store *s, int key)
{
	(void)s;
	v->awaits = key;
	return true;
}

bool rd_key_second(struct rd_view *v, struct rd_store *s, int key)
{
	int first = v->awaits;

	v->awaits = 0;
	if (key == CTRL_KEY('C'))
		return false;
	for (unsigned i = 0; i < sizeof(firsts) / sizeof(firsts[0]) && key != 0x1b; i++)
		if (firsts[i].key == first)
			return firsts[i].fn(v, s, key);
	return true;
}
