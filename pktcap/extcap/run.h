/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The capture that Wireshark asked for: from the daemon into Wireshark's pipe. Main thread.
 */
#pragma once

#include "args.h"

// Until Wireshark stops it, or something breaks. 0 or a negative errno with *err.
int ex_run(const struct ex_args *a, struct rd_err *err);
