/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One JSON object per record and line. Numbers as integers, times in ns. Main thread.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "decode/oneline.h"
#include "out.h"
#include "text.h"

struct json_out {
	struct pk_out out;
	struct rd_oneline *oneline;
	bool hex;
};

static const char *direction(const struct pk_rec *r)
{
	switch (r->rec->dir) {
	case RD_CAP_DIR_RX:
		return "rx";
	case RD_CAP_DIR_TX:
		return "tx";
	default:
		return "";
	}
}

// What was captured of the frame, as one row of hex digits.
static void add_bytes(json_t *o, const struct pk_rec *r)
{
	size_t size = 2 * (size_t)r->rec->cap_len + 1;
	char *text = malloc(size);

	if (text != NULL)
		json_object_set_new(
			o, "hex", json_string(rd_fmt_hex(r->bytes, r->rec->cap_len, text, size)));
	free(text);
}

static json_t *object_of(struct json_out *j, const struct pk_rec *r)
{
	const struct rd_cap_rec *rec = r->rec;
	char summary[RD_ONELINE_MAX];
	json_t *o;

	rd_oneline_frame(
		j->oneline, r->bytes, rec->cap_len, rec->wire_len, summary, sizeof(summary));
	o = json_pack("{s:I, s:s, s:s, s:I, s:s, s:s, s:i, s:i}", "ns", (json_int_t)rec->ns,
		"stage", r->stage->name, "port", r->port != NULL ? r->port->qname : "", "port_id",
		(json_int_t)rec->port_id, "host", pk_rec_host(r), "dir", direction(r), "len",
		(int)rec->wire_len, "caplen", (int)rec->cap_len);
	if (o == NULL)
		return NULL;
	json_object_set_new(o, "packet_id", json_integer((json_int_t)rec->packet_id));
	json_object_set_new(o, "parent_id", json_integer((json_int_t)rec->parent_id));
	json_object_set_new(o, "made", json_boolean(pk_rec_is_made(r)));
	json_object_set_new(o, "flow", json_integer(rec->flow_id));
	json_object_set_new(o, "flow_hit", json_string(pk_rec_flow_hit(r)));
	json_object_set_new(o, "vni", json_integer(rec->vni));
	json_object_set_new(o, "rule", json_integer(rec->rule_id));
	json_object_set_new(o, "reason", json_string(pk_reason_name(rec->reason)));
	json_object_set_new(o, "verdict", json_string(pk_rec_verdict(r)));
	json_object_set_new(o, "hop", json_integer(rec->hop));
	json_object_set_new(o, "prev_stage", json_string(pk_stage_name(rec->prev_stage)));
	json_object_set_new(o, "guest_dir", json_string(pk_rec_guest_dir(r)));
	json_object_set_new(o, "queue", json_integer(rec->queue));
	json_object_set_new(o, "worker", json_integer(rec->worker));
	json_object_set_new(o, "polled_by", json_integer(pk_rec_polled_by(r)));
	json_object_set_new(o, "hash_source", json_string(pk_rec_hash_source(r)));
	json_object_set_new(
		o, "handed_to", json_integer(rec->lcore & RD_CAP_HANDED ? rec->worker : -1));
	json_object_set_new(o, "forwarded_by", json_integer(rec->worker));
	json_object_set_new(o, "txq", json_string(pk_rec_txq(r)));
	json_object_set_new(o, "lost", json_integer(rec->lost));
	json_object_set_new(o, "one_in", json_integer(rec->one_in > 1 ? rec->one_in : 1));
	json_object_set_new(o, "match", json_string(pk_rec_match(r)));
	json_object_set_new(o, "inner", json_boolean(rec->flags & RD_CAP_F_INNER));
	if (r->decap[0] != '\0')
		json_object_set_new(o, "decap", json_string(r->decap));
	json_object_set_new(o, "summary", json_string(summary));
	if (j->hex)
		add_bytes(o, r);
	return o;
}

static int record(struct pk_out *out, const struct pk_rec *r, struct rd_err *err)
{
	json_t *o = object_of((struct json_out *)out, r);
	char *line = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	int rc;

	json_decref(o);
	if (line == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for a record");
	rc = pk_text_line(line, strlen(line), err);
	free(line);
	if (rc == 0)
		out->written++;
	return rc;
}

static void json_free(struct pk_out *out)
{
	rd_oneline_free(((struct json_out *)out)->oneline);
	free(out);
}

static const struct pk_out_ops ops = {record, pk_text_out_flush, pk_text_out_finish, json_free};

struct pk_out *pk_out_json_new(bool hex, struct rd_err *err)
{
	struct json_out *j = calloc(1, sizeof(*j));

	if (j != NULL)
		j->oneline = rd_oneline_new();
	if (j == NULL || j->oneline == NULL) {
		free(j);
		rd_err_set(err, -ENOMEM, "no memory for the output");
		return NULL;
	}
	j->hex = hex;
	j->out.ops = &ops;
	return &j->out;
}
