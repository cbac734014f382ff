/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stages of a pipe that look at records: match, except, count, last, save. Each holds no more than it must.
 */
#include "engine/pipe.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

static struct rd_stage *stage_new(size_t size, const struct rd_stage_ops *ops)
{
	struct rd_stage *s = calloc(1, size);

	if (s != NULL)
		s->ops = ops;
	return s;
}

static void stage_free(struct rd_stage *s)
{
	free(s);
}

struct match {
	struct rd_stage stage;
	regex_t re;
	bool invert;
	bool taken; // the record whose further pieces come
	char *head; // waits for a line below it
};

static int match_open(struct rd_stage *s, struct rd_err *err)
{
	struct match *m = (struct match *)s;

	(void)err;
	free(m->head);
	m->head = NULL;
	return 0;
}

// A heading without lines says nothing: it waits for the first.
static void match_record(struct rd_stage *s, const char *text, size_t len, unsigned flags)
{
	struct match *m = (struct match *)s;

	if (flags & RD_RECORD_HEAD) {
		free(m->head);
		m->head = strndup(text, len);
		return;
	}
	if (!(flags & RD_RECORD_REST))
		m->taken = (regexec(&m->re, text, 0, NULL, 0) == 0) != m->invert;
	if (!m->taken)
		return;
	if (m->head != NULL)
		rd_stage_pass(s, m->head, strlen(m->head), RD_RECORD_HEAD);
	free(m->head);
	m->head = NULL;
	rd_stage_pass(s, text, len, flags);
}

static void match_free(struct rd_stage *s)
{
	struct match *m = (struct match *)s;

	regfree(&m->re);
	free(m->head);
	free(m);
}

struct rd_stage *rd_stage_match(const char *expression, bool invert, struct rd_err *err)
{
	static const struct rd_stage_ops ops = {match_open, match_record, NULL, match_free};
	struct match *m = (struct match *)stage_new(sizeof(*m), &ops);
	char why[128];
	int rc;

	if (m == NULL)
		return NULL;
	rc = regcomp(&m->re, expression, REG_EXTENDED | REG_NOSUB | REG_NEWLINE | REG_ICASE);
	if (rc == 0) {
		m->invert = invert;
		return &m->stage;
	}
	regerror(rc, &m->re, why, sizeof(why));
	rd_err_set(err, -EINVAL, "\"%.60s\" is no regular expression: %s", expression, why);
	rd_err_hint(err, "a backslash in front of a sign that is meant as it stands: \\[");
	free(m);
	return NULL;
}

struct count {
	struct rd_stage stage;
	size_t n;
};

static int count_open(struct rd_stage *s, struct rd_err *err)
{
	(void)err;
	((struct count *)s)->n = 0;
	return 0;
}

static void count_record(struct rd_stage *s, const char *text, size_t len, unsigned flags)
{
	(void)text;
	((struct count *)s)->n += len > 0 && !(flags & (RD_RECORD_HEAD | RD_RECORD_REST));
}

static void count_end(struct rd_stage *s)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%zu", ((struct count *)s)->n);

	rd_stage_pass(s, text, (size_t)len, 0);
}

struct rd_stage *rd_stage_count(void)
{
	static const struct rd_stage_ops ops = {count_open, count_record, count_end, stage_free};

	return stage_new(sizeof(struct count), &ops);
}

struct kept {
	char *text;
	size_t len;
	unsigned flags;
};

struct last {
	struct rd_stage stage;
	struct kept *v; // a ring
	size_t max, n, first, bytes;
	char *head; // of the table that they are from
};

static void last_drop(struct last *l)
{
	struct kept *k = &l->v[l->first];

	l->bytes -= k->len;
	free(k->text);
	k->text = NULL;
	l->first = (l->first + 1) % l->max;
	l->n--;
}

static int last_open(struct rd_stage *s, struct rd_err *err)
{
	struct last *l = (struct last *)s;

	(void)err;
	while (l->n > 0)
		last_drop(l);
	free(l->head);
	l->head = NULL;
	return 0;
}

static void last_record(struct rd_stage *s, const char *text, size_t len, unsigned flags)
{
	struct last *l = (struct last *)s;
	char *copy = strndup(text, len);

	if (copy == NULL) {
		rd_err_set(&s->pipe->fault, -ENOMEM, "out of memory");
	} else if (flags & RD_RECORD_HEAD) {
		free(l->head);
		l->head = copy;
	} else {
		while (l->n == l->max || (l->n > 0 && l->bytes + len > RD_PIPE_LAST_BYTES))
			last_drop(l);
		l->v[(l->first + l->n++) % l->max] = (struct kept){copy, len, flags};
		l->bytes += len;
	}
}

static void last_end(struct rd_stage *s)
{
	struct last *l = (struct last *)s;

	if (l->head != NULL && l->n > 0)
		rd_stage_pass(s, l->head, strlen(l->head), RD_RECORD_HEAD);
	while (l->n > 0) {
		struct kept *k = &l->v[l->first];

		rd_stage_pass(s, k->text, k->len, k->flags);
		last_drop(l);
	}
}

static void last_free(struct rd_stage *s)
{
	struct last *l = (struct last *)s;

	last_open(s, NULL);
	free(l->v);
	free(l);
}

struct rd_stage *rd_stage_last(size_t n)
{
	static const struct rd_stage_ops ops = {last_open, last_record, last_end, last_free};
	struct last *l = (struct last *)stage_new(sizeof(*l), &ops);

	if (l == NULL)
		return NULL;
	l->max = n;
	l->v = calloc(n, sizeof(*l->v));
	if (l->v != NULL)
		return &l->stage;
	free(l);
	return NULL;
}

struct save {
	struct rd_stage stage;
	char *path;
	FILE *file;
};

static int save_open(struct rd_stage *s, struct rd_err *err)
{
	struct save *v = (struct save *)s;

	if (v->file != NULL)
		fclose(v->file);
	v->file = fopen(v->path, "we");
	if (v->file != NULL)
		return 0;
	return rd_err_set(err, -errno, "%s can't be written: %s", v->path, strerror(errno));
}

static void save_record(struct rd_stage *s, const char *text, size_t len, unsigned flags)
{
	struct save *v = (struct save *)s;

	(void)flags;
	for (size_t i = 0; i < len; i++)
		if (text[i] != RD_MARK_NOTE)
			putc(text[i], v->file);
	if (len < RD_RECORD_MAX)
		putc('\n', v->file);
}

static void save_end(struct rd_stage *s)
{
	struct save *v = (struct save *)s;
	bool failed = ferror(v->file);

	if (fclose(v->file) != 0 || failed)
		rd_err_set(&s->pipe->fault, -EIO, "%s can't be written to its end: %s", v->path,
			strerror(errno));
	v->file = NULL;
}

static void save_free(struct rd_stage *s)
{
	struct save *v = (struct save *)s;

	if (v->file != NULL)
		fclose(v->file);
	free(v->path);
	free(v);
}

struct rd_stage *rd_stage_save(char *path)
{
	static const struct rd_stage_ops ops = {save_open, save_record, save_end, save_free};
	struct save *v = path != NULL ? (struct save *)stage_new(sizeof(*v), &ops) : NULL;

	if (v == NULL) {
		free(path);
		return NULL;
	}
	v->path = path;
	return &v->stage;
}
