/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The collector's side of records, see collect.h. Main thread.
 */
#include "collect.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "decap.h"
#include "replay_rec.h"
#include "text.h"

struct pk_collect {
	struct rd_collector *collector;
	struct pk_ports *ports;
	const struct pk_port *of_source[RD_COLLECTOR_MAX_SOURCES + 1]; // by its number
	struct pk_collect_kernel kernel;
	const struct pk_opts *opts;
	bool copies_only, source_time;
};

struct pk_collect *pk_collect_new(
	const struct pk_opts *o, struct pk_ports *ports, bool copies_only, struct rd_err *err)
{
	struct rd_facts_how how = pk_decap_how(o);
	struct pk_collect *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->collector = rd_collector_new(&how);
	if (c == NULL || c->collector == NULL) {
		free(c);
		rd_err_set(err, -ENOMEM, "no memory for the collector");
		return NULL;
	}
	c->ports = ports;
	c->copies_only = copies_only;
	c->opts = o;
	c->source_time = o->source_time;
	return c;
}

void pk_collect_free(struct pk_collect *c)
{
	if (c == NULL)
		return;
	rd_collector_free(c->collector);
	free(c);
}

// The source session as a port: "192.0.2.1/erspan2-100".
static const struct pk_port *port_of(struct pk_collect *c, const struct rd_source *s)
{
	char name[RD_SOURCE_NAME], ip[RD_IP_TEXT], qname[RD_SOURCE_NAME + RD_IP_TEXT];
	const struct pk_port **port = &c->of_source[s->number];
	size_t len = 0;

	if (*port != NULL)
		return *port;
	rd_str_addf(qname, sizeof(qname), &len, "%s/%s",
		rd_fmt_ip(s->key.family == 4 ? AF_INET : AF_INET6, s->key.src, ip),
		rd_source_name(&s->key, name, sizeof(name)));
	*port = pk_replay_port(c->ports, qname, s->number, PK_PORT_COPY);
	return *port;
}

// The stage and the reason as enums of ours: another version's are left out.
static void note_facts(struct rd_cap_rec *rec, const struct rd_facts *f)
{
	if ((f->has & RD_FACT_STAGE) && rd_stage_by_id(f->stage) != NULL)
		rec->stage = f->stage;
	if (rec->stage == RD_STAGE_DROP && rd_drop_by_id(f->reason) != NULL)
		rec->reason = f->reason;
	if (f->has & RD_FACT_PACKET)
		rec->packet_id = f->packet_id;
	if (f->has & RD_FACT_DIR)
		rec->dir = f->flags & RD_COPY_EGRESS ? RD_CAP_DIR_TX : RD_CAP_DIR_RX;
}

int pk_collect_rec(struct pk_collect *c, struct rd_cap_rec *rec, struct rd_err *err)
{
	struct rd_collected o;
	const struct pk_port *port;

	if (rd_collector_add(c->collector, (const uint8_t *)(rec + 1), rec->cap_len, rec->wire_len,
		    rec->ns, &o)
		< 0)
		return rd_err_set(err, -ENOMEM, "no memory for another source");
	if (o.result != RD_DECAP_YES)
		return c->copies_only ? PK_COLLECT_LEFT : 0;
	note_facts(rec, &o.facts);
	if (c->source_time && o.source_ns != 0)
		rec->ns = o.source_ns;
	port = o.source != NULL ? port_of(c, o.source) : NULL;
	rec->port_idx = port != NULL ? port->idx : 0;
	rec->port_id = port != NULL ? port->id : 0;
	return 0;
}

void pk_collect_note_kernel(struct pk_collect *c, const struct pk_collect_kernel *k)
{
	c->kernel = *k;
}

static int put_report(const struct pk_collect *c, const struct pk_sent *sent, struct rd_err *err)
{
	bool report = c->opts->report;
	char *line;
	int rc;

	if (!report || !c->opts->json) {
		pk_collect_text(c->collector, &c->kernel, sent, report ? stdout : stderr);
		return report ? pk_text_flush(err) : 0;
	}
	line = pk_collect_json(c->collector, &c->kernel, sent);
	if (line == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for the report");
	rc = pk_text_line(line, strlen(line), err);
	free(line);
	return rc == 0 ? pk_text_flush(err) : rc;
}

// The sender's counters are those of the capture's end; without them the report is told all the same.
int pk_collect_report(const struct pk_collect *c, struct rd_err *err)
{
	struct pk_sent *sent = c->opts->sent != NULL ? pk_sent_read(c->opts, err) : NULL;
	bool failed = c->opts->sent != NULL && sent == NULL;
	struct rd_err other = {0};
	int rc = put_report(c, sent, failed ? &other : err);

	pk_sent_free(sent);
	return failed && rc != -EPIPE ? err->code : rc;
}
