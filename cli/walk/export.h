/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Walks as files for other people: text, JSON, pcapng, Graphviz, and one HTML page that asks nobody for anything. Names and packets
 * are hostile in all of them. Used by the command and by the full-screen walk; one thread.
 */
#pragma once

#include <stdio.h>

#include "base/err.h"
#include "walk/store.h"

#define RD_EXPORT_PAGE 200u // walks that a page or a graph takes

enum rd_export_form {
	RD_EXPORT_TEXT,
	RD_EXPORT_JSON,
	RD_EXPORT_DOT,
	RD_EXPORT_HTML,
	RD_EXPORT_PCAPNG,
	RD_EXPORT_FORMS
};

struct rd_export {
	const struct rd_store *store;
	uint64_t first, last; // numbers of walks; those that the filter hides are left out
	bool marked; // only marked ones, also hidden
	const char *source; // where they come from, for people
};

// By its word, or by the end of a file's name ("x.html"); RD_EXPORT_FORMS if it is none.
enum rd_export_form rd_export_form(const char *word);
enum rd_export_form rd_export_form_of_name(const char *path);
// Writes to a stream. 0 or a negative errno with *err: -E2BIG for a page of too many walks.
int rd_export(FILE *out, enum rd_export_form form, const struct rd_export *e, struct rd_err *err);
// The same into a file. fresh: fails if there is one.
int rd_export_file(const char *path, bool fresh, enum rd_export_form form,
	const struct rd_export *e, struct rd_err *err);

// For export*.c: the next walk from this number on, NULL behind the last.
const struct rd_wk *rd_export_next(const struct rd_export *e, uint64_t from);
// One walk.
void rd_export_text(FILE *out, const struct rd_wk *w);
void rd_export_dot(FILE *out, const struct rd_wk *w);
void rd_export_page_begin(FILE *out, const struct rd_export *e);
void rd_export_page_walk(FILE *out, const struct rd_wk *w);
void rd_export_page_end(FILE *out);
void rd_export_picture(FILE *out, const struct rd_wk *w); // SVG
void rd_export_bytes(FILE *out, const struct rd_wk *w, unsigned hop); // a table
void rd_export_escaped(FILE *out, const char *text); // for HTML and SVG
json_t *rd_export_json(const struct rd_wk *w); // NULL when out of memory
int rd_export_pcapng(FILE *out, const struct rd_export *e);
