/* SPDX-License-Identifier: BSD-3-Clause
 *
 * inject: gives frames to a port as if they came from its device. Frames that do not fit into one message go in
 * several, in order; a repeated injection (every) must fit, since the daemon keeps its frames.
 */
#include "cmds/cmds.h"

#include <stdlib.h>

static const struct rd_column columns[] = {
	{"TIMER", "timer", RD_COL_RIGHT, NULL},
	{"FRAMES", "frames", RD_COL_RIGHT, NULL},
	{"EVERY ms", "every_ms", RD_COL_RIGHT, NULL},
	{"SENT", "sent", RD_COL_RIGHT, NULL},
	{"PORT", "port", 0, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static json_t *file_frames(const struct rd_args *args, struct rd_err *err)
{
	char *path = rd_args_path(args, "pcap");
	json_t *frames;

	if (path == NULL) {
		rd_err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	frames = rd_frames_read(path, rd_args_num(args, "frame", 0), err);
	if (frames == NULL)
		rd_args_blame(args, "pcap");
	free(path);
	return frames;
}

// params holds what the line gave; hex, if given, is one frame in it.
static json_t *take_frames(const struct rd_args *args, json_t *params, struct rd_err *err)
{
	json_t *frames;

	if (rd_args_has(args, "pcap"))
		return file_frames(args, err);
	if (rd_args_has(args, "frame")) {
		rd_args_blame(args, "frame");
		rd_err_set(err, -EINVAL, "frame N chooses from a file: there is none");
		rd_err_hint(err, "inject PORT pcap FILE frame N");
		return NULL;
	}
	frames = json_array();
	json_array_append(frames, json_object_get(params, "hex"));
	json_object_del(params, "hex");
	return frames;
}

// The next frames that fit into one message, from *at on.
static json_t *next_chunk(const json_t *frames, size_t *at)
{
	json_t *chunk = json_array();
	size_t size = 0;

	for (; chunk != NULL && *at < json_array_size(frames); ++*at) {
		json_t *frame = json_array_get(frames, *at);

		size += json_string_length(frame) + 3;
		if (json_array_size(chunk) == RD_FRAMES_MAX
			|| (size > RD_FRAMES_MAX_SIZE && json_array_size(chunk) > 0))
			break;
		json_array_append(chunk, frame);
	}
	return chunk;
}

// Adds one answer to the sum of them all.
static void add_result(json_t *sum, const json_t *result)
{
	json_int_t n = rd_item_int(sum, "injected") + rd_item_int(result, "injected");
	json_t *ids = json_object_get(sum, "packet_ids");

	json_object_set_new(sum, "injected", json_integer(n));
	json_array_extend(ids, json_object_get(result, "packet_ids"));
	if (json_object_get(result, "timer") != NULL)
		json_object_set(sum, "timer", json_object_get(result, "timer"));
}

static int send_once(struct rd_cli *cli, const json_t *params, const json_t *frames, json_t *sum,
	struct rd_err *err)
{
	int ret = 0;

	for (size_t at = 0; at < json_array_size(frames) && ret == 0;) {
		json_t *request = json_deep_copy(params), *result = NULL;

		json_object_set_new(request, "frames", next_chunk(frames, &at));
		ret = rd_cli_call(cli, "inject", request, NULL, NULL, &result, err);
		if (ret == 0)
			add_result(sum, result);
		json_decref(result);
	}
	return ret;
}

// Too much for one message: the client repeats, so that the order stays what was asked for.
static int send_chunks(
	struct rd_cli *cli, json_t *params, const json_t *frames, json_t *sum, struct rd_err *err)
{
	json_int_t count =
		json_object_get(params, "count") != NULL ? rd_item_int(params, "count") : 1;
	int ret = 0;

	if (json_object_get(params, "every_ms") != NULL) {
		rd_err_set(err, -E2BIG,
			"the frames do not fit into one message, so they can't repeat");
		rd_err_hint(err, "a file of at most 1000 frames and 400 kB, or without every");
		return -E2BIG;
	}
	json_object_del(params, "count");
	for (json_int_t i = 0; i < count && ret == 0; i++)
		ret = send_once(cli, params, frames, sum, err);
	return ret;
}

static void put_result(const struct rd_cli *cli, const json_t *sum)
{
	const json_t *ids = json_object_get(sum, "packet_ids");
	long long n = rd_item_int(sum, "injected");
	size_t nb_ids = json_array_size(ids);
	FILE *out = rd_cli_out(cli);

	if (rd_cli_is_json(cli)) {
		rd_cli_put_json(cli, sum);
		return;
	}
	fprintf(out, "%lld packet%s injected", n, n == 1 ? "" : "s");
	if (nb_ids > 0)
		fprintf(out, ", id %lld", (long long)json_integer_value(json_array_get(ids, 0)));
	if (nb_ids > 1 && nb_ids < (size_t)n) // the daemon tells only so many
		fputs(" and up", out);
	else if (nb_ids > 1)
		fprintf(out, " to %lld",
			(long long)json_integer_value(json_array_get(ids, nb_ids - 1)));
	if (json_object_get(sum, "timer") != NULL)
		fprintf(out, "; timer %lld: inject stop %lld", (long long)rd_item_int(sum, "timer"),
			(long long)rd_item_int(sum, "timer"));
	fputc('\n', out);
}

static int inject(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *params = rd_args_params(args),
	       *sum = json_pack("{s:i,s:[]}", "injected", 0, "packet_ids");
	json_t *frames = params != NULL && sum != NULL ? take_frames(args, params, err) : NULL;
	int ret;

	if (frames == NULL)
		ret = rd_err_set(err, -ENOMEM, "out of memory");
	else if (!rd_frames_fit(frames))
		ret = send_chunks(cli, params, frames, sum, err);
	else
		ret = send_once(cli, params, frames, sum, err);
	if (ret == 0)
		put_result(cli, sum);
	json_decref(frames);
	json_decref(params);
	json_decref(sum);
	return ret;
}

static const struct rd_arg_desc inject_args[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "the port that gets them",
		.names = &rd_names_port},
	{.key = "pcap", .type = RD_ARG_FILE, .help = "the frames of a pcap or pcapng file"},
	{.key = "hex", .type = RD_ARG_HEX, .param = "hex", .help = "one frame as hex bytes"},
	{.key = "frame",
		.type = RD_ARG_NUM,
		.min = 1,
		.help = "only this frame of the file, counted from 1"},
	{.key = "count",
		.type = RD_ARG_NUM,
		.param = "count",
		.min = 1,
		.help = "how many times; 1"},
	{.key = "every",
		.type = RD_ARG_MS,
		.param = "every_ms",
		.min = 1,
		.help = "again and again, such as every 100ms, until inject stop"},
	{0},
};

static const struct rd_arg_desc stop_args[] = {
	{.key = "timer", .type = RD_ARG_NUM, .param = "timer", .help = "its number in show inject"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{"inject PORT (pcap FILE|hex BYTES) [frame N] [count N] [every DURATION]",
		"send frames into a port, as if its device had received them", "inject",
		inject_args, inject},
	{"inject stop TIMER", "end a repeated injection", "inject.stop", stop_args, NULL},
	{"show inject", "repeated injections", "inject.list", NULL, show},
};
const struct rd_cmd_set rd_cmds_inject = RD_CMD_SET(cmds);
