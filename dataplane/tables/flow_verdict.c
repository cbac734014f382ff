/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory of the capture filters' answers, see flow_verdict.h. Control thread.
 */
#include "tables/flow_verdict.h"

#include <errno.h>
#include <sys/mman.h>

#include "tables/flow_priv.h"

size_t flow_verdict_size(const struct rd_flow_table *t)
{
	return (size_t)t->capacity * sizeof(struct rd_flow_verdict);
}

int rd_flow_verdict_create(struct rd_flow_table *t)
{
	size_t used = (size_t)rd_flow_bound(t) * sizeof(struct rd_flow_verdict);
	void *p;

	if (t->verdict != NULL)
		return 0;
	p = mmap(NULL, flow_verdict_size(t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	(void)madvise(p, flow_verdict_size(t), MADV_HUGEPAGE); // a wish
	// Of the flows that there are; entries are used from the front, so others make few pages.
	(void)madvise(p, used, MADV_POPULATE_WRITE);
	__atomic_store_n(&t->verdict, p, __ATOMIC_RELEASE);
	return 0;
}
