/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What can become of a packet that a mirror session met: the fields of mirror.counters of which a packet is in one, and the label of
 * the metric.
 */
#pragma once

// As struct mirror_counts names them.
#define MIRROR_WORKER_FATES(X) \
	X(excluded)            \
	X(stopped)             \
	X(denied)              \
	X(reason)              \
	X(waiting)             \
	X(exclusive)           \
	X(sampled_out)         \
	X(card)                \
	X(mtu)                 \
	X(rate)                \
	X(cap)                 \
	X(crowded)             \
	X(no_buf)              \
	X(ring_full)

#define MIRROR_FATES(X) \
	X(filtered)     \
	MIRROR_WORKER_FATES(X) X(no_collector) X(duplicate) X(ended) X(tx_ok) X(tx_drop)
