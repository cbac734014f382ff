/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How fast pktcap writes files: records of several stages and ports, from memory to a file, through the same output as a
 * capture's. Prints one line per kind of file and frame length. Usage: writer FOLDER (a tmpfs, to leave the disk out).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "out.h"

#define STAGES 12u
#define RUN_NS UINT64_C(700000000)
#define BYTES_MAX (UINT64_C(600) << 20) // of one file
#define BATCH 1024u

struct record {
	struct rd_cap_rec rec;
	uint8_t bytes[1536];
};

static struct pk_port port = {
	.id = 7, .idx = 1, .name = "eth0", .host = "arm", .qname = "arm/eth0", .type = "vnic"};
static struct pk_port *list[] = {&port};
static struct pk_ports ports = {.list = list, .count = 1, .default_host = "arm"};

static struct record records[STAGES];

static void make_records(uint32_t len)
{
	for (unsigned i = 0; i < STAGES; i++) {
		records[i].rec = (struct rd_cap_rec){.hdr_len = sizeof(struct rd_cap_rec),
			.stage = (uint8_t)(i + 1),
			.dir = i % 3,
			.packet_id = i,
			.cap_len = len,
			.wire_len = len,
			.port_id = 7,
			.port_idx = 1,
			.vni = 74752,
			.hop = (uint16_t)i};
		for (uint32_t k = 0; k < len; k++)
			records[i].bytes[k] = (uint8_t)(k * 7 + i);
	}
}

static int put_batch(struct pk_out *out, uint64_t *ns, struct rd_err *err)
{
	int rc = 0;

	for (unsigned k = 0; k < BATCH && rc == 0; k++) {
		struct record *r = &records[k % STAGES];
		struct pk_rec rec;

		r->rec.ns = (*ns)++;
		r->rec.packet_id += STAGES;
		pk_rec_init(&rec, &r->rec, &ports);
		rc = out->ops->record(out, &rec, err);
	}
	return rc;
}

// Of this process: on tmpfs all is its own work, whatever else the machine does.
static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static int run(const char *name, const struct pk_opts *o, uint32_t len, struct rd_err *err)
{
	struct pk_out *out =
		o->format == PK_FORMAT_PCAP ? pk_out_pcap_new(o, err) : pk_out_pcapng_new(o, err);
	uint64_t begin = rd_monotonic_ns(), now = begin, n = 0, ns = 1, cpu = cpu_ns();
	struct stat st;
	int rc = out == NULL ? err->code : 0;

	make_records(len);
	while (rc == 0 && now - begin < RUN_NS && n * (len + 100) < BYTES_MAX) {
		rc = put_batch(out, &ns, err);
		n += BATCH;
		now = rd_monotonic_ns();
	}
	if (out != NULL && out->ops->finish(out, NULL, err) < 0)
		rc = err->code;
	now = rd_monotonic_ns();
	cpu = cpu_ns() - cpu;
	if (out != NULL)
		out->ops->free(out);
	if (rc < 0 || stat(o->outfile, &st) < 0)
		return rc < 0 ? rc : -errno;
	printf("%-12s %5u bytes  %6.2f M records/s  %6.2f GB/s into the file  %6.1f ns of CPU each\n",
		name, len, (double)n * 1e3 / (double)(now - begin),
		(double)st.st_size / (double)(now - begin), (double)cpu / (double)n);
	return unlink(o->outfile);
}

int main(int argc, char **argv)
{
	static const uint32_t lens[] = {64, 512, 1500};
	char path[512], text[700];
	struct pk_opts o = {.outfile = path, .snaplen = PK_SNAPLEN_MAX, .filter = (char[]){""}};
	struct rd_err err = {0};
	int rc = 0;

	if (argc != 2 || snprintf(path, sizeof(path), "%s/writer.%d", argv[1], (int)getpid()) < 0)
		return 2;
	pk_ports_note(&ports, &port);
	for (unsigned i = 0; i < 3 && rc == 0; i++) {
		o.format = PK_FORMAT_PCAP;
		rc = run("pcap", &o, lens[i], &err);
		o.format = PK_FORMAT_PCAPNG;
		o.meta = PK_META_NONE;
		if (rc == 0)
			rc = run("pcapng none", &o, lens[i], &err);
		o.meta = PK_META_LEAN;
		if (rc == 0)
			rc = run("pcapng lean", &o, lens[i], &err);
		o.compress = PK_COMPRESS_ZSTD;
		if (rc == 0)
			rc = run("lean + zstd", &o, lens[i], &err);
		o.compress = PK_COMPRESS_NONE;
		o.meta = PK_META_FULL;
		if (rc == 0)
			rc = run("pcapng full", &o, lens[i], &err);
	}
	if (rc < 0)
		fprintf(stderr, "%s\n", rd_err_text(&err, text, sizeof(text)));
	return rc < 0;
}
