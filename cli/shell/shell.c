/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The shell's loop: waits for keys, signals, news and the daemon's end, and runs the line when it is complete. Signals are blocked
 * but for the waits and while a command runs, so none is lost.
 */
#include "shell/shell.h"

#include "engine/clean.h"
#include "engine/cmd.h"
#include "shell/history.h"
#include "shell/line.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct loop {
	const struct rd_shell *shell;
	struct rd_history history;
	sigset_t blocked, open; // masks: while we work, while we wait
	bool connected; // when we last looked
};

static volatile sig_atomic_t resized, told_to_end;
static bool leaving; // by exit or quit

static void on_signal(int number)
{
	if (number == SIGWINCH)
		resized = 1;
	else if (number != SIGINT)
		told_to_end = 1;
	if (number != SIGWINCH)
		rd_link_stop();
}

static void catch_signals(struct loop *l)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
	struct sigaction sa = {.sa_handler = on_signal}; // no SA_RESTART: waits end

	sigemptyset(&l->blocked);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sigaddset(&l->blocked, numbers[i]);
		sigaction(numbers[i], &sa, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &l->blocked, &l->open);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigdelset(&l->open, numbers[i]);
}

static void allow_signals(struct loop *l)
{
	sigprocmask(SIG_SETMASK, &l->open, NULL);
}

static void block_signals(struct loop *l)
{
	sigprocmask(SIG_BLOCK, &l->blocked, NULL);
}

static void begin_line(struct loop *l)
{
	char name[160], prompt[192];

	l->connected = rd_link_alive(l->shell->link);
	snprintf(prompt, sizeof(prompt), "reddot %s> ",
		rd_link_name(l->shell->link, name, sizeof(name)));
	rd_line_begin(prompt, l->shell->colour);
}

static void announce(struct loop *l, const char *text)
{
	rd_line_hide();
	fprintf(stdout, "%s\n", text);
	rd_line_end();
	begin_line(l);
}

// The daemon ended while the person thought.
static void look_at_link(struct loop *l)
{
	if (l->connected && !rd_link_alive(l->shell->link))
		announce(l, "the daemon has gone; the next command looks for it again");
}

// Asks the daemon for news, with the signals open: a mute daemon must not take the keyboard.
static void look_for_news(struct loop *l)
{
	bool before = rd_link_alive(l->shell->link);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return;
	allow_signals(l);
	rd_monitor_ask(l->shell->monitor, out);
	block_signals(l);
	fclose(out);
	if (before != rd_link_alive(l->shell->link)) {
		announce(l,
			before ? "the daemon has gone; monitor waits for it"
			       : "the daemon is there again");
	} else if (len > 0) {
		rd_line_hide();
		fwrite(text, 1, len, stdout); // cells are clean
		rd_line_show();
	}
	free(text);
}

static void wait_for_something(struct loop *l, struct pollfd *p)
{
	static const struct timespec tick = {.tv_nsec = RD_MONITOR_MS * 1000000l};
	bool watching = rd_monitor_on(l->shell->monitor);

	p[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	p[1] = (struct pollfd){.fd = rd_link_fd(l->shell->link), .events = POLLIN};
	if (ppoll(p, 2, watching ? &tick : NULL, &l->open) == 0)
		look_for_news(l);
	if (p[1].revents != 0)
		look_at_link(l);
}

static void take_signals(void)
{
	if (resized)
		rd_line_resized();
	resized = 0;
	if (rd_link_stopped() && !told_to_end)
		rd_line_cancel();
	rd_link_go_on();
}

// The next line; NULL when there is none any more.
static char *read_line(struct loop *l)
{
	enum rd_line_event event = RD_LINE_TYPING;
	char *line = NULL;

	begin_line(l);
	while (event == RD_LINE_TYPING && !told_to_end) {
		struct pollfd p[2] = {0};

		wait_for_something(l, p);
		take_signals();
		if (p[0].revents & POLLIN)
			event = rd_line_key(&line);
		else if (p[0].revents != 0)
			break; // the terminal has gone
	}
	if (event != RD_LINE_DONE) {
		rd_line_end();
		fputc('\n', stdout);
	}
	return line;
}

static int run_line(struct loop *l, const char *line)
{
	struct rd_err err = {0};
	int ret;

	if (rd_history_add(&l->history, line))
		rd_line_remember(line);
	allow_signals(l);
	ret = rd_cli_run_line(l->shell->cli, line, &err);
	block_signals(l);
	fflush(stdout);
	if (rd_link_stopped())
		fputc('\n', stdout); // behind the ^C
	else if (ret < 0)
		rd_cli_print_error(l->shell->cli, stderr, &err);
	return ret;
}

// What was pasted may have several lines: each is shown and run, up to the first that fails.
static void run_lines(struct loop *l, char *text)
{
	bool several = strchr(text, '\n') != NULL;
	int ret = 0;

	for (char *line = text; ret == 0 && line != NULL && !leaving;) {
		char *end = strchr(line, '\n');

		if (end != NULL)
			*end = '\0';
		if (several && *line != '\0')
			fprintf(stdout, "+ %s\n", line);
		ret = run_line(l, line);
		line = end != NULL ? end + 1 : NULL;
		if (ret < 0 && line != NULL)
			fputs("the lines behind it were not run\n", stdout);
	}
	rd_link_go_on();
}

static void remember(void *arg, const char *line)
{
	(void)arg;
	if (rd_is_clean(line))
		rd_line_remember(line);
}

struct adder {
	rd_line_add_fn add;
	void *arg;
};

static void add_candidate(void *arg, const char *word, const char *help)
{
	struct adder *a = arg;

	(void)help;
	if (word[0] != '\0' && rd_is_clean(word)) // the library shows them
		a->add(a->arg, word);
}

// Names of living objects come from the daemon: Ctrl-C ends the wait for a mute one.
static size_t complete(void *arg, const char *line, rd_line_add_fn add, void *add_arg)
{
	struct loop *l = arg;
	struct adder a = {add, add_arg};
	size_t start = 0;

	allow_signals(l);
	if (rd_cli_complete(l->shell->cli, line, &start, add_candidate, &a) < 0)
		start = strlen(line);
	block_signals(l);
	return start;
}

static void help(void *arg, const char *line)
{
	struct loop *l = arg;

	rd_cli_help(l->shell->cli, line);
}

static int run_exit(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	(void)cli;
	(void)args;
	(void)err;
	leaving = true;
	return 0;
}

static const struct rd_cmd cmds[] = {
	{"exit", "leave the shell", NULL, NULL, run_exit},
	{"quit", "leave the shell", NULL, NULL, run_exit},
};

int rd_shell_register(struct rd_cli *cli)
{
	return rd_cli_add(cli, cmds, sizeof(cmds) / sizeof(cmds[0]), NULL);
}

int rd_shell_run(const struct rd_shell *shell)
{
	struct loop l = {.shell = shell};
	const struct rd_line_calls calls = {complete, help, &l};
	char *line;

	catch_signals(&l);
	rd_line_open(&calls);
	rd_history_open(&l.history, remember, NULL);
	rd_link_open(shell->link, NULL); // only for the prompt
	while (!leaving && !told_to_end && (line = read_line(&l)) != NULL) {
		run_lines(&l, line);
		free(line);
	}
	rd_history_close(&l.history);
	return EXIT_SUCCESS;
}
