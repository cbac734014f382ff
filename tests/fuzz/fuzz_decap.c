/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the decapsulator. Input: two bytes for how much longer the frame was on the wire, then its bytes. An inner frame must
 * lie inside; its text must fit.
 */
#include "encap/decap.h"

#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *frame = data + 2;
	struct rd_decap d;
	char text[RD_DECAP_TEXT];
	size_t len, wire;
	int rc;

	if (size < 2)
		return 0;
	len = size - 2;
	wire = len + ((size_t)data[0] << 8 | data[1]);
	rc = rd_decap(frame, len, wire, &d);
	FUZZ_CHECK(strlen(rd_decap_text(&d, text, sizeof(text))) < sizeof(text));
	FUZZ_CHECK((rc == RD_DECAP_BAD) == (d.fault != RD_DECAP_FINE));
	if (rc == RD_DECAP_NO)
		FUZZ_CHECK(d.kind == RD_DECAP_NONE);
	if (rc != RD_DECAP_YES)
		return 0;
	FUZZ_CHECK(d.kind != RD_DECAP_NONE && d.inner < len);
	FUZZ_CHECK(d.inner + (size_t)d.inner_len <= wire);
	FUZZ_CHECK((size_t)d.opt_off + d.opt_len <= len);
	// A tunnel in a tunnel is found the same way.
	rd_decap(frame + d.inner, len - d.inner, wire - d.inner, &d);
	return 0;
}
