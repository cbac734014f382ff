/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The registry of stage nodes: filled by constructors before main(), checked against stages.def once at start.
 */
#include "core/stage.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

RD_LOG_MODULE(stage);

static struct rd_stage_node *nodes[RD_STAGE_MAX];

struct rte_node_register *rd_stage_reg_(const char *name, rte_node_process_t process,
	const char *const *names, unsigned nb, uint64_t flags)
{
	struct rte_node_register *reg = calloc(1, sizeof(*reg) + nb * sizeof(reg->next_nodes[0]));

	if (reg == NULL)
		abort(); // a constructor: nothing runs yet
	strncpy(reg->name, name, sizeof(reg->name) - 1);
	reg->process = process;
	reg->flags = flags;
	reg->nb_edges = (rte_edge_t)nb;
	for (unsigned i = 0; i < nb; i++)
		reg->next_nodes[i] = names[i];
	reg->id = __rte_node_register(reg);
	return reg;
}

void rd_stage_register(struct rd_stage_node *n)
{
	nodes[n->stage] = n;
}

const struct rd_stage_node *rd_stage_node(unsigned stage)
{
	return stage < RD_STAGE_MAX ? nodes[stage] : NULL;
}

int rd_stage_check(void)
{
	int ret = 0;

	for (unsigned i = 0; i < rd_stages_count; i++) {
		const struct rd_stage_node *n = rd_stage_node(rd_stages[i].id);

		if (n != NULL && n->reg->id != RTE_NODE_ID_INVALID)
			continue;
		rd_log_err("stage %s of stages.def has no node", rd_stages[i].name);
		ret = -ENOSYS;
	}
	return ret;
}

uint16_t rd_stage_port(unsigned stage, const struct rd_meta *md)
{
	if (stage == RD_STAGE_DROP) // named by the stage that dropped
		stage = md->stage;
	const struct rd_stage_node *n = rd_stage_node(stage);

	return rd_side_port(n != NULL ? (enum rd_side)n->side : RD_SIDE_IN, md);
}
