/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The text of one cell: from JSON to something that is safe on a terminal. Called by table.c and by commands that
 * format their own cells.
 */
#include "engine/table.h"

#include "base/str.h"

#include <string.h>

const char *rd_item_str(const json_t *item, const char *field)
{
	const char *s = json_string_value(json_object_get(item, field));

	return s != NULL ? s : "";
}

json_int_t rd_item_int(const json_t *item, const char *field)
{
	const json_t *value = json_object_get(item, field);

	// --rate makes reals of counters
	return json_is_real(value) ? (json_int_t)json_real_value(value) : json_integer_value(value);
}

size_t rd_text_width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

// C0, DEL, and C1 in its UTF-8 form (c2 80..9f).
static bool is_control(const char *s)
{
	unsigned char c = (unsigned char)s[0], next = (unsigned char)s[1];

	return c < ' ' || c == 0x7f || (c == 0xc2 && next >= 0x80 && next <= 0x9f);
}

static void add_clean(const char *s, char *buf, size_t size, size_t *len)
{
	for (; *s != '\0'; s++) {
		if (!is_control(s)) {
			rd_str_addf(buf, size, len, "%c", *s);
		} else if ((unsigned char)*s == 0xc2) {
			rd_str_addf(buf, size, len, "\\x%02x", (unsigned char)*++s);
		} else {
			rd_str_addf(buf, size, len, "\\x%02x", (unsigned char)*s);
		}
	}
}

static void add_value(const json_t *value, char *buf, size_t size, size_t *len)
{
	switch (value != NULL ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		add_clean(json_string_value(value), buf, size, len);
		break;
	case JSON_INTEGER:
		rd_str_addf(buf, size, len, "%lld", (long long)json_integer_value(value));
		break;
	case JSON_REAL:
		rd_str_addf(buf, size, len, "%.12g", json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		rd_str_addf(buf, size, len, "%s", json_is_true(value) ? "yes" : "no");
		break;
	default:
		break;
	}
}

// {"stage":"uplink_rx","port":"arm/vmnic1"} inside a list: its values with blanks between.
static void add_object(const json_t *object, char *buf, size_t size, size_t *len)
{
	const char *key, *blank = "";
	json_t *value;
	void *mutable_object;

	memcpy(&mutable_object, &object, sizeof(object)); // jansson's iteration takes no const
	json_object_foreach (mutable_object, key, value) {
		rd_str_addf(buf, size, len, "%s", blank);
		add_value(value, buf, size, len);
		blank = " ";
	}
}

void rd_cell_text(const json_t *value, char *buf, size_t size)
{
	size_t i, len = 0;
	const json_t *element;

	buf[0] = '\0';
	if (json_is_array(value)) {
		for (i = 0; i < json_array_size(value); i++) {
			element = json_array_get(value, i);
			rd_str_addf(buf, size, &len, "%s", i > 0 ? "," : "");
			if (json_is_object(element))
				add_object(element, buf, size, &len);
			else
				add_value(element, buf, size, &len);
		}
	} else if (json_is_object(value)) {
		add_object(value, buf, size, &len);
	} else {
		add_value(value, buf, size, &len);
	}
	if (len == 0)
		rd_str_addf(buf, size, &len, "-");
}
