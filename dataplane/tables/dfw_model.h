/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The firewall policy as people write it: sections of rules, groups, services, and each port's own rules. Control
 * thread only; workers have what is compiled from it (dfw.h).
 *
 * Rules, sections, groups, services are shared between the model in force and a draft that is being changed: each has a
 * count of its users, and one that has several is copied before it is changed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tables/dfw.h"

#define RD_DFW_NAME_LEN 64
#define RD_DFW_GROUP_MAX 4096 // exclusive bound of group and of service indexes
#define RD_DFW_L2 1 // family of a MAC address
#define RD_DFW_LIST_MAX 64 // elements of a list in one rule or section
#define RD_DFW_MEMBERS_MAX 8192 // addresses, or ports and segments, of one group

struct rd_dfw_addr { // an element of a source or destination list
	uint16_t group; // index; 0 = the prefix
	uint8_t family; // AF_INET, AF_INET6, RD_DFW_L2
	uint8_t len;
	uint8_t addr[16];
};

struct rd_dfw_service { // an element of a list of services
	uint16_t named; // index; 0 = what follows
	uint8_t proto; // 0 = any
	uint16_t sport_lo, sport_hi, dport_lo, dport_hi; // 0..65535 = any; ICMP: type, code
};

enum rd_dfw_target_kind {
	RD_DFW_ON_PORT = 1,
	RD_DFW_ON_SEGMENT,
	RD_DFW_ON_GROUP,
};
struct rd_dfw_target { // whom a section or rule applies to, or who is in a group
	uint8_t kind; // enum rd_dfw_target_kind
	uint16_t idx;
};

struct rd_dfw_rule {
	uint32_t refs;
	uint32_t id; // >= 1; unique in the policy, or on its port
	uint16_t slot;
	uint8_t dir; // enum rd_dfw_dir
	uint8_t action; // enum rd_dfw_action
	bool log, disabled, l2;
	bool from_not, to_not; // all but the list's
	uint16_t ethertype; // of an L2 rule, 0 = any
	uint16_t nb_from, nb_to, nb_services,
		nb_targets; // 0 = any; no target = wherever the section applies
	struct rd_dfw_addr *from, *to;
	struct rd_dfw_service *service;
	struct rd_dfw_target *target;
	char name[RD_DFW_NAME_LEN];
	struct rd_dfw_crule *compiled; // what it is worth in terms; NULL = not known yet
	uint32_t
		names_serial; // of the model that it was compiled with; 0 = compiled for another rule object
};

struct rd_dfw_vec { // rules in order
	uint32_t nb, cap;
	struct rd_dfw_rule **v;
};

struct rd_dfw_section {
	uint32_t refs;
	char name[RD_DFW_NAME_LEN];
	bool l2; // rules on MACs
	uint16_t nb_targets; // 0 = all guests
	struct rd_dfw_target *target;
	struct rd_dfw_vec rules;
};

struct rd_dfw_local { // of a port
	uint32_t refs;
	bool has_default; // said so; else the policy's, or allow
	uint8_t default_action;
	uint16_t default_slot;
	int8_t stateful; // -1 = as all
	struct rd_dfw_vec rules;
};

struct rd_dfw_group {
	uint32_t refs;
	char name[RD_DFW_NAME_LEN];
	uint16_t nb_addrs, nb_members, nb_inner;
	struct rd_dfw_addr *addr;
	struct rd_dfw_target *member; // ports and segments
	uint16_t *inner; // groups that it contains, by index; dfw_nest.h
};

struct rd_dfw_named { // a named service
	uint32_t refs;
	char name[RD_DFW_NAME_LEN];
	uint16_t nb;
	struct rd_dfw_service *service;
};

struct rd_dfw_ids { // rules by id; the sections hold the references
	uint32_t nb, cap;
	struct rd_dfw_rule **v;
};

struct rd_dfw_model {
	uint32_t names_serial; // grows when a group or a service changes
	bool stateful; // of ports that do not say otherwise
	bool default_log;
	uint8_t default_action;
	uint16_t default_slot;
	struct rd_conn_limits limits;
	uint32_t nb_sections;
	struct rd_dfw_section **section; // in order
	struct rd_dfw_ids ids; // of the sections' rules
	struct rd_dfw_group *group[RD_DFW_GROUP_MAX];
	struct rd_dfw_named *service[RD_DFW_GROUP_MAX];
	struct rd_dfw_local *local[RD_PORT_MAX];
};

struct rd_dfw_rule *rd_dfw_rule_new(uint32_t id); // inout, allow, any to any; NULL: no memory
void rd_dfw_rule_put(struct rd_dfw_rule *r); // NULL is fine
int rd_dfw_rule_check(const struct rd_dfw_rule *r, struct rd_err *err);
// Position of the rule with this id, -1 if there is none.
int rd_dfw_vec_find(const struct rd_dfw_vec *v, uint32_t id);

// --- changing a draft (dfw_edit.h says how to get one); 0 or -errno with *err, and then nothing has changed ---

struct rd_dfw_model *rd_dfw_model_new(void); // NULL: no memory
struct rd_dfw_model *rd_dfw_model_copy(const struct rd_dfw_model *m);
void rd_dfw_model_free(struct rd_dfw_model *m); // NULL is fine
