/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What every fuzz target includes. A target checks what must hold for any input, beyond "no
 * sanitizer report".
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A broken promise ends the run like a sanitizer report, with NDEBUG too.
#define FUZZ_CHECK(cond)                  \
	do {                              \
		if (!(cond))              \
			__builtin_trap(); \
	} while (0)
