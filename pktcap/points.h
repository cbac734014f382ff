/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From the command line's words to capture points. Main thread.
 */
#pragma once

#include "opts.h"
#include "ports.h"

struct pk_point {
	uint8_t stage; // enum rd_stage
	const struct pk_port *port; // NULL = every port
};

struct pk_points {
	struct pk_point *list; // unique
	unsigned count;
	const struct pk_port **asked; // the ports that were named, for warnings
	unsigned nb_asked;
};

// 0 or a negative errno with *err.
int pk_points_select(struct pk_points *pts, const struct pk_opts *o, const struct pk_ports *ports,
	struct rd_err *err);
void pk_points_free(struct pk_points *pts);
// The points as capture.start wants them; NULL when out of memory.
json_t *pk_points_json(const struct pk_points *pts);

// Stages that a word means, as a mask: one of our names, or one of pktcap-uw's. 0 if it is not known.
uint64_t pk_stage_words(const char *word);
