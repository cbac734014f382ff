/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Changing the firewall policy. Control thread.
 *
 *	struct rd_dfw_model *m = rd_dfw_edit(owner, err);   // a private draft
 *	int rc = m == NULL ? err->code : rd_dfw_local_del(m, port, id, err);
 *
 *	return rd_dfw_done(m, rc, err);                     // compiled and in force, or nothing has changed
 *
 * Between rd_dfw_begin() and rd_dfw_commit() its owner's changes go to one draft, and take effect together.
 */
#pragma once

#include "tables/dfw_model.h"
#include "tables/port.h"

// The policy in force. Never NULL; good until the next change.
const struct rd_dfw_model *rd_dfw_model(void);
// What the owner sees: its draft, or the policy in force.
const struct rd_dfw_model *rd_dfw_model_of(const void *owner);

// A draft of the owner's transaction, or of its own; NULL and *err, -EBUSY while another owner's transaction is open.
struct rd_dfw_model *rd_dfw_edit(const void *owner, struct rd_err *err);
// Ends an edit whose changes gave rc. m may be NULL. 0 or -errno with *err.
int rd_dfw_done(struct rd_dfw_model *m, int rc, struct rd_err *err);

int rd_dfw_begin(
	const void *owner, bool replace, struct rd_err *err); // replace: from an empty policy
int rd_dfw_commit(const void *owner, struct rd_err *err); // on error the transaction stays open
int rd_dfw_abort(const void *owner, struct rd_err *err);
bool rd_dfw_is_open(const void *owner);
void rd_dfw_owner_gone(const void *owner); // its transaction ends without effect

// --- a port's own rules (dfw_local.c). The rule is taken, also when it fails. ---
int rd_dfw_local_add(
	struct rd_dfw_model *m, uint16_t port, struct rd_dfw_rule *r, struct rd_err *err);
int rd_dfw_local_del(struct rd_dfw_model *m, uint16_t port, uint32_t id, struct rd_err *err);
int rd_dfw_local_default(
	struct rd_dfw_model *m, uint16_t port, enum rd_dfw_action action, struct rd_err *err);
int rd_dfw_local_stateful(struct rd_dfw_model *m, uint16_t port, int stateful, struct rd_err *err);
// Packets that this rule of the port has decided; rule 0 = its default.
uint64_t rd_dfw_local_hits(uint16_t port, uint32_t id);

// --- sections and their rules (dfw_rules.c); before NULL or 0: at the end ---
int rd_dfw_section_find(const struct rd_dfw_model *m, const char *name); // -1
// Name, kind and targets as those of `like`; the list of targets is taken when it succeeds.
int rd_dfw_section_add(struct rd_dfw_model *m, const struct rd_dfw_section *like,
	const char *before, struct rd_err *err);
int rd_dfw_section_del(struct rd_dfw_model *m, const char *name, struct rd_err *err);
int rd_dfw_section_move(
	struct rd_dfw_model *m, const char *name, const char *before, struct rd_err *err);
struct rd_dfw_rule *rd_dfw_ids_get(const struct rd_dfw_ids *ids, uint32_t id); // NULL
// The rule is taken, also when it fails.
int rd_dfw_rule_add(struct rd_dfw_model *m, const char *section, struct rd_dfw_rule *r,
	uint32_t before, struct rd_err *err);
int rd_dfw_rule_del(struct rd_dfw_model *m, uint32_t id, struct rd_err *err);
// section NULL: stays in its own.
int rd_dfw_rule_move(struct rd_dfw_model *m, uint32_t id, const char *section, uint32_t before,
	struct rd_err *err);
int rd_dfw_rule_set(struct rd_dfw_model *m, uint32_t id, int disabled, int log,
	struct rd_err *err); // -1: as it is
// What no rule decides, and the mode of ports that say nothing else; -1, NULL: as it is.
int rd_dfw_policy_set(struct rd_dfw_model *m, int action, int log, int stateful,
	const struct rd_conn_limits *limits);

// --- names (dfw_names.c). set: new, or in place of the one with this name; taken, also when it fails ---
uint16_t rd_dfw_group_find(const struct rd_dfw_model *m, const char *name); // 0 = none
uint16_t rd_dfw_service_find(const struct rd_dfw_model *m, const char *name);
int rd_dfw_group_set(struct rd_dfw_model *m, struct rd_dfw_group *g, struct rd_err *err);
// What g has besides, to the group with this name; a new one if there is none.
int rd_dfw_group_add(struct rd_dfw_model *m, struct rd_dfw_group *g, struct rd_err *err);
struct rd_dfw_group *rd_dfw_group_new(
	const char *name); // empty; NULL: no memory, or the name is too long
void rd_dfw_group_free(struct rd_dfw_group *g); // one that was not taken; NULL is fine
void rd_dfw_named_free(struct rd_dfw_named *s);
int rd_dfw_service_set(struct rd_dfw_model *m, struct rd_dfw_named *s, struct rd_err *err);
int rd_dfw_group_del(struct rd_dfw_model *m, const char *name, struct rd_err *err);
int rd_dfw_service_del(struct rd_dfw_model *m, const char *name, struct rd_err *err);

// Whether a list of targets means this port; an empty one means all.
bool rd_dfw_applies(const struct rd_dfw_model *m, const struct rd_dfw_target *t, unsigned nb,
	const struct rd_port *p);
// Rule sets in force, and their terms.
void rd_dfw_sets(unsigned *sets, unsigned *terms);

// --- for port_publish.c ---
// Before the port's record is visible. 0 or -errno with *err.
int rd_dfw_port_update(const struct rd_port *p, struct rd_err *err);
// When no worker sees it any more: its own rules go.
void rd_dfw_port_gone(uint16_t idx);
// 0, or -EBUSY with *err: the policy names this port (segment).
int rd_dfw_target_unused(enum rd_dfw_target_kind kind, uint16_t idx, struct rd_err *err);
void rd_dfw_fini(void); // no worker may run
