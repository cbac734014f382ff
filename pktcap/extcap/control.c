/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Toolbar messages, see control.h. Main thread.
 */
#include "control.h"

#include <errno.h>
#include <string.h>

size_t ex_control_feed(struct ex_control_reader *r, const uint8_t *bytes, size_t len)
{
	size_t room = sizeof(r->buf) - r->len;
	size_t n = len < room ? len : room;

	memcpy(r->buf + r->len, bytes, n);
	r->len += n;
	return n;
}

int ex_control_next(struct ex_control_reader *r, struct ex_message *m)
{
	size_t len;

	if (r->broken)
		return -EBADMSG;
	if (r->len < EX_CONTROL_HEAD)
		return 0;
	len = (size_t)r->buf[1] << 16 | (size_t)r->buf[2] << 8 | r->buf[3];
	// The length counts the number and the command, too. No control of ours has values of 4 KiB.
	if (r->buf[0] != 'T' || len < 2 || len > sizeof(r->buf) - 4) {
		r->broken = true;
		return -EBADMSG;
	}
	if (r->len < len + 4)
		return 0;
	m->control = r->buf[4];
	m->command = r->buf[5];
	memcpy(m->text, r->buf + EX_CONTROL_HEAD, len - 2);
	m->text[len - 2] = '\0';
	m->len = len - 2;
	r->len -= len + 4;
	memmove(r->buf, r->buf + len + 4, r->len);
	return 1;
}

size_t ex_control_pack(uint8_t buf[EX_CONTROL_MAX], uint8_t control, enum ex_command command,
	const void *text, size_t len)
{
	size_t most = EX_CONTROL_MAX - EX_CONTROL_HEAD;
	size_t n = len < most ? len : most;

	buf[0] = 'T';
	buf[1] = 0;
	buf[2] = (uint8_t)((n + 2) >> 8);
	buf[3] = (uint8_t)(n + 2);
	buf[4] = control;
	buf[5] = (uint8_t)command;
	if (n > 0)
		memcpy(buf + EX_CONTROL_HEAD, text, n);
	return n + EX_CONTROL_HEAD;
}
