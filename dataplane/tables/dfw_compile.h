/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From the model to what workers use, in three steps: a rule becomes terms (dfw_expand.c: groups and services resolved,
 * every combination of source, destination and service), the rules that apply to a port become a rule set
 * (dfw_build.c, dfw_acl.c), and all ports' sets a policy (dfw_publish.c). Control thread.
 */
#pragma once

#include "tables/dfw_model.h"

#define RD_DFW_TERMS_MAX 16384 // of one rule
#define RD_DFW_SET_TERMS_MAX 262144 // of one rule set
#define RD_DFW_FLAT_MAX 32 // terms that are tried one by one; more make a trie

struct rd_dfw_term {
	uint32_t rule; // position in the rule set
	uint8_t dir; // enum rd_dfw_dir
	uint8_t family; // AF_INET, AF_INET6; 0 = any; RD_DFW_L2: MACs, ethertype in sport_lo
	uint8_t proto; // 0 = any
	bool l4; // ports (ICMP: type, code) count: only packets whose are known match
	uint8_t src_len, dst_len;
	uint16_t sport_lo, sport_hi, dport_lo, dport_hi;
	uint8_t src[16], dst[16];
	uint16_t pad; // zero: terms are compared byte by byte
};
_Static_assert(sizeof(struct rd_dfw_term) == 52, "no holes");

struct rd_dfw_crule { // shared by rule sets; what two rules have alike has the same address
	uint32_t refs;
	uint32_t id;
	uint16_t slot;
	uint8_t action;
	bool log, l2;
	uint32_t nb;
	struct rd_dfw_term term[];
};
void rd_dfw_crule_put(struct rd_dfw_crule *c); // NULL is fine

// Brings r->compiled up to date; a result that is the same as before stays where it is. 0 or -errno and *err.
int rd_dfw_expand(const struct rd_dfw_model *m, struct rd_dfw_rule *r, struct rd_err *err);

struct rd_dfw_want { // a rule set to be had; two that are equal are the same set
	struct rd_dfw_verdict dflt;
	struct rd_conn_limits limits;
	bool stateful;
	uint32_t nb;
	uint64_t hash; // of the list
	struct rd_dfw_crule **rule;
};
struct rd_dfw_rules {
	struct rd_dfw_want want; // with a list of its own
	bool used; // dfw_publish.c looks for those that are not
};
struct rd_dfw *rd_dfw_build(const struct rd_dfw_want *want, struct rd_err *err);
bool rd_dfw_is(const struct rd_dfw *d, const struct rd_dfw_want *want);
void rd_dfw_free(struct rd_dfw *d); // NULL is fine

// dfw_acl.c: tries of d->flat's terms, nb of them, into d->acl.
int rd_dfw_acl_build(
	struct rd_dfw *d, const struct rd_dfw_term *term, uint32_t nb, struct rd_err *err);
void rd_dfw_acl_free(struct rd_dfw *d);

// dfw_publish.c: compiles m and puts it in force; m is the policy then, and what was is freed. On error nothing happens.
int rd_dfw_publish(struct rd_dfw_model *m, struct rd_err *err);
// dfw_edit.c
void rd_dfw_transaction_end(void); // without effect
void rd_dfw_draft_forget(uint16_t port); // the port is gone
