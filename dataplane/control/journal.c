/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See journal.h. method.c calls rd_journal_note().
 */
#include "control/journal.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "control/conn.h"
#include "tables/dfw_policy.h"

static struct rd_journal_entry ring[RD_JOURNAL_MAX];
static uint64_t nb;

static uint32_t revision_now(void)
{
	const struct rd_dfw_policy *p = rd_dfw_policy();

	return p != NULL ? p->revision : 0;
}

static void add_value(struct rd_journal_entry *e, size_t *len, const char *before, const json_t *v)
{
	const char *s = json_string_value(v);
	size_t size = sizeof(e->text);

	if (s != NULL)
		rd_str_addf(e->text, size, len, "%s%s", before, s);
	else if (json_is_integer(v))
		rd_str_addf(e->text, size, len, "%s%lld", before, (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		rd_str_addf(e->text, size, len, "%s%s", before, json_is_true(v) ? "on" : "off");
	else if (json_is_object(v))
		rd_str_addf(e->text, size, len, "%s{..}", before);
	for (size_t i = 0; json_is_array(v) && i < json_array_size(v); i++)
		add_value(e, len, i == 0 ? before : ",", json_array_get(v, i));
}

// "dfw_rule.add" becomes "dfw rule add", and the parameters follow as words.
static void put_text(struct rd_journal_entry *e, const struct rd_request *req)
{
	const char *key;
	size_t len = 0;
	json_t *v;

	rd_str_addf(e->text, sizeof(e->text), &len, "%s", req->method);
	for (char *p = e->text; *p != '\0'; p++)
		*p = *p == '.' || *p == '_' ? ' ' : *p;
	json_object_foreach (req->params, key, v) {
		rd_str_addf(e->text, sizeof(e->text), &len, " %s", key);
		add_value(e, &len, " ", v);
	}
	if (len == sizeof(e->text) - 1)
		memcpy(e->text + len - 3, "...", 3);
	for (char *p = e->text; *p != '\0'; p++)
		*p = (unsigned char)*p < ' ' || *p == 0x7f ? ' ' : *p;
}

static uint16_t named_port(const struct rd_request *req)
{
	const char *name = json_string_value(json_object_get(req->params, "port"));
	struct rd_err err = {0};
	const struct rd_port *p = name != NULL ? rd_port_find(name, &err) : NULL;

	return p != NULL ? p->idx : RD_PORT_NONE;
}

void rd_journal_note(const struct rd_request *req)
{
	const struct rd_journal_entry *before = rd_journal_at(0);
	struct rd_journal_entry *e = &ring[nb % RD_JOURNAL_MAX];
	uint32_t was = before != NULL ? before->revision : 0;

	*e = (struct rd_journal_entry){.seq = nb + 1,
		.ns = rd_realtime_ns(),
		.revision = revision_now(),
		.rule = (uint32_t)json_integer_value(json_object_get(req->params, "id")),
		.port = named_port(req),
		.uid = req->conn != NULL ? req->conn->uid : geteuid(),
		.pid = req->conn != NULL ? req->conn->pid : 0};
	e->judges = strncmp(req->method, "dfw", 3) == 0 && e->revision != was;
	(void)rd_str_copy(
		e->client, sizeof(e->client), req->conn != NULL ? req->conn->name : "reddotd -f");
	(void)rd_str_copy(e->method, sizeof(e->method), req->method);
	put_text(e, req);
	nb++;
}

const struct rd_journal_entry *rd_journal_at(unsigned n)
{
	return n < nb && n < RD_JOURNAL_MAX ? &ring[(nb - 1 - n) % RD_JOURNAL_MAX] : NULL;
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool concerns(const struct rd_journal_entry *e, uint16_t port, uint32_t rule)
{
	if (rule == 0)
		return strcmp(e->method, "dfw.settings") == 0
			|| (strcmp(e->method, "dfw.default") == 0 && e->port == port);
	if (e->rule != rule)
		return false;
	return starts(e->method, "dfw_rule.") || (starts(e->method, "dfw.") && e->port == port);
}

static bool replaces(const struct rd_journal_entry *e)
{
	return strcmp(e->method, "dfw.load") == 0 || strcmp(e->method, "dfw.commit") == 0;
}

const struct rd_journal_entry *rd_journal_rule(uint16_t port, uint32_t rule, uint64_t ns)
{
	const struct rd_journal_entry *e;

	for (unsigned n = 0; (e = rd_journal_at(n)) != NULL; n++)
		if ((ns == 0 || e->ns <= ns) && (concerns(e, port, rule) || replaces(e)))
			return e;
	return NULL;
}

const struct rd_journal_entry *rd_journal_policy(uint64_t ns)
{
	const struct rd_journal_entry *e;

	for (unsigned n = 0; (e = rd_journal_at(n)) != NULL; n++)
		if ((ns == 0 || e->ns <= ns) && e->judges)
			return e;
	return NULL;
}

json_t *rd_journal_json(const struct rd_journal_entry *e)
{
	if (e == NULL)
		return json_null();
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:s,s:s,s:s}", "seq", (json_int_t)e->seq, "ns",
		(json_int_t)e->ns, "revision", (json_int_t)e->revision, "uid", (json_int_t)e->uid,
		"pid", (json_int_t)e->pid, "client", e->client, "method", e->method, "text",
		e->text);
}
