/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The lines of running_config about mirror sessions. Rules come before the start, so that nothing is copied that no rule permits.
 * Control thread.
 */
#include <inttypes.h>
#include <string.h>

#include "control/config_line.h"
#include "control/ctl_mirror.h"
#include "session/cap.h"
#include "session/field.h"

static void put_fields(struct line *l, const struct rd_mirror_spec *s)
{
	char buf[RD_MIRROR_VALUE_LEN];

	put(l, "mirror session add %s id %u", s->name, s->id);
	for (unsigned i = 0; i < rd_mirror_nb_fields; i++) {
		const char *key = rd_mirror_fields[i].key;

		if ((s->given >> i & 1) == 0 || strcmp(key, "name") == 0 || strcmp(key, "id") == 0
			|| strcmp(key, "rule") == 0)
			continue;
		rd_mirror_spec_text(s, &rd_mirror_fields[i], buf);
		put(l, " %s", key);
		if (*buf != '\0' && strpbrk(buf, " '\\#;") == NULL)
			put(l, " %s", buf); // lists need no quotes
		else
			rd_line_word(l, buf);
	}
	rd_line_emit(l);
}

void rd_config_mirrors(struct rd_request *req)
{
	struct line l = {.req = req};
	char buf[RD_MIRROR_VALUE_LEN];

	if (mirror_cap.pps != 0 || mirror_cap.bps != 0) {
		put(&l, "mirror limit pps %" PRIu64 " bps %" PRIu64, mirror_cap.pps,
			mirror_cap.bps);
		rd_line_emit(&l);
	}
	if (mirror_cap.copies != RD_MIRROR_CAP_COPIES) {
		put(&l, "mirror limit copies %" PRIu32, mirror_cap.copies);
		rd_line_emit(&l);
	}
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		const struct rd_mirror *m = rd_mirror_at(i);

		if (m == NULL || m->oper == RD_MIRROR_EXPIRED)
			continue;
		put_fields(&l, &m->spec);
		for (unsigned k = 0; k < m->spec.nb_rules; k++) {
			put(&l, "mirror rule add %s %s", m->spec.name,
				rd_mirror_rule_text(&m->spec.rule[k], buf, sizeof(buf)));
			rd_line_emit(&l);
		}
		if (m->admin_up) {
			put(&l, "mirror session start %s", m->spec.name);
			rd_line_emit(&l);
		}
	}
}
