/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Name check and resolution, shared by switches, ports and segments. Control thread.
 */
#include "tables/names.h"

#include "base/str.h"
#include "tables/port.h"

#include <string.h>

static const char name_chars[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";

int rd_name_check(const char *kind, const char *name, struct rd_err *err)
{
	size_t len = strlen(name);

	if (len >= 1 && len < RD_NAME_LEN && strspn(name, name_chars) == len)
		return 0;
	rd_err_set(err, -EINVAL, "\"%.80s\" can't be the name of a %s", name, kind);
	rd_err_where(err, "name");
	rd_err_hint(err, "1 to 63 letters, digits and . _ : -");
	return -EINVAL;
}

const char *rd_host_name(unsigned idx)
{
	const struct rd_host *h = rd_host_at(idx);

	return h == NULL ? "?" : h->name;
}

const char *rd_name_split(const char *text, uint8_t *host)
{
	const char *slash = strchr(text, '/');

	*host = 0;
	if (slash == NULL)
		return text;
	for (unsigned i = 1; i < RD_HOST_MAX; i++) {
		const struct rd_host *h = rd_host_at(i);

		if (h != NULL && strlen(h->name) == (size_t)(slash - text)
			&& memcmp(h->name, text, (size_t)(slash - text)) == 0) {
			*host = (uint8_t)i;
			return slash + 1;
		}
	}
	return NULL;
}

unsigned rd_name_lookup(const struct rd_kind *kind, uint8_t host, const char *name)
{
	unsigned bound = kind->bound();
	struct rd_named n;

	for (unsigned i = 1; i < bound; i++)
		if (kind->at(i, &n) && n.host == host && strcmp(n.name, name) == 0)
			return i;
	return 0;
}

static int not_found(const struct rd_kind *kind, const char *text, struct rd_err *err)
{
	rd_err_set(err, -ENOENT, "no %s is named %.130s", kind->word, text);
	rd_err_where(err, "%s", kind->word);
	rd_err_hint(err, "show %s", kind->word);
	return -ENOENT;
}

static int ambiguous(
	const struct rd_kind *kind, const char *name, const char *candidates, struct rd_err *err)
{
	rd_err_set(err, -EEXIST, "several %ss are named %s: %s", kind->word, name, candidates);
	rd_err_where(err, "%s", kind->word);
	rd_err_hint(err, "say HOST/NAME");
	return -EEXIST;
}

static int resolve_anywhere(const struct rd_kind *kind, const char *name, struct rd_err *err)
{
	char candidates[160] = "";
	size_t len = 0;
	unsigned found = 0, bound = kind->bound();
	struct rd_named n;
	int idx = 0;

	for (unsigned i = 1; i < bound; i++) {
		if (!kind->at(i, &n) || strcmp(n.name, name) != 0)
			continue;
		rd_str_addf(candidates, sizeof(candidates), &len, "%s%s/%s", found > 0 ? ", " : "",
			rd_host_name(n.host), name);
		found++;
		idx = (int)i;
	}
	if (found == 0)
		return not_found(kind, name, err);
	return found == 1 ? idx : ambiguous(kind, name, candidates, err);
}

int rd_name_resolve(const struct rd_kind *kind, const char *text, struct rd_err *err)
{
	const struct rd_host *def = rd_host_default();
	unsigned idx = 0;
	uint8_t host;
	const char *name = rd_name_split(text, &host);

	if (name == NULL)
		return not_found(kind, text, err);
	if (host != 0) {
		idx = rd_name_lookup(kind, host, name);
		return idx > 0 ? (int)idx : not_found(kind, text, err);
	}
	if (def != NULL)
		idx = rd_name_lookup(kind, def->idx, name);
	return idx > 0 ? (int)idx : resolve_anywhere(kind, name, err);
}
