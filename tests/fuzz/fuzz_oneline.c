/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the one-line decoder. Input: how much longer the frame was (8 bits), how much room for text there is (8
 * bits), then the frame. The text must end inside its room and hold nothing that a terminal would obey.
 */
#include "decode/oneline.h"

#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rd_oneline *memory; // made once, as a capture does
	char buf[RD_ONELINE_MAX];
	size_t room, len;

	if (size < 2)
		return 0;
	if (memory == NULL)
		memory = rd_oneline_new();
	room = data[1] == 0 ? sizeof(buf) : data[1] * 4u;
	len = rd_oneline_frame(
		memory, data + 2, (uint32_t)size - 2, (uint32_t)size - 2 + data[0], buf, room);
	FUZZ_CHECK(len < room && buf[len] == '\0' && strlen(buf) == len);
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK(buf[i] >= ' ' && buf[i] <= '~');
	return 0;
}
