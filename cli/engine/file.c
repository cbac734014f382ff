/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs a file of commands, line by line, up to the first error. Called by reddot -f and by the daemon at start-up.
 */
#include "engine/tree.h"

#include <stdlib.h>
#include <string.h>

static int run_lines(struct rd_cli *cli, FILE *file, const char *name, struct rd_err *err)
{
	unsigned number = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int ret = 0;

	while (ret == 0 && (len = getline(&line, &size, file)) >= 0) {
		number++;
		if (memchr(line, '\0', (size_t)len) != NULL)
			ret = rd_err_set(
				err, -EINVAL, "the line has a NUL byte: not a command file");
		else
			ret = rd_cli_run_parsed(cli, line, err);
		if (ret < 0)
			snprintf(err->where, sizeof(err->where), "%s:%u:%zu: %s", name, number,
				cli->blame_off + 1, cli->line != NULL ? cli->line : "");
	}
	if (ret == 0 && ferror(file))
		ret = rd_err_set(err, -EIO, "%s can't be read to its end", name);
	free(line);
	return ret;
}

static int set_dir(struct rd_cli *cli, const char *path, struct rd_err *err)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == path ? 1 : slash != NULL ? (size_t)(slash - path) : 0;

	if (len >= sizeof(cli->dir))
		return rd_err_set(err, -ENAMETOOLONG, "the path is too long");
	memcpy(cli->dir, path, len);
	cli->dir[len] = '\0';
	return 0;
}

int rd_cli_run_file(struct rd_cli *cli, const char *path, struct rd_err *err)
{
	bool standard = strcmp(path, "-") == 0;
	struct rd_err mine = {0};
	FILE *file = standard ? stdin : fopen(path, "r");
	char before[PATH_MAX];
	int ret;

	if (file == NULL)
		return rd_err_set(err, -errno, "%s: %s", path, strerror(errno));
	memcpy(before, cli->dir, sizeof(before));
	ret = set_dir(cli, standard ? "" : path, &mine);
	if (ret == 0)
		ret = run_lines(cli, file, standard ? "stdin" : path, &mine);
	memcpy(cli->dir, before, sizeof(before));
	if (!standard)
		fclose(file);
	if (ret < 0 && err != NULL)
		*err = mine;
	return ret;
}
