/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Firewall rules, groups and services from parameters. Control thread. Faults are remembered in *req->err, as
 * those of other parameters are; what is returned then is still to be freed.
 */
#pragma once

#include "control/method.h"
#include "tables/dfw_edit.h"

// A request for the parameters of one element of an array, with the same answers and errors.
struct rd_request rd_dfw_sub(const struct rd_request *req, json_t *element);
// Puts the place before what the error says: "section web, rule 12: from".
void rd_dfw_blame(struct rd_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// Names are looked up in m. NULL when out of memory, too.
struct rd_dfw_rule *rd_dfw_read_rule(struct rd_request *req, const struct rd_dfw_model *m, bool l2);
struct rd_dfw_group *rd_dfw_read_group(
	struct rd_request *req, const struct rd_dfw_model *m); // addresses, groups of m, members
struct rd_dfw_named *rd_dfw_read_named(struct rd_request *req); // services
enum rd_dfw_action rd_dfw_read_action(struct rd_request *req, const char *key);
int rd_dfw_read_dir(struct rd_request *req, const char *key, unsigned absent);
// name, l2, before and applied_to of a new section; the target list is malloc'ed.
void rd_dfw_read_section(
	struct rd_request *req, const struct rd_dfw_model *m, struct rd_dfw_section *s);
