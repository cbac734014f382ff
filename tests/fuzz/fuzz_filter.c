/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the check of filter programs. Input: 8 bytes per instruction (code, jt, jf, k), the last 64 bytes are the frame.
 * A program that passes must be one that libpcap accepts, must end, and must give the same answer twice.
 */
#include "filter/filter.h"

#include "fuzz.h"

#include <pcap/pcap.h>
#include <string.h>

#define FRAME 64
#define INSNS 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd_filter_insn insns[INSNS] = {0};
	const uint8_t *frame = data + size - FRAME;
	struct rd_filter f;
	struct rd_err err = {0};
	uint32_t n;
	int hit;

	if (size < FRAME)
		return 0;
	n = (uint32_t)(size - FRAME) / 8;
	n = n < INSNS ? n : INSNS;
	if (n > 0)
		memcpy(insns, data, n * sizeof(insns[0]));
	if (rd_filter_load(&f, insns, n, RD_FILTER_BOTH, &err) < 0) {
		FUZZ_CHECK(err.what[0] != '\0');
		return 0;
	}
	FUZZ_CHECK(n == 0 || bpf_validate((const struct bpf_insn *)(const void *)insns, (int)n));
	hit = rd_filter_run(&f, frame, FRAME, FRAME + 10, 14);
	FUZZ_CHECK(hit == rd_filter_run(&f, frame, FRAME, FRAME + 10, 14));
	rd_filter_free(&f);
	return 0;
}
