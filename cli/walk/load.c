/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads what `pktcap --json` wrote. The file is hostile: the message reader bounds lines and refuses what is not an
 * object. Records without a known stage are left out.
 */
#include "walk/model.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "api/msg.h"

// Moves complete lines from the reader to the array. 0, -EBADMSG, -ENOMEM.
static int take_lines(struct rd_msg_reader *r, json_t *records, unsigned *line, struct rd_err *err)
{
	json_t *msg;
	int ret;

	while ((ret = rd_msg_next(r, &msg, err)) != 0) {
		++*line;
		if (ret < 0) {
			rd_err_where(err, "line %u", *line);
			rd_err_hint(err, "make the file with pktcap --json");
			return ret;
		}
		if (json_array_append_new(records, msg) < 0)
			return rd_err_set(err, -ENOMEM, "out of memory");
	}
	return 0;
}

static int read_all(int fd, json_t *records, struct rd_err *err)
{
	struct rd_msg_reader reader = {0};
	unsigned line = 0;
	char buf[65536];
	ssize_t n = 0;
	int ret = 0;

	while (ret == 0 && (n = read(fd, buf, sizeof(buf))) > 0) {
		ret = rd_msg_feed(&reader, buf, (size_t)n);
		if (ret < 0)
			rd_err_set(err, ret, "line %u is too long", line + 1);
		else
			ret = take_lines(&reader, records, &line, err);
	}
	if (n < 0)
		ret = rd_err_set(err, -errno, "cannot read: %s", strerror(errno));
	rd_msg_reader_free(&reader);
	return ret;
}

int rd_walks_load(struct rd_walks *w, const char *path, struct rd_err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return rd_err_set(err, -errno, "cannot open %s: %s", path, strerror(errno));
	w->records = json_array();
	ret = w->records != NULL ? read_all(fd, w->records, err) : -ENOMEM;
	if (!is_stdin)
		close(fd);
	return ret;
}
