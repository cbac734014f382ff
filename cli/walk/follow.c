/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `walk`: packets on their way through the stages, live or from a file: full-screen on a terminal, as plain text elsewhere.
 */
#include "walk/walk.h"

#include "engine/cmd.h"
#include "walk/tui.h"
#include "walk/view.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#define PLAIN_COLS 132

// All of a walk's hops as lines, by the same code that draws them.
static int put_walk(struct rd_cli *cli, const struct rd_wk *w)
{
	const struct rd_view view = {.hop = w->n}; // none is chosen
	char title[160], end[64], row[1024];
	struct rd_grid g;

	if (rd_grid_open(&g, (int)w->n + 2, PLAIN_COLS) < 0)
		return -ENOMEM;
	rd_wk_title(w, title, sizeof(title));
	rd_wk_end(w, end, sizeof(end));
	rd_grid_printf(&g, RD_SPAN(0, 0, PLAIN_COLS), 0, "walk %llu  %s  %s",
		(unsigned long long)w->number, title, end);
	rd_draw_hops(&view, w, &g, (struct rd_area){1, 0, (int)w->n + 1, PLAIN_COLS});
	for (int i = 0; i < g.rows; i++) {
		rd_grid_row(&g, i, row, sizeof(row));
		fprintf(rd_cli_out(cli), "%s\n", row);
	}
	fputc('\n', rd_cli_out(cli));
	rd_grid_close(&g);
	return ferror(rd_cli_out(cli)) ? -EPIPE : 0;
}

static int put_plain(
	struct rd_cli *cli, struct rd_source *source, struct rd_store *store, struct rd_err *err)
{
	int ret = 1;

	while (ret > 0 && !rd_cli_stopped(cli))
		ret = rd_source_read(source, store, err);
	for (uint64_t i = store->first; ret == 0 && i < store->next; i++)
		ret = put_walk(cli, rd_store_walk(store, i));
	return ret > 0 ? -EINTR : ret;
}

static int run_store(
	struct rd_cli *cli, struct rd_source *source, const char *path, struct rd_err *err)
{
	struct rd_store store;
	char name[120];
	int ret = rd_store_open(&store);

	if (ret < 0)
		return rd_err_set(err, ret, "out of memory");
	snprintf(name, sizeof(name), "%s%s", path != NULL ? "FILE " : "LIVE",
		path != NULL ? path : "");
	ret = rd_cli_on_screen(cli) && rd_tui_possible() ? rd_tui_run(source, &store, name, err)
							 : put_plain(cli, source, &store, err);
	rd_store_close(&store);
	return ret;
}

int rd_walk_follow(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	char *path = rd_args_path(args, "-r");
	struct rd_source source;
	int ret;

	if (path == NULL && !rd_cli_on_screen(cli)) {
		rd_err_set(err, -ENOTTY, "a live walk needs a terminal");
		rd_err_hint(err, "pktcap --trace");
		return -ENOTTY;
	}
	ret = rd_source_open(&source, path, rd_args_str(args, "filter"), err);
	if (ret == 0)
		ret = run_store(cli, &source, path, err);
	rd_source_close(&source);
	free(path);
	return ret;
}
