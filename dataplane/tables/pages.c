/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory of large tables: mapped, and its pages made in steps, before packets need them. Control, or a worker before
 * its first packet.
 *
 * It comes from mmap, not from the EAL: it is the same with and without hugepages, and unit tests need no EAL.
 */
#include "tables/pages.h"

#include <sys/mman.h>

void *rd_pages_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	(void)madvise(p, size, MADV_HUGEPAGE); // a wish
	return p;
}

void rd_pages_unmap(void *p, size_t size)
{
	if (p != NULL)
		munmap(p, size);
}

static size_t populate(const struct rd_area *a, size_t skip, size_t max)
{
	size_t len = a->size - skip < max ? a->size - skip : max;

	// Kernels before 5.14 refuse; then the first packets make the pages.
	(void)madvise((uint8_t *)a->start + skip, len, MADV_POPULATE_WRITE);
	return len;
}

bool rd_pages_populate(const struct rd_area *area, unsigned nb, size_t *done, size_t max)
{
	size_t skip = *done;

	for (unsigned i = 0; i < nb; i++) {
		if (skip >= area[i].size) {
			skip -= area[i].size;
			continue;
		}
		if (max == 0)
			return true;
		size_t len = populate(&area[i], skip, max);

		*done += len;
		max -= len;
		if (skip + len < area[i].size)
			return true;
		skip = 0;
	}
	return false;
}
