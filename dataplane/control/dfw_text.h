/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text forms of firewall rule fields, for dfw.list and running_config.
 */
#pragma once

#include <stdint.h>

#include "base/str.h"

const char *rd_dfw_proto_text(uint8_t proto, char buf[8]);
int rd_dfw_proto_parse(const char *text, uint8_t *proto); // -EINVAL
const char *rd_dfw_action_text(unsigned action);
const char *rd_dfw_dir_text(unsigned dir);
const char *rd_dfw_range_text(uint16_t lo, uint16_t hi, char buf[12]);
const char *rd_dfw_prefix_text(
	uint8_t family, const uint8_t *addr, uint8_t len, char buf[RD_PREFIX_TEXT]);
