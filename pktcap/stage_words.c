/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The names of capture points: ours, and pktcap-uw's as far as a stage is near enough. Main thread.
 */
#include <string.h>
#include <strings.h>

#include "api/stages.h"
#include "points.h"

#define BIT(name) (UINT64_C(1) << RD_STAGE_##name)

struct alias {
	const char *name;
	uint64_t stages;
};

// Names that stages.def does not have as compat names. "Post" is where a packet goes next.
static const struct alias aliases[] = {
	{"UplinkRcv", BIT(UPLINK_RX)},
	{"UplinkSnd", BIT(UPLINK_TX)},
	{"EtherswitchDispatch", BIT(CLASSIFY)},
	{"PostDVFilter", BIT(TUNNEL_ENCAP) | BIT(PORT_OUT)},
	{"PostOverlayInput", BIT(FLOW_LOOKUP)},
	{"PostOverlayOutput", BIT(UPLINK_SELECT)},
	{"TcpipDispatch", BIT(PUNT)},
	{"EnsPortReaderRx", BIT(UPLINK_RX) | BIT(MUX_RX) | BIT(VNIC_RX) | BIT(UPT_RX)},
	{"EnsPortWriterTx", BIT(UPLINK_TX) | BIT(MUX_TX) | BIT(VNIC_TX) | BIT(UPT_TX)},
};

uint64_t pk_stage_words(const char *word)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < rd_stages_count; i++) {
		if (strcmp(rd_stages[i].name, word) == 0)
			return UINT64_C(1) << rd_stages[i].id;
		if (rd_stages[i].compat[0] != '\0' && strcasecmp(rd_stages[i].compat, word) == 0)
			mask |= UINT64_C(1) << rd_stages[i].id;
	}
	for (unsigned i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strcasecmp(aliases[i].name, word) == 0)
			mask |= aliases[i].stages;
	}
	return mask;
}
