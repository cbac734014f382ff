/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether a capture file is still where it was opened, see file.h. Main thread.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "file.h"

#define WATCH_NS 1000000000u

static const char *strayed(const struct pk_file *f)
{
	struct stat mine, there;

	if (fstat(f->fd, &mine) < 0)
		return NULL;
	if (stat(f->path, &there) < 0)
		return mine.st_nlink == 0 ? "was removed" : "was moved";
	return mine.st_ino == there.st_ino && mine.st_dev == there.st_dev ? NULL : "was replaced";
}

void pk_file_watch(struct pk_file *f)
{
	uint64_t now = rd_monotonic_ns();
	const char *what;

	if (f->live || f->broken || f->strayed || f->fd < 0 || now - f->watched_ns < WATCH_NS)
		return;
	f->watched_ns = now;
	what = strayed(f);
	if (what == NULL)
		return;
	f->strayed = true;
	fprintf(stderr,
		"pktcap: %s %s; the capture goes on in the file that it was, which can be read as "
		"/proc/%d/fd/%d until pktcap ends\n",
		f->path, what, (int)getpid(), f->fd);
}
