/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Swaps what workers read of mirror sessions, see engine.h. Control thread.
 *
 * Sessions are spread over taps (MIRROR_GROUPS): a tap has a slot in the flow entries' memory of answers, and what is in one is
 * published together. Exclusive sessions, and those of groups, are in one, so that their priority can be kept.
 */
#include "session/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/tap.h"
#include "session/cap.h"
#include "session/copy.h"
#include "session/file.h"
#include "session/pick.h"
#include "session/prefilter.h"

RD_LOG_MODULE(mirror_engine);

static struct {
	struct rd_capture *capture;
	struct mirror_group *group;
} taps[MIRROR_GROUPS];
static struct mirror_run *runs[RD_MIRROR_MAX];
static struct mirror_excludes *excludes;
static uint32_t unarmed; // groups whose tap was taken away for want of memory
_Static_assert(MIRROR_GROUPS <= 32, "a bit for each group");

static unsigned group_of(const struct mirror_run *r)
{
	return r->spec.exclusive || r->spec.once != 0 ? 0 : 1 + r->number % (MIRROR_GROUPS - 1);
}

static int by_priority(const void *a, const void *b)
{
	const struct mirror_run *x = *(struct mirror_run *const *)a;
	const struct mirror_run *y = *(struct mirror_run *const *)b;

	if (x->spec.priority != y->spec.priority)
		return x->spec.priority < y->spec.priority ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

static struct mirror_group *group_make(unsigned which)
{
	struct mirror_group *g = calloc(1, sizeof(*g));

	for (unsigned i = 0; g != NULL && i < RD_MIRROR_MAX; i++)
		if (runs[i] != NULL && group_of(runs[i]) == which)
			g->run[g->nb++] = runs[i];
	if (g != NULL)
		qsort(g->run, g->nb, sizeof(struct mirror_run *), by_priority);
	return g;
}

static unsigned add_points(const struct mirror_run *r, struct rd_tap_point *v)
{
	unsigned nb = 0;

	for (unsigned port = 0; port < RD_PORT_MAX; port++) {
		uint64_t stages = port == RD_PORT_NONE ? r->any_port : r->at_port[port];

		for (; stages != 0; stages &= stages - 1) {
			if (v != NULL)
				v[nb] = (struct rd_tap_point){
					.stage = (uint16_t)__builtin_ctzll(stages),
					.port = (uint16_t)port};
			nb++;
		}
	}
	return nb;
}

// The points of all in the group, malloc'ed; NULL: out of memory.
static struct rd_tap_point *points_of(const struct mirror_group *g, unsigned *nb)
{
	struct rd_tap_point *v;

	*nb = 0;
	for (unsigned i = 0; i < g->nb; i++)
		*nb += add_points(g->run[i], NULL);
	v = calloc(*nb + 1, sizeof(*v));
	*nb = 0;
	for (unsigned i = 0; v != NULL && i < g->nb; i++)
		*nb += add_points(g->run[i], v + *nb);
	return v;
}

// Arms the group's tap in place of the present one. NULL with *err; NULL without: nothing to arm.
static struct rd_capture *arm(struct mirror_group *g, struct rd_capture *old, struct rd_err *err)
{
	const struct rd_mirror_spec *specs[RD_MIRROR_MAX];
	struct rd_capture_opts o = {.sink = &mirror_sink, .sink_arg = g};
	struct rd_tap_point *points = points_of(g, &o.nb_points);
	struct rd_capture *c = NULL;

	o.points = points;
	for (unsigned i = 0; i < g->nb; i++)
		specs[i] = &g->run[i]->spec;
	if (points == NULL)
		rd_err_set(err, -ENOMEM, "out of memory");
	else if (o.nb_points != 0 && mirror_prefilter(&o.filter, specs, g->nb, err) == 0)
		c = rd_sink_start(&o, old, err);
	rd_filter_free(&o.filter);
	free(points);
	return c;
}

// What the ring holds now: other sessions go on filling it, maybe faster than it is emptied.
static void drain(struct rd_worker *w, void *arg)
{
	unsigned left = rte_ring_count(mirror_ring()), n;

	(void)arg;
	for (; left != 0 && (n = mirror_chore(w)) != 0; left -= RTE_MIN(left, n))
		;
}

static void set_chore(struct rd_worker *w, void *arg)
{
	w->chore = arg != NULL ? mirror_chore : NULL;
}

void mirror_owner_call(void (*fn)(struct rd_worker *w, void *arg), void *arg)
{
	rd_worker_call(rd_workers[MIRROR_OWNER], fn, arg);
}

// How many copies of one packet at one stage the sessions can make together.
static unsigned copies_of_all(void)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < RD_MIRROR_MAX; i++)
		if (runs[i] != NULL)
			nb += mirror_copies_of(runs[i]);
	return nb;
}

static bool none_runs(void)
{
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++)
		if (runs[i] != NULL)
			return false;
	return true;
}

// The group's tap as runs[] says; on an error it is as it was. What was before is out of every worker's sight afterwards.
static int regroup(unsigned which, struct rd_err *err)
{
	struct mirror_group *g = group_make(which);
	struct rd_capture *c;

	if (g == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	c = arm(g, taps[which].capture, err);
	if (c == NULL && err->code != 0) {
		free(g);
		return err->code;
	}
	rd_capture_stop(taps[which].capture); // c has its place; or there is nothing any more
	free(taps[which].group);
	taps[which].capture = c;
	taps[which].group = g;
	return 0;
}

// A session has left the group: it must be out of every worker's sight, come what may. Without memory for a smaller tap the whole
// group's is taken away; what is left of it is armed by the next change for which there is memory.
static void shrink(unsigned which)
{
	struct rd_err err = {0};

	if (regroup(which, &err) == 0)
		return;
	rd_log_err("sessions of group %u make no copies for now: %s", which, err.what);
	rd_capture_stop(taps[which].capture);
	free(taps[which].group);
	taps[which].capture = NULL;
	taps[which].group = NULL;
	unarmed |= UINT32_C(1) << which;
}

static void arm_rest(void)
{
	for (unsigned which = 0; which < MIRROR_GROUPS; which++) {
		struct rd_err err = {0};

		if ((unarmed >> which & 1) != 0 && regroup(which, &err) == 0)
			unarmed &= ~(UINT32_C(1) << which);
	}
}

// No worker makes copies for an old run any more; those on their way are sent before it is freed.
static void retire(struct mirror_run *old)
{
	if (old == NULL)
		return;
	mirror_owner_call(drain, NULL);
	(void)mirror_file_drain();
	mirror_run_free(old);
}

static int start_path(struct rd_err *err)
{
	if (mirror_path_init() < 0 || mirror_file_init() < 0) {
		rd_err_set(err, -ENOMEM, "no memory for copies of packets");
		rd_err_hint(err, "reddotd --mem with more");
		return -ENOMEM;
	}
	mirror_owner_call(set_chore, runs);
	return 0;
}

int mirror_engine_put(unsigned number, struct mirror_run *r, struct rd_err *err)
{
	struct mirror_run *old = runs[number];
	int ret = r != NULL ? start_path(err) : 0;

	if (ret < 0 || (old == NULL && r == NULL))
		return ret;
	if (r != NULL)
		r->excludes = excludes;
	runs[number] = r;
	mirror_cap_sessions(copies_of_all());
	if (r != NULL)
		ret = regroup(group_of(r), err);
	if (ret < 0) {
		runs[number] = old;
		mirror_cap_sessions(copies_of_all());
		return ret;
	}
	if (old != NULL && (r == NULL || group_of(old) != group_of(r)))
		shrink(group_of(old));
	retire(old);
	arm_rest();
	if (none_runs())
		mirror_owner_call(set_chore, NULL);
	return 0;
}

void mirror_engine_exclude(struct mirror_excludes *v)
{
	struct mirror_excludes *old = excludes;

	excludes = v;
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++)
		if (runs[i] != NULL)
			__atomic_store_n(&runs[i]->excludes, v, __ATOMIC_RELEASE);
	rd_rcu_synchronize();
	free(old);
}

void mirror_engine_fini(void)
{
	for (unsigned i = 0; i < MIRROR_GROUPS; i++) {
		rd_capture_stop(taps[i].capture);
		free(taps[i].group);
		taps[i].capture = NULL;
		taps[i].group = NULL;
	}
	free(excludes);
	excludes = NULL;
	mirror_file_fini();
	mirror_path_fini();
}
