/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The reasons of --drop, see drops.h. Main thread.
 */
#include "drops.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIST_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_,*"

// Words of filters are in lower case.
bool pk_drops_is_list(const char *s)
{
	return s[0] >= 'A' && s[0] <= 'Z' && s[strspn(s, LIST_CHARS)] == '\0';
}

static int add_word(struct pk_drops *d, const char *word, struct rd_err *err)
{
	size_t len = strlen(word);
	bool prefix = len > 0 && word[len - 1] == '*', found = false;

	for (unsigned i = 0; i < rd_drops_count; i++) {
		const struct rd_drop_desc *r = &rd_drops[i];

		if (prefix ? strncasecmp(r->name, word, len - 1) != 0
			   : strcasecmp(r->name, word) != 0)
			continue;
		d->mask[r->id / 64] |= UINT64_C(1) << (r->id % 64);
		found = true;
	}
	if (found)
		return 0;
	rd_err_set(err, -EINVAL, "no drop reason is named %s", word);
	rd_err_hint(err, "reddot show drop all");
	return -EINVAL;
}

int pk_drops_add(struct pk_drops *d, const char *arg, struct rd_err *err)
{
	char *copy, *save = NULL;
	int rc = 0;

	d->given = true;
	if (arg == NULL)
		return 0;
	d->some = true;
	copy = strdup(arg);
	if (copy == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for the drop reasons");
	for (char *w = strtok_r(copy, ",", &save); w != NULL && rc == 0;
		w = strtok_r(NULL, ",", &save))
		rc = add_word(d, w, err);
	free(copy);
	return rc;
}

bool pk_drops_wants(const struct pk_drops *d, unsigned reason)
{
	return !d->some || (reason < RD_DROP_MAX && (d->mask[reason / 64] >> (reason % 64) & 1));
}
