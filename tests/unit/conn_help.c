/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See conn_help.h.
 */
#include "conn_help.h"

#include "core/rcu.h"

#include <string.h>

uint64_t help_quiet = UINT64_MAX;
uint64_t help_token;

uint64_t rd_rcu_start(void)
{
	return __atomic_add_fetch(&help_token, 1, __ATOMIC_SEQ_CST);
}

bool rd_rcu_passed(uint64_t token)
{
	return token <= __atomic_load_n(&help_quiet, __ATOMIC_SEQ_CST);
}

int help_conn_setup(void **state)
{
	(void)state;
	help_quiet = UINT64_MAX;
	rd_coarse_tick();
	return rd_conn_init(256);
}

int help_conn_teardown(void **state)
{
	(void)state;
	rd_conn_fini();
	return 0;
}

void help_strict(bool strict)
{
	struct rd_conn_settings s;

	rd_conn_settings_get(&s);
	s.strict = strict;
	rd_conn_settings_set(&s);
}

struct rd_conn_key help_key(uint8_t proto, uint16_t n)
{
	bool has_ports = proto == RD_IPPROTO_TCP || proto == RD_IPPROTO_UDP;

	return (struct rd_conn_key){
		.src = {10, 0, (uint8_t)(n >> 8), (uint8_t)n},
		.dst = {10, 1, 1, 1},
		.sport = has_ports ? 1000 : 0,
		.dport = has_ports ? 80 : 0,
		.zone = 1,
		.to_guest = true,
		.proto = proto,
		.family = 4,
	};
}

struct rd_conn_key help_reverse(const struct rd_conn_key *k)
{
	struct rd_conn_key r = *k;

	memcpy(r.src, k->dst, 16);
	memcpy(r.dst, k->src, 16);
	r.sport = k->dport;
	r.dport = k->sport;
	r.to_guest = !k->to_guest;
	return r;
}

static uint8_t flags_of(const char *text)
{
	static const char letters[] = "FSRPAU";
	uint8_t flags = 0;

	for (; *text != '\0'; text++)
		flags |= (uint8_t)(1u << (strchr(letters, *text) - letters));
	return flags;
}

struct rd_conn_l4 help_segment(uint8_t *bytes, const struct help_tcp *t)
{
	uint32_t hdr_len = t->scale != 0 ? 24 : 20;

	memset(bytes, 0, 60);
	rd_put32(bytes + 4, t->seq);
	rd_put32(bytes + 8, t->ack);
	bytes[12] = (uint8_t)(hdr_len / 4 << 4);
	bytes[13] = flags_of(t->flags);
	rd_put16(bytes + 14, t->win);
	if (t->scale != 0)
		memcpy(bytes + 20, (uint8_t[]){1, 3, 3, (uint8_t)(t->scale - 1)}, 4);
	return (struct rd_conn_l4){.hdr = bytes, .len = hdr_len + t->len, .hdr_len = hdr_len};
}

struct rd_conn_l4 help_icmp(uint8_t *bytes, uint8_t type)
{
	memset(bytes, 0, 60);
	bytes[0] = type;
	return (struct rd_conn_l4){.hdr = bytes, .len = 8, .hdr_len = 8};
}

struct rd_conn_l4 help_udp(uint8_t *bytes)
{
	memset(bytes, 0, 60);
	return (struct rd_conn_l4){.hdr = bytes, .len = 8, .hdr_len = 8};
}

static int remember(void *arg, const struct rd_conn_info *i)
{
	*(struct rd_conn_info *)arg = *i;
	return 0;
}

struct rd_conn_info help_only(void)
{
	struct rd_conn_info info = {.state = RD_CONN_NONE};

	(void)rd_conn_each(0, remember, &info);
	return info;
}

void help_play(const struct help_step *steps, unsigned nb)
{
	struct rd_conn_key k = help_key(RD_IPPROTO_TCP, 1);
	struct rd_conn_found f = {0};
	uint8_t bytes[60];

	for (unsigned i = 0; i < nb; i++) {
		const struct help_step *s = &steps[i];
		struct rd_conn_l4 l4 = help_segment(bytes, &s->t);
		int rc = i == 0 ? rd_conn_create(0, &k, NULL, &l4, 100, &f)
				: rd_conn_packet(f.ref, s->dir, k.proto, &l4, 60, 100);
		struct rd_conn_info now = help_only();

		if (rc != s->verdict || now.state != s->after)
			fail_msg("step %u: verdict %d, state %s instead of %d, %s", i, rc,
				rd_conn_state_name(now.state), s->verdict,
				rd_conn_state_name(s->after));
	}
}
