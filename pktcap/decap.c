/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records without their tunnels, see decap.h. Main thread.
 */
#include "decap.h"

#include <string.h>

#include "base/pkt.h"
#include "base/str.h"

#define LINK_RAW_IP 101

void pk_decap_free(struct pk_decap *d)
{
	rd_link_free(&d->link);
}

static bool is_ip(const uint8_t *packet)
{
	return packet[0] >> 4 == 4 || packet[0] >> 4 == 6;
}

static bool is_ethernet(const struct rd_decap *t)
{
	return t->protocol == RD_ETHERTYPE_TEB;
}

struct rd_facts_how pk_decap_how(const struct pk_opts *o)
{
	uint16_t opt_class = o->geneve_class != 0 ? (uint16_t)o->geneve_class : RD_ENCAP_OPT_CLASS;

	return (struct rd_facts_how){.opt_class = opt_class, .reddot = o->from_reddot};
}

static void note(
	struct pk_decap *d, const struct rd_decap *t, const struct rd_facts *f, size_t *len)
{
	char text[RD_DECAP_TEXT], facts[RD_FACTS_TEXT];

	rd_str_addf(d->text, sizeof(d->text), len, "%s%s%s", *len ? ", " : "",
		rd_decap_text(t, text, sizeof(text)), rd_facts_text(f, facts, sizeof(facts)));
}

// A packet without a link header gets one. Its bytes are in d->link then.
static int make_ethernet(struct pk_decap *d, struct pk_rec *r)
{
	struct rd_pcapng_packet p = {
		.bytes = r->bytes, .cap_len = d->rec.cap_len, .wire_len = d->rec.wire_len};
	int rc = rd_link_to_ethernet(&d->link, LINK_RAW_IP, &p);

	if (rc < 0)
		return rc;
	r->bytes = p.bytes;
	d->rec.cap_len = p.cap_len;
	d->rec.wire_len = p.wire_len;
	return 0;
}

// Takes one tunnel off. 1, 0 if there is none, or -ENOMEM.
static int strip(struct pk_decap *d, struct pk_rec *r, size_t *len)
{
	struct rd_facts facts;
	struct rd_decap t;
	uint32_t rest;

	if (rd_decap(r->bytes, d->rec.cap_len, d->rec.wire_len, &t) != RD_DECAP_YES
		|| (!is_ethernet(&t) && !is_ip(r->bytes + t.inner)))
		return 0;
	rd_facts_read(r->bytes, &t, &d->how, &facts);
	note(d, &t, &facts, len);
	rest = d->rec.cap_len - t.inner;
	r->bytes += t.inner;
	d->rec.cap_len = rest < t.inner_len ? rest : t.inner_len;
	d->rec.wire_len = rd_facts_wire_len(r->bytes, d->rec.cap_len, &t, &facts);
	if (!is_ethernet(&t) && make_ethernet(d, r) < 0)
		return -ENOMEM;
	return 1;
}

int pk_decap(struct pk_decap *d, const struct pk_opts *o, struct pk_rec *r)
{
	size_t len = 0;
	int rc = 1;

	d->how = pk_decap_how(o);
	d->rec = *r->rec;
	d->text[0] = '\0';
	for (unsigned i = 0; i < o->decap && rc > 0; i++)
		rc = strip(d, r, &len);
	if (len > 0) {
		d->rec.inner_off = (uint16_t)rd_pkt_inner(
			r->bytes, d->rec.cap_len, d->rec.wire_len, RD_GENEVE_PORT);
		r->rec = &d->rec;
		r->decap = d->text;
	}
	return rc < 0 ? rc : 0;
}

uint32_t pk_decap_offset(const uint8_t *frame, uint32_t len, uint32_t wire_len, unsigned max)
{
	uint32_t off = 0;

	for (unsigned i = 0; i < max; i++) {
		struct rd_decap t;

		if (rd_decap(frame + off, len - off, wire_len - off, &t) != RD_DECAP_YES
			|| !is_ethernet(&t))
			break;
		off += t.inner;
		len = len < off + t.inner_len ? len : off + t.inner_len;
		wire_len = off + t.inner_len;
	}
	return off;
}
