/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory and processors: hugepages, the clock, and whether workers have their cores for themselves.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "doctor/doctor.h"
#include "engine/table.h"

#define CPU "/sys/devices/system/cpu/"
#define CLOCK "/sys/devices/system/clocksource/clocksource0/"
#define HUGE "/sys/kernel/mm/hugepages/"

struct huge {
	const struct rd_doctor *d;
	long pages, left;
	char text[256];
	size_t len;
};

static bool add_size(void *arg, const char *name)
{
	struct huge *h = arg;
	char path[256];
	long nb, left;

	snprintf(path, sizeof(path), HUGE "%.80s/nr_hugepages", name);
	nb = rd_fact_number(h->d->root, path, 0);
	snprintf(path, sizeof(path), HUGE "%.80s/free_hugepages", name);
	left = rd_fact_number(h->d->root, path, 0);
	if (nb > 0)
		rd_str_addf(h->text, sizeof(h->text), &h->len, "%s%s: %ld, %ld free",
			h->len > 0 ? "; " : "", name, nb, left);
	h->pages += nb;
	h->left += left;
	return true;
}

void rd_doctor_memory(struct rd_doctor *d)
{
	struct huge h = {.d = d};

	(void)rd_fact_dir(d->root, HUGE, add_size, &h);
	if (h.pages == 0) {
		rd_doctor_add(d, RD_WARN, "hugepages", "none");
		rd_doctor_why(d,
			"reddotd --huge does not start, and on small pages a big flow table misses the TLB");
		rd_doctor_fix(
			d, "echo 512 > " HUGE "hugepages-2048kB/nr_hugepages; then reddotd --huge");
	} else if (h.left == 0 && d->hello == NULL) {
		rd_doctor_add(d, RD_WARN, "hugepages", "%s", h.text);
		rd_doctor_why(
			d, "other programs have all of them, so reddotd --huge does not start");
		rd_doctor_fix(d,
			"grep -l huge /proc/*/maps shows who; or a larger number in " HUGE
			"*/nr_hugepages");
	} else {
		rd_doctor_add(d, RD_PASS, "hugepages", "%s", h.text);
	}
}

static void check_clock(struct rd_doctor *d)
{
	char now[64], can[256];
	const char *clock = rd_fact_text(d->root, CLOCK "current_clocksource", now, sizeof(now));
	const char *all = rd_fact_text(d->root, CLOCK "available_clocksource", can, sizeof(can));

	if (clock == NULL) {
		rd_doctor_add(d, RD_WARN, "clock source", "the kernel does not say");
		rd_doctor_why(
			d, "without " CLOCK " nobody knows whether the time stamp counter is even");
		rd_doctor_fix(d, "mount -t sysfs sysfs /sys");
		return;
	}
	if (strcmp(clock, "tsc") == 0 || strcmp(clock, "arch_sys_counter") == 0
		|| strcmp(clock, "kvm-clock") == 0) {
		rd_doctor_add(d, RD_PASS, "clock source", "%s", clock);
		return;
	}
	rd_doctor_add(d, RD_WARN, "clock source", "%s", clock);
	rd_doctor_why(d,
		"the kernel does not trust the time stamp counter, which stamps every captured packet");
	if (all != NULL && strstr(all, "tsc") != NULL)
		rd_doctor_fix(d, "echo tsc > " CLOCK "current_clocksource");
	else
		rd_doctor_fix(d,
			"kernel command line: tsc=reliable, if the machine's counters are in step");
}

// Those of want that are not in have.
static struct rd_cpus without(const struct rd_cpus *want, const struct rd_cpus *have)
{
	struct rd_cpus c = {0};

	for (unsigned i = 0; i < RD_CPUS_MAX; i++) {
		c.has[i] = want->has[i] && !have->has[i];
		c.n += c.has[i];
	}
	return c;
}

static void check_list(
	struct rd_doctor *d, const char *check, const char *path, const char *word, const char *why)
{
	struct rd_cpus workers = rd_doctor_worker_cpus(d), have, missing;
	char text[1024], list[256];

	have = rd_cpus_parse(rd_fact_text(d->root, path, text, sizeof(text)));
	missing = without(&workers, &have);
	rd_cpus_text(&have, text, sizeof(text));
	if (have.n > 0 && missing.n == 0) {
		rd_doctor_add(d, RD_PASS, check, "%s", text);
		return;
	}
	if (missing.n > 0)
		rd_doctor_add(d, RD_WARN, check, "%s; not: %s, where workers run",
			have.n > 0 ? text : "none", rd_cpus_text(&missing, list, sizeof(list)));
	else
		rd_doctor_add(d, RD_WARN, check, "none");
	rd_doctor_why(d, "%s", why);
	rd_cpus_text(&workers, list, sizeof(list));
	rd_doctor_fix(d, "kernel command line: %s=%s; and reddotd --worker-cores %s", word,
		workers.n > 0 ? list : "2-3", workers.n > 0 ? list : "2-3");
}

// Two workers on one cpu; a worker beside another on one physical core.
static void check_sharing(struct rd_doctor *d)
{
	struct rd_cpus workers = rd_doctor_worker_cpus(d), core;
	size_t nb = json_array_size(d->workers);
	char path[128], text[256], list[256];
	bool spin = false;

	if (nb == 0)
		return;
	for (size_t i = 0; i < nb; i++)
		spin |= strcmp(rd_item_str(json_array_get(d->workers, i), "idle"), "spin") == 0;
	rd_cpus_text(&workers, list, sizeof(list));
	if (workers.n < nb) {
		rd_doctor_add(d, spin ? RD_FAIL : RD_WARN, "worker cores", "%zu workers on cpus %s",
			nb, list);
		rd_doctor_why(d, "workers that share a cpu wait for each other%s",
			spin ? ", and those that spin for whole time slices" : "");
		rd_doctor_fix(d, "reddotd --workers %u, or --worker-cores with a cpu for each",
			workers.n);
		return;
	}
	for (unsigned i = 0; i < RD_CPUS_MAX; i++) {
		if (!workers.has[i])
			continue;
		snprintf(path, sizeof(path), CPU "cpu%u/topology/thread_siblings_list", i);
		core = rd_cpus_parse(rd_fact_text(d->root, path, text, sizeof(text)));
		for (unsigned j = i + 1; j < RD_CPUS_MAX; j++) {
			if (!core.has[j] || !workers.has[j])
				continue;
			rd_doctor_add(d, RD_WARN, "worker cores",
				"cpus %u and %u are threads of one core", i, j);
			rd_doctor_why(d, "two workers share its caches and its pipelines");
			rd_doctor_fix(d,
				"reddotd --worker-cores with one thread of each core: cat " CPU
				"cpu*/topology/thread_siblings_list");
			return;
		}
	}
	rd_doctor_add(d, RD_PASS, "worker cores", "%zu worker%s on cpus %s", nb, nb == 1 ? "" : "s",
		list);
}

static void check_governor(struct rd_doctor *d)
{
	struct rd_cpus workers = rd_doctor_worker_cpus(d);
	char path[128], text[64];
	unsigned cpu = 0;

	while (cpu < RD_CPUS_MAX - 1 && workers.n > 0 && !workers.has[cpu])
		cpu++;
	snprintf(path, sizeof(path), CPU "cpu%u/cpufreq/scaling_governor", cpu);
	if (rd_fact_text(d->root, path, text, sizeof(text)) == NULL)
		return; // a guest, or a machine of one frequency
	if (strcmp(text, "performance") == 0) {
		rd_doctor_add(d, RD_PASS, "cpu frequency", "%s", text);
		return;
	}
	rd_doctor_add(d, RD_WARN, "cpu frequency", "%s", text);
	rd_doctor_why(
		d, "the clock of a cpu that just woke up is low, and the first packets pay for it");
	rd_doctor_fix(
		d, "for f in " CPU "cpu*/cpufreq/scaling_governor; do echo performance > $f; done");
}

void rd_doctor_cpu(struct rd_doctor *d)
{
	check_clock(d);
	check_list(d, "isolated cpus", CPU "isolated", "isolcpus",
		"the kernel may run any program on a worker's cpu; packets wait meanwhile");
	check_list(d, "tickless cpus", CPU "nohz_full", "nohz_full",
		"the timer interrupts a worker many times in a second");
	check_sharing(d);
	check_governor(d);
}
