/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Headers of an mbuf: made contiguous, parsed, and noted in the metadata. Used by classify and
 * tunnel_decap.
 */
#pragma once

#include "base/pkt.h"
#include "core/meta.h"

// Moves bytes of later segments into the first one until it holds min(len, pkt_len). false when it
// has no room.
bool rd_node_pull(struct rte_mbuf *m, uint32_t len);

// Parses the frame in m. 0, or a positive enum rd_drop_reason (PARSE_*, PKT_PULLUP). What was
// parsed is in *md even when it fails, so that a drop record can name it.
int rd_node_parse(struct rte_mbuf *m, struct rd_meta *md, struct rd_pkt *p);

// Internet checksum over len bytes from off on, across segments, starting from a partial sum; as
// rd_csum_fold() gives it. (rte_raw_cksum_mbuf() of DPDK 22.11 is wrong behind a segment of odd
// length: it swaps a sum that it has not folded.)
uint16_t rd_node_csum(const struct rte_mbuf *m, uint32_t off, uint32_t len, uint32_t sum);

// What the NIC said about the outer frame is not true of the inner one: to be cleared by decapsulation.
#define RD_NODE_RX_FLAGS                                                                    \
	(RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_L4_CKSUM_MASK | RTE_MBUF_F_RX_IP_CKSUM_MASK \
		| RTE_MBUF_F_RX_OUTER_IP_CKSUM_BAD | RTE_MBUF_F_RX_OUTER_L4_CKSUM_MASK      \
		| RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_QINQ     \
		| RTE_MBUF_F_RX_QINQ_STRIPPED | RTE_MBUF_F_RX_FDIR | RTE_MBUF_F_RX_FDIR_ID)
