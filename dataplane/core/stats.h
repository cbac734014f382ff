/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Counters of a worker, and the queues that it polls: parts of struct rd_worker. Written by the worker, read by control
 * without locks.
 */
#pragma once

#include <stdint.h>

struct rd_stage_stats { // in + created = out + consumed + drops
	uint64_t in; // packets that entered
	uint64_t out; // handed to another stage
	uint64_t consumed; // left the graph here (sent, freed by purpose, handed to another worker)
	uint64_t created; // copies and answers born here
	uint64_t drops; // sent to the drop stage
};

struct rd_port_stats { // rx = into the switch
	uint64_t rx_packets, rx_bytes;
	uint64_t tx_packets, tx_bytes;
	uint64_t drops; // dropped by an RX or TX stage, port_in or a firewall of this port
};

struct rd_rxq { // one device queue that a worker polls
	uint16_t port; // table index
	uint16_t ethdev; // DPDK port id
	uint16_t queue;
	uint8_t edge; // of the poll node: the RX stage of the port's type
	uint8_t intr; // enum rd_intr: how the device can wake its worker
	int fd; // RD_INTR_LEVEL: readable while there are packets
};

struct rd_rxq_list { // replaced as a whole by control
	uint32_t nb;
	struct rd_rxq q[];
};
