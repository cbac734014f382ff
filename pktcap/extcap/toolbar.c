/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The toolbar, see toolbar.h. Its pipes are opened for reading and writing, so that opening never waits and nobody's leaving
 * looks like an end: that Wireshark has gone is seen at the packets' pipe. Main thread.
 */
#include "toolbar.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "api/stages.h"
#include "base/clock.h"
#include "base/str.h"

#define WAIT_NS 500000000u // Wireshark sends its values as soon as it has opened the pipes

static int open_pipe(const char *path, int *fd, struct rd_err *err)
{
	if (path == NULL)
		return 0;
	*fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0)
		return rd_err_set(
			err, -errno, "can't open the toolbar's pipe %s: %s", path, strerror(errno));
	return 0;
}

int ex_toolbar_open(struct ex_toolbar *t, const struct ex_args *a, struct rd_err *err)
{
	int rc;

	memset(t, 0, sizeof(*t));
	t->in = t->out = -1;
	t->follow = a->follow;
	t->drops = a->drops;
	rc = open_pipe(a->control_in, &t->in, err);
	return rc < 0 ? rc : open_pipe(a->control_out, &t->out, err);
}

void ex_toolbar_close(struct ex_toolbar *t)
{
	if (t->in >= 0)
		close(t->in);
	if (t->out >= 0)
		close(t->out);
	t->in = t->out = -1;
}

static void say(const struct ex_toolbar *t, uint8_t control, enum ex_command command,
	const void *text, size_t len)
{
	uint8_t buf[EX_CONTROL_MAX];
	size_t n = ex_control_pack(buf, control, command, text, len);

	// Whole or not at all: it is no longer than PIPE_BUF. Full: the text is lost, as toolbar.h says.
	if (t->out >= 0 && write(t->out, buf, n) < 0)
		return;
}

void ex_toolbar_status(const struct ex_toolbar *t, const char *text)
{
	say(t, EX_CONTROL_NONE, EX_CMD_STATUSBAR, text, strlen(text));
}

void ex_toolbar_error(const struct ex_toolbar *t, const char *text)
{
	say(t, EX_CONTROL_NONE, EX_CMD_ERROR, text, strlen(text));
}

void ex_toolbar_log(const struct ex_toolbar *t, const char *text)
{
	time_t now = (time_t)(rd_realtime_ns() / 1000000000u);
	char line[1024];
	struct tm tm = {0};
	size_t len = 0;

	localtime_r(&now, &tm);
	rd_str_addf(line, sizeof(line), &len, "%02d:%02d:%02d %s\n", tm.tm_hour, tm.tm_min,
		tm.tm_sec, text);
	say(t, EX_CONTROL_LOG, EX_CMD_SET, line, len);
}

static void show(const struct ex_toolbar *t)
{
	uint8_t follow = t->follow, drops = t->drops;

	say(t, EX_CONTROL_FOLLOW, EX_CMD_SET, &follow, 1);
	say(t, EX_CONTROL_DROPS, EX_CMD_SET, &drops, 1);
}

static bool set_stage(struct ex_toolbar *t, const struct ex_message *m)
{
	char line[EX_STAGE_TEXT + 64];
	size_t len = 0;

	if (m->len >= sizeof(t->stage) || strlen(m->text) != m->len
		|| (m->len != 0 && rd_stage_by_name(m->text) == NULL)) {
		rd_str_addf(line, sizeof(line), &len,
			"the toolbar names a stage that this reddot does not have");
		ex_toolbar_log(t, line);
		return false;
	}
	if (strcmp(t->stage, m->text) == 0)
		return false;
	memcpy(t->stage, m->text, m->len + 1);
	return true;
}

// Wireshark sends all values before the capture begins. A button that nobody touched must not undo the options.
static bool set_flag(const struct ex_toolbar *t, bool *flag, const struct ex_message *m)
{
	bool on = m->len > 0 && m->text[0] != 0 && m->text[0] != '0';
	bool before = *flag;

	*flag = on || (!t->ready && before);
	return *flag != before;
}

bool ex_toolbar_obey(struct ex_toolbar *t, const struct ex_message *m)
{
	if (m->command == EX_CMD_INITIALIZED) {
		t->ready = true;
		show(t);
		return false;
	}
	if (m->command != EX_CMD_SET)
		return false;
	switch (m->control) {
	case EX_CONTROL_STAGE:
		return set_stage(t, m);
	case EX_CONTROL_FOLLOW:
		return set_flag(t, &t->follow, m);
	case EX_CONTROL_DROPS:
		return set_flag(t, &t->drops, m);
	default:
		return false;
	}
}

static void give_up(struct ex_toolbar *t)
{
	ex_toolbar_log(t,
		"what came from the toolbar is not the toolbar's protocol: it is ignored from now on");
	close(t->in);
	t->in = -1;
}

static bool obey_all(struct ex_toolbar *t)
{
	struct ex_message m;
	bool changed = false;
	int rc;

	while ((rc = ex_control_next(&t->reader, &m)) > 0)
		changed |= ex_toolbar_obey(t, &m);
	if (rc < 0)
		give_up(t);
	return changed;
}

bool ex_toolbar_read(struct ex_toolbar *t)
{
	uint8_t buf[EX_CONTROL_MAX];
	bool changed = false;
	ssize_t n;

	while (t->in >= 0 && (n = read(t->in, buf, sizeof(buf))) > 0) {
		for (size_t at = 0; at < (size_t)n && t->in >= 0;) {
			at += ex_control_feed(&t->reader, buf + at, (size_t)n - at);
			changed |= obey_all(t);
		}
	}
	return changed;
}

void ex_toolbar_wait(struct ex_toolbar *t)
{
	uint64_t end = rd_monotonic_ns() + WAIT_NS;

	while (t->in >= 0 && !t->ready && rd_monotonic_ns() < end) {
		struct pollfd p = {.fd = t->in, .events = POLLIN};

		if (poll(&p, 1, 10) > 0)
			ex_toolbar_read(t);
	}
}
