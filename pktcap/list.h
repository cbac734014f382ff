/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What -A and -D print. Main thread.
 */
#pragma once

#include "ports.h"

void pk_list_points(void);
void pk_list_functions(void); // for -f
void pk_list_ports(const struct pk_ports *ports, const char *host);
