/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files that change the firewall policy need from each other. Control thread.
 */
#pragma once

#include "tables/dfw_model.h"

// dfw_model.c. own: a section or a port's record that this model alone has, copied if need be; NULL: no memory (or slots).
struct rd_dfw_section *rd_dfw_section_own(struct rd_dfw_model *m, uint32_t at);
struct rd_dfw_local *rd_dfw_local_own(struct rd_dfw_model *m, uint16_t port);
void rd_dfw_section_put(struct rd_dfw_section *s); // NULL is fine, as for the others
void rd_dfw_local_put(struct rd_dfw_local *l);
void rd_dfw_group_put(struct rd_dfw_group *g);
void rd_dfw_named_put(struct rd_dfw_named *s);
int rd_dfw_vec_insert(struct rd_dfw_vec *v, uint32_t at, struct rd_dfw_rule *r); // -ENOMEM
struct rd_dfw_rule *rd_dfw_vec_remove(struct rd_dfw_vec *v, uint32_t at);

// dfw_local.c
int rd_dfw_service_check(const struct rd_dfw_service *s, struct rd_err *err);
// Gives the rule its slot: that of the rule that it takes the place of (NULL = none), or a new one.
int rd_dfw_rule_slot(struct rd_dfw_rule *r, const struct rd_dfw_rule *old, struct rd_err *err);

struct rd_dfw_rule *rd_dfw_rule_copy(const struct rd_dfw_rule *r); // NULL: no memory

// dfw_names.c
int rd_dfw_ids_put(struct rd_dfw_ids *ids, struct rd_dfw_rule *r); // -ENOMEM
void rd_dfw_ids_del(struct rd_dfw_ids *ids, uint32_t id);
int rd_dfw_ids_copy(struct rd_dfw_ids *to, const struct rd_dfw_ids *from); // -ENOMEM
void rd_dfw_ids_free(struct rd_dfw_ids *ids);
// Sections, groups and services go; ports' own rules stay.
void rd_dfw_clear(struct rd_dfw_model *m);

// dfw_edit.c: as rd_dfw_target_unused(), in one model.
int rd_dfw_target_unused_in(const struct rd_dfw_model *m, enum rd_dfw_target_kind kind,
	uint16_t idx, struct rd_err *err);
