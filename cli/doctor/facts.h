/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reading what the kernel says in /proc and /sys. A root before the paths lets tests show other machines.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define RD_CPUS_MAX 1024

struct rd_cpus {
	unsigned n;
	bool has[RD_CPUS_MAX];
};

// The file's text without the last newline; NULL if it can't be read. buf bounds it.
const char *rd_fact_text(const char *root, const char *path, char *buf, size_t size);
long rd_fact_number(const char *root, const char *path, long absent);
bool rd_fact_exists(const char *root, const char *path);
// The last part of where a link leads ("vfio-pci" of .../driver); NULL without it.
const char *rd_fact_link(const char *root, const char *path, char *buf, size_t size);
// The value behind "key" at the beginning of a line, blanks skipped ("CapEff:", "HugePages_Free:"); NULL without it.
const char *rd_fact_line(
	const char *root, const char *path, const char *key, char *buf, size_t size);
// Entries of a folder by name, those that begin with a dot left out; stops when each() says so. How many.
unsigned rd_fact_dir(
	const char *root, const char *path, bool (*each)(void *arg, const char *name), void *arg);
// "0,2-5" and back. What is no list gives none.
struct rd_cpus rd_cpus_parse(const char *text);
const char *rd_cpus_text(const struct rd_cpus *c, char *buf, size_t size);
