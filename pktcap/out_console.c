/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text for people: time, stage@port, direction, and what tcpdump -en prints, with its options. Main thread.
 */
#include <stdlib.h>

#include "base/str.h"
#include "decode/oneline.h"
#include "dump.h"
#include "out.h"
#include "stamp.h"
#include "text.h"

struct console_out {
	struct pk_out out;
	struct rd_oneline *oneline;
	struct pk_stamp stamp;
	unsigned hex, ascii; // -x, -X
};

static int record(struct pk_out *out, const struct pk_rec *r, struct rd_err *err)
{
	struct console_out *c = (struct console_out *)out;
	const struct rd_cap_rec *rec = r->rec;
	char line[RD_VERBOSE_MAX + 1024], time[PK_STAMP_TEXT], where[PK_IFACE_TEXT];
	size_t len = 0;
	int rc;

	rd_str_addf(line, sizeof(line), &len, "%s", pk_stamp(&c->stamp, rec->ns, time));
	if (rec->stage != RD_STAGE_NONE || r->port != NULL)
		rd_str_addf(line, sizeof(line), &len, "%s ", pk_rec_where(r, where, sizeof(where)));
	rd_str_addf(line, sizeof(line), &len, "%s%s", pk_rec_dir(r), rec->dir ? " " : "");
	if (r->decap[0] != '\0')
		rd_str_addf(line, sizeof(line), &len, "[%s] ", r->decap);
	len += rd_oneline_frame(
		c->oneline, r->bytes, rec->cap_len, rec->wire_len, line + len, RD_VERBOSE_MAX);
	if (rec->stage == RD_STAGE_DROP) {
		rd_str_addf(line, sizeof(line), &len, " DROP reason=%s stage=%s",
			pk_reason_name(rec->reason), pk_stage_name(rec->prev_stage));
		if (rec->rule_id != 0)
			rd_str_addf(line, sizeof(line), &len, " rule=%u", rec->rule_id);
	}
	if (r->follows && rec->match != RD_CAP_MATCH_NONE)
		rd_str_addf(line, sizeof(line), &len, " match=%s", pk_rec_match(r));
	if (rec->lost != 0)
		rd_str_addf(line, sizeof(line), &len, " [%u lost before]", rec->lost);
	rc = pk_text_line(line, len, err);
	if (rc == 0)
		rc = pk_dump(r, c->hex, c->ascii, err);
	if (rc == 0)
		out->written++;
	return rc;
}

static void console_free(struct pk_out *out)
{
	rd_oneline_free(((struct console_out *)out)->oneline);
	free(out);
}

static const struct pk_out_ops ops = {record, pk_text_out_flush, pk_text_out_finish, console_free};

struct pk_out *pk_out_console_new(const struct pk_opts *o, struct rd_err *err)
{
	struct console_out *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->oneline = rd_oneline_new();
	if (c == NULL || c->oneline == NULL) {
		free(c);
		rd_err_set(err, -ENOMEM, "no memory for the output");
		return NULL;
	}
	c->out.ops = &ops;
	c->stamp = (struct pk_stamp){.style = o->stamp, .micro = o->micro};
	c->hex = o->hex;
	c->ascii = o->ascii;
	rd_oneline_style(c->oneline,
		(struct rd_oneline_style){.verbose = o->verbose,
			.quiet = o->quiet,
			.absolute = o->absolute,
			.unverified = o->unverified});
	return &c->out;
}
