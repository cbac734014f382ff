/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Keys that a person gave another meaning (:map), and the names of keys. What a mapped key stands for is taken as it is, so there are
 * no loops. Pure; one thread.
 */
#include "walk/keys.h"

#include "base/str.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	int key;
} names[] = {{"Space", ' '}, {"Enter", '\r'}, {"CR", '\r'}, {"Tab", '\t'}, {"Esc", 0x1b},
	{"lt", '<'}, {"BS", RD_KEY_BACKSPACE}, {"Up", RD_KEY_UP}, {"Down", RD_KEY_DOWN},
	{"Left", RD_KEY_LEFT}, {"Right", RD_KEY_RIGHT}, {"PageUp", RD_KEY_PAGE_UP},
	{"PageDown", RD_KEY_PAGE_DOWN}, {"Home", RD_KEY_HOME}, {"End", RD_KEY_END}};
#define NAMES (sizeof(names) / sizeof(names[0]))

// "F1" to "F12".
static int named_f(const char *text, size_t len)
{
	char digits[3] = "";
	uint32_t n;

	if ((len != 2 && len != 3) || (text[0] | 0x20) != 'f')
		return 0;
	memcpy(digits, text + 1, len - 1);
	return rd_parse_u32(digits, 1, 12, &n) == 0 ? RD_KEY_F0 + (int)n : 0;
}

// What stands between < and >. 0: no key is called so.
static int named(const char *text, size_t len)
{
	for (unsigned i = 0; i < NAMES; i++)
		if (strlen(names[i].name) == len && strncasecmp(names[i].name, text, len) == 0)
			return names[i].key;
	if (len == 3 && strncasecmp(text, "C-", 2) == 0 && text[2] > '@' && text[2] < 0x7f)
		return CTRL_KEY(text[2]);
	return named_f(text, len);
}

int rd_map_key(const char **text)
{
	const char *t = *text, *end = *t == '<' ? strchr(t, '>') : NULL;
	int key;

	if (end == NULL) {
		*text += *t != '\0' && *t != '<';
		return *t != '<' ? (unsigned char)*t : 0;
	}
	key = named(t + 1, (size_t)(end - t) - 1);
	*text = key != 0 ? end + 1 : t;
	return key;
}

void rd_map_key_name(int key, char *buf, size_t size)
{
	for (unsigned i = 0; i < NAMES; i++)
		if (names[i].key == key) {
			snprintf(buf, size, "<%s>", names[i].name);
			return;
		}
	if (key > RD_KEY_F0)
		snprintf(buf, size, "<F%d>", key - RD_KEY_F0);
	else if (key > 0 && key < ' ')
		snprintf(buf, size, "<C-%c>", key | 0x60);
	else
		snprintf(buf, size, "%c", key);
}

bool rd_map_parse(const char *text, struct rd_key_map *map, const char **why)
{
	*map = (struct rd_key_map){.key = rd_map_key(&text)};
	*why = "a key: a character, <F5>, <C-x>, <Space>, <Enter>, <Tab>, <Esc>, <Up>, <lt>";
	if (map->key == 0 || map->key == CTRL_KEY('C')) // which always ends the walk
		return false;
	*why = "a blank stands behind the key, then the keys that it stands for";
	if (*text != ' ')
		return false;
	for (text += strspn(text, " "); *text != '\0'; map->n++) {
		*why = "too many keys";
		if (map->n == RD_MAP_KEYS)
			return false;
		*why = "this is no key: <F5>, <C-x>, <Space>, <Enter>, <Tab>, <Esc>, <Up>; < is <lt>";
		map->stands_for[map->n] = rd_map_key(&text);
		if (map->stands_for[map->n] == 0)
			return false;
	}
	*why = "the keys that it stands for are missing";
	return map->n > 0;
}

static unsigned index_of(const struct rd_view *v, int key)
{
	unsigned i = 0;

	while (i < v->maps && v->map[i].key != key)
		i++;
	return i;
}

const struct rd_key_map *rd_map_of(const struct rd_view *v, int key)
{
	unsigned i = index_of(v, key);

	return i < v->maps ? &v->map[i] : NULL;
}

bool rd_map_add(struct rd_view *v, const struct rd_key_map *map)
{
	unsigned i = index_of(v, map->key);

	if (i == RD_MAPS)
		return false;
	v->map[i] = *map;
	v->maps += i == v->maps;
	return true;
}

bool rd_map_remove(struct rd_view *v, int key)
{
	unsigned i = index_of(v, key);

	if (i == v->maps)
		return false;
	v->map[i] = v->map[--v->maps];
	return true;
}

bool rd_map_run(struct rd_view *v, struct rd_store *s, const struct rd_key_map *map)
{
	const struct rd_key_map copy = *map; // it may take itself away
	bool go_on = true;

	v->mapped = true;
	for (unsigned i = 0; i < copy.n && go_on; i++)
		go_on = rd_view_key(v, s, copy.stands_for[i]);
	v->mapped = false;
	return go_on;
}
