/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A filter program that lets every packet through that a rule may fit, permit or deny. It reads only what all packets of a flow have
 * in common, so that its answer is remembered with the flow, and packets that no session wants cost nothing. Control thread.
 */
#pragma once

#include "filter/filter.h"
#include "session/spec.h"

// For the rules of several sessions together. 0 or -errno; f->nb_insns 0: every packet is let through.
int mirror_prefilter(struct rd_filter *f, const struct rd_mirror_spec *const *specs, unsigned nb,
	struct rd_err *err);
