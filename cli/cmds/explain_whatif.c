/* SPDX-License-Identifier: BSD-3-Clause
 *
 * explain what-if: a packet's way through the live tables without a packet. Per hop what was decided and which bytes changed,
 * and at the end what would become of it.
 */
#include "cmds/explain.h"

#include "base/str.h"
#include "decode/oneline.h"
#include "decode/walk_diff.h"

#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 65535u

static uint8_t *frame_of(const json_t *hop, struct pk_frame *f)
{
	size_t len = json_string_length(json_object_get(hop, "hex")) / 2;
	uint8_t *bytes = malloc(len + 1);

	*f = (struct pk_frame){.bytes = bytes, .wire_len = (uint32_t)rd_item_int(hop, "len")};
	if (bytes != NULL && rd_parse_hex(rd_item_str(hop, "hex"), bytes, &len) == 0)
		f->cap_len = (uint32_t)len;
	return bytes;
}

static const json_t *previous(const json_t *hops, size_t i)
{
	json_int_t id = rd_item_int(json_array_get(hops, i), "packet_id");

	while (i-- > 0)
		if (rd_item_int(json_array_get(hops, i), "packet_id") == id)
			return json_array_get(hops, i);
	return NULL;
}

// Each line of a text below the hop.
static void put_lines(FILE *out, const char *text)
{
	for (size_t n; *text != '\0'; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		fprintf(out, "%22s%.*s\n", "", (int)n, text);
	}
}

static void put_packet(FILE *out, const json_t *hop)
{
	struct pk_frame f;
	uint8_t *bytes = frame_of(hop, &f);
	char text[RD_ONELINE_MAX];

	if (bytes != NULL && f.cap_len > 0) {
		rd_oneline_frame(NULL, bytes, f.cap_len, f.wire_len, text, sizeof(text));
		fprintf(out, "%22s%s\n", "", text);
	}
	free(bytes);
}

static void put_changes(FILE *out, const json_t *before, const json_t *hop)
{
	char text[2048];
	struct pk_frame a, b;
	uint8_t *from, *to;

	if (strcmp(rd_item_str(before, "hex"), rd_item_str(hop, "hex")) == 0)
		return;
	from = frame_of(before, &a);
	to = frame_of(hop, &b);
	if (from != NULL && to != NULL)
		put_lines(out, pk_walk_diff(&a, &b, text, sizeof(text)));
	free(from);
	free(to);
}

// Packets of one question by small numbers: 0 is the one that was asked about.
static size_t number_of(const json_t *hops, json_int_t packet_id)
{
	size_t nb = 0;

	for (size_t i = 0; i < json_array_size(hops); i++) {
		if (rd_item_int(json_array_get(hops, i), "packet_id") == packet_id)
			return nb;
		nb += previous(hops, i) == NULL;
	}
	return nb;
}

static void put_hop(FILE *out, const json_t *hops, size_t i)
{
	const json_t *hop = json_array_get(hops, i), *before = previous(hops, i);
	const json_t *facts = json_object_get(hop, "facts");
	size_t packet = number_of(hops, rd_item_int(hop, "packet_id"));
	char where[160];

	snprintf(
		where, sizeof(where), "%s@%s", rd_item_str(hop, "stage"), rd_item_str(hop, "port"));
	fprintf(out, "%3zu ", i);
	if (packet != 0)
		fprintf(out, "copy %zu ", packet);
	fprintf(out, "%-40s %6lld B\n", where, (long long)rd_item_int(hop, "len"));
	if (before == NULL)
		put_packet(out, hop);
	else
		put_changes(out, before, hop);
	for (size_t n = 0; n < json_array_size(facts); n++)
		fprintf(out, "%12s%s\n", "", json_string_value(json_array_get(facts, n)));
}

static void put_verdict(FILE *out, const json_t *hops, const json_t *v)
{
	const json_t *rule = json_object_get(v, "rule");
	size_t packet = number_of(hops, rd_item_int(v, "packet_id"));

	fputs("verdict: ", out);
	if (packet != 0)
		fprintf(out, "copy %zu ", packet);
	if (rd_item_str(v, "reason")[0] != '\0')
		fprintf(out, "dropped at %s@%s, %s", rd_item_str(v, "stage"),
			rd_item_str(v, "port"), rd_item_str(v, "reason"));
	else
		fprintf(out, "%s at %s@%s, %lld bytes", rd_item_str(v, "result"),
			rd_item_str(v, "stage"), rd_item_str(v, "port"),
			(long long)rd_item_int(v, "len"));
	if (rule != NULL)
		fprintf(out, ", rule %lld %s", (long long)rd_item_int(rule, "id"),
			rd_item_str(rule, "name"));
	fputc('\n', out);
}

static void put_answer(FILE *out, const json_t *hops, const json_t *result)
{
	const json_t *verdicts = json_object_get(result, "verdicts");

	for (size_t i = 0; i < json_array_size(hops); i++)
		put_hop(out, hops, i);
	if (rd_item_int(result, "hops_lost") > 0)
		fprintf(out, "    and %lld hops of copies more\n",
			(long long)rd_item_int(result, "hops_lost"));
	for (size_t i = 0; i < json_array_size(verdicts); i++)
		put_verdict(out, hops, json_array_get(verdicts, i));
	fputs("Nothing was sent, counted, learned or remembered.\n", out);
}

static int described(
	struct rd_cli *cli, const struct rd_args *args, json_t **hex, struct rd_err *err)
{
	static uint8_t frame[RD_WORDS_FRAME + 200];
	static char text[2 * sizeof(frame) + 1];
	struct rd_words w;
	size_t len;
	int ret = rd_words_read(args, &w, err);

	if (ret == 0)
		ret = rd_words_who(cli, rd_args_str(args, "port"), &w, err);
	if (ret == 0)
		ret = rd_words_frame(&w, frame, sizeof(frame), &len, err);
	if (ret == 0)
		*hex = json_string(rd_fmt_hex(frame, len, text, sizeof(text)));
	return ret;
}

static int from_file(const struct rd_args *args, json_t **hex, struct rd_err *err)
{
	char *path = rd_args_path(args, "file");
	json_t *frames;

	if (path == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	frames = rd_frames_read(path, rd_args_num(args, "frame", 1), err);
	free(path);
	if (frames == NULL) {
		rd_args_blame(args, "file");
		return err->code;
	}
	*hex = json_incref(json_array_get(frames, 0));
	json_decref(frames);
	return 0;
}

int rd_explain_hex(struct rd_cli *cli, const struct rd_args *args, json_t **hex, struct rd_err *err)
{
	*hex = NULL;
	if (rd_args_has(args, "file"))
		return from_file(args, hex, err);
	if (!rd_args_has(args, "hex"))
		return described(cli, args, hex, err);
	*hex = json_string(rd_args_str(args, "hex"));
	return 0;
}

static int append(void *arg, const json_t *item)
{
	return json_array_append(arg, (json_t *)(uintptr_t)item) < 0 ? -ENOMEM : 0;
}

int rd_explain_whatif(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *hex, *hops = json_array(), *result = NULL, *params;
	int ret = rd_explain_hex(cli, args, &hex, err);

	if (ret == 0) {
		params = json_pack("{s:s,s:o}", "port", rd_args_str(args, "port"), "hex", hex);
		ret = rd_cli_call(cli, "explain.whatif", params, append, hops, &result, err);
	}
	if (ret == 0 && rd_cli_is_json(cli)) {
		json_object_set(result, "hops", hops);
		rd_cli_put_json(cli, result);
	} else if (ret == 0) {
		put_answer(rd_cli_out(cli), hops, result);
	}
	json_decref(hops);
	json_decref(result);
	return ret;
}
