/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From the command line's words to capture points. Main thread.
 */
#pragma once

#include "opts.h"
#include "point_names.h"
#include "ports.h"

struct pk_point {
	uint8_t stage; // enum rd_stage
	uint8_t when; // enum pk_when
	const struct pk_port *port; // NULL = every port
};

struct pk_points {
	struct pk_point *list; // unique
	unsigned count;
	const struct pk_port **asked; // the ports that were named, for warnings
	unsigned nb_asked;
	bool some; // of the packets at the points only some are meant: pk_points_have() says which
};

// 0 or a negative errno with *err.
int pk_points_select(struct pk_points *pts, const struct pk_opts *o, const struct pk_ports *ports,
	struct rd_err *err);
void pk_points_free(struct pk_points *pts);
// The points as capture.start wants them; NULL when out of memory.
json_t *pk_points_json(const struct pk_points *pts);

// Whether the record is at one of the points.
bool pk_points_have(const struct pk_points *pts, const struct rd_cap_rec *rec);
