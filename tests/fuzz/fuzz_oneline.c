/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the text decoder, each input in every style. Input: how much longer the frame was (8 bits), how much room
 * for text there is (8 bits), then the frame. The text must end inside its room and hold nothing that a terminal would obey.
 */
#include "decode/oneline.h"

#include "fuzz.h"

#include <string.h>

static void one_style(
	struct rd_oneline *memory, struct rd_oneline_style style, const uint8_t *data, size_t size)
{
	static char buf[RD_VERBOSE_MAX];
	size_t room = data[1] == 0 ? sizeof(buf) : data[1] * 4u, len;

	rd_oneline_style(memory, style);
	len = rd_oneline_frame(
		memory, data + 2, (uint32_t)size - 2, (uint32_t)size - 2 + data[0], buf, room);
	FUZZ_CHECK(len < room && buf[len] == '\0' && strlen(buf) == len);
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK((buf[i] >= ' ' && buf[i] <= '~')
			|| (style.verbose > 0 && (buf[i] == '\n' || buf[i] == '\t')));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rd_oneline *memory; // made once, as a capture does

	if (size < 2)
		return 0;
	if (memory == NULL)
		memory = rd_oneline_new();
	one_style(memory, (struct rd_oneline_style){0}, data, size);
	one_style(memory, (struct rd_oneline_style){.quiet = true}, data, size);
	one_style(memory, (struct rd_oneline_style){.verbose = 1}, data, size);
	one_style(memory, (struct rd_oneline_style){.verbose = 2, .absolute = true}, data, size);
	return 0;
}
