/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Finding a port by HOST/NAME, NAME or decimal id. Ids are unique on a host only (both tiers of the demo have a port
 * 100663320), so they go the same way as names. Control thread.
 */
#include "tables/tables.h"

#include "base/str.h"

#include <string.h>

static bool port_named(unsigned idx, struct rd_named *out)
{
	const struct rd_port *p = rd_port_at((uint16_t)idx);

	if (p != NULL)
		*out = (struct rd_named){.host = p->host, .name = p->name};
	return p != NULL;
}

const struct rd_kind rd_kind_port = {"port", port_named, rd_port_bound};

static const struct rd_port *by_id(uint8_t host, uint32_t id)
{
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p != NULL && p->id == id && p->host == host)
			return p;
	}
	return NULL;
}

static const struct rd_port *no_id(const char *text, struct rd_err *err)
{
	rd_err_set(err, -ENOENT, "no port has the id %.130s", text);
	rd_err_where(err, "port");
	rd_err_hint(err, "show port");
	return NULL;
}

static const struct rd_port *by_id_anywhere(uint32_t id, const char *text, struct rd_err *err)
{
	const struct rd_port *found = NULL;
	char candidates[160] = "";
	size_t len = 0;
	unsigned nb = 0;

	for (unsigned h = 1; h < RD_HOST_MAX; h++) {
		const struct rd_port *p = by_id((uint8_t)h, id);

		if (p == NULL)
			continue;
		rd_str_addf(candidates, sizeof(candidates), &len, "%s%s/%s", nb > 0 ? ", " : "",
			rd_host_name(h), p->name);
		found = p;
		nb++;
	}
	if (nb < 2)
		return nb == 1 ? found : no_id(text, err);
	rd_err_set(err, -EEXIST, "several ports have the id %s: %s", text, candidates);
	rd_err_where(err, "port");
	rd_err_hint(err, "say HOST/NAME or HOST/ID");
	return NULL;
}

static const struct rd_port *find_id(const char *text, struct rd_err *err)
{
	const struct rd_host *def = rd_host_default();
	const struct rd_port *p = NULL;
	uint8_t host;
	const char *digits = rd_name_split(text, &host);
	uint32_t id;

	if (digits == NULL || rd_parse_u32(digits, 1, UINT32_MAX, &id) < 0)
		return no_id(text, err);
	if (host != 0) {
		p = by_id(host, id);
		return p != NULL ? p : no_id(text, err);
	}
	if (def != NULL)
		p = by_id(def->idx, id);
	return p != NULL ? p : by_id_anywhere(id, text, err);
}

const struct rd_port *rd_port_find(const char *name, struct rd_err *err)
{
	const char *slash = strchr(name, '/');
	const char *last = slash == NULL ? name : slash + 1;
	int idx;

	// A name of digits only is refused at birth, so these can't be mixed up.
	if (*last != '\0' && last[strspn(last, "0123456789")] == '\0')
		return find_id(name, err);
	idx = rd_name_resolve(&rd_kind_port, name, err);
	return idx < 0 ? NULL : rd_port_at((uint16_t)idx);
}
