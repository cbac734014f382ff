/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads records for the full-screen walk. pktcap is a child: it dies with us, and its complaints become our error.
 */
#include "walk/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_LEN 131072u

// pktcap beside us, or where the build has it, or anywhere in PATH.
static const char *find_pktcap(char *buf, size_t size)
{
	static const char *const places[] = {"/pktcap", "/../pktcap/pktcap"};
	const char *given = getenv("PKTCAP");
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (given != NULL && *given != '\0')
		return given;
	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	for (unsigned i = 0; slash != NULL && i < 2; i++) {
		*slash = '\0';
		if (snprintf(buf, size, "%s%s", self, places[i]) < (int)size
			&& access(buf, X_OK) == 0)
			return buf;
	}
	return "pktcap";
}

// In the child: never comes back.
static void become_pktcap(
	const char *program, const char *path, const char *filter, const int *out, const int *says)
{
	const char *live[] = {"pktcap", "--json", "-x", "-l", "-s", "256",
		filter != NULL ? "--follow" : NULL, filter, NULL};
	const char *file[] = {"pktcap", "--json", "-x", "-r", path, filter, NULL};
	char *argv[10] = {0};
	const char **from = path != NULL ? file : live;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGINT, SIG_IGN); // the terminal's Ctrl-C is ours
	dup2(null, STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	dup2(says[1], STDERR_FILENO);
	for (unsigned i = 0; from[i] != NULL; i++)
		memcpy(&argv[i], &from[i], sizeof(argv[i])); // execvp takes no const
	execvp(program, argv);
	dprintf(STDERR_FILENO, "pktcap can't be started: %s\n", strerror(errno));
	_exit(127);
}

static int start(struct rd_source *s, const char *path, const char *filter, struct rd_err *err)
{
	int out[2], says[2];
	char buf[2 * PATH_MAX];
	const char *program = find_pktcap(buf, sizeof(buf));

	if (pipe2(out, O_CLOEXEC) < 0)
		return rd_err_set(err, -errno, "no pipe: %s", strerror(errno));
	if (pipe2(says, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return rd_err_set(err, -errno, "no pipe: %s", strerror(errno));
	}
	s->pid = fork();
	if (s->pid == 0)
		become_pktcap(program, path, filter, out, says);
	close(out[1]);
	close(says[1]);
	s->fd = out[0];
	s->says = says[0];
	if (s->pid > 0)
		return 0;
	return rd_err_set(err, -errno, "no process: %s", strerror(errno));
}

// Whether a file begins like JSON lines; everything else is pktcap's to read.
static bool is_json(int fd)
{
	char first = '\0';

	return pread(fd, &first, 1, 0) == 1 && first == '{';
}

int rd_source_open(struct rd_source *s, const char *path, const char *filter, struct rd_err *err)
{
	int ret = 0;

	*s = (struct rd_source){.fd = -1, .says = -1};
	if (path == NULL)
		ret = start(s, NULL, filter, err);
	else if (strcmp(path, "-") == 0)
		s->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (ret == 0 && s->fd < 0)
		return rd_err_set(err, -errno, "%s can't be read: %s", path, strerror(errno));
	if (ret == 0 && path != NULL && strcmp(path, "-") != 0 && !is_json(s->fd)) {
		close(s->fd);
		ret = start(s, path, filter, err);
	}
	return ret;
}

// What pktcap said last, when it ended in anger.
static int end_of(struct rd_source *s, struct rd_err *err)
{
	char text[2048];
	ssize_t n = s->says >= 0 ? read(s->says, text, sizeof(text) - 1) : 0;
	int status = 0;

	close(s->fd);
	s->fd = -1;
	if (s->pid > 0)
		waitpid(s->pid, &status, 0);
	s->pid = 0;
	text[n > 0 ? n : 0] = '\0';
	if (status == 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return rd_err_set(err, -EIO, "%s", text[0] != '\0' ? text : "pktcap ended");
}

int rd_source_read(struct rd_source *s, struct rd_store *store, struct rd_err *err)
{
	static char buf[READ_LEN];
	ssize_t n = read(s->fd, buf, sizeof(buf));
	json_t *msg;
	int ret;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN
			? 1
			: rd_err_set(err, -errno, "%s", strerror(errno));
	if (n == 0)
		return end_of(s, err);
	ret = rd_msg_feed(&s->reader, buf, (size_t)n);
	if (ret < 0)
		return rd_err_set(
			err, ret, "a line is too long: this is not what pktcap --json writes");
	while ((ret = rd_msg_next(&s->reader, &msg, err)) > 0) {
		ret = rd_store_add(store, msg);
		json_decref(msg);
		if (ret < 0)
			return rd_err_set(err, ret, "out of memory");
	}
	return ret < 0 ? ret : 1;
}

void rd_source_close(struct rd_source *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (s->fd >= 0)
		close(s->fd);
	if (s->says >= 0)
		close(s->says);
	rd_msg_reader_free(&s->reader);
	*s = (struct rd_source){.fd = -1, .says = -1};
}
