/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The merge of capture rings, see merge.h. Main thread.
 */
#include "merge.h"

#include <string.h>

#define STUCK_WINDOWS 20 // after that many windows the clocks disagree: learn by how much

void pk_merge_init(struct pk_merge *m, struct rd_capring_reader *reader, uint64_t window_ns)
{
	memset(m, 0, sizeof(*m));
	m->reader = reader;
	m->window_ns = window_ns;
}

// Whether a head may go although another ring is empty.
static bool is_ripe(struct pk_merge *m, const struct rd_cap_rec *rec, uint64_t now_ns)
{
	uint64_t horizon = now_ns + m->skew_ns - m->window_ns;

	if (rec->ns <= horizon)
		return true;
	if (m->stuck_since == 0 || now_ns < m->stuck_since) {
		m->stuck_since = now_ns;
		return false;
	}
	if (now_ns - m->stuck_since < STUCK_WINDOWS * m->window_ns)
		return false;
	// It had been written when we first saw it: so far ahead is the clock that it was stamped with.
	if (rec->ns > m->stuck_since && rec->ns - m->stuck_since > m->skew_ns)
		m->skew_ns = rec->ns - m->stuck_since;
	return true;
}

const struct rd_cap_rec *pk_merge_next(struct pk_merge *m, uint64_t now_ns, bool drain, int *err)
{
	const struct rd_cap_rec *oldest = NULL;
	bool all_have = true;

	*err = 0;
	for (uint32_t i = 0; i < rd_capring_nb_rings(m->reader); i++) {
		int corrupt = 0;
		const struct rd_cap_rec *rec = rd_capring_peek(m->reader, i, &corrupt);

		if (corrupt != 0)
			*err = corrupt;
		if (rec == NULL) {
			all_have &= corrupt != 0;
		} else if (oldest == NULL || rec->ns < oldest->ns) {
			oldest = rec;
			m->ring = i;
		}
	}
	if (oldest == NULL)
		return NULL;
	if (!all_have && !drain && !is_ripe(m, oldest, now_ns))
		return NULL;
	m->stuck_since = 0;
	return oldest;
}

void pk_merge_pop(struct pk_merge *m)
{
	rd_capring_pop(m->reader, m->ring);
}
