/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Groups records into walks and finds what belongs to a step: its port, its flow entry.
 */
#include "walk/model.h"

#include <stdlib.h>
#include <string.h>

const char *rd_rec_str(const json_t *rec, const char *key)
{
	const char *s = json_string_value(json_object_get(rec, key));

	return s != NULL ? s : "";
}

uint64_t rd_rec_num(const json_t *rec, const char *key)
{
	const json_t *v = json_object_get(rec, key);

	return json_is_string(v) ? strtoull(json_string_value(v), NULL, 0)
				 : (uint64_t)json_integer_value(v);
}

// The port of a record: by qualified name, else by number.
static const json_t *find_port(const json_t *ports, const json_t *rec)
{
	const char *name = rd_rec_str(rec, "port"), *host = rd_rec_str(rec, "host");
	uint64_t id = rd_rec_num(rec, "port_id");
	const json_t *p;
	size_t i;

	json_array_foreach (ports, i, p)
		if (*name != '\0' && strcmp(rd_rec_str(p, "qname"), name) == 0)
			return p;
	json_array_foreach (ports, i, p)
		if (id != 0 && rd_rec_num(p, "id") == id
			&& (*host == '\0' || strcmp(rd_rec_str(p, "host"), host) == 0))
			return p;
	return NULL;
}

static struct rd_walk *walk_of(struct rd_walks *w, uint64_t packet_id)
{
	for (unsigned i = 0; i < w->n; i++)
		if (w->walk[i].packet_id == packet_id)
			return &w->walk[i];
	if (w->n == w->cap) {
		unsigned cap = w->cap != 0 ? 2 * w->cap : 16;
		struct rd_walk *grown = realloc(w->walk, cap * sizeof(*grown));

		if (grown == NULL)
			return NULL;
		w->walk = grown;
		w->cap = cap;
	}
	w->walk[w->n] = (struct rd_walk){.packet_id = packet_id};
	return &w->walk[w->n++];
}

static int add_step(struct rd_walk *walk, const struct rd_step *step)
{
	if (walk->n == walk->cap) {
		unsigned cap = walk->cap != 0 ? 2 * walk->cap : 32;
		struct rd_step *grown = realloc(walk->step, cap * sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		walk->step = grown;
		walk->cap = cap;
	}
	walk->step[walk->n++] = *step;
	return 0;
}

int rd_walks_group(struct rd_walks *w)
{
	const json_t *rec;
	size_t i;

	json_array_foreach (w->records, i, rec) {
		struct rd_step step = {
			.rec = rec, .stage = rd_stage_by_name(rd_rec_str(rec, "stage"))};
		struct rd_walk *walk;

		if (step.stage == NULL)
			continue;
		step.port = find_port(w->ports, rec);
		step.ns = rd_rec_num(rec, "ns");
		walk = walk_of(w, rd_rec_num(rec, "packet_id"));
		if (walk == NULL || add_step(walk, &step) < 0)
			return -ENOMEM;
	}
	return 0;
}

void rd_walks_free(struct rd_walks *w)
{
	for (unsigned i = 0; i < w->n; i++)
		free(w->walk[i].step);
	free(w->walk);
	json_decref(w->records);
	json_decref(w->ports);
	json_decref(w->flows);
}

bool rd_step_is_hop(const struct rd_step *s)
{
	return s->stage->kind != RD_STAGE_KIND_IN;
}

unsigned rd_walk_hop(const struct rd_walk *walk, unsigned i)
{
	while (i < walk->n && !rd_step_is_hop(&walk->step[i]))
		i++;
	return i;
}

unsigned rd_walk_hops(const struct rd_walk *walk)
{
	unsigned hops = 0;

	for (unsigned i = rd_walk_hop(walk, 0); i < walk->n; i = rd_walk_hop(walk, i + 1))
		hops++;
	return hops;
}

const char *rd_step_port(const struct rd_step *s)
{
	return s->port != NULL ? rd_rec_str(s->port, "qname") : rd_rec_str(s->rec, "port");
}

const char *rd_step_host(const struct rd_step *s)
{
	return s->port != NULL ? rd_rec_str(s->port, "host") : "";
}

// The entry with this number on this host.
static int flow_by_id(const json_t *flows, uint64_t id, const char *host)
{
	const json_t *f;
	size_t i;

	json_array_foreach (flows, i, f)
		if (rd_rec_num(f, "id") == id && strcmp(rd_rec_str(f, "host"), host) == 0)
			return (int)i;
	return -1;
}

int rd_walk_flow(const struct rd_walks *w, const struct rd_walk *walk, unsigned a, unsigned b)
{
	for (unsigned i = b; i > a; i--) {
		const struct rd_step *s = &walk->step[i < walk->n ? i : walk->n - 1];
		uint64_t id = rd_rec_num(s->rec, "flow");
		int found = id != 0 ? flow_by_id(w->flows, id, rd_step_host(&walk->step[a])) : -1;

		if (found >= 0)
			return found;
	}
	return -1;
}
