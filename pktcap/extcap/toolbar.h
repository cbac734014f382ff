/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Wireshark's interface toolbar while a capture runs: what a person chose there, and what is said to them. Without a
 * toolbar (tshark) nothing is chosen and everything said goes nowhere. Main thread.
 */
#pragma once

#include "args.h"
#include "control.h"

#define EX_STAGE_TEXT 32

struct ex_toolbar {
	int in, out; // -1 = there is none
	struct ex_control_reader reader;
	bool ready; // Wireshark has sent what was chosen before the capture
	char stage[EX_STAGE_TEXT]; // "" = as in the options
	bool follow, drops;
};

// Follow and drops begin as the options say. 0 or a negative errno with *err; close in any case.
int ex_toolbar_open(struct ex_toolbar *t, const struct ex_args *a, struct rd_err *err);
void ex_toolbar_close(struct ex_toolbar *t);
// Waits a moment for what was chosen before the capture began.
void ex_toolbar_wait(struct ex_toolbar *t);
// Takes what has arrived: whether a choice is another one now. Never blocks.
bool ex_toolbar_read(struct ex_toolbar *t);
// One message as if it had arrived; as above.
bool ex_toolbar_obey(struct ex_toolbar *t, const struct ex_message *m);

// To the status bar, to the log (with the time), and as a message that must be clicked away. A toolbar that nobody empties
// loses the newest: a capture never waits for it.
void ex_toolbar_status(const struct ex_toolbar *t, const char *text);
void ex_toolbar_log(const struct ex_toolbar *t, const char *text);
void ex_toolbar_error(const struct ex_toolbar *t, const char *text);
