/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The line that a person types: a thin wall around the library that edits it, so that another can take its place (meson
 * option line_editor). One line at a time, one thread; the shell waits for keys itself (shell.c).
 */
#pragma once

#include <stddef.h>

typedef void (*rd_line_add_fn)(void *arg, const char *word);

struct rd_line_calls {
	// Gives every word that may stand at the end of line to add; returns the offset of the word that they replace.
	size_t (*complete)(void *arg, const char *line, rd_line_add_fn add, void *add_arg);
	// Prints what line may go on with.
	void (*help)(void *arg, const char *line);
	void *arg;
};

enum rd_line_event {
	RD_LINE_TYPING,
	RD_LINE_DONE,
	RD_LINE_EOF,
};

// calls must outlive the rest.
void rd_line_open(const struct rd_line_calls *calls);
// Shows the prompt; keys are taken from now on. bold: where the terminal can.
void rd_line_begin(const char *prompt, int bold);
// Takes what was typed: call it when standard input is readable. DONE: *line is the caller's to free; the line ends, as with EOF.
enum rd_line_event rd_line_key(char **line);
void rd_line_cancel(void); // forgets what was typed, begins anew
void rd_line_end(void); // takes no more keys; the terminal is as it was
void rd_line_resized(void); // the terminal has another size
// Around printing something while a line is being typed: it goes away, and comes back below.
void rd_line_hide(void);
void rd_line_show(void);
void rd_line_remember(const char *line); // for the up arrow and the search
