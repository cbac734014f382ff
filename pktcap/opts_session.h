/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether the options of sessions, triggers and files go together. Main thread.
 */
#pragma once

#include "opts.h"

int pk_check_session(const struct pk_opts *o, struct rd_err *err); // 0 or -EINVAL
