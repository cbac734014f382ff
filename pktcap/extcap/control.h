/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The messages between Wireshark's interface toolbar and an extcap program: 'T', three bytes of length (of what follows, big
 * endian), the control's number, a command, text. No I/O here. Main thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EX_CONTROL_HEAD 6u
#define EX_CONTROL_MAX 4096u // a whole message: so much is written to a pipe in one piece
#define EX_CONTROL_NONE 255 // the number in a message that is about no control

enum ex_command {
	EX_CMD_INITIALIZED = 0, // Wireshark has sent the controls' values
	EX_CMD_SET = 1,
	EX_CMD_STATUSBAR = 6,
	EX_CMD_INFORMATION = 7,
	EX_CMD_WARNING = 8,
	EX_CMD_ERROR = 9,
};

struct ex_message {
	uint8_t control, command;
	size_t len;
	char text[EX_CONTROL_MAX]; // whole, and with a NUL behind it
};

struct ex_control_reader { // zeroed to start with
	uint8_t buf[EX_CONTROL_MAX];
	size_t len;
	bool broken;
};

// Takes bytes as they come: how many there was room for.
size_t ex_control_feed(struct ex_control_reader *r, const uint8_t *bytes, size_t len);
// 1 and the next message, 0 when none is whole yet, -EBADMSG when this is not the protocol: then for ever.
int ex_control_next(struct ex_control_reader *r, struct ex_message *m);
// A message into buf: its length. What is too long for one message is cut.
size_t ex_control_pack(uint8_t buf[EX_CONTROL_MAX], uint8_t control, enum ex_command command,
	const void *text, size_t len);
