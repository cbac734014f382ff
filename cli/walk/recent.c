/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The drop ring as walks of one hop, see recent.h.
 */
#include "walk/recent.h"

// As pktcap would have captured it at the drop stage.
static json_t *record_of(const json_t *drop)
{
	json_t *r = json_copy((json_t *)(uintptr_t)drop); // only counted

	if (r == NULL)
		return NULL;
	json_object_set(r, "prev_stage", json_object_get(drop, "stage"));
	json_object_set_new(r, "stage", json_string("drop"));
	json_object_set_new(r, "verdict", json_string("drop"));
	return r;
}

unsigned rd_recent_add(struct rd_store *s, const json_t *drops)
{
	unsigned added = 0;

	for (size_t i = json_array_size(drops); i-- > 0;) {
		const json_t *drop = json_array_get(drops, i);
		json_t *r = NULL;

		if (rd_store_find(
			    s, (uint64_t)json_integer_value(json_object_get(drop, "packet_id")))
			== NULL)
			r = record_of(drop);
		if (r != NULL && rd_store_add(s, r) == 0)
			added++;
		json_decref(r);
	}
	return added;
}
