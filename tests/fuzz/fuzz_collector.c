/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the collector: a stream of frames. Input, again and again: two bytes for the frame's length, one for how much longer it was on
 * the wire, one for the time since the one before, the frame. Every frame is counted once, and a source's numbers add up.
 */
#include "collector/collector.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define HEAD 4u

static uint64_t feed(struct rd_collector *c, const uint8_t *data, size_t size)
{
	uint64_t ns = UINT64_C(1700000000000000000), frames = 0;

	while (size >= HEAD) {
		size_t len = (size_t)data[0] << 8 | data[1], more = data[2];
		struct rd_collected o;
		uint8_t *frame;

		len = len < size - HEAD ? len : size - HEAD;
		ns += data[3] < 250 ? data[3] : (uint64_t)1 << (data[3] - 250) * 12;
		frame = malloc(len + 1); // ASan sees a read behind it
		if (frame == NULL
			|| rd_collector_add(
				   c, memcpy(frame, data + HEAD, len), len, len + more, ns, &o)
				< 0)
			abort();
		free(frame);
		FUZZ_CHECK((o.source != NULL) <= (o.result == RD_DECAP_YES));
		FUZZ_CHECK(o.result != RD_DECAP_YES || o.wire_len >= o.decap.inner_len);
		frames++;
		data += HEAD + len;
		size -= HEAD + len;
	}
	return frames;
}

static void check_source(const struct rd_source *s)
{
	uint64_t stages = 0, reasons = s->other_reasons;
	char name[RD_SOURCE_NAME];
	double ppm, error;

	for (unsigned i = 0; i < RD_SOURCE_STAGES; i++)
		stages += s->by_stage[i];
	for (unsigned i = 0; i < s->nb_reasons; i++)
		reasons += s->reasons[i].packets;
	FUZZ_CHECK(stages == s->packets && reasons <= s->packets);
	FUZZ_CHECK(s->seq.packets <= s->packets && s->clock.stamps <= s->packets);
	FUZZ_CHECK(s->seq.duplicates + s->seq.reordered + s->seq.too_late <= s->seq.packets);
	FUZZ_CHECK(s->truncated <= s->packets && s->cut <= s->packets);
	FUZZ_CHECK(strlen(rd_source_name(&s->key, name, sizeof(name))) + 1 < sizeof(name));
	rd_skew_ppm(&s->clock, &ppm, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd_facts_how how = {.opt_class = RD_ENCAP_OPT_CLASS, .reddot = size % 2};
	struct rd_collector *c = rd_collector_new(&how);
	uint64_t frames, sum, copies = 0;

	if (c == NULL)
		return 0;
	frames = feed(c, data, size);
	for (uint32_t i = 0; rd_collector_source(c, i) != NULL; i++) {
		check_source(rd_collector_source(c, i));
		copies += rd_collector_source(c, i)->packets;
	}
	sum = rd_collector_others(c);
	for (unsigned i = 1; i < RD_DECAP_NB_FAULTS; i++)
		sum += rd_collector_refused(c, (enum rd_decap_fault)i);
	FUZZ_CHECK(copies + rd_collector_crowded(c) == rd_collector_copies(c));
	FUZZ_CHECK(sum + rd_collector_copies(c) == frames);
	rd_collector_free(c);
	return 0;
}
