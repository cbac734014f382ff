/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A dissector as a child: started with limits, given a frame as a capture file in memory, waited for so long and no longer, ended. For
 * deep_child.c and deep_tshark.c; the thread of deep.c.
 */
#include "walk/deep.h"

#include "pcapng/write.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMORY (2ul << 30)
#define CPU_S 60 // in all; then it is ended, and a new one started

int64_t rd_deep_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void limit(int what, rlim_t most)
{
	const struct rlimit r = {most, most};

	if (setrlimit(what, &r) < 0)
		_exit(126);
}

// In the child: never comes back. It may take little, write nothing, and get no more rights.
static void become(char *const argv[], const char *program, const int *in, const int *out)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGINT, SIG_IGN); // the terminal's Ctrl-C is ours
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	limit(RLIMIT_AS, MEMORY);
	limit(RLIMIT_CPU, CPU_S);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, RD_DEEP_ANSWER);
	execvp(program, argv);
	_exit(127);
}

int rd_deep_spawn(struct rd_shark *s, char *const argv[], const char *variable, struct rd_err *err)
{
	const char *given = getenv(variable);
	const char *program = given != NULL && *given != '\0' ? given : argv[0];
	int in[2], out[2] = {-1, -1};

	if (pipe2(in, O_CLOEXEC) < 0)
		return rd_err_set(err, -errno, "no pipe: %s", strerror(errno));
	s->in = in[1];
	if (pipe2(out, O_CLOEXEC) == 0)
		s->pid = fork();
	if (s->pid == 0 && out[0] >= 0)
		become(argv, program, in, out);
	close(in[0]);
	if (out[0] >= 0)
		close(out[1]);
	s->out = out[0];
	return s->pid > 0 ? 0 : rd_err_set(err, -EAGAIN, "%s can't be started", argv[0]);
}

int rd_deep_file(struct rd_shark *s, struct rd_err *err)
{
	*s = (struct rd_shark){0, -1, -1, memfd_create("frame.pcap", MFD_CLOEXEC)};
	return s->frame >= 0
		? 0
		: rd_err_set(err, -errno, "no memory for a frame: %s", strerror(errno));
}

void rd_shark_stop(struct rd_shark *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	for (unsigned i = 0; i < 3; i++) {
		int fd = i == 0 ? s->in : i == 1 ? s->out : s->frame;

		if (fd >= 0)
			close(fd);
	}
	*s = (struct rd_shark){0, -1, -1, -1};
}

// The frame as a capture file of one packet (pcap, microseconds; draft-ietf-opsawg-pcap).
int rd_deep_put(const struct rd_shark *s, const struct rd_deep_ask *ask, struct rd_err *err)
{
	struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, precision, snaplen, link;
		uint32_t s, us, caplen, len;
	} head = {0xa1b2c3d4, 2, 4, 0, 0, 262144, RD_PCAPNG_LINK_ETHERNET, 0, 0, ask->len,
		ask->wire_len > ask->len ? ask->wire_len : ask->len};

	_Static_assert(sizeof(head) == 24 + 16, "no holes");
	if (ftruncate(s->frame, 0) < 0 || pwrite(s->frame, &head, sizeof(head), 0) < 0
		|| pwrite(s->frame, ask->bytes, ask->len, sizeof(head)) < 0)
		return rd_err_set(err, -errno, "no memory for a frame: %s", strerror(errno));
	return 0;
}

ssize_t rd_deep_read(const struct rd_shark *s, int leave, int64_t until, char *buf, size_t room)
{
	struct pollfd p[2] = {{.fd = s->out, .events = POLLIN}, {.fd = leave, .events = POLLIN}};
	int64_t left = until - rd_deep_now_ms();
	int n = left > 0 ? poll(p, 2, (int)left) : 0;
	ssize_t got;

	if (n == 0)
		return -ETIMEDOUT;
	if (n < 0)
		return -errno;
	if (p[1].revents != 0)
		return -ECANCELED;
	got = read(s->out, buf, room);
	return got < 0 ? -errno : got;
}

int rd_deep_fail(struct rd_shark *s, const char *name, ssize_t why, struct rd_err *err)
{
	int status = 0;

	if (why == -ETIMEDOUT)
		return rd_err_set(err, -ETIMEDOUT, "%s took longer than %d s: it was ended", name,
			RD_DEEP_PATIENCE_MS / 1000);
	if (why < 0)
		return rd_err_set(err, (int)why, "%s: %s", name, strerror(-(int)why));
	if (waitpid(s->pid, &status, 0) == s->pid)
		s->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return rd_err_set(err, -ENOENT, "%s is not there", name);
	return rd_err_set(err, -EIO, "%s ended while it was asked", name);
}
