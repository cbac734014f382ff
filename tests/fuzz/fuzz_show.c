/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the language that says which walks are shown. What is refused has a reason and a column inside the text; what is taken gives
 * an answer about a walk, and "not" the other one. Completion only offers what goes on from what is there.
 */
#include "walk/show.h"

#include "fuzz.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const records[] = {
	"{\"packet_id\":7,\"stage\":\"uplink_rx\",\"port\":\"arm/vmnic1\",\"ns\":1000,\"len\":54,\"verdict\":\"pass\","
	"\"hex\":\"005056a1999e005056a1fcf3080045000028000140004006a47bac101f1aac101f19e0680050000000010000000050020000000000000\"}",
	"{\"packet_id\":7,\"stage\":\"drop\",\"port\":\"arm/g1\",\"ns\":3000,\"len\":54,\"verdict\":\"drop\",\"reason\":\"DFW_RULE_DENY\",\"rule\":1042}",
};

static struct rd_store *walks(void)
{
	static struct rd_store store;

	if (store.ring != NULL)
		return &store;
	FUZZ_CHECK(rd_store_open(&store) == 0);
	for (unsigned i = 0; i < 2; i++) {
		json_t *o = json_loads(records[i], 0, NULL);

		FUZZ_CHECK(o != NULL && rd_store_add(&store, o) == 0);
		json_decref(o);
	}
	return &store;
}

static void check_offer(void *arg, const char *word)
{
	const char *begin = *(const char **)arg;

	FUZZ_CHECK(strlen(word) > 0 && strlen(word) < RD_SHOW_TEXT);
	FUZZ_CHECK(begin == NULL || strncasecmp(word, begin, strlen(begin)) == 0);
}

static void check_offers(const struct rd_store *s, const char *text)
{
	const char *begin = NULL;
	size_t at = rd_show_complete(s, text, check_offer, &begin);

	FUZZ_CHECK(at <= strlen(text));
	begin = text + at;
	rd_show_complete(s, text, check_offer, &begin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[2 * RD_SHOW_TEXT], turned[2 * RD_SHOW_TEXT + 8];
	const struct rd_store *s = walks();
	struct rd_show_err err;
	struct rd_show *show, *other;
	const struct rd_wk *w = rd_store_walk(s, 1);

	size = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
	memcpy(text, data, size);
	text[size] = '\0';
	show = rd_show_parse(text, &err);
	FUZZ_CHECK((show == NULL) == (err.what[0] != '\0'));
	FUZZ_CHECK(err.at >= 0 && (size_t)err.at <= strlen(text));
	check_offers(s, text);
	if (show == NULL)
		return 0;
	snprintf(turned, sizeof(turned), "not (%s)", text);
	other = rd_show_parse(turned, &err); // may be too long or too deep now
	FUZZ_CHECK(other == NULL || rd_show_fits(show, w) != rd_show_fits(other, w));
	rd_show_free(other);
	rd_show_free(show);
	return 0;
}
