/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Dumps of packets, see dump.h. Main thread.
 */
#include "dump.h"

#include "base/pkt.h"
#include "base/str.h"
#include "text.h"

#define ROW 16 // bytes
#define HEX_COLUMNS 40

// Ethernet and its tags; all that was captured if that is cut short.
static uint32_t link_len(const uint8_t *b, uint32_t len)
{
	uint32_t at = 12;

	while (at + 2 <= len) {
		uint16_t type = rd_be16(b + at);

		if (type != 0x8100 && type != 0x88a8 && type != 0x9100 && type != 0x9200)
			return at + 2;
		at += 4;
	}
	return len;
}

static int print_row(const uint8_t *b, uint32_t n, uint32_t off, bool ascii, struct rd_err *err)
{
	char line[128], hex[HEX_COLUMNS + 1];
	size_t len = 0, hex_len = 0;

	hex[0] = '\0';
	for (uint32_t i = 0; i < n; i++)
		rd_str_addf(hex, sizeof(hex), &hex_len, "%s%02x", i % 2 == 0 ? " " : "", b[i]);
	rd_str_addf(line, sizeof(line), &len, "\t0x%04x: %-*s", off, ascii ? HEX_COLUMNS : 0, hex);
	if (ascii)
		rd_str_addf(line, sizeof(line), &len, "  ");
	for (uint32_t i = 0; ascii && i < n; i++)
		rd_str_addf(line, sizeof(line), &len, "%c", b[i] > ' ' && b[i] < 0x7f ? b[i] : '.');
	return pk_text_line(line, len, err);
}

int pk_dump(const struct pk_rec *r, unsigned hex, unsigned ascii, struct rd_err *err)
{
	uint32_t len = r->rec->cap_len, at;
	int rc = 0;

	if (hex == 0 && ascii == 0)
		return 0;
	at = ascii > 1 || (ascii == 0 && hex > 1) ? 0 : link_len(r->bytes, len);
	for (uint32_t off = 0; at + off < len && rc == 0; off += ROW) {
		uint32_t left = len - at - off;

		rc = print_row(r->bytes + at + off, left < ROW ? left : ROW, off, ascii > 0, err);
	}
	return rc;
}
