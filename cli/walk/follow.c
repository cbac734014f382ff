/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `walk`: packets on their way through the stages, live or from a file: full-screen on a terminal, as plain text elsewhere.
 */
#include "walk/walk.h"

#include "engine/cmd.h"
#include "walk/export.h"
#include "walk/show.h"
#include "walk/tui.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Takes all records. 0, -EINTR when the person has had enough, or another negative errno.
static int read_all(
	struct rd_cli *cli, struct rd_source *source, struct rd_store *store, struct rd_err *err)
{
	int ret = 1;

	while (ret > 0 && !rd_cli_stopped(cli))
		ret = rd_source_read(source, store, err);
	return ret > 0 ? -EINTR : ret;
}

static int put_plain(
	struct rd_cli *cli, struct rd_source *source, struct rd_store *store, struct rd_err *err)
{
	const struct rd_export all = {.store = store, .first = 1, .last = UINT64_MAX};
	bool json = rd_cli_is_json(cli);
	int ret = read_all(cli, source, store, err);

	if (ret < 0 || (store->first == store->next && !json))
		return ret;
	return rd_export(rd_cli_out(cli), json ? RD_EXPORT_JSON : RD_EXPORT_TEXT, &all, err);
}

// With what --show says, if it says anything.
static int open_store(struct rd_store *store, const struct rd_args *args, struct rd_err *err)
{
	const char *show = rd_args_str(args, "--show");
	struct rd_show_err why;
	struct rd_show *parsed;
	int ret = rd_store_open(store);

	if (ret < 0)
		return rd_err_set(err, ret, "out of memory");
	if (rd_store_filter(store, show))
		return 0;
	parsed = rd_show_parse(show, &why);
	rd_show_free(parsed); // NULL: that is why we are here
	rd_store_close(store);
	rd_args_blame(args, "--show");
	rd_err_hint(err,
		"docs/guide/walk.md lists the fields; an example: --show 'stage drop and dport 80'");
	return rd_err_set(err, -EINVAL, "at column %d: %s", why.at + 1, why.what);
}

static int run_store(struct rd_cli *cli, const struct rd_args *args, struct rd_source *source,
	const char *path, struct rd_err *err)
{
	char name[120];
	const struct rd_tui_what what = {.name = name,
		.filter = rd_args_str(args, "filter"),
		.show = rd_args_str(args, "--show"),
		.live = path == NULL};
	struct rd_store store;
	int ret = open_store(&store, args, err);

	if (ret < 0)
		return ret;
	snprintf(name, sizeof(name), "%s%s", path != NULL ? "FILE " : "LIVE",
		path != NULL ? path : "");
	ret = rd_cli_on_screen(cli) && !rd_cli_is_json(cli) && rd_tui_possible()
		? rd_tui_run(source, &store, &what, err)
		: put_plain(cli, source, &store, err);
	rd_store_close(&store);
	return ret;
}

// The walks that --id means: by their number in the list, or a packet's id.
static int choose(struct rd_export *e, const struct rd_args *args, struct rd_err *err)
{
	uint64_t id = rd_args_num(args, "--id", 0), number = id;

	e->first = e->store->first;
	e->last = UINT64_MAX;
	if (!rd_args_has(args, "--id"))
		return 0;
	if (rd_store_walk(e->store, id) == NULL)
		for (number = e->store->first; number < e->store->next; number++)
			if (rd_store_walk(e->store, number)->packet_id == id)
				break;
	e->first = number;
	e->last = number;
	if (rd_store_walk(e->store, number) != NULL)
		return 0;
	rd_args_blame(args, "--id");
	return rd_err_set(err, -ENOENT, "there is no such walk among %llu",
		(unsigned long long)(e->store->next - e->store->first));
}

static int put_export(
	struct rd_cli *cli, const struct rd_args *args, struct rd_export *e, struct rd_err *err)
{
	enum rd_export_form form = rd_export_form(rd_args_str(args, "--export"));
	char *to = rd_args_path(args, "-o");
	int ret = choose(e, args, err);

	if (ret == 0 && (to == NULL || strcmp(to, "-") == 0)) {
		if (form == RD_EXPORT_PCAPNG && rd_cli_on_screen(cli)) {
			ret = rd_err_set(err, -EINVAL, "a terminal can't show pcapng");
			rd_err_hint(err, "-o FILE");
		} else {
			ret = rd_export(rd_cli_out(cli), form, e, err);
		}
	} else if (ret == 0) {
		ret = rd_export_file(to, false, form, e, err);
	}
	free(to);
	return ret;
}

static int run_export(struct rd_cli *cli, const struct rd_args *args, struct rd_source *source,
	const char *path, struct rd_err *err)
{
	struct rd_store store;
	struct rd_export e = {.store = &store, .source = path};
	int ret = open_store(&store, args, err);

	if (ret < 0)
		return ret;
	store.frame = 65535;
	ret = read_all(cli, source, &store, err);
	if (ret == 0)
		ret = put_export(cli, args, &e, err);
	rd_store_close(&store);
	return ret;
}

// What does not go together. 0 or -EINVAL.
static int check(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	bool export = rd_args_has(args, "--export"), file = rd_args_has(args, "-r");

	if (!file && (export || !rd_cli_on_screen(cli))) {
		rd_err_set(err, export ? -EINVAL : -ENOTTY,
			export ? "--export needs -r FILE" : "a live walk needs a terminal");
		rd_err_hint(err,
			export ? "pktcap -w FILE, then walk -r FILE --export html; in a live walk: the key w"
			       : "pktcap --trace");
		return -EINVAL;
	}
	if (export || (!rd_args_has(args, "-o") && !rd_args_has(args, "--id")))
		return 0;
	rd_args_blame(args, rd_args_has(args, "-o") ? "-o" : "--id");
	rd_err_set(err, -EINVAL, "this belongs to an export");
	rd_err_hint(err, "--export html|dot|json|text|pcapng");
	return -EINVAL;
}

int rd_walk_follow(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	char *path = rd_args_path(args, "-r");
	struct rd_source source = {.fd = -1, .says = -1};
	int ret = check(cli, args, err);

	if (ret == 0)
		ret = rd_source_open(&source, path, rd_args_str(args, "filter"), err);
	if (ret == 0)
		ret = rd_args_has(args, "--export") ? run_export(cli, args, &source, path, err)
						    : run_store(cli, args, &source, path, err);
	rd_source_close(&source);
	free(path);
	return ret;
}
