/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text forms of firewall rule fields, for lists and running_config; and back.
 */
#pragma once

#include <stdint.h>

#include "base/str.h"
#include "control/ctl.h"
#include "tables/dfw_model.h"

const char *rd_dfw_proto_text(uint8_t proto, char buf[8]);
int rd_dfw_proto_parse(const char *text, uint8_t *proto); // -EINVAL
const char *rd_dfw_action_text(unsigned action);
const char *rd_dfw_dir_text(unsigned dir);
const char *rd_dfw_range_text(uint16_t lo, uint16_t hi, char buf[12]);
const char *rd_dfw_prefix_text(
	uint8_t family, const uint8_t *addr, uint8_t len, char buf[RD_PREFIX_TEXT]);

// A service as one word: PROTO, PROTO/DPORT or PROTO/DPORT:SPORT; ICMP: PROTO/TYPE or PROTO/TYPE:CODE. -EINVAL.
#define RD_DFW_SERVICE_TEXT 48
int rd_dfw_service_parse(const char *text, struct rd_dfw_service *s);
// Not of a named one.
const char *rd_dfw_service_text(const struct rd_dfw_service *s, char buf[RD_DFW_SERVICE_TEXT]);
// A prefix, a MAC, or the name of a group of m.
const char *rd_dfw_addr_text(
	const struct rd_dfw_model *m, const struct rd_dfw_addr *a, char buf[RD_DFW_NAME_LEN]);
#define RD_DFW_TARGET_TEXT (RD_QNAME_LEN + 8)
const char *rd_dfw_target_text(
	const struct rd_dfw_model *m, const struct rd_dfw_target *t, char buf[RD_DFW_TARGET_TEXT]);
