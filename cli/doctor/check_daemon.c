/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the daemon says of itself: releases, queues, buffers, and drops that grow while we look.
 */
#include <string.h>

#include "doctor/doctor.h"
#include "engine/table.h"

#define POOL_FULL 900 // per mille
#define DROPS_TOLD 5

static void check_versions(struct rd_doctor *d)
{
	const char *release = rd_item_str(d->hello, "release");

	if (d->hello == NULL) {
		rd_doctor_add(d, RD_WARN, "daemon", "none answers; reddot is %s", RD_VERSION);
		rd_doctor_why(d,
			"what only a daemon knows was not looked at: workers, queues, buffers, drops");
		rd_doctor_fix(d,
			"systemctl start reddotd; or reddotd -f FILE; another socket: reddot --socket PATH doctor");
	} else if (strcmp(release, RD_VERSION) != 0) {
		rd_doctor_add(
			d, RD_WARN, "daemon", "reddotd is %s, reddot %s", release, RD_VERSION);
		rd_doctor_why(d, "commands of one may be unknown to the other");
		rd_doctor_fix(d, "restart the daemon after an upgrade: systemctl restart reddotd");
	} else {
		rd_doctor_add(d, RD_PASS, "daemon", "reddotd %s, %s, process %lld", release,
			rd_item_str(d->hello, "dpdk"), (long long)rd_item_int(d->hello, "pid"));
	}
}

static void check_pool(struct rd_doctor *d)
{
	const json_t *w = json_array_get(d->workers, 0);
	json_int_t used = rd_item_int(w, "mbufs_in_use"), all = rd_item_int(w, "mbufs_total");

	if (all == 0)
		return;
	if (used * 1000 / all < POOL_FULL) {
		rd_doctor_add(d, RD_PASS, "packet buffers", "%lld of %lld in use", (long long)used,
			(long long)all);
		return;
	}
	rd_doctor_add(d, RD_WARN, "packet buffers", "%lld of %lld in use", (long long)used,
		(long long)all);
	rd_doctor_why(d, "devices that find none drop what arrives");
	rd_doctor_fix(d, "reddotd --mbufs %lld", (long long)all * 2);
}

// Ports of several queues with fewer of them than there are workers, and workers that share a queue to send.
static void check_queues(struct rd_doctor *d)
{
	json_t *queues = rd_doctor_list(d, "worker.queues", NULL), *q;
	size_t i, nb = json_array_size(queues);
	const char *shared = NULL;
	char first[128] = "";

	json_array_foreach (queues, i, q) {
		if (shared == NULL && strcmp(rd_item_str(q, "by"), "shared") == 0) {
			snprintf(first, sizeof(first), "%s", rd_item_str(q, "port"));
			shared = first;
		}
	}
	if (shared != NULL) {
		rd_doctor_add(
			d, RD_WARN, "queues", "workers share the queue that %s sends by", shared);
		rd_doctor_why(d, "each burst takes a lock, and waits for the other workers");
		rd_doctor_fix(d,
			"port set %s device ... queues %zu, if the device can; or fewer --workers",
			shared, json_array_size(d->workers));
	} else if (nb > 0) {
		rd_doctor_add(d, RD_PASS, "queues", "%zu, none shared", nb);
	}
	json_decref(queues);
}

void rd_doctor_daemon(struct rd_doctor *d)
{
	check_versions(d);
	check_pool(d);
	check_queues(d);
}

static json_int_t count_of(const json_t *list, const char *reason)
{
	size_t i;
	json_t *item;

	json_array_foreach ((json_t *)(uintptr_t)list, i, item)
		if (strcmp(rd_item_str(item, "reason"), reason) == 0)
			return rd_item_int(item, "count");
	return 0;
}

void rd_doctor_drops(struct rd_doctor *d)
{
	json_t *before, *after, *item;
	unsigned grew = 0;
	size_t i;

	if (d->hello == NULL)
		return;
	before = rd_doctor_list(d, "drop.list", NULL);
	(void)rd_cli_wait(d->cli, (unsigned)d->watch_ms);
	after = rd_doctor_list(d, "drop.list", NULL);
	json_array_foreach (after, i, item) {
		const char *reason = rd_item_str(item, "reason");
		json_int_t more = rd_item_int(item, "count") - count_of(before, reason);

		if (more <= 0 || ++grew > DROPS_TOLD)
			continue;
		rd_doctor_add(d, RD_WARN, "drops", "%s at %s: %lld more in %.1f s", reason,
			rd_item_str(item, "stage"), (long long)more, (double)d->watch_ms / 1000);
		rd_doctor_why(d, "%s", rd_item_str(item, "meaning"));
		rd_doctor_fix(
			d, "%s; show drop recent reason %s", rd_item_str(item, "hint"), reason);
	}
	if (grew == 0)
		rd_doctor_add(d, RD_PASS, "drops", "none in %.1f s", (double)d->watch_ms / 1000);
	json_decref(before);
	json_decref(after);
}
