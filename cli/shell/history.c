/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads and writes the history file. It may be damaged or hostile (a shared home): lines are cut at what a terminal should not
 * get.
 */
#include "shell/history.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Makes the folders of path, each for the owner alone.
static void make_folders(char *path)
{
	for (char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
}

// Folders are made in it, but not the home itself: who has none (HOME=/nonexistent) has no history.
static bool is_home(const char *home)
{
	struct stat st;

	return home != NULL && home[0] == '/' && stat(home, &st) == 0 && S_ISDIR(st.st_mode);
}

// The XDG specification: relative paths don't count.
static char *find_path(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int len = -1;

	if (state != NULL && state[0] == '/')
		len = asprintf(&path, "%s/reddot/history", state);
	else if (is_home(home))
		len = asprintf(&path, "%s/.local/state/reddot/history", home);
	return len > 0 ? path : NULL;
}

// The file's end, at a line's beginning; terminated. NULL if there is none.
static char *read_tail(const char *path, size_t *len)
{
	FILE *file = fopen(path, "re");
	char *text = file != NULL ? malloc(RD_HISTORY_BYTES + 1) : NULL, *line;
	long size = 0;

	if (text != NULL && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	*len = 0;
	if (size > 0) {
		fseek(file, size > (long)RD_HISTORY_BYTES ? -(long)RD_HISTORY_BYTES : 0,
			size > (long)RD_HISTORY_BYTES ? SEEK_END : SEEK_SET);
		*len = fread(text, 1, RD_HISTORY_BYTES, file);
	}
	if (file != NULL)
		fclose(file);
	if (text == NULL)
		return NULL;
	text[*len] = '\0';
	line = size > (long)RD_HISTORY_BYTES ? strchr(text, '\n') : NULL;
	if (line == NULL)
		return text;
	*len -= (size_t)(line + 1 - text);
	memmove(text, line + 1, *len + 1);
	return text;
}

// Where the last RD_HISTORY_LINES lines begin.
static const char *last_lines(const char *text, size_t len)
{
	unsigned n = 0;

	for (const char *p = text + len; p > text; p--)
		if (p[-1] == '\n' && n++ == RD_HISTORY_LINES)
			return p;
	return text;
}

static void give_lines(const char *text, rd_history_fn each, void *arg)
{
	char line[4096];

	while (*text != '\0') {
		size_t n = strcspn(text, "\n"), good = 0;

		while (good < n && good + 1 < sizeof(line) && (unsigned char)text[good] >= ' '
			&& text[good] != 0x7f)
			good++;
		snprintf(line, sizeof(line), "%.*s", (int)good, text);
		if (good > 0)
			each(arg, line);
		text += n + (text[n] == '\n');
	}
}

static int write_all(int fd, const char *text, size_t len)
{
	ssize_t n = write(fd, text, len);

	return n == (ssize_t)len ? 0 : -1;
}

// Another file takes its place at once, so that a reader never sees half of it.
static void rewrite(const char *path, const char *text)
{
	char *fresh = NULL;
	int fd = asprintf(&fresh, "%s.%d", path, (int)getpid()) > 0
		? open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
		: -1;

	if (fd >= 0) {
		if (write_all(fd, text, strlen(text)) < 0 || rename(fresh, path) < 0)
			unlink(fresh);
		close(fd);
	}
	free(fresh);
}

void rd_history_open(struct rd_history *h, rd_history_fn each, void *arg)
{
	const char *from;
	size_t len = 0;
	char *text;

	h->last = NULL;
	h->path = find_path();
	if (h->path == NULL)
		return;
	make_folders(h->path);
	chmod(h->path, 0600);
	text = read_tail(h->path, &len);
	if (text == NULL)
		return;
	from = last_lines(text, len);
	give_lines(from, each, arg);
	if (from != text)
		rewrite(h->path, from);
	free(text);
}

int rd_history_add(struct rd_history *h, const char *line)
{
	size_t len = strlen(line);
	char *text = NULL;
	int fd;

	if (len == 0 || line[0] == ' ' || line[0] == '\t')
		return 0;
	if (h->last != NULL && strcmp(h->last, line) == 0)
		return 0;
	free(h->last);
	h->last = strdup(line);
	fd = h->path != NULL ? open(h->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	// One write, so that the lines of two shells don't mix. A full disk is no reason to disturb anybody.
	if (fd >= 0 && asprintf(&text, "%s\n", line) > 0)
		(void)write_all(fd, text, len + 1);
	free(text);
	if (fd >= 0)
		close(fd);
	return 1;
}

void rd_history_close(struct rd_history *h)
{
	free(h->path);
	free(h->last);
	h->path = NULL;
	h->last = NULL;
}
