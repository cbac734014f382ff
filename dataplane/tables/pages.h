/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory of large tables (pages.c).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rd_area {
	void *start; // of a page
	size_t size;
};

// Zeroed, on huge pages where the kernel has some. NULL: there is no room.
void *rd_pages_map(size_t size);
void rd_pages_unmap(void *p, size_t size); // p may be NULL
// Makes the pages of the next max bytes after the first *done, in the order of the areas; what is in them stays, and others may
// use them meanwhile. Whether there are more.
bool rd_pages_populate(const struct rd_area *area, unsigned nb, size_t *done, size_t max);
