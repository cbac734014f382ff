/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A whole dataplane inside a test program: real EAL without hugepages or PCI, one worker whose
 * graph is walked by the test's own thread, and a hook on every stage that notes each packet about
 * to enter it. Used by tests/graph.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/stage.h"
#include "tables/port.h"

#define GF_HOPS_MAX 1024
#define GF_BYTES 9300 // of each frame that are kept: all, up to the largest MTU
#define GF_SINKS 7 // ring devices to attach to ports

struct gf_hop { // one packet about to enter one stage
	uint64_t packet_id, parent_id;
	uint32_t len, rule_id, vni;
	uint16_t port; // that a capture there would name
	uint16_t reason;
	uint8_t stage, flags;
	uint8_t bytes[GF_BYTES];
};

struct gf_frame { // what a sink's far end got
	uint32_t len;
	uint8_t bytes[GF_BYTES];
};

extern struct rd_worker *gf_w;
extern struct gf_hop gf_hops[GF_HOPS_MAX];
extern unsigned gf_nb_hops;

// cmocka group and test fixtures. gf_end checks that no packet leaked or vanished, at any stage.
int gf_group_setup(void **state);
int gf_group_teardown(void **state);
int gf_begin(void **state);
int gf_end(void **state);
int gf_main(const struct CMUnitTest *tests, size_t nb); // runs a program's tests

// The hooks cost time and memory, and keep packets off the fast path: off for soaks. gf_begin turns them on.
void gf_trace(bool on);
void gf_forget(void); // drops the notes so far

// Injects at a port and walks once; the packet's id.
uint64_t gf_send(uint16_t port, const uint8_t *frame, size_t len);
// The same with segments of the given lengths, the rest in a last one; 0 ends the list.
uint64_t gf_send_split(uint16_t port, const uint8_t *frame, size_t len, const uint16_t *splits);
// Without walking: to be seen in one burst with others.
uint64_t gf_queue(uint16_t port, const uint8_t *frame, size_t len);
// A packet of the caller's making.
uint64_t gf_queue_mbuf(uint16_t port, struct rte_mbuf *m);
void gf_walk(void);

// "uplink_rx@vmnic1 classify@vmnic1 ..." of one packet id, as text; valid until the next call.
const char *gf_path(uint64_t packet_id);
// The first note of a packet at a stage; fails the test if there is none.
const struct gf_hop *gf_hop(uint64_t packet_id, unsigned stage);
unsigned gf_count(unsigned stage); // notes at a stage
// The id of the n-th packet that was seen at a stage.
uint64_t gf_seen(unsigned stage, unsigned n);
// The reason why a packet was dropped; RD_DROP_NONE if it was not.
enum rd_drop_reason gf_reason(uint64_t packet_id);
#define gf_assert_reason(id, want) \
	assert_string_equal(gf_reason_name(gf_reason(id)), gf_reason_name(want))
const char *gf_reason_name(enum rd_drop_reason r);

// Sinks: device n's far end. Attaches it to a private port record.
void gf_attach_sink(struct rd_port *p, unsigned n);
// Next frame that left by it: false if none.
bool gf_sink_take(unsigned n, struct gf_frame *f);
unsigned gf_sink_drain(unsigned n); // frees all, returns how many
unsigned gf_sink_room(unsigned n); // packets that it still takes
void gf_sink_put(unsigned n); // an empty packet, which fills it up

// A capture of whole frames dropped for this reason, of all workers (graph_capture.c).
struct gf_capture {
	struct rd_capture *session;
	struct rd_capring_reader *reader;
};
struct gf_capture gf_capture_reason(enum rd_drop_reason reason);
void gf_capture_end(struct gf_capture *c);
