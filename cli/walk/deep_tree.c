/* SPDX-License-Identifier: BSD-3-Clause
 *
 * sharkd's tree of a frame as lines of bounded number, depth and length. Pure.
 */
#include "walk/deep.h"

#include <string.h>

#define DEPTH 24

static void add_nodes(const json_t *nodes, int depth, json_t *lines, unsigned *left_out)
{
	const json_t *node;
	size_t i;

	json_array_foreach (nodes, i, node) {
		const char *label = json_string_value(json_object_get(node, "l"));
		const char *field = json_string_value(json_object_get(node, "f"));
		char text[RD_DEEP_LINE];

		if (depth == 0 && field != NULL && strcmp(field, "frame") == 0)
			continue; // about the file that we made
		if (json_array_size(lines) >= RD_DEEP_LINES || depth > DEPTH) {
			++*left_out;
			continue;
		}
		snprintf(text, sizeof(text), "%*s%s", 2 * depth, "", label != NULL ? label : "");
		json_array_append_new(lines, json_stringn_nocheck(text, strlen(text)));
		add_nodes(json_object_get(node, "n"), depth + 1, lines, left_out);
	}
}

json_t *rd_shark_lines(const json_t *result)
{
	json_t *lines = json_array();
	unsigned left_out = 0;

	add_nodes(json_object_get(result, "tree"), 0, lines, &left_out);
	if (left_out > 0)
		json_array_append_new(lines, json_sprintf("and %u more", left_out));
	return lines;
}
