/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See journal.h. A dozen lines of a protocol that does not change, so there is no need of libsystemd.
 */
#include "base/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

#define ENTRY_MAX 2048

static int sock = -1;

// $JOURNAL_STREAM names the device and inode of the stream that systemd made. Another stderr (a shell's redirection) is not it.
static int is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream != NULL && sscanf(stream, "%llu:%llu", &dev, &ino) == 2
		&& fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

void rd_log_to_journal(void)
{
	static const struct sockaddr_un sa = {
		.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
	int fd;

	if (sock >= 0 || !is_journal())
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0)
		close(fd);
	else
		sock = fd;
}

static void add(char *buf, size_t *len, const char *name, const char *value)
{
	if (value == NULL || value[0] == '\0' || strchr(value, '\n') != NULL)
		return;
	rd_str_addf(buf, ENTRY_MAX, len, "%s=%.255s\n", name, value);
}

int rd_journal_write(
	int level, const char *module, const char *text, size_t len, const struct rd_log_tags *tags)
{
	static const int priority[] = {3, 4, 6, 7}; // syslog's: err, warning, info, debug
	char buf[ENTRY_MAX];
	size_t used = 0;
	ssize_t n;

	if (sock < 0)
		return -ENOTCONN;
	rd_str_addf(buf, sizeof(buf), &used,
		"MESSAGE=%.*s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=reddotd\n", (int)len, text,
		priority[level]);
	add(buf, &used, "REDDOT_MODULE", module);
	if (tags != NULL) {
		add(buf, &used, "MESSAGE_ID", tags->id);
		add(buf, &used, "REDDOT_PORT", tags->port);
		add(buf, &used, "REDDOT_SESSION", tags->session);
	}
	do
		n = send(sock, buf, used, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}
