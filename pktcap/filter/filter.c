/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Compiles, loads and runs capture filters (see filter.h). rd_filter_run(): worker threads; the
 * rest: the daemon's control thread, and clients.
 */
#include "filter/filter.h"

#include <pcap/pcap.h>

#include <stdlib.h>
#include <string.h>

#include "filter/check.h"

#define COMPILE_SNAPLEN 262144

_Static_assert(sizeof(struct rd_filter_insn) == sizeof(struct bpf_insn), "same layout");
_Static_assert(offsetof(struct rd_filter_insn, jt) == offsetof(struct bpf_insn, jt), "same layout");
_Static_assert(offsetof(struct rd_filter_insn, jf) == offsetof(struct bpf_insn, jf), "same layout");
_Static_assert(offsetof(struct rd_filter_insn, k) == offsetof(struct bpf_insn, k), "same layout");

static const struct bpf_insn *as_bpf(const struct rd_filter_insn *insns)
{
	return (const struct bpf_insn *)(const void *)insns;
}

static bool is_blank(const char *s)
{
	return s == NULL || s[strspn(s, " \t\r\n")] == '\0';
}

static int compile_with(
	pcap_t *pcap, struct rd_filter *f, const char *expr, uint32_t where, struct rd_err *err)
{
	struct bpf_program prog;
	int rc;

	if (pcap_compile(pcap, &prog, expr, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		rc = rd_err_set(err, -EINVAL, "filter \"%s\": %s", expr, pcap_geterr(pcap));
		rd_err_hint(err, "the syntax is tcpdump's: man pcap-filter");
		return rc;
	}
	rc = rd_filter_load(f, (const struct rd_filter_insn *)(const void *)prog.bf_insns,
		prog.bf_len, where, err);
	pcap_freecode(&prog);
	if (rc == -EINVAL)
		rd_err_hint(err, "protochain compiles to a loop, which workers must not run");
	return rc;
}

int rd_filter_compile(struct rd_filter *f, const char *expr, uint32_t where, struct rd_err *err)
{
	pcap_t *pcap;
	int rc;

	if (is_blank(expr))
		return rd_filter_load(f, NULL, 0, where, err);
	pcap = pcap_open_dead(DLT_EN10MB, COMPILE_SNAPLEN);
	if (pcap == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for the filter compiler");
	rc = compile_with(pcap, f, expr, where, err);
	pcap_close(pcap);
	return rc;
}

int rd_filter_load(struct rd_filter *f, const struct rd_filter_insn *insns, uint32_t n,
	uint32_t where, struct rd_err *err)
{
	struct rd_filter_insn *copy;
	int rc;

	memset(f, 0, sizeof(*f));
	f->where = where;
	if ((where & RD_FILTER_BOTH) == 0 || (where & ~(uint32_t)RD_FILTER_BOTH) != 0)
		return rd_err_set(
			err, -EINVAL, "a filter must look at the outer frame, the inner, or both");
	if (n == 0)
		return 0;
	if (n > RD_FILTER_MAX_INSNS)
		return rd_err_set(err, -E2BIG,
			"the filter has %u instructions, at most %u are allowed", n,
			RD_FILTER_MAX_INSNS);
	rc = rd_filter_check(insns, n, err);
	if (rc < 0)
		return rc;
	if (!bpf_validate(as_bpf(insns), (int)n))
		return rd_err_set(
			err, -EINVAL, "libpcap says that the filter program is not valid");
	copy = malloc(n * sizeof(*copy));
	if (copy == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for the filter");
	memcpy(copy, insns, n * sizeof(*copy));
	f->insns = copy;
	f->nb_insns = n;
	return 0;
}

void rd_filter_free(struct rd_filter *f)
{
	if (f == NULL)
		return;
	free(f->insns);
	memset(f, 0, sizeof(*f));
}

bool rd_filter_wants(
	const struct rd_filter *f, const uint8_t *frame, uint32_t len, uint32_t wire_len)
{
	return f->nb_insns == 0 || bpf_filter(as_bpf(f->insns), frame, wire_len, len) != 0;
}

int rd_filter_run(const struct rd_filter *f, const uint8_t *view, uint32_t len, uint32_t wire_len,
	uint32_t inner_off)
{
	bool has_inner = inner_off != 0 && inner_off < len && inner_off < wire_len;

	if (f->where & RD_FILTER_OUTER) {
		if (rd_filter_wants(f, view, len, wire_len))
			return RD_FILTER_HIT_OUTER;
	}
	if ((f->where & RD_FILTER_INNER) && has_inner) {
		if (rd_filter_wants(f, view + inner_off, len - inner_off, wire_len - inner_off))
			return RD_FILTER_HIT_INNER;
	}
	return RD_FILTER_NO;
}
