/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets as pktcap-uw prints them on the console. Main thread.
 */
#include <stdlib.h>

#include "compat.h"
#include "text.h"

struct compat_out {
	struct pk_out out;
	const struct pk_opts *opts;
};

static int record(struct pk_out *out, const struct pk_rec *r, struct rd_err *err)
{
	const struct compat_out *c = (struct compat_out *)out;
	int rc = pk_compat_packet(r, c->opts, out->written + 1, err);

	if (rc == 0)
		out->written++;
	return rc;
}

static void compat_free(struct pk_out *out)
{
	free(out);
}

static const struct pk_out_ops ops = {record, pk_text_out_flush, pk_text_out_finish, compat_free};

struct pk_out *pk_out_compat_new(const struct pk_opts *o, struct rd_err *err)
{
	struct compat_out *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		rd_err_set(err, -ENOMEM, "no memory for the output");
		return NULL;
	}
	c->out.ops = &ops;
	c->opts = o;
	return &c->out;
}
