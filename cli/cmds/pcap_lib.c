/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See pcap_lib.h.
 */
#include "cmds/pcap_lib.h"

#include "base/pkt.h"

#include <dlfcn.h>
#include <string.h>

#define LIBPCAP "libpcap.so.0.8" // as Debian calls it
#define LIBPCAP_ELSEWHERE "libpcap.so.1"
#define FRAME_MAX 65535

struct rd_pcap_lib rd_pcap_lib;

static bool find_all(void *lib)
{
	struct rd_pcap_lib *p = &rd_pcap_lib;

	p->open_offline = dlsym(lib, "pcap_open_offline");
	p->open_dead = dlsym(lib, "pcap_open_dead");
	p->next_ex = dlsym(lib, "pcap_next_ex");
	p->datalink = dlsym(lib, "pcap_datalink");
	p->compile = dlsym(lib, "pcap_compile");
	p->freecode = dlsym(lib, "pcap_freecode");
	p->offline_filter = dlsym(lib, "pcap_offline_filter");
	p->geterr = dlsym(lib, "pcap_geterr");
	p->close = dlsym(lib, "pcap_close");
	return p->open_offline != NULL && p->open_dead != NULL && p->next_ex != NULL
		&& p->datalink != NULL && p->compile != NULL && p->freecode != NULL
		&& p->offline_filter != NULL && p->geterr != NULL && p->close != NULL;
}

int rd_pcap_load(struct rd_err *err)
{
	void *lib;

	if (rd_pcap_lib.close != NULL)
		return 0;
	lib = dlopen(LIBPCAP, RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL)
		lib = dlopen(LIBPCAP_ELSEWHERE, RTLD_NOW | RTLD_LOCAL);
	if (lib != NULL && find_all(lib))
		return 0;
	rd_pcap_lib.close = NULL;
	rd_err_set(err, -ELIBACC, "libpcap can't be loaded: %.160s", dlerror());
	rd_err_hint(err, "apt-get install libpcap0.8");
	return -ELIBACC;
}

int rd_pcap_expr_compile(struct rd_pcap_expr *e, const char *text, struct rd_err *err)
{
	pcap_t *dead;
	int ret;

	if (text == NULL || text[strspn(text, " ")] == '\0')
		return 0;
	ret = rd_pcap_load(err);
	if (ret < 0)
		return ret;
	dead = rd_pcap_lib.open_dead(DLT_EN10MB, FRAME_MAX);
	if (dead == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	if (rd_pcap_lib.compile(dead, &e->prog, text, 1, PCAP_NETMASK_UNKNOWN) == 0) {
		e->on = true;
	} else {
		ret = rd_err_set(err, -EINVAL, "%.200s", rd_pcap_lib.geterr(dead));
		rd_err_hint(
			err, "an expression as tcpdump takes it: host 10.0.0.1 and tcp port 80");
	}
	rd_pcap_lib.close(dead);
	return ret;
}

void rd_pcap_expr_free(struct rd_pcap_expr *e)
{
	if (e->on)
		rd_pcap_lib.freecode(&e->prog);
	e->on = false;
}

static bool matches(
	const struct rd_pcap_expr *e, const uint8_t *frame, uint32_t len, uint32_t wire_len)
{
	const struct pcap_pkthdr hdr = {.caplen = len, .len = wire_len};

	return rd_pcap_lib.offline_filter(&e->prog, &hdr, frame) != 0;
}

bool rd_pcap_expr_match(
	const struct rd_pcap_expr *e, const uint8_t *frame, uint32_t len, uint32_t wire_len)
{
	uint32_t inner;

	if (!e->on || matches(e, frame, len, wire_len))
		return true;
	inner = (uint32_t)rd_pkt_inner(frame, len, wire_len, RD_GENEVE_PORT);
	return inner != 0 && matches(e, frame + inner, len - inner, wire_len - inner);
}
