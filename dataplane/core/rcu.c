/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One RCU variable for all shared tables. Workers report a quiescent state after each walk and go offline while they
 * sleep; control waits in rd_rcu_synchronize() before it frees what it unpublished.
 */
#include "core/rcu.h"

#include <errno.h>
#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

static struct rte_rcu_qsbr *rcu;

int rd_rcu_init(void)
{
	size_t size = rte_rcu_qsbr_get_memsize(RD_WORKER_MAX);

	rcu = rte_zmalloc("rcu", size, RTE_CACHE_LINE_SIZE);
	if (rcu == NULL)
		return -ENOMEM;
	return rte_rcu_qsbr_init(rcu, RD_WORKER_MAX) == 0 ? 0 : -EINVAL;
}

void rd_rcu_fini(void)
{
	rte_free(rcu);
	rcu = NULL;
}

void rd_rcu_register(unsigned worker)
{
	rte_rcu_qsbr_thread_register(rcu, worker);
	rte_rcu_qsbr_thread_online(rcu, worker);
}

void rd_rcu_unregister(unsigned worker)
{
	rte_rcu_qsbr_thread_offline(rcu, worker);
	rte_rcu_qsbr_thread_unregister(rcu, worker);
}

void rd_rcu_quiescent(unsigned worker)
{
	rte_rcu_qsbr_quiescent(rcu, worker);
}

void rd_rcu_sleep(unsigned worker)
{
	rte_rcu_qsbr_thread_offline(rcu, worker);
}

void rd_rcu_wake(unsigned worker)
{
	rte_rcu_qsbr_thread_online(rcu, worker);
}

uint64_t rd_rcu_start(void)
{
	return rcu != NULL ? rte_rcu_qsbr_start(rcu) : 0;
}

bool rd_rcu_passed(uint64_t token)
{
	return rcu == NULL || rte_rcu_qsbr_check(rcu, token, false) == 1;
}

void rd_rcu_synchronize(void)
{
	if (rcu != NULL)
		rte_rcu_qsbr_synchronize(rcu, RTE_QSBR_THRID_INVALID);
}
