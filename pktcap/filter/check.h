/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The check that a filter program must pass before a worker runs it. Used by filter.c only.
 */
#pragma once

#include "filter/filter.h"

// 0, or -EINVAL with the instruction and the complaint in *err. Assumes 0 < n <= RD_FILTER_MAX_INSNS.
int rd_filter_check(const struct rd_filter_insn *insns, uint32_t n, struct rd_err *err);
