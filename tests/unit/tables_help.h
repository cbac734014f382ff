/* SPDX-License-Identifier: BSD-3-Clause
 *
 * For tests of tables/ without the EAL: a stand-in for rd_rcu_synchronize() and two tiers like those of the demo.
 */
#pragma once

#include "tables/dfw.h"
#include "tables/segment.h"
#include "tables/tunnel.h"

#include "unit.h"

extern unsigned help_synchronized; // calls of rd_rcu_synchronize()
extern uint16_t help_forgotten; // last port given to rd_worker_forget_port()
// Called by it, as the last moment when a worker may use what it has found; NULL = nothing.
extern void (*help_on_synchronize)(void);

// Setup and teardown: hosts x86 and arm (default), switches x86/DvsPortset-1 (portset 4), x86/DvsPortset-0 (3),
// arm/DvsPortset-1 (3); segments x86/guests (VLAN 0), arm/overlay (VNI 74752); the fdb.
int help_setup(void **state);
int help_teardown(void **state);

struct rd_switch *help_switch(const char *name);
const struct rd_segment *help_segment(const char *name);
const struct rd_port *help_port(const char *name);

// A private record. MAC is 02:00:00:00:00:mac, 0 = to be generated. Fails the test when it can't be had.
struct rd_port *help_new(const char *sw, const char *name, enum rd_port_type type, uint8_t mac);
// Publishes it or fails the test; returns its index.
uint16_t help_publish(struct rd_port *p);
// Expects a refusal with this code and a text that contains `text`; discards the record.
void help_refused(struct rd_port *p, int code, const char *text);
// new, segment (NULL = none) and publish.
uint16_t help_add(
	const char *sw, const char *name, enum rd_port_type type, uint8_t mac, const char *segment);
void help_mac(uint8_t last, uint8_t mac[6]);
