/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The pager. A program gets the first screen only when there is a second one: until then it is held back. Our own asks with the
 * lines standing, so it can page a stream that never ends.
 */
#include "shell/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define QUESTION "-- more: space, enter, q --"
#define KEY_CTRL(c) ((c)&0x1f)

static const char *program(void)
{
	const char *ours = getenv("REDDOT_PAGER"), *any = getenv("PAGER");
	const char *name = ours != NULL ? ours : any;

	return name != NULL && *name != '\0' ? name : NULL;
}

void rd_pager_init(struct rd_pager *p, FILE *to)
{
	memset(p, 0, sizeof(*p));
	p->to = to;
	p->program = program();
	p->keys = -1;
}

static void measure(struct rd_pager *p)
{
	struct winsize size = {0};

	if (ioctl(fileno(p->to), TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	p->rows = size.ws_row;
	p->columns = size.ws_col;
}

void rd_pager_begin(struct rd_pager *p, bool page)
{
	measure(p);
	p->left = false;
	p->used = 0;
	p->held_len = 0;
	p->keys = page ? open("/dev/tty", O_RDWR | O_CLOEXEC) : -1;
	p->off = p->keys < 0;
}

// One key; an escape sequence is read to its end and means its last byte. Ctrl-C is a key like others.
static int read_key(const struct rd_pager *p)
{
	unsigned char bytes[16];
	ssize_t n;

	do
		n = read(p->keys, bytes, sizeof(bytes));
	while (n < 0 && errno == EINTR && (p->stopped == NULL || !p->stopped()));
	if (n <= 0)
		return 'q';
	if (bytes[0] == 0x1b && n > 2)
		return bytes[2] == 'B' ? '\n' : bytes[2] == '6' ? ' ' : 0;
	return bytes[0];
}

// Keys come without Enter, and are not shown. Before the question stands there: whoever sees it may type at once, and the
// terminal would write the key behind it. off: also which keys are no signals.
static bool take_keyboard(int keys, tcflag_t off, struct termios *before)
{
	struct termios raw;

	if (tcgetattr(keys, before) < 0)
		return false;
	raw = *before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO) & ~off;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return tcsetattr(keys, TCSADRAIN, &raw) == 0;
}

// How many rows may be printed before the next question; 0: no more.
static unsigned answer(struct rd_pager *p)
{
	for (;;) {
		int key = read_key(p);

		measure(p); // it may have changed while the person read
		switch (key) {
		case ' ':
		case 'f':
			return p->rows > 1 ? p->rows - 1 : 1;
		case '\r':
		case '\n':
		case 'j':
			return 1;
		case 'G':
			p->off = true;
			return 1;
		case 'q':
		case 'Q':
		case KEY_CTRL('C'):
		case KEY_CTRL('D'):
			return 0;
		default:
			break;
		}
	}
}

static void ask(struct rd_pager *p)
{
	struct termios before;
	unsigned rows = 0;

	fflush(p->to);
	if (take_keyboard(p->keys, ISIG, &before)) {
		fputs(QUESTION, p->to);
		fflush(p->to);
		rows = answer(p);
		tcsetattr(p->keys, TCSADRAIN, &before);
	}
	fprintf(p->to, "\r%*s\r", (int)strlen(QUESTION), ""); // without escapes: works anywhere
	if (rows == 0)
		p->left = true;
	else
		p->used = p->rows > rows ? p->rows - 1 - rows : 0;
}

// From now on the program has the screen.
static void start(struct rd_pager *p)
{
	p->pipe_before = signal(SIGPIPE, SIG_IGN);
	setenv("LESS", "FRX", 0);
	fflush(p->to);
	p->pipe = popen(p->program, "we");
	if (p->pipe == NULL)
		p->off = true;
	if (p->held_len > 0)
		fwrite(p->held, 1, p->held_len, p->pipe != NULL ? p->pipe : p->to);
	p->held_len = 0;
}

static bool hold(struct rd_pager *p, const char *line, size_t len)
{
	if (p->held_len + len > p->held_cap) {
		size_t cap = 2 * (p->held_len + len);
		char *held = realloc(p->held, cap);

		if (held == NULL)
			return false;
		p->held = held;
		p->held_cap = cap;
	}
	memcpy(p->held + p->held_len, line, len);
	p->held_len += len;
	return true;
}

void rd_pager_put(struct rd_pager *p, const char *line, size_t len, unsigned columns)
{
	unsigned rows = columns > 0 ? (columns + p->columns - 1) / p->columns : 1;
	bool full = !p->off && p->pipe == NULL && p->used + rows > p->rows - 1;

	if (p->left) // a record of several lines comes to its end
		return;
	if (full && p->program != NULL)
		start(p);
	else if (full && p->used > 0)
		ask(p);
	if (p->left)
		return;
	p->used += rows;
	if (p->pipe != NULL)
		p->left = fwrite(line, 1, len, p->pipe) != len;
	else if (p->off || p->program == NULL || !hold(p, line, len))
		fwrite(line, 1, len, p->to);
}

void rd_pager_end(struct rd_pager *p)
{
	if (p->pipe != NULL) {
		pclose(p->pipe);
		signal(SIGPIPE, p->pipe_before);
		p->pipe = NULL;
	} else if (p->held_len > 0) {
		fwrite(p->held, 1, p->held_len, p->to);
	}
	free(p->held);
	p->held = NULL;
	p->held_len = 0;
	p->held_cap = 0;
	if (p->keys >= 0)
		close(p->keys);
	p->keys = -1;
	fflush(p->to);
}

#define SLICE_MS 100 // how late a wish to stop may be noticed

// How many bytes were typed; 0 if no q is among them.
static int typed_q(int keys, int ms)
{
	struct pollfd p = {.fd = keys, .events = POLLIN};
	char bytes[64];
	ssize_t n = poll(&p, 1, ms) > 0 ? read(keys, bytes, sizeof(bytes)) : 0;

	if (n <= 0
		|| (memchr(bytes, 'q', (size_t)n) == NULL && memchr(bytes, 'Q', (size_t)n) == NULL))
		return 0;
	return (int)n;
}

// While a command runs the terminal shows what is typed (a control character as two): not where the prompt comes.
static void wipe_keys(const struct rd_pager *p, int typed)
{
	int columns = 2 * typed < (int)p->columns ? 2 * typed : (int)p->columns - 1;

	if (typed == 0 || isatty(fileno(p->to)) != 1)
		return;
	fprintf(p->to, "\r%*s\r", columns, "");
	fflush(p->to);
}

bool rd_pager_pause(const struct rd_pager *p, unsigned ms)
{
	int keys = open("/dev/tty", O_RDWR | O_CLOEXEC);
	struct termios before;
	bool raw = keys >= 0 && take_keyboard(keys, 0, &before), go_on = true;
	int typed = 0;

	for (unsigned slice; ms > 0 && go_on; ms -= slice) {
		slice = ms < SLICE_MS ? ms : SLICE_MS;
		if (p->stopped != NULL && p->stopped())
			go_on = false;
		else if (raw)
			go_on = (typed = typed_q(keys, (int)slice)) == 0;
		else
			poll(NULL, 0, (int)slice);
	}
	wipe_keys(p, typed);
	if (raw)
		tcsetattr(keys, TCSADRAIN, &before);
	if (keys >= 0)
		close(keys);
	return go_on && (p->stopped == NULL || !p->stopped());
}
