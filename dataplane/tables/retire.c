/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Deferred frees. Called by the other files of tables/ on the control thread.
 */
#include "tables/retire.h"

#include "core/worker.h"
#include "tables/generation.h"

#include <stdbool.h>
#include <stdlib.h>

struct retired {
	void *p;
	void (*free_fn)(void *);
};

// The first ones need no memory: a port, its far ends, dfw and answer always fit, so whoever retired them may look at them until
// rd_retire_free().
#define RETIRE_FIRST 64
static struct retired first[RETIRE_FIRST];
static struct retired *more;
static unsigned nb_first, nb_more, cap_more;

static bool retire_more(struct retired r)
{
	if (nb_more == cap_more) {
		unsigned cap = cap_more == 0 ? 64 : cap_more * 2;
		struct retired *grown = realloc(more, cap * sizeof(*more));

		if (grown == NULL)
			return false;
		more = grown;
		cap_more = cap;
	}
	more[nb_more++] = r;
	return true;
}

void rd_retire(void *p, void (*free_fn)(void *))
{
	struct retired r = {.p = p, .free_fn = free_fn};

	if (p == NULL)
		return;
	if (nb_first < RETIRE_FIRST) {
		first[nb_first++] = r;
	} else if (!retire_more(r)) { // no memory to remember it: wait here instead
		rd_rcu_synchronize();
		free_fn(p);
	}
}

void rd_retire_sync(void)
{
	rd_generation_bump();
	rd_rcu_synchronize();
}

void rd_retire_free(void)
{
	for (unsigned i = 0; i < nb_first; i++)
		first[i].free_fn(first[i].p);
	for (unsigned i = 0; i < nb_more; i++)
		more[i].free_fn(more[i].p);
	free(more);
	more = NULL;
	nb_first = nb_more = cap_more = 0;
}

void rd_commit(void)
{
	rd_retire_sync();
	rd_retire_free();
}
