/* SPDX-License-Identifier: BSD-3-Clause
 *
 * sharkd as a child: started with limits, given a frame as a capture file in memory, asked for its tree, waited for so long and
 * no longer. JSON-RPC, a line each way (sharkd 4.0). The thread of deep.c.
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

#define PATIENCE_MS 30000 // the first answer needs its start, seconds on a small machine
#define ANSWER_MAX (1u << 20)
#define MEMORY (2ul << 30)
#define CPU_S 60 // in all; then it is ended, and a new one started

static int64_t now_ms(void)
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
static void become_sharkd(const int *in, const int *out)
{
	const char *given = getenv("SHARKD");
	const char *program = given != NULL && *given != '\0' ? given : "sharkd";
	char name[] = "sharkd", dash[] = "-", *argv[] = {name, dash, NULL};
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
	limit(RLIMIT_FSIZE, ANSWER_MAX);
	execvp(program, argv);
	_exit(127);
}

int rd_shark_start(struct rd_shark *s, struct rd_err *err)
{
	int in[2], out[2] = {-1, -1};

	*s = (struct rd_shark){0, -1, -1, memfd_create("frame.pcap", MFD_CLOEXEC)};
	if (s->frame < 0)
		return rd_err_set(err, -errno, "no memory for a frame: %s", strerror(errno));
	if (pipe2(in, O_CLOEXEC) < 0)
		return rd_err_set(err, -errno, "no pipe: %s", strerror(errno));
	s->in = in[1];
	if (pipe2(out, O_CLOEXEC) == 0)
		s->pid = fork();
	if (s->pid == 0 && out[0] >= 0)
		become_sharkd(in, out);
	close(in[0]);
	if (out[0] >= 0)
		close(out[1]);
	s->out = out[0];
	return s->pid > 0 ? 0 : rd_err_set(err, -EAGAIN, "sharkd can't be started");
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
static int put_frame(const struct rd_shark *s, const struct rd_deep_ask *ask)
{
	struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, precision, snaplen, link;
		uint32_t s, us, caplen, len;
	} head = {0xa1b2c3d4, 2, 4, 0, 0, 262144, RD_PCAPNG_LINK_ETHERNET, 0, 0, ask->len,
		ask->wire_len > ask->len ? ask->wire_len : ask->len};

	_Static_assert(sizeof(head) == 24 + 16, "no holes");
	if (ftruncate(s->frame, 0) < 0 || pwrite(s->frame, &head, sizeof(head), 0) < 0)
		return -errno;
	return pwrite(s->frame, ask->bytes, ask->len, sizeof(head)) < 0 ? -errno : 0;
}

// Waits for more of the answer. Bytes read, 0 at its end, or a negative errno.
static ssize_t read_more(const struct rd_shark *s, int leave, int64_t until, char *buf, size_t room)
{
	struct pollfd p[2] = {{.fd = s->out, .events = POLLIN}, {.fd = leave, .events = POLLIN}};
	int64_t left = until - now_ms();
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

static int fail(struct rd_shark *s, ssize_t why, struct rd_err *err)
{
	int status = 0;

	if (why == -ETIMEDOUT)
		return rd_err_set(err, -ETIMEDOUT, "sharkd took longer than %d s: it was ended",
			PATIENCE_MS / 1000);
	if (why < 0)
		return rd_err_set(err, (int)why, "sharkd: %s", strerror(-(int)why));
	if (waitpid(s->pid, &status, 0) == s->pid)
		s->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return rd_err_set(err, -ENOENT,
			"sharkd is not there; Debian has it in the package wireshark-common");
	return rd_err_set(err, -EIO, "sharkd ended while it was asked");
}

// One line, without its end. The caller's; NULL with *err.
static char *read_line(struct rd_shark *s, int leave, int64_t until, struct rd_err *err)
{
	char *line = malloc(ANSWER_MAX + 1);
	size_t len = 0;
	ssize_t n = 1;

	while (line != NULL && (len == 0 || line[len - 1] != '\n')) {
		n = len < ANSWER_MAX ? read_more(s, leave, until, line + len, ANSWER_MAX - len)
				     : -EMSGSIZE;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (line != NULL && n > 0) {
		line[len - 1] =
			'\0'; // one question at a time: nothing stands behind the answer's end
		return line;
	}
	free(line);
	if (line == NULL)
		rd_err_set(err, -ENOMEM, "out of memory");
	else
		fail(s, n, err);
	return NULL;
}

// The answer to a question. NULL with *err.
static json_t *ask_for(
	struct rd_shark *s, const char *question, int leave, int64_t until, struct rd_err *err)
{
	size_t len = strlen(question);
	char *line = NULL;
	json_t *answer, *result;

	if (write(s->in, question, len) != (ssize_t)len) {
		fail(s, 0, err);
		return NULL;
	}
	line = read_line(s, leave, until, err);
	if (line == NULL)
		return NULL;
	answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	free(line);
	result = json_incref(json_object_get(answer, "result"));
	json_decref(answer);
	if (json_is_object(result))
		return result;
	json_decref(result);
	rd_err_set(err, -EPROTO, "sharkd did not take the packet");
	return NULL;
}

json_t *rd_shark_dissect(
	struct rd_shark *s, const struct rd_deep_ask *ask, int leave, struct rd_err *err)
{
	int64_t until = now_ms() + PATIENCE_MS;
	char question[200];
	json_t *result;
	int ret = put_frame(s, ask);

	if (ret < 0) {
		rd_err_set(err, ret, "no memory for a frame: %s", strerror(-ret));
		return NULL;
	}
	snprintf(question, sizeof(question),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"load\",\"params\":{\"file\":\"/proc/%d/fd/%d\"}}\n",
		(int)getpid(), s->frame);
	result = ask_for(s, question, leave, until, err);
	if (result == NULL)
		return NULL;
	json_decref(result);
	return ask_for(s,
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"frame\",\"params\":{\"frame\":1,\"proto\":true}}\n",
		leave, until, err);
}
