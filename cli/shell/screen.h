/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What commands print, on a terminal: nothing but text that is safe to show, headings in bold, one screen after the other.
 * Its hooks go to rd_cli_set_screen(). One thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/cli.h"

struct rd_screen;

enum rd_colour {
	RD_COLOUR_AUTO,
	RD_COLOUR_ALWAYS,
	RD_COLOUR_NEVER
};

// Whether this stream gets colours: NO_COLOR, CLICOLOR_FORCE and TERM=dumb have their usual meaning.
bool rd_colour_wanted(enum rd_colour mode, FILE *to);

// stopped: see rd_cli_screen. NULL when out of memory.
struct rd_screen *rd_screen_new(FILE *to, bool colour, bool (*stopped)(void));
void rd_screen_free(struct rd_screen *s); // NULL is fine
struct rd_cli_screen rd_screen_hooks(struct rd_screen *s);
