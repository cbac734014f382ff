/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pktcap list, show and stop, see sessions.h. Main thread.
 */
#include "sessions.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "text.h"

static const char *text_of(const json_t *item, const char *key)
{
	const char *s = json_string_value(json_object_get(item, key));

	return s != NULL ? s : "";
}

static uint64_t number_of(const json_t *item, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(item, key));
}

static const char *owner_of(const json_t *item, char *buf, size_t size)
{
	uint64_t uid = number_of(item, "owner_uid");
	const struct passwd *p = getpwuid((uid_t)uid);
	size_t len = 0;

	buf[0] = '\0';
	if (p != NULL)
		rd_str_addf(buf, size, &len, "%s", p->pw_name);
	else
		rd_str_addf(buf, size, &len, "%" PRIu64, uid);
	return buf;
}

static void put_json(const json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2));
	putchar('\n');
}

static void list(const json_t *items)
{
	char owner[64];
	const json_t *s;
	size_t i;

	printf("%7s  %-20s %-8s %-10s %8s %8s %10s %10s %10s %10s  %s\n", "SESSION", "NAME",
		"STATE", "OWNER", "PID", "AGE s", "MATCHED", "CAPTURED", "LOST", "MEMORY",
		"FILTER");
	json_array_foreach (items, i, s)
		printf("%7" PRIu64 "  %-20s %-8s %-10s %8" PRIu64 " %8" PRIu64 " %10" PRIu64
		       " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "  %s\n",
			number_of(s, "session"), text_of(s, "name"), text_of(s, "state"),
			owner_of(s, owner, sizeof(owner)), number_of(s, "owner_pid"),
			number_of(s, "age_s"), number_of(s, "matched"), number_of(s, "captured"),
			number_of(s, "lost"), number_of(s, "memory"), text_of(s, "filter"));
}

static void show_points(const json_t *points)
{
	const json_t *p;
	size_t i;

	printf("%-10s", "points");
	json_array_foreach (points, i, p)
		printf(" %s%s%s", text_of(p, "stage"), *text_of(p, "port") != '\0' ? "@" : "",
			text_of(p, "port"));
	putchar('\n');
}

static void show_limit(const json_t *s, const char *key, const char *what, uint64_t unit)
{
	if (number_of(s, key) != 0)
		printf("%-10s %" PRIu64 "%s\n", "limit", number_of(s, key) / unit, what);
}

static void show_stages(const json_t *stages)
{
	const json_t *t;
	size_t i;

	if (json_array_size(stages) > 0)
		printf("%-14s %10s %10s %10s %10s %10s %12s %15s\n", "stage", "seen", "matched",
			"captured", "lost", "skipped", "cycles/seen", "cycles/matched");
	json_array_foreach (stages, i, t)
		printf("%-14s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64
		       " %12" PRIu64 " %15" PRIu64 "\n",
			text_of(t, "stage"), number_of(t, "seen"), number_of(t, "matched"),
			number_of(t, "captured"), number_of(t, "lost"), number_of(t, "skipped"),
			number_of(t, "cycles_seen"), number_of(t, "cycles_matched"));
}

static void show(const json_t *s)
{
	char owner[64], time[PK_TIME_TEXT];

	printf("%-10s %s (%" PRIu64 ")\n", "session", text_of(s, "name"), number_of(s, "session"));
	printf("%-10s %s%s%s\n", "state", text_of(s, "state"),
		*text_of(s, "ended") != '\0' ? ": " : "", text_of(s, "ended"));
	printf("%-10s %s (uid %" PRIu64 ", gid %" PRIu64 "), pid %" PRIu64 "\n", "owner",
		owner_of(s, owner, sizeof(owner)), number_of(s, "owner_uid"),
		number_of(s, "owner_gid"), number_of(s, "owner_pid"));
	printf("%-10s %s, %" PRIu64 " s ago\n", "started",
		pk_text_time(number_of(s, "start_ns"), time), number_of(s, "age_s"));
	show_points(json_object_get(s, "points"));
	if (*text_of(s, "filter") != '\0')
		printf("%-10s %s\n", "filter", text_of(s, "filter"));
	show_limit(s, "duration_ms", " ms", 1);
	show_limit(s, "packets", " packets", 1);
	show_limit(s, "bytes", " bytes", 1);
	show_limit(s, "max_cost", " % of a worker's time", 1);
	if (number_of(s, "one_in") > 1)
		printf("%-10s 1 packet in %" PRIu64 " now, %" PRIu64 " skipped\n", "takes",
			number_of(s, "one_in"), number_of(s, "skipped"));
	if (number_of(s, "keep_s") != 0)
		printf("%-10s %" PRIu64 " s without a client\n", "kept", number_of(s, "keep_s"));
	printf("%-10s %" PRIu64 " bytes, %" PRIu64 " of them not read yet\n", "memory",
		number_of(s, "memory"), number_of(s, "waiting"));
	if (*text_of(s, "file") != '\0')
		printf("%-10s %s, %" PRIu64 " bytes\n", "file", text_of(s, "file"),
			number_of(s, "file_bytes"));
	show_stages(json_object_get(s, "stages"));
}

static int stop(const struct pk_opts *o, struct rd_client *client, struct rd_err *err)
{
	return rd_client_call(client, "capture.stop",
		json_pack("{s:s}", "session", o->session.target), NULL, NULL, NULL, err);
}

int pk_sessions(const struct pk_opts *o, struct rd_client *client, struct rd_err *err)
{
	bool all = o->mode == PK_SESSION_LIST;
	json_t *items;

	if (o->mode == PK_SESSION_STOP)
		return stop(o, client, err);
	items = rd_client_list(client, all ? "capture.list" : "capture.show",
		all ? NULL : json_pack("{s:s}", "session", o->session.target), err);
	if (items == NULL)
		return err->code;
	if (o->json)
		put_json(items);
	else if (all)
		list(items);
	else
		show(json_array_get(items, 0));
	json_decref(items);
	return 0;
}
