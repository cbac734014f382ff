/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A walk as JSON, see walk_json.h. Main thread.
 */
#include "walk_json.h"

#include <string.h>

#include "base/str.h"
#include "decode/walk_edit.h"

static struct pk_frame frame_of(const struct pk_walk *w, unsigned i)
{
	const struct pk_hop *h = &w->hops[i];

	return (struct pk_frame){h->bytes, h->rec.cap_len, h->rec.wire_len};
}

// Bytes that the stage added, removed and changed: its record against the next one.
static void put_edits(json_t *o, const struct pk_walk *w, unsigned i)
{
	struct pk_frame before = frame_of(w, i), after = frame_of(w, i + 1);
	struct pk_edits e;
	char words[768];

	pk_walk_edits(&before, &after, &e);
	json_object_set_new(o, "added", json_integer(e.added));
	json_object_set_new(o, "removed", json_integer(e.removed));
	json_object_set_new(o, "changed", json_integer(e.changed));
	json_object_set_new(
		o, "what", json_string(pk_walk_diff(&before, &after, words, sizeof(words))));
}

static json_t *hop_json(const struct pk_walk *w, unsigned i)
{
	const struct pk_hop *h = &w->hops[i];
	json_t *o = json_object();

	json_object_set_new(o, "hop", json_integer(h->rec.hop));
	json_object_set_new(o, "stage", json_string(h->r.stage->name));
	json_object_set_new(o, "port", json_string(h->r.port != NULL ? h->r.port->qname : ""));
	json_object_set_new(o, "host", json_string(pk_rec_host(&h->r)));
	json_object_set_new(o, "ns", json_integer((json_int_t)h->rec.ns));
	json_object_set_new(o, "dns",
		json_integer(i > 0 ? (json_int_t)(h->rec.ns - w->hops[i - 1].rec.ns) : 0));
	json_object_set_new(o, "len", json_integer(h->rec.wire_len));
	if (i + 1 < w->count)
		put_edits(o, w, i);
	return o;
}

json_t *pk_walk_json(const struct pk_walk *w, struct rd_oneline *oneline)
{
	struct pk_rec begin = pk_walk_rec(w, 0), last = pk_walk_rec(w, w->count - 1);
	const struct rd_cap_rec *first = &w->hops[0].rec;
	json_t *o = json_object(), *hops = json_array();
	char packet[RD_ONELINE_MAX];

	json_object_set_new(o, "walk", json_integer((json_int_t)w->packet_id));
	json_object_set_new(o, "parent_id", json_integer((json_int_t)first->parent_id));
	json_object_set_new(o, "made_by", json_string(pk_rec_maker(&begin)));
	json_object_set_new(o, "made_rule", json_integer(pk_walk_made_rule(&begin)));
	pk_walk_packet(w, oneline, packet, sizeof(packet));
	json_object_set_new(o, "packet", json_string(packet));
	json_object_set_new(o, "matched", json_string(pk_rec_match(&begin)));
	json_object_set_new(o, "verdict", json_string(pk_rec_verdict(&last)));
	json_object_set_new(o, "reason", json_string(pk_reason_name(last.rec->reason)));
	json_object_set_new(o, "rule", json_integer(last.rec->rule_id));
	json_object_set_new(o, "ns", json_integer((json_int_t)first->ns));
	json_object_set_new(o, "duration_ns", json_integer((json_int_t)(last.rec->ns - first->ns)));
	json_object_set_new(o, "left_out", json_integer(w->left_out));
	for (unsigned i = 0; i < w->count && hops != NULL; i++)
		json_array_append_new(hops, hop_json(w, i));
	if (o == NULL || json_object_set_new(o, "hops", hops) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}
