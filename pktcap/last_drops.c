/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --last-drops, see last_drops.h. The daemon's items are checked like anything from elsewhere. Main thread.
 */
#include "last_drops.h"

#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "base/str.h"
#include "filter/filter.h"

#define BYTES_MAX 65536u

struct drop { // a record with its bytes
	struct rd_cap_rec rec;
	uint8_t bytes[BYTES_MAX];
};

static uint64_t number_of(const json_t *item, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(item, key));

	return n > 0 ? (uint64_t)n : 0;
}

static uint8_t stage_id(const char *name)
{
	for (unsigned i = 0; i < rd_stages_count; i++)
		if (name != NULL && strcmp(rd_stages[i].name, name) == 0)
			return (uint8_t)rd_stages[i].id;
	return 0;
}

static uint16_t index_of(const struct pk_ports *ports, uint32_t id)
{
	for (unsigned i = 0; i < ports->count; i++)
		if (ports->list[i]->id == id)
			return ports->list[i]->idx;
	return 0;
}

static void make_record(const struct pk_ports *ports, const json_t *item, struct drop *d)
{
	const char *hex = json_string_value(json_object_get(item, "hex"));
	const char *reason = json_string_value(json_object_get(item, "reason"));
	const struct rd_drop_desc *desc = reason != NULL ? rd_drop_by_name(reason) : NULL;
	size_t len = sizeof(d->bytes);

	if (hex == NULL || *hex == '\0' || rd_parse_hex(hex, d->bytes, &len) < 0)
		len = 0;
	d->rec = (struct rd_cap_rec){.hdr_len = sizeof(d->rec),
		.stage = RD_STAGE_DROP,
		.packet_id = number_of(item, "packet_id"),
		.ns = number_of(item, "ns"),
		.wire_len = (uint32_t)number_of(item, "len"),
		.cap_len = (uint32_t)len,
		.port_id = (uint32_t)number_of(item, "port_id"),
		.vni = (uint32_t)number_of(item, "vni"),
		.rule_id = (uint32_t)number_of(item, "rule"),
		.reason = desc != NULL ? desc->id : 0,
		.worker = (uint8_t)number_of(item, "worker"),
		.prev_stage = stage_id(json_string_value(json_object_get(item, "stage")))};
	d->rec.port_idx = index_of(ports, d->rec.port_id);
	if (d->rec.wire_len < len)
		d->rec.wire_len = (uint32_t)len;
	d->rec.inner_off = (uint16_t)rd_pkt_inner(d->bytes, len, d->rec.wire_len, RD_GENEVE_PORT);
}

static bool is_chosen(const struct pk_session *s, const struct rd_filter *f, const struct drop *d)
{
	const struct pk_opts *o = s->opts;

	if (!pk_drops_wants(&o->drops, d->rec.reason))
		return false;
	if (o->nb_select != 0 && !pk_session_asked(s, &d->rec))
		return false;
	return rd_filter_run(f, d->bytes, d->rec.cap_len, d->rec.wire_len, d->rec.inner_off)
		!= RD_FILTER_NO;
}

static int put_all(struct pk_session *s, const json_t *items, const struct rd_filter *f,
	struct drop *d, struct rd_err *err)
{
	int rc = 0;

	for (size_t i = json_array_size(items); i-- > 0 && rc == 0 && !pk_session_enough(s);) {
		make_record(s->ports, json_array_get(items, i), d);
		if (is_chosen(s, f, d))
			rc = pk_session_put(s, &d->rec, err);
	}
	return rc;
}

static int with_items(struct pk_session *s, const json_t *items, struct rd_err *err)
{
	uint32_t where = s->opts->outer_only ? RD_FILTER_OUTER
		: s->opts->inner_only	     ? RD_FILTER_INNER
					     : RD_FILTER_BOTH;
	struct drop *d = malloc(sizeof(*d));
	struct rd_filter f;
	int rc;

	if (d == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for a packet");
	rc = rd_filter_compile(&f, s->opts->filter, where, err);
	if (rc == 0)
		rc = put_all(s, items, &f, d, err);
	rd_filter_free(&f);
	free(d);
	return rc;
}

int pk_last_drops(struct pk_session *s, struct rd_err *err)
{
	json_t *items = rd_client_list(s->client, "drop.recent",
		json_pack("{s:I}", "count", (json_int_t)s->opts->last_drops), err);
	int rc;

	if (items == NULL)
		return err->code;
	rc = with_items(s, items, err);
	json_decref(items);
	return pk_session_finish(s, rc, err);
}
