/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Builds one rte_graph per worker out of the registered nodes. Called by worker.c at start and end.
 */
#include "core/graph.h"

#include <errno.h>
#include <stdio.h>
#include <rte_errno.h>

#include "base/log.h"
#include "core/stage.h"

RD_LOG_MODULE(graph);

static int find_nodes(struct rd_worker *w, const char *graph_name)
{
	for (unsigned i = 0; i < rd_stages_count; i++) {
		unsigned id = rd_stages[i].id;
		struct rte_node *n = rte_graph_node_get_by_name(graph_name, rd_stages[i].name);

		if (n == NULL || n->id >= RD_NODE_MAX) {
			rd_log_err("the graph of worker %u has no place for node %s", w->id,
				rd_stages[i].name);
			return -ENOENT;
		}
		w->nodes[id] = n;
		w->process[id] = n->process;
		w->stage_of[n->id] = (uint8_t)id;
	}
	return 0;
}

int rd_graph_create(struct rd_worker *w)
{
	const char *names[RD_STAGE_MAX + 2];
	char graph_name[RTE_GRAPH_NAMESIZE];
	struct rte_graph_param prm = {.socket_id = SOCKET_ID_ANY, .node_patterns = names};
	rte_graph_t id;

	names[prm.nb_node_patterns++] = "poll";
	names[prm.nb_node_patterns++] = "fast";
	for (unsigned i = 0; i < rd_stages_count; i++)
		names[prm.nb_node_patterns++] = rd_stages[i].name;

	snprintf(graph_name, sizeof(graph_name), "worker%u", w->id);
	id = rte_graph_create(graph_name, &prm);
	if (id == RTE_GRAPH_ID_INVALID) {
		rd_log_err(
			"can't build the graph of worker %u: %s", w->id, rte_strerror(rte_errno));
		return rte_errno != 0 ? -rte_errno : -EINVAL;
	}
	w->graph = rte_graph_lookup(graph_name);
	return w->graph != NULL ? find_nodes(w, graph_name) : -ENOENT;
}

void rd_graph_destroy(struct rd_worker *w)
{
	if (w->graph == NULL)
		return;
	rte_graph_destroy(w->graph->id);
	w->graph = NULL;
}
