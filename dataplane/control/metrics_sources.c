/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which method's fields become which metrics. A new counter of a list method is one line here. Units are Prometheus' base units (bytes,
 * seconds, ratios), and no label's values are without bound.
 */
#include "control/metrics.h"
#include "control/mirror_fates.h"

#include "core/worker.h"

#define RULES_MAX 1000

static const struct rd_metric about[] = {
	{"reddot_info", NULL, "what runs", 'g', NULL, NULL},
};

static const struct rd_metric ports[] = {
	{"reddot_port_received_packets", "rx_packets", "packets from the port into the switch", 'c',
		NULL, NULL},
	{"reddot_port_received_bytes", "rx_bytes", "bytes from the port into the switch", 'c', NULL,
		NULL},
	{"reddot_port_sent_packets", "tx_packets", "packets from the switch to the port", 'c', NULL,
		NULL},
	{"reddot_port_sent_bytes", "tx_bytes", "bytes from the switch to the port", 'c', NULL,
		NULL},
	{"reddot_port_dropped_packets", "drops",
		"packets that were dropped at a stage that names the port", 'c', NULL, NULL},
	{"reddot_port_link_up", "link", "whether the port's link is up", 'b', NULL, NULL},
	{"reddot_port_admin_up", "admin", "whether the port is to be up", 'b', NULL, NULL},
};

static const struct rd_metric stages[] = {
	{"reddot_stage_in_packets", "in", "packets that entered the stage", 'c', NULL, NULL},
	{"reddot_stage_out_packets", "out", "packets that left it for the next one", 'c', NULL,
		NULL},
	{"reddot_stage_consumed_packets", "consumed",
		"packets that ended there, delivered or answered", 'c', NULL, NULL},
	{"reddot_stage_created_packets", "created", "packets that it made, as copies of a flood",
		'c', NULL, NULL},
	{"reddot_stage_dropped_packets", "drops", "packets that it dropped", 'c', NULL, NULL},
	{"reddot_stage_tapped", "tapped", "whether a capture or a mirror looks at it", 'b', NULL,
		NULL},
};

static const struct rd_metric drops[] = {
	{"reddot_dropped_packets", "count", "packets dropped, by reason", 'c', NULL, NULL},
	{"reddot_dropped_bytes", "bytes", "bytes of them", 'c', NULL, NULL},
};

static const struct rd_metric devices[] = {
	{"reddot_device_lost_packets", "count",
		"packets that a port's device says it lost, where its driver counts them", 'c',
		NULL, NULL},
};

static const struct rd_metric workers[] = {
	{"reddot_worker_packets", "packets", "packets that the worker took from its queues", 'c',
		NULL, NULL},
	{"reddot_worker_bursts", "bursts", "bursts that they came in", 'c', NULL, NULL},
	{"reddot_worker_polls", "polls", "rounds over its queues", 'c', NULL, NULL},
	{"reddot_worker_empty_polls", "empty_polls", "rounds that found nothing", 'c', NULL, NULL},
	{"reddot_worker_sleeps", "sleeps", "times that it slept", 'c', NULL, NULL},
	{"reddot_worker_handed_in_packets", "handed_in", "packets that other workers gave it", 'c',
		NULL, NULL},
	{"reddot_worker_handed_out_packets", "handed_out", "packets that it gave to others", 'c',
		NULL, NULL},
	{"reddot_worker_busy_ratio", "busy_permille",
		"part of its time since the start in which it had packets", 'p', NULL, NULL},
	{"reddot_worker_buffers_used", "mbufs_in_use", "packet buffers of the pool in use", 'g',
		NULL, NULL},
	{"reddot_worker_buffers", "mbufs_total", "packet buffers of the pool", 'g', NULL, NULL},
};

static const struct rd_metric latency[] = {
	{"reddot_walk_seconds", NULL, "how long walks through the graph took (show worker latency)",
		'h', NULL, NULL},
};

static const struct rd_metric flows[] = {
	{"reddot_flow_entries", "entries", "entries of the worker's flow cache", 'g', NULL, NULL},
	{"reddot_flow_capacity", "capacity", "entries that it has room for", 'g', NULL, NULL},
	{"reddot_flow_memory_bytes", "memory", "memory of the flow cache", 'g', NULL, NULL},
	{"reddot_flow_hits", "hits", "packets whose flow was known", 'c', NULL, NULL},
	{"reddot_flow_misses", "misses", "packets that had to be decided", 'c', NULL, NULL},
	{"reddot_flow_inserts", "inserts", "entries made", 'c', NULL, NULL},
	{"reddot_flow_evictions", "evictions", "entries that made room for others", 'c', NULL,
		NULL},
	{"reddot_flow_stale", "stale", "entries decided again after a change", 'c', NULL, NULL},
	{"reddot_flow_renewed", "renewed", "entries that a change did not concern", 'c', NULL,
		NULL},
	{"reddot_flow_expired", "expired", "entries that were idle for too long", 'c', NULL, NULL},
};

static const struct rd_metric connections[] = {
	{"reddot_connection_entries", "entries", "connections that the firewalls remember", 'g',
		NULL, NULL},
	{"reddot_connection_capacity", "capacity", "connections that they have room for", 'g', NULL,
		NULL},
	{"reddot_connection_half_open", "half_open", "connections without an answer so far", 'g',
		NULL, NULL},
	{"reddot_connection_created", "created", "connections that began", 'c', NULL, NULL},
	{"reddot_connection_ended", "expired", "connections that ended, and how", 'c', "how",
		"expired"},
	{"reddot_connection_ended", "killed", "", 'c', "how", "killed"},
	{"reddot_connection_ended", "reset", "", 'c', "how", "reset"},
	{"reddot_connection_refused", "refused_limit", "packets that began none, and why", 'c',
		"why", "limit"},
	{"reddot_connection_refused", "refused_flood", "", 'c', "why", "flood"},
	{"reddot_connection_refused", "refused_memory", "", 'c', "why", "memory"},
	{"reddot_connection_refused", "refused_mismatch", "", 'c', "why", "mismatch"},
};

#define RULE(prefix, of)                                                                          \
	{prefix "_hits", "hits", "packets that " of " decided", 'c', NULL, NULL},                 \
		{prefix "_bytes", "bytes", "bytes of the packets that " of " decided", 'c', NULL, \
			NULL},                                                                    \
	{                                                                                         \
		prefix "_sessions", "sessions", "connections that " of " let begin", 'c', NULL,   \
			NULL                                                                      \
	}

static const struct rd_metric rules[] = {RULE("reddot_dfw_rule", "a rule of the policy")};
static const struct rd_metric sections[] = {RULE("reddot_dfw_section", "the rules of a section")};
static const struct rd_metric own_rules[] = {
	RULE("reddot_dfw_port_rule", "a port's own rule or default")};

static const struct rd_metric captures[] = {
	{"reddot_capture_seen_packets", "seen", "packets that a capture session looked at", 'c',
		NULL, NULL},
	{"reddot_capture_matched_packets", "matched", "packets that its filter fits", 'c', NULL,
		NULL},
	{"reddot_capture_captured_packets", "captured", "packets that are in its rings", 'c', NULL,
		NULL},
	{"reddot_capture_lost_packets", "lost", "packets that found the ring full", 'c', NULL,
		NULL},
	{"reddot_capture_skipped_packets", "skipped", "packets passed over to bound the cost", 'c',
		NULL, NULL},
	{"reddot_capture_waiting_bytes", "waiting", "bytes that its client has not read yet", 'g',
		NULL, NULL},
};

#define FATE(field)                                                                               \
	{"reddot_mirror_packets", #field, "what became of the packets that a mirror session met", \
		'c', "fate", #field},
static const struct rd_metric mirrors[] = {
	{"reddot_mirror_met_packets", "matched", "packets that a mirror session met", 'c', NULL,
		NULL},
	{"reddot_mirror_replicas", "replicas", "copies for further collectors", 'c', NULL, NULL},
	{"reddot_mirror_cut_packets", "cut", "copies that were cut", 'c', NULL, NULL},
	{"reddot_mirror_failovers", "failovers", "times that another collector took over", 'c',
		NULL, NULL},
	MIRROR_FATES(FATE)};

static const struct rd_metric tunnels[] = {
	{"reddot_tunnel_received_packets", "rx_packets", "packets from the tunnel", 'c', NULL,
		NULL},
	{"reddot_tunnel_received_bytes", "rx_bytes", "bytes from the tunnel", 'c', NULL, NULL},
	{"reddot_tunnel_sent_packets", "tx_packets", "packets into the tunnel", 'c', NULL, NULL},
	{"reddot_tunnel_sent_bytes", "tx_bytes", "bytes into the tunnel", 'c', NULL, NULL},
};

static const struct rd_metric interfaces[] = {
	{"reddot_router_received_packets", "rx_packets",
		"packets that a router's interface took to route", 'c', NULL, NULL},
	{"reddot_router_received_bytes", "rx_bytes", "bytes of them", 'c', NULL, NULL},
	{"reddot_router_sent_packets", "tx_packets", "packets that it sent into its segment", 'c',
		NULL, NULL},
	{"reddot_router_sent_bytes", "tx_bytes", "bytes of them", 'c', NULL, NULL},
	{"reddot_router_said_packets", "said", "its own questions and ICMP errors", 'c', NULL,
		NULL},
	{"reddot_router_withheld_packets", "withheld",
		"questions and ICMP errors beyond the punt rate, or without a buffer", 'c', NULL,
		NULL},
};

static const struct rd_metric routers[] = {
	{"reddot_router_routes", "routes", "routes of the router", 'g', NULL, NULL},
	{"reddot_router_neighbours", "neighbours", "neighbours that it knows or asks for", 'g',
		NULL, NULL},
};

static const struct rd_metric punts[] = {
	{"reddot_punt_in_packets", "in", "packets to our own addresses", 'c', NULL, NULL},
	{"reddot_punt_dropped_packets", "drops", "of them dropped", 'c', NULL, NULL},
	{"reddot_punt_limited_packets", "limited", "of them beyond the rate", 'c', NULL, NULL},
};

#define METRICS(list) .metrics = (list), .nb = sizeof(list) / sizeof((list)[0])

// A method without items gives its result as the only one.
const struct rd_metric_source rd_metric_sources[] = {
	{.method = "hello",
		.max = 1,
		.labels = {{"release", "release"}, {"dpdk", "dpdk"}},
		METRICS(about)},
	{.method = "port.list",
		.max = RD_PORT_MAX,
		.labels = {{"port", "qname"}, {"type", "type"}},
		METRICS(ports)},
	{.method = "stage.list",
		.max = RD_STAGE_MAX,
		.labels = {{"stage", "stage"}},
		METRICS(stages)},
	{.method = "drop.list",
		.flag = "all",
		.max = RD_DROP_MAX,
		.labels = {{"reason", "reason"}, {"stage", "stage"}},
		METRICS(drops)},
	{.method = "drop.hardware",
		.max = 4 * RD_PORT_MAX,
		.labels = {{"port", "port"}, {"reason", "reason"}},
		METRICS(devices)},
	{.method = "worker.list",
		.max = RD_WORKER_MAX,
		.labels = {{"worker", "worker"}},
		METRICS(workers)},
	{.method = "worker.latency",
		.max = RD_WORKER_MAX * RD_LATENCY_COUNT,
		.labels = {{"worker", "worker"}, {"what", "what"}},
		METRICS(latency)},
	{.method = "flow.stats",
		.max = RD_WORKER_MAX,
		.labels = {{"worker", "worker"}},
		METRICS(flows)},
	{.method = "conn.stats", .max = 1, METRICS(connections)},
	{.method = "dfw_rule.list",
		.max = RULES_MAX,
		.labels = {{"rule", "id"}, {"section", "section"}, {"action", "action"}},
		METRICS(rules)},
	{.method = "dfw_section.list",
		.max = RULES_MAX,
		.labels = {{"section", "name"}},
		METRICS(sections)},
	{.method = "dfw.list",
		.max = RULES_MAX,
		.labels = {{"port", "port"}, {"rule", "id"}, {"action", "action"}},
		METRICS(own_rules)},
	{.method = "capture.list",
		.max = 64,
		.labels = {{"session", "session"}, {"name", "name"}},
		METRICS(captures)},
	{.method = "mirror.counters",
		.max = 64,
		.labels = {{"session", "session"}},
		METRICS(mirrors)},
	{.method = "tunnel.list",
		.max = RULES_MAX,
		.labels = {{"tunnel", "name"}, {"host", "host"}},
		METRICS(tunnels)},
	{.method = "router.list",
		.max = RULES_MAX,
		.labels = {{"router", "qname"}},
		METRICS(routers)},
	{.method = "router_interface.list",
		.max = RULES_MAX,
		.labels = {{"interface", "qname"}, {"router", "router"}},
		METRICS(interfaces)},
	{.method = "punt.list",
		.max = RD_WORKER_MAX,
		.labels = {{"worker", "worker"}},
		METRICS(punts)},
};
const unsigned rd_metric_nb_sources = sizeof(rd_metric_sources) / sizeof(rd_metric_sources[0]);
