/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The loop of the full-screen walk. Nothing here blocks on the source: records are read in pieces between two frames. Everything
 * is drawn anew from the state, so another size is only another frame.
 */
#include "walk/tui.h"

#include "walk/view.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#define FRAME_MS 50
#define HOP_MS 400 // of the dot, when it walks by itself

struct tui {
	struct rd_source *source;
	struct rd_store *store;
	struct rd_view view;
	bool colour, dirty;
	uint64_t drawn_ms, hop_ms;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

bool rd_tui_possible(void)
{
	char cup[] = "cup";
	int status;
	const char *move;
	bool possible;

	if (isatty(STDOUT_FILENO) != 1 || setupterm(NULL, STDOUT_FILENO, &status) != OK)
		return false;
	move = tigetstr(cup);
	possible = move != NULL && move != (char *)-1;
	del_curterm(cur_term);
	return possible;
}

static void set_up(struct tui *t)
{
	const char *no = getenv("NO_COLOR");

	raw();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	t->colour = has_colors() && (no == NULL || *no == '\0');
	t->view.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!t->colour)
		return;
	start_color();
	use_default_colors();
	init_pair(1, COLOR_RED, -1);
	init_pair(2, COLOR_GREEN, -1);
	init_pair(3, COLOR_YELLOW, -1);
}

// What colours tell is told by signs, too; without colours red and bold, which is the dot, is reverse.
static attr_t attributes(const struct tui *t, unsigned attr)
{
	attr_t a = 0;

	if (attr & RD_ATTR_BOLD)
		a |= A_BOLD;
	if (attr & RD_ATTR_REVERSE)
		a |= A_REVERSE;
	if (attr & RD_ATTR_DIM)
		a |= A_DIM;
	if (!t->colour)
		return attr & RD_ATTR_RED && attr & RD_ATTR_BOLD ? a | A_REVERSE : a;
	if (attr & RD_ATTR_RED)
		a |= (attr_t)COLOR_PAIR(1);
	else if (attr & RD_ATTR_GREEN)
		a |= (attr_t)COLOR_PAIR(2);
	else if (attr & RD_ATTR_YELLOW)
		a |= (attr_t)COLOR_PAIR(3);
	return a;
}

static void show(const struct tui *t, const struct rd_grid *g)
{
	erase();
	for (int i = 0; i < g->rows * g->cols; i++) {
		if (g->cell[i].text[0] == '\0')
			continue;
		attrset((int)attributes(t, g->cell[i].attr));
		mvaddstr(i / g->cols, i % g->cols, g->cell[i].text);
	}
	refresh();
}

static void draw(struct tui *t)
{
	uint64_t now = now_ms();
	bool step = t->view.playing && now - t->hop_ms >= HOP_MS;
	struct rd_grid g;

	if (step || !t->view.playing)
		t->hop_ms = now;
	rd_view_tick(&t->view, t->store, step);
	if (rd_grid_open(&g, LINES, COLS) < 0)
		return;
	rd_view_draw(&t->view, t->store, &g);
	show(t, &g);
	rd_grid_close(&g);
	t->drawn_ms = now;
	t->dirty = t->view.playing;
}

static int code_of(int key)
{
	static const struct {
		int curses, ours;
	} map[] = {{KEY_UP, RD_KEY_UP}, {KEY_DOWN, RD_KEY_DOWN}, {KEY_LEFT, RD_KEY_LEFT},
		{KEY_RIGHT, RD_KEY_RIGHT}, {KEY_PPAGE, RD_KEY_PAGE_UP},
		{KEY_NPAGE, RD_KEY_PAGE_DOWN}, {KEY_HOME, RD_KEY_HOME}, {KEY_END, RD_KEY_END},
		{KEY_BACKSPACE, RD_KEY_BACKSPACE}, {0x7f, RD_KEY_BACKSPACE},
		{'\b', RD_KEY_BACKSPACE}, {KEY_ENTER, '\r'}};

	for (unsigned i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].curses == key)
			return map[i].ours;
	return key < 0x100 ? key : 0;
}

static bool take_keys(struct tui *t)
{
	bool go_on = true;
	int key;

	while (go_on && (key = getch()) != ERR) {
		t->dirty = true;
		if (key != KEY_RESIZE) // drawn anew at the new size
			go_on = rd_view_key(&t->view, t->store, code_of(key));
	}
	return go_on;
}

static void take_records(struct tui *t)
{
	struct rd_err err = {0};
	int ret = rd_source_read(t->source, t->store, &err);

	t->dirty = true;
	if (ret > 0)
		return;
	t->view.ended = true;
	if (ret < 0)
		snprintf(t->view.error, sizeof(t->view.error), "%s", err.what);
}

static int patience(const struct tui *t)
{
	uint64_t since = now_ms() - t->drawn_ms;

	if (!t->dirty)
		return -1;
	return since >= FRAME_MS ? 0 : (int)(FRAME_MS - since);
}

static void loop(struct tui *t, int keyboard)
{
	bool go_on = true;

	draw(t);
	while (go_on) {
		struct pollfd p[2] = {{.fd = keyboard, .events = POLLIN}, {.events = POLLIN}};

		p[1].fd = t->view.paused || t->view.ended ? -1 : t->source->fd;
		if (poll(p, 2, patience(t)) < 0)
			p[1].revents = 0; // a signal: another size
		if (p[0].revents & (POLLHUP | POLLERR))
			break;
		go_on = take_keys(t);
		if (p[1].revents != 0)
			take_records(t);
		if (go_on && t->dirty && now_ms() - t->drawn_ms >= FRAME_MS)
			draw(t);
	}
}

int rd_tui_run(
	struct rd_source *source, struct rd_store *store, const char *name, struct rd_err *err)
{
	struct tui t = {.source = source, .store = store, .view = {.source = name, .follow = true}};
	const struct sigaction standard = {.sa_handler = SIG_DFL};
	FILE *keys = fopen("/dev/tty", "re");
	struct sigaction before;
	SCREEN *screen;

	if (keys == NULL)
		return rd_err_set(err, -errno, "there is no keyboard: %s", strerror(errno));
	sigaction(SIGWINCH, &standard, &before); // the library wants it
	screen = newterm(NULL, stdout, keys);
	if (screen != NULL) {
		set_up(&t);
		loop(&t, fileno(keys));
		endwin();
		delscreen(screen);
	} else {
		rd_err_set(err, -ENOTTY, "this terminal can't show the walk");
		rd_err_hint(err, "another TERM, or: pktcap --trace");
	}
	sigaction(SIGWINCH, &before, NULL);
	fclose(keys);
	return screen != NULL ? 0 : -ENOTTY;
}
