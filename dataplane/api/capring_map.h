/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the two sides of the capture ring (capring_create.c, capring_reader.c) and nobody else.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CAPRING_SIZE_MAX (UINT64_C(1) << 30) // bytes of one ring

// Whether size is a power of two, a multiple of the system's page and within bounds.
int rd_capring_size_check(uint64_t size);
// Maps size bytes of fd at off twice in a row. NULL and errno.
void *rd_capring_map_twice(int fd, uint64_t off, uint64_t size, int prot);
// Makes the pages from offset `from` of such a mapping on, len bytes of them.
void rd_capring_touch(uint8_t *map, uint64_t size, uint64_t from, uint64_t len, int prot);
void rd_capring_unmap_twice(void *map, uint64_t size); // NULL is fine
