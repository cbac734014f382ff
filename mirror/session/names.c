/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Words for what mirror sessions are and do. Pure.
 */
#include "session/state.h"

static const char *const opers[] = {
	"down", "resolving", "active", "suspended", "expired", "failed"};
static const char *const peers[] = {"unknown", "asked", "up", "down"};

const char *rd_mirror_oper_name(unsigned oper)
{
	return oper < RTE_DIM(opers) ? opers[oper] : "";
}

const char *rd_mirror_peer_name(unsigned state)
{
	return state < RTE_DIM(peers) ? peers[state] : "";
}

uint8_t mirror_ip_proto(const struct rd_mirror_spec *s)
{
	bool udp = s->encap == RD_ENCAP_VXLAN || s->encap == RD_ENCAP_GENEVE
		|| s->encap == RD_ENCAP_TZSP;

	return udp ? 17 : 47;
}

uint16_t mirror_udp_port(const struct rd_mirror_spec *s)
{
	if (s->udp_port != 0)
		return s->udp_port;
	return s->encap == RD_ENCAP_VXLAN ? 4789 : s->encap == RD_ENCAP_GENEVE ? 6081 : 37008;
}
