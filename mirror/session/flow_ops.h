/* SPDX-License-Identifier: BSD-3-Clause
 *
 * All that mirror sessions ask of a network card: one small table of functions, of rte_flow's own shape, so that tests can put a scripted
 * driver in its place (tests/harness/flow_script.h). Nobody calls the table directly but flow_call.c, which believes no driver.
 * Control thread only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <rte_flow.h>

#define RD_FLOW_NAME_LEN 64
#define RD_FLOW_DEVARGS_LEN 128
#define RD_FLOW_KEY_MAX 64 // of RSS
#define RD_FLOW_NOWHERE UINT16_MAX // no such queue or port
#define RD_FLOW_DOMAIN_NONE UINT16_MAX // of no switch; RTE_ETH_DEV_SWITCH_DOMAIN_ID_INVALID

struct rd_flow_facts { // of a device; texts are bounded and may be empty
	char driver[RD_FLOW_NAME_LEN];
	char firmware[RD_FLOW_NAME_LEN];
	char devargs[RD_FLOW_DEVARGS_LEN];
	uint16_t domain; // which embedded switch it belongs to
	bool started;
	// Only what rules name comes to us: a rule of ours would take packets from their owner. DPDK can't be asked, and reddotd never
	// isolates a port.
	bool isolated;
	uint16_t nb_rxq; // that workers poll
	uint64_t rss_types; // how packets without a rule are spread over them; 0 = they are not
	uint8_t rss_key_len;
	uint8_t rss_key[RD_FLOW_KEY_MAX];
	// Where a copy may go that software is to finish: read by the dataplane as copies, never as traffic. RD_FLOW_NOWHERE = there is none.
	uint16_t copy_queue; // of this device
	uint16_t copy_port; // an ethdev of the same switch
	uint16_t
		look_port; // another ethdev of the same switch that we receive from; the functional probe's copies come by it
	bool link; // it is up
	bool reads_marks; // the dataplane looks at the marks of what it receives here
};

#define RD_FLOW_HEARD 8
#define RD_FLOW_HEARD_LEN 192
struct rd_flow_pass { // a frame that leaves by a port as if the dataplane had sent it
	const uint8_t *frame;
	uint16_t len;
	uint16_t at[2]; // whatever comes in by these ports (which may be the same) ...
	uint8_t mac[6]; // ... from this address is heard
	unsigned enough; // so many frames: beyond them it is only seen that there is none too many
};
struct rd_flow_heard {
	unsigned nb; // the first RD_FLOW_HEARD are kept
	uint64_t ns; // from sending until there were enough
	struct rd_flow_heard_frame {
		uint16_t port, len; // kept
		uint8_t bytes[RD_FLOW_HEARD_LEN];
	} frame[RD_FLOW_HEARD];
};

struct rd_flow_ops {
	int (*facts)(void *drv, uint16_t port, struct rd_flow_facts *out);
	// As the functions of rte_flow.h: an errno may be missing, *error untouched, its pointers NULL.
	int (*validate)(void *drv, uint16_t port, const struct rte_flow_attr *attr,
		const struct rte_flow_item *pattern, const struct rte_flow_action *actions,
		struct rte_flow_error *error);
	struct rte_flow *(*create)(void *drv, uint16_t port, const struct rte_flow_attr *attr,
		const struct rte_flow_item *pattern, const struct rte_flow_action *actions,
		struct rte_flow_error *error);
	int (*destroy)(
		void *drv, uint16_t port, struct rte_flow *flow, struct rte_flow_error *error);
	int (*query)(void *drv, uint16_t port, struct rte_flow *flow,
		const struct rte_flow_action *action, void *data, struct rte_flow_error *error);
	int (*flush)(void *drv, uint16_t port, struct rte_flow_error *error);
	int (*proxy)(void *drv, uint16_t port, uint16_t *proxy_port, struct rte_flow_error *error);
	// While it is on, drivers write no lines of their own: a probe is refused on purpose. May be NULL.
	void (*quiet)(void *drv, bool on);
	// Sends a frame and listens, for some milliseconds at most: 0, or -errno: it was not sent (-ENETDOWN: no link; -ENODEV, -EIO: the
	// device is gone; -EBUSY: it took none). May be NULL: nobody can do that here.
	int (*pass)(void *drv, uint16_t port, const struct rd_flow_pass *what,
		struct rd_flow_heard *heard);
};

// The real one, but for what needs the dataplane (pass.c); drv is not looked at.
extern const struct rd_flow_ops rd_flow_rte;
