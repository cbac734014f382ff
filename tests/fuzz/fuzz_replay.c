/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes what pktcap -r makes of a packet's JSON text and its interface's name. Input: the name, a line feed, the text.
 * Whatever the file says: what is printed of it has no control characters, and what is written of it is JSON again.
 */
#include "replay_rec.h"

#include "fuzz.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "rec.h"

static void check_text(const char *text)
{
	for (; *text != '\0'; text++)
		FUZZ_CHECK(*text >= ' ' && *text <= '~');
}

static void check_words(const struct pk_rec *r)
{
	char text[PK_JSON_TEXT];
	json_t *o = json_loads(pk_rec_json(r, text, sizeof(text)), JSON_REJECT_DUPLICATES, NULL);

	FUZZ_CHECK(json_is_object(o));
	check_text(text);
	json_decref(o);
	check_text(pk_rec_comment(r, PK_COMMENT_ALL, text, PK_COMMENT_TEXT));
	check_text(pk_rec_where(r, text, PK_IFACE_TEXT));
	check_text(pk_rec_iface(r, text, PK_IFACE_TEXT));
	check_text(pk_rec_host(r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd_pcapng_iface iface = {.link_type = RD_PCAPNG_LINK_ETHERNET};
	struct rd_pcapng_packet p = {.ns = 1, .wire_len = 60, .packet_id = size};
	struct pk_ports ports = {.many_hosts = true};
	struct rd_cap_rec rec;
	struct pk_rec r;
	char *name = malloc(size + 1);
	char *json;

	FUZZ_CHECK(name != NULL);
	if (size > 0)
		memcpy(name, data, size);
	name[size] = '\0';
	json = strchr(name, '\n');
	if (json != NULL)
		*json++ = '\0';
	iface.name = name;
	p.json = json;
	for (unsigned i = 0; i < 2; i++) { // the second time its port is known
		pk_replay_rec(&rec, &p, &iface, &ports);
		pk_rec_init(&r, &rec, &ports);
		check_words(&r);
	}
	FUZZ_CHECK(ports.count <= 1);
	pk_ports_free(&ports);
	free(name);
	return 0;
}
