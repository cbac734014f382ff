/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A mirror session's defaults, and what its fields say together. See spec.h. Pure.
 */
#include "session/spec.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "session/field.h"

#define SNAP_WARN 128

void rd_mirror_spec_init(struct rd_mirror_spec *s)
{
	*s = (struct rd_mirror_spec){
		.dir = RD_MIRROR_BOTH,
		.priority = 100,
		.sample = 1,
		.pps = 100000,
		.bps = UINT64_C(1000000000),
		.burst_ms = 10,
		.encap = RD_ENCAP_ERSPAN2,
		.gra = RD_GRA_100NS,
		.seq = true,
		.options = RD_OPT_TIME | RD_OPT_COPY | RD_OPT_ORIGIN | RD_OPT_PACKET,
		.dscp = 8,
		.ttl = 64,
		.lifetime_s = 3600,
	};
}

static void warning(char *warn, const char *text)
{
	size_t len = strlen(warn);

	rd_str_addf(warn, RD_MIRROR_WARN, &len, "%s%s", len != 0 ? "; " : "", text);
}

static int contradicts(struct rd_err *err, const char *where, const char *what, const char *hint)
{
	rd_err_set(err, -EINVAL, "%s", what);
	rd_err_where(err, "%s", where);
	rd_err_hint(err, "%s", hint);
	return -EINVAL;
}

static bool is_group(const struct rd_mirror_dest *d)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};

	if (d->family == AF_INET6)
		return d->addr[0] == 0xff;
	return (d->addr[0] & 0xf0) == 0xe0 || memcmp(d->addr, broadcast, 4) == 0;
}

static bool is_nobody(const struct rd_mirror_dest *d)
{
	static const uint8_t zero[16], loop6[16] = {[15] = 1};

	if (d->family == AF_INET)
		return d->addr[0] == 0 || d->addr[0] == 127;
	return memcmp(d->addr, zero, 16) == 0 || memcmp(d->addr, loop6, 16) == 0;
}

static int check_dest(
	const struct rd_mirror_spec *s, const struct rd_mirror_dest *d, struct rd_err *err)
{
	char text[RD_IP_TEXT];

	rd_fmt_ip(d->family, d->addr, text);
	if (is_nobody(d))
		return rd_err_set(err, -EINVAL, "to %s: nobody has this address", text);
	if (is_group(d) && !s->multicast) {
		rd_err_set(err, -EINVAL, "to %s is a group or broadcast address", text);
		rd_err_hint(err, "multicast on, if it is meant");
		return -EINVAL;
	}
	if (s->src_family != 0 && s->src_family != d->family)
		return rd_err_set(err, -EINVAL, "src-ip is of another family than to %s", text);
	if (s->gateway_family != 0 && s->gateway_family != d->family)
		return rd_err_set(err, -EINVAL, "gateway is of another family than to %s", text);
	return 0;
}

static int check_target(const struct rd_mirror_spec *s, struct rd_err *err)
{
	if (rd_mirror_is_remote(s) && s->nb_dests == 0)
		return contradicts(err, "to", "a remote session needs a collector", "to ADDRESS");
	if (!rd_mirror_is_remote(s) && s->nb_dests != 0)
		return contradicts(err, "to", "this encap has no collector's address",
			"leave \"to\" out, or another encap");
	for (unsigned i = 0; i < s->nb_dests; i++)
		if (check_dest(s, &s->dest[i], err) < 0)
			return -EINVAL;
	if (s->health == RD_MIRROR_HEALTH_ECHO && s->nb_dests == 0)
		return contradicts(err, "health", "this encap has no collector that could answer",
			"health neighbour");
	if (s->encap == RD_ENCAP_RSPAN && s->vlan == 0)
		return contradicts(err, "vlan", "rspan needs the VLAN of its copies", "vlan 900");
	if ((s->encap == RD_ENCAP_RSPAN || s->encap == RD_MIRROR_PORT) && s->out_port[0] == '\0')
		return contradicts(err, "out-port",
			"this encap needs the port that copies leave by", "out-port PORT");
	if (s->encap == RD_MIRROR_FILE && s->file[0] != '/')
		return contradicts(err, "file", "encap pcap-file needs an absolute file name",
			"file /var/tmp/NAME.pcapng");
	return 0;
}

static int check_limits(const struct rd_mirror_spec *s, struct rd_err *err)
{
	if (s->mtu_policy == RD_MIRROR_MTU_FRAGMENT)
		return contradicts(err, "mtu-policy",
			"copies are not sent in fragments: many collectors never put them together",
			"mtu-policy truncate or drop; or a larger mtu on the way");
	if ((s->pps == 0 || s->bps == 0) && !s->force)
		return contradicts(err, s->pps == 0 ? "pps" : "bps",
			"a session without a limit of its rate can fill the port that it leaves by",
			"force on, if it is meant");
	if (s->lifetime_s == 0 && s->max_packets == 0 && s->max_bytes == 0 && !s->force)
		return contradicts(err, "lifetime", "a session that never ends is forgotten",
			"lifetime 24h; or force on, if it is meant");
	return 0;
}

// Hardware knows nothing of these.
static const char *needs_software(const struct rd_mirror_spec *s)
{
	if (s->by_reason)
		return "reason";
	if (s->trigger != RD_MIRROR_TRIGGER_NONE)
		return "trigger";
	if (s->mask != RD_MIRROR_MASK_NONE)
		return "payload-mask";
	if (s->sampling == RD_MIRROR_SAMPLE_FLOW)
		return "sample flow";
	if (s->stages != 0)
		return "stage";
	if (s->once != 0)
		return "once";
	return s->encap >= RD_MIRROR_FILE ? "encap" : NULL;
}

static int check_what(const struct rd_mirror_spec *s, struct rd_err *err)
{
	const char *soft = needs_software(s);

	if (s->nb_sources == 0)
		return contradicts(
			err, "source", "a session needs a source", "source PORT; source all");
	if (s->by_reason && s->stages != 0 && (s->stages >> RD_STAGE_DROP & 1) == 0)
		return contradicts(err, "reason", "only dropped packets have a reason",
			"stage drop, or leave \"stage\" out");
	if (s->once != 0 && rd_mirror_is_all_stages(s->stages))
		return contradicts(err, "once",
			"a packet is sent once, so that of all stages only the first would show",
			"stage with some stages, or once 0");
	if (s->once != 0 && s->encap == RD_MIRROR_FILE)
		return contradicts(err, "once",
			"a file is one session's own: nobody else writes it",
			"once 0, or another encap");
	if (s->offload == RD_MIRROR_OFFLOAD_REQUIRE && soft != NULL) {
		rd_err_set(err, -EINVAL, "offload require: no NIC does %s", soft);
		rd_err_hint(err, "offload auto");
		return -EINVAL;
	}
	return 0;
}

static void note_oddities(const struct rd_mirror_spec *s, char *warn)
{
	if (s->snaplen != 0 && s->snaplen < SNAP_WARN)
		warning(warn, "snaplen below 128 cuts TCP options");
	if (s->gra == RD_GRA_1588 && s->encap == RD_ENCAP_ERSPAN3)
		warning(warn,
			"gra 1588 needs a sub-header, which Linux and Open vSwitch take for data");
	if (__builtin_popcountll(s->stages) > 1)
		warning(warn,
			"a copy at every stage that a packet comes to; packet id tells which belong together");
	if ((s->encap == RD_ENCAP_VXLAN || s->encap == RD_ENCAP_ERSPAN1) && s->snaplen != 0)
		warning(warn, "this encap cannot say that a copy was cut");
}

int rd_mirror_spec_check(const struct rd_mirror_spec *s, char *warn, struct rd_err *err)
{
	if (check_what(s, err) < 0 || check_target(s, err) < 0 || check_limits(s, err) < 0)
		return err->code;
	if (warn != NULL)
		note_oddities(s, warn);
	return 0;
}
