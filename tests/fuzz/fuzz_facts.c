/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the reader of Geneve options. Input: the options, in whole words. What is known does not depend on what comes behind it; the
 * text fits and is one line.
 */
#include "collector/facts.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define MAX 252u // the header's 6 bits of words

static void check_text(const struct rd_facts *f)
{
	char text[RD_FACTS_TEXT];
	size_t len = strlen(rd_facts_text(f, text, sizeof(text)));

	FUZZ_CHECK(len + 1 < sizeof(text)); // nothing was cut
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK(text[i] >= ' ' && text[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = (size < MAX ? size : MAX) & ~(size_t)3;
	struct rd_facts f = {0}, again = {0};
	uint8_t *exact = malloc(len + 1); // ASan sees a read behind it

	if (exact == NULL)
		return 0;
	memcpy(exact, data, len);
	rd_facts_options(exact, len, RD_ENCAP_OPT_CLASS, &f);
	check_text(&f);
	FUZZ_CHECK(((f.has & RD_FACT_OPTIONS) != 0) == (f.has != 0));
	rd_facts_options(exact, len, RD_ENCAP_OPT_CLASS, &again);
	FUZZ_CHECK(memcmp(&f, &again, sizeof(f)) == 0);
	free(exact);
	return 0;
}
