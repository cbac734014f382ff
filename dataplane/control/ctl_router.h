/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The handlers of routers, interfaces, routes and neighbours, and what they share. Control thread.
 */
#pragma once

#include "control/config_line.h"
#include "control/ctl.h"
#include "tables/neigh.h"
#include "tables/router.h"

// By parameter: NULL with *req->err when missing, wrong or unknown.
const struct rd_router *rd_req_router(struct rd_request *req, const char *key);
const struct rd_rif *rd_req_rif(struct rd_request *req, const char *key);
const struct rd_rif *rd_req_rif_or_null(struct rd_request *req, const char *key); // or absent
// HOST/NAME; "" if there is none.
const char *rd_ctl_router_qname(uint16_t idx, char buf[RD_QNAME_LEN]);
const char *rd_ctl_rif_qname(uint16_t idx, char buf[RD_QNAME_LEN]);

RD_HANDLER(router_add);
RD_HANDLER(router_del);
RD_HANDLER(router_list);
RD_HANDLER(rif_add);
RD_HANDLER(rif_set);
RD_HANDLER(rif_del);
RD_HANDLER(rif_list);
RD_HANDLER(route_add);
RD_HANDLER(route_del);
RD_HANDLER(route_list);
RD_HANDLER(neighbour_add);
RD_HANDLER(neighbour_del);
RD_HANDLER(neighbour_flush);
RD_HANDLER(neighbour_list);
