/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The handlers of the firewall's methods, a part of ctl.h. Control thread.
 */
#pragma once

#include "control/method.h"

#define RD_DFW_HANDLER(noun) int ctl_##noun(struct rd_request *req)
RD_DFW_HANDLER(dfw_add);
RD_DFW_HANDLER(dfw_del);
RD_DFW_HANDLER(dfw_default);
RD_DFW_HANDLER(dfw_list);
RD_DFW_HANDLER(conn_flush);
RD_DFW_HANDLER(conn_list);
RD_DFW_HANDLER(conn_stats);
RD_DFW_HANDLER(dfw_abort);
RD_DFW_HANDLER(dfw_begin);
RD_DFW_HANDLER(dfw_commit);
RD_DFW_HANDLER(dfw_counts);
RD_DFW_HANDLER(dfw_load);
RD_DFW_HANDLER(dfw_log);
RD_DFW_HANDLER(dfw_port_set);
RD_DFW_HANDLER(dfw_revision);
RD_DFW_HANDLER(dfw_settings);
RD_DFW_HANDLER(dfw_settings_list);
RD_DFW_HANDLER(dfw_group_add);
RD_DFW_HANDLER(dfw_group_del);
RD_DFW_HANDLER(dfw_group_list);
RD_DFW_HANDLER(dfw_group_set);
RD_DFW_HANDLER(dfw_rule_add);
RD_DFW_HANDLER(dfw_rule_del);
RD_DFW_HANDLER(dfw_rule_list);
RD_DFW_HANDLER(dfw_rule_move);
RD_DFW_HANDLER(dfw_rule_set);
RD_DFW_HANDLER(dfw_section_add);
RD_DFW_HANDLER(dfw_section_del);
RD_DFW_HANDLER(dfw_section_list);
RD_DFW_HANDLER(dfw_section_move);
RD_DFW_HANDLER(dfw_service_del);
RD_DFW_HANDLER(dfw_service_list);
RD_DFW_HANDLER(dfw_service_set);

void rd_dfw_log_drain(void); // ctl_dfw_log.c; once a second
