/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What DPDK's vhost-user library tells of a guest at a net_vhost device: its session and its rings. A guest comes and goes in the
 * library's own thread, which frees what is asked about here: each device has a lock that its going waits for. Control thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rd_vhost_session {
	int vid; // the library's number
	int numa; // of the guest's memory, -1 if unknown
	unsigned rings;
	uint64_t features; // negotiated; bits of the virtio standard
	char path[256]; // of the socket
};

struct rd_vhost_ring {
	unsigned size; // entries
	bool packed; // else split
	bool mapped; // the guest has said where it is
	uint16_t avail, used; // next entries that we take and give back
	uint32_t
		waiting; // entries that the guest has made available and we have not given back; split rings only
};

// Around a device's life: before it starts, after it was stopped. Nothing for devices of other drivers.
void rd_vhost_watch(uint16_t port_id);
void rd_vhost_forget(uint16_t port_id);
bool rd_vhost_is(uint16_t port_id); // it is watched: a device of net_vhost
// false: no guest is there, or it has no such ring.
bool rd_vhost_session(uint16_t port_id, struct rd_vhost_session *out);
bool rd_vhost_ring(uint16_t port_id, uint16_t ring, struct rd_vhost_ring *out);
