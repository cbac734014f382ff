/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How control takes memory away that workers may still read: unpublish the pointer, retire the memory, and when the change
 * is complete, commit. Control thread only.
 */
#pragma once

// p is unpublished and will be given to free_fn after the next synchronisation. NULL is fine.
void rd_retire(void *p, void (*free_fn)(void *));
// The change is complete: bumps the generation and waits until no worker reads what was there before.
void rd_retire_sync(void);
// Frees what was retired before rd_retire_sync().
void rd_retire_free(void);
// Both.
void rd_commit(void);
