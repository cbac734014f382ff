/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes what a walk prints of two frames of one packet: what was added, removed and changed. Input: the first frame's length (16
 * bits), how much longer both were (8 bits), how much room for text there is (8 bits), the frames.
 */
#include "decode/walk_diff.h"

#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pk_frame a = {0}, b = {0};
	char text[768];
	size_t room;

	if (size < 4)
		return 0;
	size -= 4;
	a.bytes = data + 4;
	a.cap_len = (uint32_t)(data[0] << 8 | data[1]) % (uint32_t)(size + 1);
	b.bytes = a.bytes + a.cap_len;
	b.cap_len = (uint32_t)size - a.cap_len;
	a.wire_len = a.cap_len + data[2];
	b.wire_len = b.cap_len + data[2];
	room = data[3] == 0 ? sizeof(text) : data[3];
	text[0] = '\0';
	pk_walk_diff(&a, &b, text, room);
	FUZZ_CHECK(strnlen(text, room) < room);
	for (const char *s = text; *s != '\0'; s++)
		FUZZ_CHECK((*s >= ' ' && *s <= '~') || *s == '\n');
	return 0;
}
