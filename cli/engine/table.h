/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Output of show commands: a list method's items as an aligned table, as "field: value" lines for one object, or
 * (--json) as one array of objects. For commands; one thread.
 */
#pragma once

#include "engine/cmd.h"

enum rd_column_flags {
	RD_COL_RIGHT = 1 << 0, // numbers
	RD_COL_NOTE = 1 << 1, // on its own line below the row, "title: text", when there is a text
};

// Text of one cell from an item.
typedef void (*rd_cell_fn)(const json_t *item, char *buf, size_t len);

struct rd_column {
	const char *title;
	const char *field; // of the item; ignored when cell is set
	unsigned flags;
	rd_cell_fn cell; // NULL: the field as it is
};

struct rd_table { // the last column should be the long one: it is not padded
	const struct rd_column *columns;
	unsigned n;
	const char *group; // field whose change prints a heading line; NULL: none
};

// Calls a list method and shows its items. params is stolen.
int rd_cli_show(struct rd_cli *cli, const char *method, json_t *params, const struct rd_table *t,
	struct rd_err *err);
// Items that were fetched before, as rd_cli_show() shows them.
int rd_cli_show_items(struct rd_cli *cli, const json_t *list, const struct rd_table *t);
// The same as rd_cli_show(), one object as "field: value" lines.
int rd_cli_show_fields(struct rd_cli *cli, const char *method, json_t *params, struct rd_err *err);

// One object as "field: value" lines.
void rd_cli_put_fields(struct rd_cli *cli, const json_t *item);

// For commands with their own layout: the items as an array; NULL with *err. With --json they print it with
// rd_cli_put_json().
json_t *rd_cli_fetch(struct rd_cli *cli, const char *method, json_t *params, struct rd_err *err);

// A field as text: strings and numbers as they are, yes/no, lists with commas, "-" for nothing. Control
// characters (an object's text may come from anywhere) are escaped.
void rd_cell_text(const json_t *value, char *buf, size_t len);
// Short getters that never fail: "" and 0 for what is not there.
const char *rd_item_str(const json_t *item, const char *field);
json_int_t rd_item_int(const json_t *item, const char *field);
// Columns that a text takes on a terminal (one per character).
size_t rd_text_width(const char *s);
