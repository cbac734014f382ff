/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packed capture files, see pack.h. Main thread.
 */
#include "pack.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define LEVEL 1 // the fastest of the ordinary ones: the ring must not wait
#define TABLE_MAGIC 0x184d2a5eu // a skippable frame
#define FOOTER_MAGIC 0x8f92eab1u
#define FOOTER_LEN 9u
#define FRAMES_MAX 0x08000000u // the format's limit; beyond it there is no table

struct entry {
	uint32_t packed, plain; // bytes of one frame
};

struct pk_pack {
	ZSTD_CCtx *zstd;
	uint8_t *out;
	size_t cap;
	struct entry *frames;
	uint32_t nb_frames, frames_cap;
};

struct pk_pack *pk_pack_new(struct rd_err *err)
{
	struct pk_pack *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->zstd = ZSTD_createCCtx();
	if (p == NULL || p->zstd == NULL) {
		free(p);
		rd_err_set(err, -ENOMEM, "no memory to compress");
		return NULL;
	}
	ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_checksumFlag, 1); // a damaged file says so
	return p;
}

void pk_pack_free(struct pk_pack *p)
{
	if (p == NULL)
		return;
	ZSTD_freeCCtx(p->zstd);
	free(p->out);
	free(p->frames);
	free(p);
}

static int reserve(struct pk_pack *p, size_t cap)
{
	uint8_t *out;

	if (cap <= p->cap)
		return 0;
	out = realloc(p->out, cap);
	if (out == NULL)
		return -ENOMEM;
	p->out = out;
	p->cap = cap;
	return 0;
}

static int note_frame(struct pk_pack *p, size_t packed, size_t plain)
{
	if (p->nb_frames == p->frames_cap) {
		uint32_t cap = p->frames_cap ? p->frames_cap * 2 : 256;
		struct entry *frames = realloc(p->frames, cap * sizeof(*frames));

		if (frames == NULL)
			return -ENOMEM;
		p->frames = frames;
		p->frames_cap = cap;
	}
	p->frames[p->nb_frames++] = (struct entry){(uint32_t)packed, (uint32_t)plain};
	return 0;
}

int pk_pack_frame(
	struct pk_pack *p, const void *bytes, size_t len, const uint8_t **out, size_t *out_len)
{
	size_t n;

	if (len > UINT32_MAX || reserve(p, ZSTD_compressBound(len)) < 0)
		return -ENOMEM;
	n = ZSTD_compress2(p->zstd, p->out, p->cap, bytes, len);
	if (ZSTD_isError(n) || (p->nb_frames < FRAMES_MAX && note_frame(p, n, len) < 0))
		return -ENOMEM;
	*out = p->out;
	*out_len = n;
	return 0;
}

// Numbers of the table are little-endian.
static uint8_t *put32(uint8_t *to, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		*to++ = (uint8_t)(v >> 8 * i);
	return to;
}

int pk_pack_table(struct pk_pack *p, const uint8_t **out, size_t *out_len)
{
	size_t len = (size_t)p->nb_frames * sizeof(struct entry) + FOOTER_LEN;
	uint8_t *to;

	*out_len = 0;
	if (p->nb_frames == FRAMES_MAX)
		return 0;
	if (reserve(p, len + 8) < 0)
		return -ENOMEM;
	to = put32(put32(p->out, TABLE_MAGIC), (uint32_t)len);
	for (uint32_t i = 0; i < p->nb_frames; i++)
		to = put32(put32(to, p->frames[i].packed), p->frames[i].plain);
	to = put32(to, p->nb_frames);
	*to++ = 0; // no checksums in the table: the frames have theirs
	put32(to, FOOTER_MAGIC);
	*out = p->out;
	*out_len = len + 8;
	return 0;
}
