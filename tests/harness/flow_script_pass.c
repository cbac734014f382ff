/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a scripted card does with a frame that is sent out of one of its ports: the rule for it is obeyed, but for what the script says.
 */
#include "flow_script.h"

#include "unit.h"

#include <string.h>
#include <rte_flow.h>

static const struct script_rule *rule_for(
	const struct flow_script *s, uint16_t port, const uint8_t mac[6])
{
	for (unsigned i = 0; i < SCRIPT_RULES; i++) {
		const struct script_live *l = &s->live[i];

		if (l->used && l->rule.looped && l->rule.transfer && l->rule.group == 0
			&& !l->rule.from_other_side && l->rule.of == port
			&& l->port == s->proxy[port] && memcmp(l->rule.smac, mac, 6) == 0)
			return &l->rule;
	}
	return NULL;
}

static void deliver(const struct rd_flow_pass *what, struct rd_flow_heard *heard, uint16_t port,
	const uint8_t *bytes, size_t len)
{
	struct rd_flow_heard_frame *f = &heard->frame[heard->nb % RD_FLOW_HEARD];

	if ((port != what->at[0] && port != what->at[1]) || memcmp(bytes + 6, what->mac, 6) != 0)
		return;
	if (heard->nb++ >= RD_FLOW_HEARD)
		return;
	f->port = port;
	f->len = (uint16_t)(len < RD_FLOW_HEARD_LEN ? len : RD_FLOW_HEARD_LEN);
	memcpy(f->bytes, bytes, f->len);
}

// A card that heeds a head's lengths, and gives the packet a number of its own.
static void copy(const struct flow_script *s, const struct script_rule *r,
	const struct rd_flow_pass *what, struct rd_flow_heard *heard)
{
	uint8_t bytes[512];

	assert_true(r->head_len + what->len <= sizeof(bytes));
	memcpy(bytes, r->head, r->head_len);
	memcpy(bytes + r->head_len, what->frame, what->len);
	if (r->encap)
		bytes[19] = 7;
	if (s->pass_spoils)
		bytes[r->head_len + 20] ^= 1;
	if (s->pass_spoils_head && r->encap)
		bytes[37] ^= 1;
	deliver(what, heard, r->copy_to, bytes, r->head_len + what->len);
}

int script_pass(
	void *drv, uint16_t port, const struct rd_flow_pass *what, struct rd_flow_heard *heard)
{
	struct flow_script *s = drv;
	const struct script_rule *r = rule_for(s, port, what->mac);

	s->passes++;
	heard->nb = 0;
	heard->ns = 7000;
	if (s->pass_code != 0)
		return s->pass_code;
	assert_memory_equal(what->frame + 6, what->mac, 6);
	if (r == NULL || r->fate != RTE_FLOW_ACTION_TYPE_PORT_REPRESENTOR) {
		s->let_out++;
		return 0;
	}
	assert_true(r->copy_representor);
	if (!s->pass_loses)
		deliver(what, heard, r->fate_port, what->frame, what->len);
	for (unsigned i = 0; i < s->pass_copies; i++)
		copy(s, r, what, heard);
	return 0;
}
