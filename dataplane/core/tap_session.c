/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Capture sessions, the control side: slots, tap sets, rings. Control thread only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/capring_sum.h"
#include "core/stage.h"
#include "core/tap_priv.h"
#include "tables/flow_verdict.h"
#include "tables/generation.h"

#define RING_MIN (64u << 10)
#define RING_MAX (UINT64_C(1) << 30)

#define RENEW_PERIOD 127 // tap sets; twice within the life of a mark

static struct rd_tapset *current; // what every worker has now
static uint32_t changes;
_Static_assert(
	2 * RENEW_PERIOD < RD_TAP_TAGS, "a flow loses its mark before the mark means another set");

// What follows from the list of sessions.
static void set_sum(struct rd_tapset *set)
{
	set->armed = 0;
	set->all = set->outer = set->inner = set->program = set->follow = set->budget = 0;
	set->thins = set->counts = 0;
	for (unsigned i = 0; i < set->nb; i++) {
		struct rd_capture *c = set->session[i];
		uint64_t bit = UINT64_C(1) << c->slot;
		uint32_t where = c->filter.where;
		bool program = c->filter.nb_insns != 0;

		set->armed |= c->stages;
		set->by_slot[c->slot] = c;
		set->all |= !program && (where & RD_FILTER_OUTER) ? bit : 0;
		set->outer |= program && (where & RD_FILTER_OUTER) ? bit : 0;
		set->inner |= where & RD_FILTER_INNER ? bit : 0;
		set->program |= program ? bit : 0;
		set->follow |= c->follow ? bit : 0;
		set->budget |= c->budget.on ? bit : 0;
		set->thins |= c->thins ? bit : 0;
		set->counts |= c->sink == NULL || c->sink->came != NULL ? bit : 0;
	}
}

static struct rd_tapset *set_make(const struct rd_capture *without, struct rd_capture *with)
{
	struct rd_tapset *set = calloc(1, sizeof(*set));

	if (set == NULL)
		return NULL;
	for (unsigned i = 0; current != NULL && i < current->nb; i++)
		if (current->session[i] != without)
			set->session[set->nb++] = current->session[i];
	if (with != NULL)
		set->session[set->nb++] = with;
	set_sum(set);
	return set;
}

// Marks of flows that nobody wants say for which set. Before a number comes round all flows are looked at again, which takes
// the marks from them: twice, as a worker may have the generation before it has the set.
static void apply_all(struct rd_tapset *set)
{
	if (++changes % RENEW_PERIOD == 0)
		rd_generation_next();
	rd_worker_call_all(rd_tap_apply, set);
}

// When this returns every worker uses the new set, and none the old one.
static void set_publish(struct rd_tapset *set)
{
	if (set != NULL && set->nb == 0) {
		free(set);
		set = NULL;
	}
	apply_all(set);
	free(current);
	current = set;
}

// Without memory for a new set: the present one is changed in place while no worker looks at it.
static void set_shrink(const struct rd_capture *without)
{
	struct rd_tapset *set = current;
	unsigned nb = 0;

	if (set == NULL)
		return;
	apply_all(NULL);
	for (unsigned i = 0; i < set->nb; i++)
		if (set->session[i] != without)
			set->session[nb++] = set->session[i];
	set->nb = nb;
	set_sum(set);
	if (nb != 0)
		apply_all(set);
}

// Clients' sessions have the lower half.
static int free_slot(bool sink)
{
	uint64_t used = sink ? UINT32_MAX : ~(uint64_t)UINT32_MAX;

	for (unsigned i = 0; current != NULL && i < current->nb; i++)
		used |= UINT64_C(1) << current->session[i]->slot;
	return used == UINT64_MAX ? -1 : __builtin_ctzll(~used);
}

static int add_points(struct rd_capture *c, const struct rd_capture_opts *o, struct rd_err *err)
{
	for (unsigned i = 0; i < o->nb_points; i++) {
		const struct rd_tap_point *p = &o->points[i];

		if (rd_stage_node(p->stage) == NULL || p->port >= RD_PORT_MAX)
			return rd_err_set(
				err, -EINVAL, "capture point %u has no such stage or port", i);
		c->stages |= UINT64_C(1) << p->stage;
		if (p->port == RD_PORT_NONE)
			c->any_port |= UINT64_C(1) << p->stage;
		else
			c->at_port[p->port] |= UINT64_C(1) << p->stage;
	}
	return c->stages != 0 ? 0 : rd_err_set(err, -EINVAL, "a capture needs at least one point");
}

static uint64_t ring_size(uint64_t want)
{
	uint64_t size = RING_MIN;

	while (size < want && size < RING_MAX)
		size <<= 1;
	return size;
}

static void set_budget(struct rd_tap_budget *b, const struct rd_capture_opts *o)
{
	b->has_packets = o->max_packets != 0;
	b->has_bytes = o->max_bytes != 0;
	b->on = b->has_packets || b->has_bytes;
	b->packets = (int64_t)RTE_MIN(o->max_packets, (uint64_t)INT64_MAX);
	b->bytes = (int64_t)RTE_MIN(o->max_bytes, (uint64_t)INT64_MAX);
}

static void set_cost(struct rd_capture *c, uint32_t per_cent)
{
	c->thins = per_cent != 0;
	for (unsigned i = 0; i < rd_nb_workers; i++)
		rd_thin_init(&c->thin[i], per_cent * (RD_THIN_PPM / 100), rd_tsc_hz());
}

// Without memory filters are asked for every packet.
static void remember_answers(void)
{
	for (unsigned i = 0; i < rd_nb_workers; i++)
		(void)rd_flow_verdict_create(rd_workers[i]->flows);
}

static struct rd_capture *capture_new(
	const struct rd_capture_opts *opts, int slot, struct rd_err *err)
{
	struct rd_capture *c = calloc(1, sizeof(*c));

	if (c == NULL || slot < 0) {
		rd_err_set(err, c == NULL ? -ENOMEM : -EBUSY,
			opts->sink != NULL ? "no room for another mirror session"
					   : "no room for another capture session");
		if (opts->sink == NULL)
			rd_err_hint(err,
				"at most %d at once; show capture, then capture stop SESSION",
				RD_CAPTURE_MAX);
		free(c);
		return NULL;
	}
	if (add_points(c, opts, err) < 0) {
		free(c);
		return NULL;
	}
	c->slot = (uint32_t)slot;
	c->sink = opts->sink;
	c->sink_arg = opts->sink_arg;
	c->follow = opts->follow;
	c->snaplen = opts->snaplen;
	c->by_reason = opts->reasons != NULL;
	if (c->by_reason)
		memcpy(c->reasons, opts->reasons, sizeof(c->reasons));
	set_budget(&c->budget, opts);
	set_cost(c, opts->max_cost);
	return c;
}

// In place of `old`, NULL = of none. The filter is the session's then.
static int capture_arm(struct rd_capture *c, struct rd_capture_opts *opts, struct rd_capture *old,
	struct rd_err *err)
{
	struct rd_tapset *set;

	c->filter = opts->filter;
	set = set_make(old, c);
	if (set == NULL) {
		c->filter = (struct rd_filter){0};
		return rd_err_set(err, -ENOMEM, "out of memory");
	}
	opts->filter = (struct rd_filter){0}; // ours now
	if (c->filter.nb_insns != 0)
		remember_answers();
	c->armed = true;
	set_publish(set);
	if (old != NULL)
		old->armed = false;
	return 0;
}

struct rd_capture *rd_capture_start(
	struct rd_capture_opts *opts, uint32_t session, int *fd, struct rd_err *err)
{
	struct rd_capture *c = capture_new(opts, free_slot(false), err);
	int ret;

	if (c == NULL)
		return NULL;
	ret = rd_capring_create(&c->ring, session, rd_nb_workers, ring_size(opts->ring_size));
	if (ret < 0) {
		rd_err_set(err, ret, "no memory for the capture ring");
		rd_err_hint(err, "a smaller ring_size");
		free(c);
		return NULL;
	}
	if (capture_arm(c, opts, NULL, err) < 0) {
		rd_capring_destroy(&c->ring);
		free(c);
		return NULL;
	}
	*fd = c->ring.fd;
	return c;
}

struct rd_capture *rd_sink_start(
	struct rd_capture_opts *opts, struct rd_capture *old, struct rd_err *err)
{
	struct rd_capture *c =
		capture_new(opts, old != NULL ? (int)old->slot : free_slot(true), err);

	if (c == NULL || capture_arm(c, opts, old, err) == 0)
		return c;
	free(c);
	return NULL;
}

void rd_capture_disarm(struct rd_capture *c, enum rd_capring_end why)
{
	struct rd_tapset *set;

	if (!c->armed)
		return;
	set = set_make(c, NULL);
	if (set != NULL)
		set_publish(set);
	else
		set_shrink(c);
	c->armed = false;
	if (c->sink == NULL)
		rd_capring_end(&c->ring, why);
}

int rd_capture_fd(const struct rd_capture *c)
{
	return c->ring.fd;
}

enum rd_capring_end rd_capture_spent(const struct rd_capture *c)
{
	return (enum rd_capring_end)__atomic_load_n(&c->budget.spent, __ATOMIC_RELAXED);
}

uint64_t rd_capture_waiting(const struct rd_capture *c, uint64_t *room)
{
	uint64_t sum = 0;

	*room = 0;
	for (unsigned i = 0; i < c->ring.nb_rings; i++) {
		const struct rd_capring_prod *p = &c->ring.ring[i];
		uint64_t used = __atomic_load_n(&p->ctl->head, __ATOMIC_RELAXED)
			- __atomic_load_n(&p->ctl->tail, __ATOMIC_RELAXED);

		sum += RTE_MIN(used, p->size); // both are the client's to write
		*room += p->size;
	}
	return sum;
}

void rd_capture_stop(struct rd_capture *c)
{
	if (c == NULL)
		return;
	rd_capture_disarm(c, RD_CAPRING_END_STOPPED);
	if (c->sink == NULL)
		rd_capring_destroy(&c->ring);
	rd_filter_free(&c->filter);
	free(c);
}

struct rd_capring_stage rd_capture_totals(const struct rd_capture *c, unsigned stage)
{
	struct rd_capring_stage sum = {0};

	for (unsigned i = 0; i < rd_nb_workers; i++)
		rd_capring_stage_add(&sum, &c->stats[i][stage]);
	return sum;
}

struct rd_capring_cost rd_capture_costs(const struct rd_capture *c, unsigned stage)
{
	struct rd_capring_cost sum = {0};

	for (unsigned i = 0; i < rd_nb_workers; i++)
		rd_capring_cost_add(&sum, &c->cost[i][stage]);
	return sum;
}

uint32_t rd_capture_one_in(const struct rd_capture *c)
{
	uint32_t most = 1;

	for (unsigned i = 0; i < rd_nb_workers; i++)
		most = RTE_MAX(most, __atomic_load_n(&c->thin[i].one_in, __ATOMIC_RELAXED));
	return most;
}

// A worker may look meanwhile. The port is gone, so nothing more is seen at it.
void rd_tap_forget_port(uint16_t port)
{
	for (unsigned i = 0; current != NULL && i < current->nb; i++)
		__atomic_store_n(&current->session[i]->at_port[port], 0, __ATOMIC_RELAXED);
}

bool rd_tap_armed(unsigned stage)
{
	return current != NULL && (current->armed >> stage & 1);
}
