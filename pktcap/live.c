/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets from a kernel's interface, see live.h. Main thread.
 */
#include "live.h"

#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "collect.h"
#include "feed.h"
#include "pcapng/link.h"
#include "quiet.h"
#include "replay_rec.h"

#define IDLE_MS 50 // walks end when nothing has come for so long
#define BATCH 256 // packets between two looks at signals and outputs
#define DRAIN_NS UINT64_C(2000000000) // at most, after the end
#define BUFFER (32u << 20) // bytes; with large slots, as for single packets, these are 500 frames
#define BUFFER_MAX (1u << 30)

struct live {
	struct pk_session *s;
	struct pk_feed feed;
	struct rd_link link;
	struct pk_quiet quiet; // while copies are collected
	struct rd_pcapng_iface iface;
	pcap_t *pcap;
	uint16_t link_type;
	uint32_t unit; // ns of a time's fraction
	uint64_t until_ns; // monotonic; 0 = no end
	uint64_t asked_ns; // real time at which we were asked to stop; 0 = not yet
	bool late; // a packet of after that came
	uint64_t left_out; // frames whose link can't be made into Ethernet
	int rc; // of the outputs
	struct rd_err *err;
};

const char *pk_live_iface(const struct pk_opts *o)
{
	const char *name = o->nb_select == 1 ? o->select[0].name : NULL;

	if (o->decap == 0 || name == NULL || o->select[0].kind != PK_SELECT_ANY
		|| o->capture != NULL || o->session.attach != NULL)
		return NULL;
	return if_nametoindex(name) != 0 ? name : NULL;
}

static int refuse(struct live *l, const char *what, int code, struct rd_err *err)
{
	const char *why = l->pcap != NULL ? pcap_geterr(l->pcap) : "";
	int rc = code == PCAP_ERROR_NO_SUCH_DEVICE ? -ENODEV
		: code == PCAP_ERROR_PERM_DENIED   ? -EPERM
						   : -EIO;

	rd_err_set(
		err, rc, "%s: %s", what, code < 0 && why[0] == '\0' ? pcap_statustostr(code) : why);
	if (rc == -EPERM)
		rd_err_hint(err, "root, or CAP_NET_RAW and CAP_NET_ADMIN");
	return rc;
}

static void configure(struct live *l)
{
	const struct pk_opts *o = l->s->opts;
	uint64_t buffer = o->ring_size > BUFFER_MAX ? BUFFER_MAX : o->ring_size;

	// None of these fails before the handle is active.
	pcap_set_snaplen(l->pcap, (int)o->snaplen);
	pcap_set_promisc(l->pcap, 1);
	pcap_set_timeout(l->pcap, IDLE_MS);
	pcap_set_buffer_size(l->pcap, (int)(buffer == 0 ? BUFFER : buffer));
	if (o->each_packet || o->each_line)
		pcap_set_immediate_mode(l->pcap, 1);
	pcap_set_tstamp_precision(l->pcap, PCAP_TSTAMP_PRECISION_NANO); // checked when active
}

static int activate(struct live *l, const char *iface, struct rd_err *err)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	int rc;

	l->pcap = pcap_create(iface, text);
	if (l->pcap == NULL)
		return rd_err_set(err, -EIO, "%s", text);
	configure(l);
	rc = pcap_activate(l->pcap);
	if (rc < 0)
		return refuse(l, "can't capture", rc, err);
	if (rc > 0)
		fprintf(stderr, "pktcap: warning: %s: %s\n", iface, pcap_geterr(l->pcap));
	l->unit = pcap_get_tstamp_precision(l->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
	if (pcap_setnonblock(l->pcap, 1, text) < 0)
		return rd_err_set(err, -EIO, "%s", text);
	return 0;
}

static void take(u_char *arg, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct live *l = (struct live *)arg;
	struct rd_pcapng_packet p = {.bytes = bytes,
		.ns = (uint64_t)h->ts.tv_sec * 1000000000u + (uint64_t)h->ts.tv_usec * l->unit,
		.cap_len = h->caplen,
		.wire_len = h->len};
	int rc = 0;

	if (l->rc != 0 || l->late || pk_session_enough(l->s))
		return;
	l->late = l->asked_ns != 0 && p.ns > l->asked_ns;
	if (l->late)
		return;
	if (l->link_type != DLT_EN10MB)
		rc = rd_link_to_ethernet(&l->link, l->link_type, &p);
	if (rc == -ENOTSUP) {
		l->left_out++;
		return;
	}
	l->rc = rc < 0 ? rd_err_set(l->err, rc, "no memory for a packet")
		       : pk_feed_packet(&l->feed, &p, &l->iface, l->err);
	if (l->rc != 0)
		pcap_breakloop(l->pcap);
}

// Sleeps until something comes; outputs show what they have before. false: a signal, or the time is over.
static bool wait_more(struct live *l)
{
	struct pollfd p = {.fd = pcap_get_selectable_fd(l->pcap), .events = POLLIN};

	if (poll(&p, 1, 0) == 0) {
		l->rc = pk_session_flush(l->s, l->err);
		if (l->rc == 0)
			poll(&p, 1, IDLE_MS);
	}
	if (l->until_ns != 0 && rd_monotonic_ns() >= l->until_ns) {
		l->s->end = PK_END_LIMIT;
		return false;
	}
	return !pk_session_interrupted();
}

// What the kernel still holds was on the wire before we were asked to stop. It hands out a block of packets when that is full, or the time
// for it is over.
static void drain(struct live *l)
{
	uint64_t end = rd_monotonic_ns() + DRAIN_NS;
	struct pollfd p = {.fd = pcap_get_selectable_fd(l->pcap), .events = POLLIN};

	l->asked_ns = rd_realtime_ns();
	while (l->rc == 0 && !l->late && !pk_session_enough(l->s) && rd_monotonic_ns() < end
		&& poll(&p, 1, 2 * IDLE_MS) > 0
		&& pcap_dispatch(l->pcap, BATCH, take, (u_char *)l) >= 0)
		;
}

static int loop(struct live *l, struct rd_err *err)
{
	while (wait_more(l) && l->rc == 0 && !pk_session_enough(l->s)) {
		int n = pcap_dispatch(l->pcap, BATCH, take, (u_char *)l);

		if (n < 0 && n != PCAP_ERROR_BREAK)
			return refuse(l, "the capture broke off", n, err);
	}
	drain(l);
	return l->rc;
}

static void say_end(struct live *l, struct pk_collect *collect)
{
	struct pcap_stat stat = {0};
	struct pk_collect_kernel k = {0};

	if (pcap_stats(l->pcap, &stat) == 0)
		k = (struct pk_collect_kernel){true, stat.ps_recv, stat.ps_drop, stat.ps_ifdrop};
	if (collect != NULL)
		pk_collect_note_kernel(collect, &k);
	if (l->s->end == PK_END_PIPE)
		return;
	fprintf(stderr, "%llu packet%s captured\n", (unsigned long long)l->s->captured,
		l->s->captured == 1 ? "" : "s");
	if (k.known)
		fprintf(stderr,
			"%llu frames came, %llu dropped by the kernel, %llu by the interface\n",
			(unsigned long long)k.received, (unsigned long long)k.dropped,
			(unsigned long long)k.dropped_by_interface);
	if (l->left_out != 0)
		fprintf(stderr, "%llu frames without a whole header were left out\n",
			(unsigned long long)l->left_out);
}

static int open_live(struct live *l, const char *iface, struct rd_err *err)
{
	char name[IF_NAMESIZE + 2];
	int rc = pk_feed_init(&l->feed, l->s, err);

	if (rc == 0)
		rc = activate(l, iface, err);
	if (rc < 0)
		return rc;
	l->link_type = (uint16_t)pcap_datalink(l->pcap);
	l->iface = (struct rd_pcapng_iface){.name = iface, .link_type = l->link_type};
	snprintf(name, sizeof(name), "/%s", iface);
	l->feed.port = pk_replay_port(l->s->ports, name, if_nametoindex(iface), PK_PORT_NETDEV);
	if (l->s->opts->session.duration_ms != 0)
		l->until_ns = rd_monotonic_ns() + l->s->opts->session.duration_ms * 1000000u;
	return 0;
}

int pk_live(struct pk_session *s, const char *iface, struct pk_collect *collect, struct rd_err *err)
{
	struct live l = {.s = s, .err = err};
	int rc = open_live(&l, iface, err);

	l.feed.collect = collect;
	s->end = PK_END_SIGNAL;
	if (rc == 0 && collect != NULL)
		pk_quiet_open(&l.quiet);
	if (rc == 0) {
		fprintf(stderr, "pktcap: capturing on %s, snapshot length %u bytes\n", iface,
			s->opts->snaplen);
		rc = loop(&l, err);
	} else {
		rd_err_where(err, "%s", iface);
	}
	rc = pk_session_finish(s, rc, err);
	if (l.pcap != NULL && rc == 0)
		say_end(&l, collect);
	if (l.pcap != NULL)
		pcap_close(l.pcap);
	pk_quiet_close(&l.quiet);
	rd_link_free(&l.link);
	pk_feed_free(&l.feed);
	return rc;
}
