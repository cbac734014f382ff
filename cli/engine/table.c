/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shows the items of a list method: table, field lines, or JSON. JSON is written as items arrive. A table waits for the last
 * one to know its widths, but not for more than WINDOW rows: then it goes on with the widths that it has.
 */
#include "engine/lines.h"
#include "engine/table.h"

#include <stdlib.h>
#include <string.h>

#define CELL_MAX 512
#define COLUMNS_MAX 32
#define WINDOW 1000 // rows

struct rows {
	const struct rd_table *t;
	struct rd_cli *cli;
	char **cells; // t->n + 1 per row: the last one is the group
	size_t n, cap;
	size_t widths[COLUMNS_MAX];
	bool begun; // rows were printed
	char group[CELL_MAX]; // of the last one
};

static void rows_clear(struct rows *r)
{
	for (size_t i = 0; i < r->n * (r->t->n + 1); i++)
		free(r->cells[i]);
	r->n = 0;
}

static void rows_free(struct rows *r)
{
	rows_clear(r);
	free(r->cells);
}

static void cell_of(const struct rd_column *c, const json_t *item, char *buf, size_t len)
{
	if (c->cell != NULL)
		c->cell(item, buf, len);
	else
		rd_cell_text(json_object_get(item, c->field), buf, len);
}

static int rows_grow(struct rows *r)
{
	size_t cap = r->cap > 0 ? 2 * r->cap : 64;
	char **cells;

	if (r->n < r->cap)
		return 0;
	cells = realloc(r->cells, cap * (r->t->n + 1) * sizeof(*cells));
	if (cells == NULL)
		return -ENOMEM;
	r->cells = cells;
	r->cap = cap;
	return 0;
}

static bool is_note(const struct rd_table *t, unsigned column)
{
	return t->columns[column].flags & RD_COL_NOTE;
}

static const char *text(const char *cell)
{
	return cell != NULL ? cell : "";
}

static void put_mark(const struct rows *r, char mark)
{
	if (rd_cli_marks(r->cli))
		fputc(mark, rd_cli_out(r->cli));
}

// row NULL: the headings.
static void put_row(const struct rows *r, char *const *row, unsigned last)
{
	FILE *out = rd_cli_out(r->cli);
	const struct rd_table *t = r->t;

	if (row == NULL)
		put_mark(r, RD_MARK_HEAD);
	for (unsigned i = 0; i < t->n; i++) {
		const char *s = row != NULL ? text(row[i]) : t->columns[i].title;
		int pad = (int)(r->widths[i] - rd_text_width(s));

		if (is_note(t, i))
			continue;
		if (t->columns[i].flags & RD_COL_RIGHT)
			fprintf(out, "%*s%s", pad, "", s);
		else
			fprintf(out, "%s%*s", s, i == last ? 0 : pad, "");
		fputs(i == last ? "\n" : "  ", out);
	}
	for (unsigned i = 0; row != NULL && i < t->n; i++) {
		if (!is_note(t, i) || text(row[i])[0] == '\0' || strcmp(text(row[i]), "-") == 0)
			continue;
		put_mark(r, RD_MARK_NOTE);
		fprintf(out, "    %s: %s\n", t->columns[i].title, row[i]);
	}
}

static void widen(struct rows *r)
{
	size_t stride = r->t->n + 1;

	for (unsigned i = 0; i < r->t->n; i++) {
		size_t *width = &r->widths[i], title = rd_text_width(r->t->columns[i].title);

		*width = title > *width ? title : *width;
		for (size_t row = 0; row < r->n; row++)
			if (rd_text_width(text(r->cells[row * stride + i])) > *width)
				*width = rd_text_width(r->cells[row * stride + i]);
	}
}

static void put_group(struct rows *r, const char *group, unsigned last)
{
	fprintf(rd_cli_out(r->cli), "%s%s\n", r->begun ? "\n" : "", group);
	snprintf(r->group, sizeof(r->group), "%s", group);
	put_row(r, NULL, last);
}

// Prints the rows that are there and forgets them.
static void put_rows(struct rows *r)
{
	size_t stride = r->t->n + 1;
	unsigned last = 0;

	widen(r);
	for (unsigned i = 0; i < r->t->n; i++)
		last = is_note(r->t, i) ? last : i;
	if (!r->begun && (r->t->group == NULL || r->n == 0))
		put_row(r, NULL, last);
	for (size_t row = 0; row < r->n; row++) {
		char *const *cells = r->cells + row * stride;
		const char *group = text(cells[r->t->n]);

		if (r->t->group != NULL && (!r->begun || strcmp(r->group, group) != 0))
			put_group(r, group, last);
		put_row(r, cells, last);
		r->begun = true;
	}
	rows_clear(r);
}

static int add_row(void *arg, const json_t *item)
{
	struct rows *r = arg;
	char buf[CELL_MAX];
	char **row;

	if (r->n == WINDOW)
		put_rows(r);
	if (rows_grow(r) < 0)
		return -ENOMEM;
	row = r->cells + r->n++ * (r->t->n + 1);
	for (unsigned i = 0; i < r->t->n; i++) {
		cell_of(&r->t->columns[i], item, buf, sizeof(buf));
		row[i] = strdup(buf);
	}
	row[r->t->n] = strdup(r->t->group != NULL ? rd_item_str(item, r->t->group) : "");
	return 0;
}

struct json_list {
	struct rd_cli *cli;
	bool started;
};

static int put_item(void *arg, const json_t *item)
{
	struct json_list *list = arg;
	FILE *out = rd_cli_out(list->cli);

	if (rd_cli_by_line(list->cli)) {
		rd_cli_put_json(list->cli, item);
	} else {
		fputs(list->started ? ",\n" : "[", out);
		rd_cli_put_json_part(list->cli, item);
	}
	list->started = true;
	return ferror(out) ? -EPIPE : 0;
}

static int show_json(struct rd_cli *cli, const char *method, json_t *params, struct rd_err *err)
{
	struct json_list list = {.cli = cli};
	int ret = rd_cli_call(cli, method, params, put_item, &list, NULL, err);

	if (rd_cli_by_line(cli))
		return ret;
	if (ret == 0 && !list.started)
		fputs("[", rd_cli_out(cli));
	if (ret == 0 || list.started)
		fputs("]\n", rd_cli_out(cli));
	return ret;
}

int rd_cli_show(struct rd_cli *cli, const char *method, json_t *params, const struct rd_table *t,
	struct rd_err *err)
{
	struct rows rows = {.t = t, .cli = cli};
	int ret;

	if (rd_cli_is_json(cli))
		return show_json(cli, method, params, err);
	ret = rd_cli_call(cli, method, params, add_row, &rows, NULL, err);
	if (ret == 0)
		put_rows(&rows);
	rows_free(&rows);
	return ret;
}

int rd_cli_show_items(struct rd_cli *cli, const json_t *list, const struct rd_table *t)
{
	struct rows rows = {.t = t, .cli = cli};
	int ret = 0;

	if (rd_cli_is_json(cli)) {
		rd_cli_put_json(cli, list);
		return 0;
	}
	for (size_t i = 0; i < json_array_size(list) && ret == 0; i++)
		ret = add_row(&rows, json_array_get(list, i));
	if (ret == 0)
		put_rows(&rows);
	rows_free(&rows);
	return ret;
}

void rd_cli_put_fields(struct rd_cli *cli, const json_t *item)
{
	FILE *out = rd_cli_out(cli);
	char buf[CELL_MAX];
	const char *key;
	json_t *value;
	void *object;

	memcpy(&object, &item, sizeof(item)); // jansson's iteration takes no const
	json_object_foreach (object, key, value) {
		rd_cell_text(value, buf, sizeof(buf));
		fprintf(out, "%-14s %s\n", key, buf);
	}
}

static int put_fields(void *arg, const json_t *item)
{
	rd_cli_put_fields(arg, item);
	return 0;
}

int rd_cli_show_fields(struct rd_cli *cli, const char *method, json_t *params, struct rd_err *err)
{
	if (rd_cli_is_json(cli))
		return show_json(cli, method, params, err);
	return rd_cli_call(cli, method, params, put_fields, cli, NULL, err);
}

static int collect(void *arg, const json_t *item)
{
	json_t *copy = json_deep_copy(item);

	return json_array_append_new(arg, copy) < 0 ? -ENOMEM : 0;
}

json_t *rd_cli_fetch(struct rd_cli *cli, const char *method, json_t *params, struct rd_err *err)
{
	json_t *list = json_array();

	if (list == NULL) {
		json_decref(params);
		rd_err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	if (rd_cli_call(cli, method, params, collect, list, NULL, err) < 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}
