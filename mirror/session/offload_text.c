/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is shown of sessions in cards: words, and the recipes that were refused. Control thread.
 */
#include <stdio.h>
#include <string.h>

#include "session/offload_priv.h"

static const char *const recipe_names[RD_RECIPES] = {
	"", "R1 full-hw", "R2 hybrid-queue", "R3 hybrid-port", "R4 mark-only", "R5 sw"};
static const char *const path_names[] = {"sw", "hybrid", "hw"};
static const char *const proof_names[] = {"none yet: no packet has matched",
	"none: its rule cannot count", "its counter moves", "a frame was sent through"};
static const char *const phase_names[] = {"session", "probe", "validate", "create", "run"};

const char *rd_recipe_name(unsigned recipe)
{
	return recipe < RD_RECIPES ? recipe_names[recipe] : "";
}

const char *rd_recipe_word(unsigned recipe)
{
	return recipe == RD_RECIPE_NONE || recipe >= RD_RECIPES ? "" : recipe_names[recipe] + 3;
}

const char *rd_path_name(unsigned path)
{
	return path <= RD_PATH_HW ? path_names[path] : "";
}

const char *rd_proof_name(unsigned proof)
{
	return proof <= RD_PROOF_PROBED ? proof_names[proof] : "";
}

const char *rd_offload_shown(const struct rd_offload_result *r)
{
	bool proven = r->proof == RD_PROOF_COUNTED || r->proof == RD_PROOF_PROBED;

	return r->path == RD_PATH_SW || proven ? rd_path_name(r->path) : "unproven";
}

const char *rd_offload_summary(const struct rd_offload_session *s)
{
	const char *all = "sw";

	for (unsigned i = 0; s != NULL && i < s->nb; i++) {
		const char *one = rd_offload_shown(&s->points[i].result);

		if (i != 0 && strcmp(one, all) != 0)
			return "partial";
		all = one;
	}
	return all;
}

const char *rd_flow_phase_name(unsigned phase)
{
	return phase <= RD_PHASE_RUN ? phase_names[phase] : "";
}

unsigned rd_offload_points(const struct rd_offload_session *s)
{
	return s->nb;
}

const struct rd_offload_point *rd_offload_point(const struct rd_offload_session *s, unsigned i)
{
	return i < s->nb ? &s->points[i].at : NULL;
}

const struct rd_offload_result *rd_offload_result(const struct rd_offload_session *s, unsigned i)
{
	return i < s->nb ? &s->points[i].result : NULL;
}

bool rd_offload_step(
	struct rd_offload_session *s, unsigned i, unsigned step, struct rd_offload_step *out)
{
	const struct rd_flow_step *st;
	const struct rd_flow_reason *why;

	if (i >= s->nb || step >= s->points[i].plan.nb_steps)
		return false;
	st = &s->points[i].plan.step[step];
	why = rd_flow_reason(st->why);
	snprintf(s->step_text, sizeof(s->step_text), "%s", st->fail.message);
	*out = (struct rd_offload_step){.recipe = rd_recipe_name(st->recipe),
		.phase = rd_flow_phase_name(st->phase),
		.word = why->word,
		.meaning = why->meaning,
		.action = why->action,
		.code = rd_err_name(st->fail.code),
		.type = rd_flow_error_type(st->fail.type),
		.message = s->step_text};
	return true;
}

void rd_offload_seen(struct rd_offload_session *s, unsigned i, uint64_t more)
{
	if (i < s->nb)
		s->points[i].seen += more;
}

bool rd_offload_changed(struct rd_offload_session *s)
{
	bool was = s->changed;

	s->changed = false;
	return was;
}

unsigned rd_offload_stuck(const struct rd_offload *off)
{
	return off->rules.stuck;
}
