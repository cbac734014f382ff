/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The tables of stages and drop reasons. Read by the daemon and every client; any thread.
 */
#include "api/stages.h"

#include "base/pkt_priv.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

// Positions in the tables. The switches below would not compile if an id were used twice.
enum stage_index {
#define RD_STAGE(id, NAME, name, kind, compat, help) STAGE_INDEX_##NAME,
#include "api/stages.def"
#undef RD_STAGE
	STAGE_INDEX_COUNT,
};

enum drop_index {
#define RD_DROP(id, NAME, stage, class, meaning, hint, kin) DROP_INDEX_##NAME,
#include "api/drops.def"
#undef RD_DROP
	DROP_INDEX_COUNT,
};

// base can't include drops.def (layers), so the parser's reasons are numbers of its own: they must
// agree.
#define SAME_REASON(pkt, drop) \
	_Static_assert(        \
		(int)RD_PKT_E_##pkt == (int)RD_DROP_##drop, #drop ": base/pkt_priv.h disagrees")
SAME_REASON(TRUNC_L2, PARSE_TRUNC_L2);
SAME_REASON(TRUNC_L3, PARSE_TRUNC_L3);
SAME_REASON(TRUNC_L4, PARSE_TRUNC_L4);
SAME_REASON(VLAN_TAGS, PARSE_VLAN_TAGS);
SAME_REASON(IP_VERSION, PARSE_IP_VERSION);
SAME_REASON(IP_HDRLEN, PARSE_IP_HDRLEN);
SAME_REASON(IP_LEN, PARSE_IP_LEN);
SAME_REASON(IP_CSUM, PARSE_IP_CSUM);
SAME_REASON(IP6_EXTHDR, PARSE_IP6_EXTHDR);
SAME_REASON(TCP_HDRLEN, PARSE_TCP_HDRLEN);
SAME_REASON(UDP_LEN, PARSE_UDP_LEN);
SAME_REASON(GENEVE_TRUNC, DECAP_TRUNC);
SAME_REASON(GENEVE_VERSION, DECAP_VERSION);
SAME_REASON(GENEVE_OPT_LEN, DECAP_OPT_LEN);
SAME_REASON(GENEVE_INNER_PROTO, DECAP_INNER_PROTO);

enum drop_class { // a letter that is not here does not compile
	CLASS_M = 'M',
	CLASS_P = 'P',
	CLASS_R = 'R',
	CLASS_C = 'C',
	CLASS_X = 'X',
	CLASS_I = 'I',
	CLASS_H = 'H',
};

#define RD_STAGE(id, NAME, name, kind, compat, help) \
	_Static_assert((id) > 0 && (id) < RD_STAGE_MAX, #name ": id out of bounds");
#include "api/stages.def"
#undef RD_STAGE

#define RD_DROP(id, NAME, stage, class, meaning, hint, kin) \
	_Static_assert((id) > 0 && (id) < RD_DROP_MAX, #NAME ": id out of bounds");
#include "api/drops.def"
#undef RD_DROP

const struct rd_stage_desc rd_stages[] = {
#define RD_STAGE(id_, NAME, name_, kind_, compat_, help_) \
	{.id = (id_),                                     \
		.kind = RD_STAGE_KIND_##kind_,            \
		.name = #name_,                           \
		.compat = compat_,                        \
		.help = help_},
#include "api/stages.def"
#undef RD_STAGE
};
const unsigned rd_stages_count = STAGE_INDEX_COUNT;

const struct rd_drop_desc rd_drops[] = {
#define RD_DROP(id_, NAME, stage_, class_, meaning_, hint_, kin_) \
	{.id = (id_),                                             \
		.class = CLASS_##class_,                          \
		.name = #NAME,                                    \
		.stage = #stage_,                                 \
		.meaning = meaning_,                              \
		.hint = hint_,                                    \
		.kin = kin_},
#include "api/drops.def"
#undef RD_DROP
};
const unsigned rd_drops_count = DROP_INDEX_COUNT;

const struct rd_stage_desc *rd_stage_by_id(unsigned id)
{
	switch (id) {
#define RD_STAGE(id_, NAME, name, kind, compat, help) \
	case (id_):                                   \
		return &rd_stages[STAGE_INDEX_##NAME];
#include "api/stages.def"
#undef RD_STAGE
	default:
		return NULL;
	}
}

const struct rd_stage_desc *rd_stage_by_name(const char *name)
{
	if (name[0] == '\0')
		return NULL;
	for (unsigned i = 0; i < rd_stages_count; i++)
		if (strcmp(rd_stages[i].name, name) == 0)
			return &rd_stages[i];
	for (unsigned i = 0; i < rd_stages_count; i++)
		if (strcmp(rd_stages[i].compat, name) == 0)
			return &rd_stages[i];
	return NULL;
}

const struct rd_drop_desc *rd_drop_by_id(unsigned id)
{
	switch (id) {
#define RD_DROP(id_, NAME, stage, class, meaning, hint, kin) \
	case (id_):                                          \
		return &rd_drops[DROP_INDEX_##NAME];
#include "api/drops.def"
#undef RD_DROP
	default:
		return NULL;
	}
}

const struct rd_drop_desc *rd_drop_by_name(const char *name)
{
	for (unsigned i = 0; i < rd_drops_count; i++)
		if (strcasecmp(rd_drops[i].name, name) == 0)
			return &rd_drops[i];
	return NULL;
}
