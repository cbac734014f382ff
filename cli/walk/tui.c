/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The loop of the full-screen walk. Nothing here blocks on the source: records are read in pieces between two frames. Everything
 * is drawn anew from the state, so another size is only another frame.
 */
#include "walk/tui.h"

#include "walk/export.h"
#include "walk/rc.h"
#include "walk/recent.h"
#include "walk/view.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <curses.h>

#define FRAME_MS 50
#define HOP_MS 400 // of the dot, when it walks by itself
#define ASK_MS 1000 // between two questions to the daemon about the same
#define TWICE_MS 400 // between two clicks that are one double click

struct tui {
	struct rd_source *source;
	struct rd_store *store;
	struct rd_view view;
	struct rd_live *live; // NULL: a file
	struct rd_deep *deep; // NULL: not asked for yet
	json_t *facts, *tree; // the view's
	bool colour, dirty, mouse;
	bool renewed; // the source is another one than poll() has looked at
	uint64_t drawn_ms, hop_ms, asked_ms, click_ms;
	uint64_t asked_walk; // and pane: what was asked about last
	enum rd_pane asked_pane;
	int click_row;
	char name[RD_SHOW_TEXT + 8]; // of a file that was opened from here
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

static uint64_t hop_ms(const struct tui *t)
{
	return t->view.speed >= 0 ? HOP_MS >> t->view.speed : HOP_MS << -t->view.speed;
}

static void draw(struct tui *t)
{
	uint64_t now = now_ms();
	bool step = t->view.playing && now - t->hop_ms >= hop_ms(t);
	struct rd_grid g;

	if (step || !t->view.playing)
		t->hop_ms = now;
	rd_view_tick(&t->view, t->store, step);
	if (rd_grid_open(&g, LINES, COLS) < 0)
		return;
	rd_view_draw(&t->view, t->store, &g);
	rd_tui_show(t->colour ? (enum rd_theme)t->view.theme : RD_THEME_NONE, &g);
	rd_grid_close(&g);
	t->drawn_ms = now;
	t->dirty = t->view.playing;
}

static void take_mouse(struct tui *t)
{
	uint64_t now = now_ms();
	MEVENT e;

	if (getmouse(&e) != OK)
		return;
	if (e.bstate & BUTTON4_PRESSED)
		rd_view_wheel(&t->view, t->store, -3);
	else if (e.bstate & BUTTON5_PRESSED)
		rd_view_wheel(&t->view, t->store, 3);
	else if (e.bstate & BUTTON1_PRESSED) {
		rd_view_click(&t->view, t->store, e.y, e.x,
			e.y == t->click_row && now - t->click_ms < TWICE_MS);
		t->click_row = e.y;
		t->click_ms = now;
	}
}

static void save(struct tui *t)
{
	struct rd_view *v = &t->view;
	const struct rd_save *save = &v->save;
	bool one = save->which == RD_WHICH_CHOSEN;
	const struct rd_export e = {t->store, one ? v->walk : t->store->first,
		one ? v->walk : UINT64_MAX, save->which == RD_WHICH_MARKED, v->source};
	enum rd_export_form form = save->form != RD_EXPORT_FORMS
		? (enum rd_export_form)save->form
		: rd_export_form_of_name(save->path);
	struct rd_err err = {0};

	if (rd_export_file(save->path, true, form, &e, &err) == 0)
		snprintf(v->notice, sizeof(v->notice), "saved: %s", save->path);
	else
		snprintf(v->notice, sizeof(v->notice), "%s", err.what);
}

// Another capture in place of the one that runs; what it has found stays.
static void capture(struct tui *t)
{
	const char *filter = t->view.capture[0] != '\0' ? t->view.capture : NULL;
	struct rd_err err = {0};

	t->renewed = true;
	rd_source_close(t->source);
	t->view.error[0] = '\0';
	t->view.ended = rd_source_open(t->source, NULL, filter, &err) < 0;
	if (t->view.ended)
		snprintf(t->view.error, sizeof(t->view.error), "%s", err.what);
}

// A file in place of what is there; live, the daemon is left alone from now on. What can't be opened changes nothing.
static void open_file(struct tui *t)
{
	struct rd_view *v = &t->view;
	struct rd_source source;
	struct rd_err err = {0};

	if (rd_source_open(&source, v->open, NULL, &err) < 0) {
		snprintf(v->notice, sizeof(v->notice), "%s", err.what);
		rd_source_close(&source);
		return;
	}
	rd_source_close(t->source);
	*t->source = source;
	t->renewed = true;
	rd_store_clear(t->store);
	rd_deep_close(t->deep);
	rd_live_close(t->live);
	json_decref(t->facts);
	json_decref(t->tree);
	t->deep = NULL;
	t->live = NULL;
	t->facts = t->tree = NULL;
	snprintf(t->name, sizeof(t->name), "FILE %s", v->open);
	rd_view_renew(v, t->name);
}

// The terminal takes it as one unit, between two frames.
static void copy(struct tui *t)
{
	char sequence[RD_COPY_SEQUENCE];
	size_t len = rd_copy_sequence(t->view.copy, sequence);

	if (!rd_tui_copies())
		snprintf(t->view.notice, sizeof(t->view.notice), "this terminal has no clipboard");
	else if (fwrite(sequence, 1, len, stdout) != len || fflush(stdout) != 0)
		snprintf(t->view.notice, sizeof(t->view.notice), "not copied: %s", strerror(errno));
}

// What keys left to us to do; what the thread is too busy for is tried again.
static void do_wanted(struct tui *t)
{
	struct rd_view *v = &t->view;
	struct rd_live_ask ask = {.parts = RD_LIVE_MIRROR, .walk = v->walk};

	if (v->want & RD_WANT_SAVE)
		save(t);
	if (v->want & RD_WANT_CAPTURE)
		capture(t);
	if (v->want & RD_WANT_OPEN)
		open_file(t);
	if (v->want & RD_WANT_COPY)
		copy(t);
	if (v->want & RD_WANT_REDRAW)
		clearok(curscr, TRUE);
	v->want &= RD_WANT_RUN | RD_WANT_RECENT;
	memcpy(ask.line, v->command, sizeof(ask.line));
	if (v->want & RD_WANT_RUN && t->live != NULL && rd_live_ask(t->live, &ask))
		v->want &= ~RD_WANT_RUN;
	ask = (struct rd_live_ask){.parts = RD_LIVE_RECENT, .walk = v->walk};
	if (v->want & RD_WANT_RECENT && t->live != NULL && rd_live_ask(t->live, &ask))
		v->want &= ~RD_WANT_RECENT;
}

// Asks what the panes want to know: at once about something new, else every second.
static void ask(struct tui *t)
{
	struct rd_live_ask ask;
	bool news = t->asked_walk != t->view.walk || t->asked_pane != t->view.pane;

	if (t->live == NULL || (!news && now_ms() - t->asked_ms < ASK_MS))
		return;
	rd_view_ask(&t->view, t->store, LINES, COLS, &ask);
	if (ask.parts != 0 && !rd_live_ask(t->live, &ask))
		return;
	t->asked_ms = now_ms();
	t->asked_walk = t->view.walk;
	t->asked_pane = t->view.pane;
}

static void take_facts(struct tui *t)
{
	json_t *facts = rd_live_take(t->live);
	const json_t *said = json_object_get(facts, "said");
	const json_t *recent = json_object_get(facts, "recent");
	const char *error = json_string_value(json_object_get(facts, "error"));

	t->dirty = true;
	if (facts == NULL)
		return;
	if (recent != NULL)
		snprintf(t->view.notice, sizeof(t->view.notice),
			"%u drops of before are walks of one hop now",
			rd_recent_add(t->store, recent));
	else if (said != NULL)
		snprintf(t->view.notice, sizeof(t->view.notice), "done. %s",
			json_string_value(said));
	else if (error != NULL && *error != '\0')
		snprintf(t->view.notice, sizeof(t->view.notice), "%s", error);
	json_decref(t->facts);
	t->facts = facts;
	t->view.facts = facts;
}

// Asks sharkd about the chosen hop, when the person wants to see that.
static void ask_deep(struct tui *t)
{
	struct rd_deep_ask ask;
	struct rd_err err = {0};

	if (!rd_view_ask_deep(&t->view, t->store, &ask))
		return;
	if (t->deep == NULL)
		t->deep = rd_deep_open(&err);
	if (t->deep != NULL) {
		rd_deep_ask(t->deep, &ask); // busy: again after its answer
		return;
	}
	t->view.deep = false;
	snprintf(t->view.notice, sizeof(t->view.notice), "%s", err.what);
}

static void take_tree(struct tui *t)
{
	json_t *tree = rd_deep_take(t->deep);

	t->dirty = true;
	if (tree == NULL)
		return;
	json_decref(t->tree);
	t->tree = tree;
	t->view.tree = tree;
}

static bool take_keys(struct tui *t)
{
	bool go_on = true;
	int key;

	while (go_on && (key = getch()) != ERR) {
		t->dirty = true;
		if (key == KEY_RESIZE || (key == 0x1b && rd_tui_drop_sequence()))
			continue; // drawn anew at the new size
		if (key == KEY_MOUSE)
			take_mouse(t);
		else
			go_on = rd_view_key(&t->view, t->store, rd_tui_key(key));
		do_wanted(t);
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
		return t->live != NULL ? ASK_MS : -1;
	return since >= FRAME_MS ? 0 : (int)(FRAME_MS - since);
}

// Not on the Linux console: there the library would load gpm's.
static void set_mouse(struct tui *t)
{
	bool wanted = !t->view.mouse_off && strncmp(termname(), "linux", 5) != 0;

	if (wanted == t->mouse)
		return;
	mousemask(wanted ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
	t->mouse = wanted;
}

static void loop(struct tui *t, int keyboard)
{
	bool go_on = true;

	draw(t);
	while (go_on) {
		struct pollfd p[4] = {{.fd = keyboard, .events = POLLIN}, {.events = POLLIN},
			{.fd = t->live != NULL ? rd_live_fd(t->live) : -1, .events = POLLIN},
			{.fd = t->deep != NULL ? rd_deep_fd(t->deep) : -1, .events = POLLIN}};

		p[1].fd = t->view.paused || t->view.ended ? -1 : t->source->fd;
		if (poll(p, 4, patience(t)) < 0)
			p[1].revents = p[2].revents = p[3].revents = 0; // a signal: another size
		if (p[0].revents & (POLLHUP | POLLERR))
			break;
		t->renewed = false;
		go_on = take_keys(t);
		if (p[2].revents != 0)
			take_facts(t);
		if (p[3].revents != 0)
			take_tree(t);
		if (p[1].revents != 0 && !t->renewed)
			take_records(t);
		do_wanted(t);
		ask(t);
		ask_deep(t);
		set_mouse(t);
		if (go_on && t->dirty && now_ms() - t->drawn_ms >= FRAME_MS)
			draw(t);
	}
}

static int run(struct tui *t, FILE *keys, struct rd_err *err)
{
	SCREEN *screen = newterm(NULL, stdout, keys);

	if (screen == NULL) {
		rd_err_hint(err, "another TERM, or: pktcap --trace");
		return rd_err_set(err, -ENOTTY, "this terminal can't show the walk");
	}
	t->colour = rd_tui_set_up(&t->view.utf8);
	t->view.mono = !t->colour;
	loop(t, fileno(keys));
	endwin();
	delscreen(screen);
	return 0;
}

int rd_tui_run(struct rd_source *source, struct rd_store *store, const struct rd_tui_what *what,
	struct rd_err *err)
{
	struct tui t = {.source = source,
		.store = store,
		.view = {.source = what->name, .follow = true, .live = what->live}};
	const struct sigaction standard = {.sa_handler = SIG_DFL};
	FILE *keys = fopen("/dev/tty", "re");
	struct sigaction before;
	int ret;

	if (keys == NULL)
		return rd_err_set(err, -errno, "there is no keyboard: %s", strerror(errno));
	snprintf(t.view.capture, sizeof(t.view.capture), "%s",
		what->live && what->filter != NULL ? what->filter : "");
	snprintf(t.view.filter, sizeof(t.view.filter), "%s", what->show != NULL ? what->show : "");
	rd_rc_read(&t.view, store);
	t.live = what->live ? rd_live_open(err) : NULL;
	sigaction(SIGWINCH, &standard, &before); // the library wants it
	ret = what->live && t.live == NULL ? err->code : run(&t, keys, err);
	sigaction(SIGWINCH, &before, NULL);
	rd_live_close(t.live);
	rd_deep_close(t.deep);
	json_decref(t.facts);
	json_decref(t.tree);
	fclose(keys);
	return ret;
}
