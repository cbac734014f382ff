/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The control part of the daemon: its state, the handlers (one file per noun), and what they share. Everything here
 * belongs to the control thread, which is the main thread and runs the event loop.
 */
#pragma once

#include <event2/event.h>

#include "control/method.h"
#include "tables/names.h"
#include "tables/segment.h"
#include "tables/tunnel.h"

struct rd_ctl_session; // capture_session.h
struct rd_ctl_timer; // ctl_inject.c

struct rd_ctl {
	struct event_base *base;
	bool test; // reddotd --test
	bool stopping;
	struct event *tick; // once a second
	struct event *pages; // control/pages.c
	struct event *mirror_tick; // while there are mirror sessions (ctl_mirror.c)
	struct rd_ctl_session *sessions;
	struct rd_ctl_past *past; // sessions that have ended beside these
	struct rd_ctl_timer *timers;
	uint32_t next_session, next_timer;
	uint32_t flow_generation; // as flow.set gave it last; 0 = never
	uint32_t flow_capacity, flow_idle_s;
};

int rd_ctl_init(struct rd_ctl *ctl, struct event_base *base);
void rd_ctl_fini(struct rd_ctl *ctl); // sessions, timers, ports with their devices
void rd_ctl_stop(struct rd_ctl *ctl); // leaves the event loop; called once the last answer is out
void rd_ctl_conn_closed(
	struct rd_ctl *ctl, const struct rd_conn *conn); // ends its sessions, or keeps them
void rd_ctl_sessions_end(struct rd_ctl *ctl);

// --- references: by parameter, NULL with *req->err when missing, wrong or unknown (control/ref.c) ---
const struct rd_host *rd_req_host(struct rd_request *req, const char *key);
const struct rd_host *rd_req_host_or_null(struct rd_request *req, const char *key); // or absent
struct rd_switch *rd_req_switch(struct rd_request *req, const char *key);
const struct rd_port *rd_req_port(struct rd_request *req, const char *key);
const struct rd_segment *rd_req_segment(struct rd_request *req, const char *key);
const struct rd_tunnel *rd_req_tunnel(struct rd_request *req, const char *key);
const struct rd_tep *rd_req_tep(struct rd_request *req, const char *key);
// Array of port names that must be uplinks of one host: fills team, returns how many.
unsigned rd_req_team(struct rd_request *req, const char *key, uint16_t team[RD_TEAM_MAX]);

// --- names for answers (control/ref.c); "" when there is no such thing ---
#define RD_QNAME_LEN (2 * RD_NAME_LEN + 1)
const char *rd_ctl_switch_qname(const struct rd_switch *sw, char buf[RD_QNAME_LEN]);
const char *rd_ctl_port_qname(uint16_t idx, char buf[RD_QNAME_LEN]);
const char *rd_ctl_segment_qname(const struct rd_segment *s, char buf[RD_QNAME_LEN]);
json_t *rd_json_ports(const uint16_t *idx, unsigned nb, bool qualified); // names
json_t *rd_json_mac(const uint8_t mac[6]);
json_t *rd_json_ip4(const uint8_t ip[4]);

// Text of a tep's Geneve option, "0104:00:a1b2c3d4"; "" if it has none (ctl_tep.c).
const char *ctl_tep_option(const struct rd_tep *t, char *buf, size_t size);
void rd_ctl_timers_end(struct rd_ctl *ctl); // ctl_inject.c
void rd_config_mirrors(struct rd_request *req); // config_mirror.c
void rd_config_workers(struct rd_request *req); // config_worker.c: their lines of running_config

// What reddotd -f needs: runs a method without a socket, with the client library's contract (control/local.c).
int rd_ctl_call(void *ctl, const char *method, json_t *params,
	int (*each)(void *arg, const json_t *item), void *each_arg, json_t **result,
	struct rd_err *err);

#define RD_HANDLER(noun) int ctl_##noun(struct rd_request *req)
#include "control/ctl_daemon.h"
#include "control/ctl_dfw.h"
RD_HANDLER(host_add);
RD_HANDLER(host_del);
RD_HANDLER(host_list);
RD_HANDLER(switch_add);
RD_HANDLER(switch_set);
RD_HANDLER(switch_del);
RD_HANDLER(switch_list);
RD_HANDLER(port_add);
RD_HANDLER(port_set);
RD_HANDLER(port_del);
RD_HANDLER(port_list);
RD_HANDLER(segment_add);
RD_HANDLER(segment_set);
RD_HANDLER(segment_del);
RD_HANDLER(segment_list);
RD_HANDLER(explain_rule);
RD_HANDLER(explain_whatif);
RD_HANDLER(fdb_add);
RD_HANDLER(fdb_del);
RD_HANDLER(fdb_flush);
RD_HANDLER(fdb_list);
RD_HANDLER(tep_add);
RD_HANDLER(tep_del);
RD_HANDLER(tep_list);
RD_HANDLER(tunnel_add);
RD_HANDLER(tunnel_del);
RD_HANDLER(tunnel_list);
RD_HANDLER(flow_list);
RD_HANDLER(flow_stats);
RD_HANDLER(flow_set);
RD_HANDLER(flow_flush);
RD_HANDLER(stage_list);
RD_HANDLER(drop_list);
RD_HANDLER(drop_recent);
RD_HANDLER(drop_hardware);
RD_HANDLER(port_ladder);
RD_HANDLER(probe);
RD_HANDLER(punt_list);
RD_HANDLER(punt_set);
RD_HANDLER(worker_list);
RD_HANDLER(worker_set);
RD_HANDLER(worker_assign);
RD_HANDLER(worker_spread);
RD_HANDLER(worker_queues);
RD_HANDLER(worker_handoff);
RD_HANDLER(worker_balance);
RD_HANDLER(worker_latency);
RD_HANDLER(capture_start);
RD_HANDLER(capture_stop);
RD_HANDLER(capture_list);
RD_HANDLER(capture_show);
RD_HANDLER(capture_attach);
RD_HANDLER(capture_note);
RD_HANDLER(inject);
RD_HANDLER(inject_list);
RD_HANDLER(inject_stop);
RD_HANDLER(mirror_add);
RD_HANDLER(mirror_set);
RD_HANDLER(mirror_rule_add);
RD_HANDLER(mirror_rule_del);
RD_HANDLER(mirror_start);
RD_HANDLER(mirror_stop);
RD_HANDLER(mirror_del);
RD_HANDLER(mirror_limit);
RD_HANDLER(mirror_limit_list);
RD_HANDLER(mirror_list);
RD_HANDLER(mirror_counters);
RD_HANDLER(mirror_journal);
RD_HANDLER(mirror_explain);
RD_HANDLER(mirror_capability);
RD_HANDLER(mirror_diff);
RD_HANDLER(journal_list);
RD_HANDLER(log_list);
RD_HANDLER(log_set);
RD_HANDLER(running_config);
