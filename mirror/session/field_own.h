/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fields whose text is a list or has a form of its own (field_list.c, field_form.c), for the table in field.c. Pure.
 */
#pragma once

#include "session/field.h"

#define RD_MIRROR_OWN_FIELD(name)                                                               \
	int mirror_set_##name(struct rd_mirror_spec *s, const char *value, struct rd_err *err); \
	void mirror_text_##name(const struct rd_mirror_spec *s, char *buf, size_t size)
RD_MIRROR_OWN_FIELD(sources);
RD_MIRROR_OWN_FIELD(stages);
RD_MIRROR_OWN_FIELD(reasons);
RD_MIRROR_OWN_FIELD(rules);
RD_MIRROR_OWN_FIELD(dests);
RD_MIRROR_OWN_FIELD(weights);
RD_MIRROR_OWN_FIELD(priorities);
RD_MIRROR_OWN_FIELD(options);
RD_MIRROR_OWN_FIELD(name);
RD_MIRROR_OWN_FIELD(sample);
RD_MIRROR_OWN_FIELD(src);
RD_MIRROR_OWN_FIELD(gateway);
RD_MIRROR_OWN_FIELD(mac);
RD_MIRROR_OWN_FIELD(key);
RD_MIRROR_OWN_FIELD(sgt);
RD_MIRROR_OWN_FIELD(mask);
RD_MIRROR_OWN_FIELD(lifetime);
#undef RD_MIRROR_OWN_FIELD

// Calls each() for every part of "a,b,c". At most max; 0 or the first error.
int mirror_each_part(const char *list, unsigned max, const char *key,
	int (*each)(struct rd_mirror_spec *s, const char *part, struct rd_err *err),
	struct rd_mirror_spec *s, struct rd_err *err);
