/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Exports, see export.h: which form, and the walks one after the other.
 */
#include "walk/export.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const words[] = {"text", "json", "dot", "html", "pcapng"};

enum rd_export_form rd_export_form(const char *word)
{
	unsigned i = 0;

	while (i < RD_EXPORT_FORMS && strcmp(word, words[i]) != 0)
		i++;
	return (enum rd_export_form)i;
}

enum rd_export_form rd_export_form_of_name(const char *path)
{
	static const struct {
		const char *end;
		enum rd_export_form form;
	} ends[] = {{".txt", RD_EXPORT_TEXT}, {".json", RD_EXPORT_JSON}, {".dot", RD_EXPORT_DOT},
		{".gv", RD_EXPORT_DOT}, {".html", RD_EXPORT_HTML}, {".htm", RD_EXPORT_HTML},
		{".pcapng", RD_EXPORT_PCAPNG}};
	const char *dot = strrchr(path, '.');

	for (unsigned i = 0; dot != NULL && i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(dot, ends[i].end) == 0)
			return ends[i].form;
	return RD_EXPORT_FORMS;
}

const struct rd_wk *rd_export_next(const struct rd_export *e, uint64_t from)
{
	uint64_t number;

	from = from > e->store->first ? from : e->store->first; // older ones are gone
	number = from > e->last ? 0
		: e->marked	? rd_store_next_mark(e->store, from, 1)
				: rd_store_step(e->store, from, 1);

	return number != 0 && number <= e->last ? rd_store_walk(e->store, number) : NULL;
}

static int put_json(FILE *out, const struct rd_export *e)
{
	const char *before = "{\"v\":1,\"walks\":[\n";
	int ret = 0;

	for (const struct rd_wk *w = rd_export_next(e, e->first); w != NULL && ret == 0;
		w = rd_export_next(e, w->number + 1)) {
		json_t *o = rd_export_json(w);

		fputs(before, out);
		before = ",\n";
		ret = o == NULL ? -ENOMEM : json_dumpf(o, out, JSON_COMPACT | JSON_ENSURE_ASCII);
		json_decref(o);
	}
	fputs(*before == '{' ? "{\"v\":1,\"walks\":[]}\n" : "\n]}\n", out);
	return ret < 0 && !ferror(out) ? -ENOMEM : 0;
}

static void put_each(
	FILE *out, const struct rd_export *e, void (*put)(FILE *out, const struct rd_wk *w))
{
	for (const struct rd_wk *w = rd_export_next(e, e->first); w != NULL;
		w = rd_export_next(e, w->number + 1))
		put(out, w);
}

static int put(FILE *out, enum rd_export_form form, const struct rd_export *e)
{
	switch (form) {
	case RD_EXPORT_JSON:
		return put_json(out, e);
	case RD_EXPORT_DOT:
		fputs("digraph walk {\n\trankdir=LR; node [shape=box fontname=\"sans-serif\"];\n",
			out);
		put_each(out, e, rd_export_dot);
		fputs("}\n", out);
		return 0;
	case RD_EXPORT_HTML:
		rd_export_page_begin(out, e);
		put_each(out, e, rd_export_page_walk);
		rd_export_page_end(out);
		return 0;
	case RD_EXPORT_PCAPNG:
		return rd_export_pcapng(out, e);
	default:
		put_each(out, e, rd_export_text);
		return 0;
	}
}

// How many there are, up to one more than a page takes.
static unsigned count(const struct rd_export *e)
{
	unsigned n = 0;

	for (const struct rd_wk *w = rd_export_next(e, e->first); w != NULL && n <= RD_EXPORT_PAGE;
		w = rd_export_next(e, w->number + 1))
		n++;
	return n;
}

int rd_export(FILE *out, enum rd_export_form form, const struct rd_export *e, struct rd_err *err)
{
	bool page = form == RD_EXPORT_HTML || form == RD_EXPORT_DOT;
	unsigned n = count(e);
	int ret;

	if (n == 0)
		return rd_err_set(err, -ENODATA, "there is no walk to export");
	if (page && n > RD_EXPORT_PAGE) {
		rd_err_set(err, -E2BIG, "a page takes %u walks at most", RD_EXPORT_PAGE);
		rd_err_hint(err, "--id N for one of them, or a filter");
		return -E2BIG;
	}
	errno = 0;
	ret = put(out, form, e);
	if (fflush(out) != 0 || ferror(out))
		return rd_err_set(err, -EIO, "can't be written: %s",
			errno != 0 ? strerror(errno) : "the reader is gone");
	return ret < 0 ? rd_err_set(err, ret, "out of memory") : 0;
}

int rd_export_file(const char *path, bool fresh, enum rd_export_form form,
	const struct rd_export *e, struct rd_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (fresh ? O_EXCL : O_TRUNC), 0644);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	int ret;

	if (out == NULL) {
		ret = rd_err_set(err, -errno, "%s can't be written: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ret;
	}
	ret = rd_export(out, form, e, err);
	if (fclose(out) != 0 && ret == 0)
		ret = rd_err_set(err, -errno, "%s can't be written: %s", path, strerror(errno));
	if (ret < 0)
		rd_err_where(err, "%s", path);
	return ret;
}
