/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a scripted driver was given, in few words; and the conditions of its answers.
 */
#include "flow_script.h"

#include "unit.h"

#include <string.h>
#include <rte_byteorder.h>

static void read_item(struct script_rule *r, const struct rte_flow_item *it)
{
	const struct rte_flow_item_eth *eth = it->spec;
	const struct rte_flow_item_ethdev *dev = it->spec;

	switch (it->type) {
	case RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT:
	case RTE_FLOW_ITEM_TYPE_PORT_REPRESENTOR:
		r->from_other_side = it->type == RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT;
		r->of = dev->port_id;
		return;
	case RTE_FLOW_ITEM_TYPE_ETH:
		if (eth == NULL || r->items != 0)
			break;
		r->looped = rte_be_to_cpu_16(eth->hdr.ether_type) == 0x88b5
			&& eth->hdr.src_addr.addr_bytes[0] != 0xff;
		memcpy(r->smac, &eth->hdr.src_addr, 6);
		r->trial = r->looped || eth->hdr.src_addr.addr_bytes[0] == 0xff;
		break;
	case RTE_FLOW_ITEM_TYPE_VLAN:
		r->vlan = true;
		break;
	case RTE_FLOW_ITEM_TYPE_IPV4:
		r->ip4 = true;
		break;
	case RTE_FLOW_ITEM_TYPE_IPV6:
		r->ip6 = true;
		break;
	case RTE_FLOW_ITEM_TYPE_TCP:
		r->tcp = true;
		break;
	case RTE_FLOW_ITEM_TYPE_UDP:
		r->udp = true;
		break;
	case RTE_FLOW_ITEM_TYPE_GENEVE:
		r->geneve = true;
		r->vni = it->spec != NULL;
		break;
	default:
		break;
	}
	r->items++;
	r->cause[RD_FLOW_PART_PATTERN] = it;
}

static void read_copy(struct script_rule *r, const struct rte_flow_action *a)
{
	const struct rte_flow_action_raw_encap *raw;

	for (; a->type != RTE_FLOW_ACTION_TYPE_END; a++)
		switch (a->type) {
		case RTE_FLOW_ACTION_TYPE_RAW_ENCAP:
			raw = a->conf;
			r->encap = true;
			r->head_len = (unsigned)raw->size;
			assert_true(raw->size <= sizeof(r->head));
			memcpy(r->head, raw->data, raw->size);
			r->cause[RD_FLOW_PART_ENCAP] = a;
			break;
		case RTE_FLOW_ACTION_TYPE_VXLAN_ENCAP:
		case RTE_FLOW_ACTION_TYPE_NVGRE_ENCAP:
			r->encap = true;
			break;
		case RTE_FLOW_ACTION_TYPE_MARK:
			r->mark = true;
			r->mark_id = ((const struct rte_flow_action_mark *)a->conf)->id;
			r->cause[RD_FLOW_PART_MARK] = a;
			break;
		case RTE_FLOW_ACTION_TYPE_QUEUE:
			r->copy_queue = true;
			r->copy_to = ((const struct rte_flow_action_queue *)a->conf)->index;
			r->cause[RD_FLOW_PART_COPY_FATE] = a;
			break;
		case RTE_FLOW_ACTION_TYPE_PORT_ID:
			r->copy_port_id = true;
			r->copy_to =
				(uint16_t)((const struct rte_flow_action_port_id *)a->conf)->id;
			r->cause[RD_FLOW_PART_COPY_FATE] = a;
			break;
		case RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT:
		case RTE_FLOW_ACTION_TYPE_PORT_REPRESENTOR:
			r->copy_representor = a->type == RTE_FLOW_ACTION_TYPE_PORT_REPRESENTOR;
			r->copy_represented = !r->copy_representor;
			r->copy_to = ((const struct rte_flow_action_ethdev *)a->conf)->port_id;
			r->cause[RD_FLOW_PART_COPY_FATE] = a;
			break;
		default:
			fail_msg("a copy with action %d", (int)a->type);
		}
}

static void read_action(struct script_rule *r, const struct rte_flow_action *a)
{
	const struct rte_flow_action_sample *sample = a->conf;

	r->actions++;
	switch (a->type) {
	case RTE_FLOW_ACTION_TYPE_SAMPLE:
		r->samples++;
		r->sample_at = r->actions;
		r->ratio = sample->ratio;
		r->cause[RD_FLOW_PART_SAMPLE] = a;
		read_copy(r, sample->actions);
		if (r->samples <= 4)
			r->copy[r->samples - 1] = (struct script_copy){r->copy_to, r->head[5]};
		break;
	case RTE_FLOW_ACTION_TYPE_MARK:
		r->mark = true;
		r->mark_id = ((const struct rte_flow_action_mark *)a->conf)->id;
		r->cause[RD_FLOW_PART_MARK] = a;
		break;
	case RTE_FLOW_ACTION_TYPE_COUNT:
		r->count = true;
		r->count_at = r->actions;
		r->cause[RD_FLOW_PART_COUNT] = a;
		break;
	case RTE_FLOW_ACTION_TYPE_JUMP:
		r->jump = true;
		r->fate = a->type;
		break;
	default:
		if (a->type == RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT
			|| a->type == RTE_FLOW_ACTION_TYPE_PORT_REPRESENTOR)
			r->fate_port = ((const struct rte_flow_action_ethdev *)a->conf)->port_id;
		r->fate = a->type;
		r->cause[RD_FLOW_PART_FATE] = a;
	}
}

struct script_rule script_read(const struct rte_flow_attr *attr, const struct rte_flow_item *item,
	const struct rte_flow_action *action)
{
	struct script_rule r = {.ingress = attr->ingress,
		.egress = attr->egress,
		.transfer = attr->transfer,
		.group = attr->group,
		.priority = attr->priority};

	assert_int_equal(attr->ingress + attr->egress + attr->transfer, 1);
	for (; item->type != RTE_FLOW_ITEM_TYPE_END; item++)
		read_item(&r, item);
	for (; action->type != RTE_FLOW_ACTION_TYPE_END; action++)
		read_action(&r, action);
	return r;
}

bool has_sample(const struct script_rule *r)
{
	return r->samples != 0;
}
bool has_two(const struct script_rule *r)
{
	return r->samples > 1;
}
bool has_ratio(const struct script_rule *r)
{
	return r->samples != 0 && r->ratio > 1;
}
bool has_encap(const struct script_rule *r)
{
	return r->encap;
}
bool has_mark(const struct script_rule *r)
{
	return r->mark;
}
bool has_count(const struct script_rule *r)
{
	return r->count;
}
bool is_looped(const struct script_rule *r)
{
	return r->looped;
}
bool is_real(const struct script_rule *r)
{
	return !r->trial;
}
bool is_real_copy(const struct script_rule *r)
{
	return !r->trial && r->samples != 0;
}
bool is_transfer(const struct script_rule *r)
{
	return r->transfer;
}
bool is_ingress(const struct script_rule *r)
{
	return r->ingress;
}
