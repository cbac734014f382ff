/* SPDX-License-Identifier: BSD-3-Clause
 *
 * reddot doctor: looks at the machine and at the daemon, and says of each thing whether it is well, why not, and the command
 * that mends it. Works without a daemon. One thread.
 */
#pragma once

#include "doctor/facts.h"
#include "engine/cmd.h"

enum rd_verdict {
	RD_PASS,
	RD_WARN, // works, but slower or with less than it could
	RD_FAIL, // something that was asked for does not work
};

struct rd_doctor {
	struct rd_cli *cli;
	const char *root; // before every path; "" = this machine
	uint64_t watch_ms; // how long drops are looked at
	json_t *list; // findings
	unsigned nb[RD_FAIL + 1];
	json_t *hello; // NULL: no daemon answers
	json_t *workers; // worker.list; empty without a daemon
	bool socket_refused; // there is a daemon, and we may not talk to it
};

// A finding. Why and how to mend it belong to the last one that was added.
void rd_doctor_add(struct rd_doctor *d, enum rd_verdict v, const char *check, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void rd_doctor_why(struct rd_doctor *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void rd_doctor_fix(struct rd_doctor *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// "/proc/4711/" of the daemon, of ourselves without one.
const char *rd_doctor_proc(const struct rd_doctor *d, char *buf, size_t size);
// Items of a list method; an empty array when there is no daemon, or it refuses.
json_t *rd_doctor_list(const struct rd_doctor *d, const char *method, json_t *params);
struct rd_cpus rd_doctor_worker_cpus(const struct rd_doctor *d);

void rd_doctor_memory(struct rd_doctor *d); // hugepages
void rd_doctor_cpu(struct rd_doctor *d); // clock, isolation, sharing, frequency
void rd_doctor_pci(struct rd_doctor *d); // drivers, IOMMU, NUMA
void rd_doctor_kernel(struct rd_doctor *d); // what ports of the kernel need
void rd_doctor_rights(struct rd_doctor *d); // socket, capabilities, plugins
void rd_doctor_daemon(struct rd_doctor *d); // versions, queues, buffers
void rd_doctor_drops(struct rd_doctor *d);

int rd_doctor_register(struct rd_cli *cli);
