/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See facts.h. Whatever can't be read is not there.
 */
#include "doctor/facts.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define TEXT_MAX 65536

static const char *at(const char *root, const char *path, char *buf)
{
	snprintf(buf, PATH_MAX, "%s%s", root, path);
	return buf;
}

const char *rd_fact_text(const char *root, const char *path, char *buf, size_t size)
{
	char full[PATH_MAX];
	int fd = open(at(root, path, full), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return NULL;
	while (len + 1 < size && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	if (n < 0)
		return NULL;
	while (len > 0 && (buf[len - 1] == '\n' || buf[len - 1] == ' '))
		len--;
	buf[len] = '\0';
	return buf;
}

long rd_fact_number(const char *root, const char *path, long absent)
{
	char buf[64], *end;
	const char *text = rd_fact_text(root, path, buf, sizeof(buf));
	long n = text != NULL ? strtol(text, &end, 10) : 0;

	return text != NULL && end != text ? n : absent;
}

bool rd_fact_exists(const char *root, const char *path)
{
	char full[PATH_MAX];

	return access(at(root, path, full), F_OK) == 0;
}

const char *rd_fact_link(const char *root, const char *path, char *buf, size_t size)
{
	char full[PATH_MAX], target[PATH_MAX];
	ssize_t n = readlink(at(root, path, full), target, sizeof(target) - 1);
	const char *base;

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	base = strrchr(target, '/');
	(void)rd_str_copy(buf, size, base != NULL ? base + 1 : target);
	return buf;
}

const char *rd_fact_line(
	const char *root, const char *path, const char *key, char *buf, size_t size)
{
	char *text = malloc(TEXT_MAX), *save = NULL;
	const char *found = NULL;

	if (text != NULL && rd_fact_text(root, path, text, TEXT_MAX) == NULL)
		text[0] = '\0';
	for (char *line = text != NULL ? strtok_r(text, "\n", &save) : NULL;
		line != NULL && found == NULL; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		line += strlen(key);
		(void)rd_str_copy(buf, size, line + strspn(line, " \t"));
		found = buf;
	}
	free(text);
	return found;
}

unsigned rd_fact_dir(
	const char *root, const char *path, bool (*each)(void *arg, const char *name), void *arg)
{
	char full[PATH_MAX];
	struct dirent **names = NULL;
	int n = scandir(at(root, path, full), &names, NULL, alphasort);
	unsigned count = 0;
	bool go_on = each != NULL;

	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			count++;
			go_on = go_on && each(arg, names[i]->d_name);
		}
		free(names[i]);
	}
	free(names);
	return count;
}

struct rd_cpus rd_cpus_parse(const char *text)
{
	struct rd_cpus c = {0};

	while (text != NULL && *text != '\0') {
		char *end;
		unsigned long lo = strtoul(text, &end, 10), hi = lo;

		if (end == text)
			break;
		if (*end == '-')
			hi = strtoul(end + 1, &end, 10);
		for (unsigned long i = lo; i <= hi && i < RD_CPUS_MAX; i++) {
			c.n += !c.has[i];
			c.has[i] = true;
		}
		text = *end == ',' ? end + 1 : "";
	}
	return c;
}

const char *rd_cpus_text(const struct rd_cpus *c, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < RD_CPUS_MAX; i++) {
		unsigned last = i;

		if (!c->has[i])
			continue;
		while (last + 1 < RD_CPUS_MAX && c->has[last + 1])
			last++;
		rd_str_addf(buf, size, &len, len > 0 ? ",%u" : "%u", i);
		if (last > i)
			rd_str_addf(buf, size, &len, "-%u", last);
		i = last;
	}
	return buf;
}
