/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Calls of a driver's flow functions that give the same kind of answer whatever the driver does: a negative errno, a type, and its words, copied.
 * Control thread only.
 */
#pragma once

#include <stddef.h>

#include "session/flow_ops.h"

#define RD_FLOW_MESSAGE 120

struct rd_flow_dev { // a port, as its driver is spoken to
	const struct rd_flow_ops *ops;
	void *drv;
	uint16_t port; // DPDK's
};

struct rd_flow_fail { // a driver's refusal
	int code; // negative errno, 0 = it did not refuse
	uint8_t type; // enum rte_flow_error_type; what is out of its range counts as UNSPECIFIED
	const void *cause; // only to be compared with pointers into the rule, never followed
	char message[RD_FLOW_MESSAGE]; // the driver's words; empty if it has none
};

struct rd_flow_rule { // in DPDK's words; points into what the caller keeps until the call is over
	struct rte_flow_attr attr;
	const struct rte_flow_item *pattern;
	const struct rte_flow_action *actions;
};

// 0, or fail->code with *fail filled in.
int rd_flow_facts_get(const struct rd_flow_dev *dev, struct rd_flow_facts *out);
int rd_flow_validate(
	const struct rd_flow_dev *dev, const struct rd_flow_rule *rule, struct rd_flow_fail *fail);
int rd_flow_create(const struct rd_flow_dev *dev, const struct rd_flow_rule *rule,
	struct rte_flow **flow, struct rd_flow_fail *fail);
int rd_flow_destroy(
	const struct rd_flow_dev *dev, struct rte_flow *flow, struct rd_flow_fail *fail);
int rd_flow_flush_port(const struct rd_flow_dev *dev, struct rd_flow_fail *fail);
// The packets (and bytes) that the rule with this COUNT has met. -ENODATA: the driver answers without a number.
int rd_flow_count(const struct rd_flow_dev *dev, struct rte_flow *flow, uint64_t *hits,
	uint64_t *bytes, struct rd_flow_fail *fail);
// The port that rules of its switch are given to.
int rd_flow_proxy(const struct rd_flow_dev *dev, uint16_t *port, struct rd_flow_fail *fail);

const char *rd_flow_error_type(unsigned type); // "specific action"
// "ENOTSUP, specific action: \"action not supported\"". Returns buf.
#define RD_FLOW_FAIL_TEXT (RD_FLOW_MESSAGE + 64)
const char *rd_flow_fail_text(const struct rd_flow_fail *fail, char *buf, size_t size);
// A refusal of ours, before any driver is asked.
int rd_flow_fail_set(struct rd_flow_fail *fail, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
