/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records of pktcap --json as hops. They are hostile: every text is cut to its place, every number to its width.
 */
#include "walk/store.h"

#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const dirs[] = {"", "rx", "tx"};
static const char *const guest_dirs[] = {"", "to-guest", "from-guest"};
static const char *const matches[] = {"", "outer", "inner", "followed"};
static const char *const hashes[] = {"none", "nic", "soft"};
static const char *const txqs[] = {"", "own", "shared"};
#define COUNT(words) (sizeof(words) / sizeof(words[0]))
#define WORD(words, n) ((n) < COUNT(words) ? (words)[n] : "")

const char *rd_wk_dir(unsigned n)
{
	return WORD(dirs, n);
}

const char *rd_wk_guest_dir(unsigned n)
{
	return WORD(guest_dirs, n);
}

const char *rd_wk_match(unsigned n)
{
	return WORD(matches, n);
}

const char *rd_wk_hash(unsigned n)
{
	return WORD(hashes, n);
}

const char *rd_wk_txq(unsigned n)
{
	return WORD(txqs, n);
}

static const char *text_of(const json_t *rec, const char *key)
{
	const char *s = json_string_value(json_object_get(rec, key));

	return s != NULL ? s : "";
}

static uint64_t number_of(const json_t *rec, const char *key, uint64_t max)
{
	json_int_t v = json_integer_value(json_object_get(rec, key));

	return v >= 0 && (uint64_t)v <= max ? (uint64_t)v : 0;
}

static uint8_t place_of(const json_t *rec, const char *key, const char *const *words, unsigned n)
{
	const char *word = text_of(rec, key);

	for (unsigned i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return (uint8_t)i;
	return 0;
}

static enum rd_wk_verdict verdict_of(const json_t *rec)
{
	static const char *const words[] = {"pass", "drop", "delivered", "sent"};

	return (enum rd_wk_verdict)place_of(rec, "verdict", words, COUNT(words));
}

static int take_bytes(struct rd_wk_hop *h, const char *hex, uint32_t frame)
{
	size_t digits = strlen(hex), len = digits / 2 < frame ? digits / 2 : frame;
	char *text = len > 0 ? strndup(hex, 2 * len) : NULL;

	if (len == 0)
		return 0;
	h->bytes = malloc(len);
	if (h->bytes == NULL || text == NULL) {
		free(text);
		return -ENOMEM;
	}
	if (rd_parse_hex(text, h->bytes, &len) == 0)
		h->caplen = (uint32_t)len;
	free(text);
	return 0;
}

// Records of older versions do not say it; there the stage before does, where a walk begins.
static bool is_made(const json_t *rec, const struct rd_stage_desc *prev)
{
	const json_t *made = json_object_get(rec, "made");

	if (made != NULL)
		return json_is_true(made);
	return prev != NULL && (prev->id == RD_STAGE_REJECT || prev->id == RD_STAGE_ROUTE);
}

static struct rd_wk_facts facts_of(const json_t *rec)
{
	const struct rd_stage_desc *prev = rd_stage_by_name(text_of(rec, "prev_stage"));

	return (struct rd_wk_facts){
		.parent_id = number_of(rec, "parent_id", INT64_MAX),
		.port_id = (uint32_t)number_of(rec, "port_id", UINT32_MAX),
		.lost = (uint32_t)number_of(rec, "lost", UINT32_MAX),
		.hop = (uint16_t)number_of(rec, "hop", UINT16_MAX),
		.queue = (uint16_t)number_of(rec, "queue", UINT16_MAX),
		.prev = prev != NULL ? prev->id : 0,
		.dir = place_of(rec, "dir", dirs, COUNT(dirs)),
		.guest_dir = place_of(rec, "guest_dir", guest_dirs, COUNT(guest_dirs)),
		.match = place_of(rec, "match", matches, COUNT(matches)),
		.hash = place_of(rec, "hash_source", hashes, COUNT(hashes)),
		.txq = place_of(rec, "txq", txqs, COUNT(txqs)),
		.worker = (uint8_t)number_of(rec, "worker", UINT8_MAX),
		.one_in = (uint8_t)number_of(rec, "one_in", UINT8_MAX),
		.handed = json_integer_value(json_object_get(rec, "handed_to")) >= 0
			&& json_object_get(rec, "handed_to") != NULL,
		.made = is_made(rec, prev),
		.inner = json_is_true(json_object_get(rec, "inner")),
	};
}

int rd_wk_read(struct rd_wk_hop *h, const json_t *rec, uint32_t frame)
{
	*h = (struct rd_wk_hop){
		.stage = rd_stage_by_name(text_of(rec, "stage")),
		.ns = number_of(rec, "ns", INT64_MAX),
		.len = (uint32_t)number_of(rec, "len", UINT32_MAX),
		.rule = (uint32_t)number_of(rec, "rule", UINT32_MAX),
		.vni = (uint32_t)number_of(rec, "vni", UINT32_MAX),
		.flow = (uint32_t)number_of(rec, "flow", UINT32_MAX),
		.verdict = (uint8_t)verdict_of(rec),
		.facts = facts_of(rec),
	};
	snprintf(h->flow_hit, sizeof(h->flow_hit), "%s", text_of(rec, "flow_hit"));
	snprintf(h->reason, sizeof(h->reason), "%s", text_of(rec, "reason"));
	snprintf(h->port, sizeof(h->port), "%s", text_of(rec, "port"));
	return take_bytes(h, text_of(rec, "hex"), frame);
}
