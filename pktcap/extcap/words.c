/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Makes pktcap's command line, see words.h. Main thread.
 */
#include "words.h"

#include <stdlib.h>
#include <string.h>

#include "api/stages.h"
#include "base/str.h"

static int add(struct ex_words *w, const char *word, struct rd_err *err)
{
	if (w->n == EX_WORDS_MAX)
		return rd_err_set(err, -E2BIG, "more than %d words of options", EX_WORDS_MAX);
	w->v[w->n] = strdup(word);
	if (w->v[w->n] == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for the options");
	w->n++;
	return 0;
}

// Nothing is added for a value that was not given.
static int add_option(struct ex_words *w, const char *name, const char *value, struct rd_err *err)
{
	int rc = 0;

	if (value == NULL)
		return 0;
	rc = add(w, name, err);
	return rc < 0 ? rc : add(w, value, err);
}

static int add_ports(struct ex_words *w, const char *list, struct rd_err *err)
{
	char *copy = strdup(list != NULL ? list : ""), *save = NULL;
	int rc = 0;

	if (copy == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for the options");
	for (char *p = strtok_r(copy, ",", &save); p != NULL && rc == 0;
		p = strtok_r(NULL, ",", &save))
		rc = add_option(w, "--switchport", p, err);
	free(copy);
	return rc;
}

// Without a port there is no "its rx stage": the stages where any port's packets enter, or leave.
static void stages_of_dir(const char *dir, char *buf, size_t size)
{
	unsigned kind = strcmp(dir, "rx") == 0 ? RD_STAGE_KIND_RX : RD_STAGE_KIND_TX;
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < rd_stages_count; i++) {
		if (rd_stages[i].kind == kind)
			rd_str_addf(buf, size, &len, "%s%s", len > 0 ? "," : "", rd_stages[i].name);
	}
}

static int add_where(
	struct ex_words *w, const struct ex_args *a, const struct ex_toolbar *t, struct rd_err *err)
{
	bool one_way = a->dir != NULL && strcmp(a->dir, "both") != 0;
	const char *stage = t->stage[0] != '\0' ? t->stage : a->stage;
	char stages[RD_STAGE_MAX * 20];
	int rc = add_ports(w, a->port, err);

	if (rc == 0)
		rc = add_option(w, "--dir", a->dir, err);
	if (rc < 0)
		return rc;
	if (t->drops)
		return add(w, "--drop", err);
	if (stage == NULL && a->port == NULL && one_way) {
		stages_of_dir(a->dir, stages, sizeof(stages));
		stage = stages;
	}
	return add_option(w, "--capture", stage, err);
}

static int add_which(
	struct ex_words *w, const struct ex_args *a, const struct ex_toolbar *t, struct rd_err *err)
{
	int rc = t->follow ? add(w, "--follow", err) : 0;

	if (rc == 0 && a->match != NULL && strcmp(a->match, "both") != 0) {
		if (strcmp(a->match, "outer") != 0 && strcmp(a->match, "inner") != 0)
			return rd_err_set(err, -EINVAL,
				"--match is both, outer or inner, not %.40s", a->match);
		rc = add(w, strcmp(a->match, "outer") == 0 ? "--outer-only" : "--inner-only", err);
	}
	if (rc == 0)
		rc = add_option(w, "--snaplen", a->snaplen, err);
	if (rc == 0)
		rc = add_option(w, "--buffer-size", a->buffer, err);
	return rc;
}

int ex_words_make(
	struct ex_words *w, const struct ex_args *a, const struct ex_toolbar *t, struct rd_err *err)
{
	const char *host;
	int rc = ex_args_host(a, &host, err);

	memset(w, 0, sizeof(*w));
	if (rc == 0)
		rc = add(w, "pktcap", err);
	if (rc == 0)
		rc = add(w, "--ng", err);
	if (rc == 0)
		rc = add_option(w, "--outfile", "-", err);
	if (rc == 0)
		rc = add_option(w, "--socket", a->socket, err);
	if (rc == 0)
		rc = add_option(w, "--host", host, err);
	if (rc == 0)
		rc = add_where(w, a, t, err);
	if (rc == 0)
		rc = add_which(w, a, t, err);
	if (rc == 0)
		rc = add_option(w, "--meta", a->meta, err);
	if (rc == 0)
		rc = add_option(w, "--comment", a->comment, err);
	return rc < 0 ? rc : add_option(w, "--", a->filter, err);
}

void ex_words_free(struct ex_words *w)
{
	for (int i = 0; i < w->n; i++)
		free(w->v[i]);
	memset(w, 0, sizeof(*w));
}
