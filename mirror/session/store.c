/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The document of what outlives the daemon, see store.h. Control thread.
 *
 * A receiver that checks sequence numbers drops whatever is behind the last one it saw, so a number must never come again. Saved is
 * a number that is far enough ahead (JUMP) to be behind nothing that is sent before the next save; it is where the next life begins.
 */
#include "session/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "session/cap.h"
#include "session/field.h"

RD_LOG_MODULE(mirror_store);

#define VERSION 1
#define JUMP (1u << 20)
#define STEP (1u << 18) // copies after which it is saved again

static char path[256];
static json_t *doc; // {"version":1,"seq":{"NAME ADDR":N},"sessions":[{..}]}
static bool dirty;
static bool restored; // before that the document's sessions are those of the last life
static json_t
	*absent; // sessions of the last life that could not be made: their ports may come back

const char *mirror_store_path(void)
{
	return path;
}

static json_t *part(const char *key, json_t *(*make)(void))
{
	json_t *v = json_object_get(doc, key);

	if (doc == NULL) // nothing outlives the daemon; a stop and a start it does
		doc = json_pack("{s:i}", "version", VERSION);
	if (v == NULL && doc != NULL) {
		v = make();
		if (json_object_set_new(doc, key, v) < 0)
			return NULL;
	}
	return v;
}

// What is in it starts sessions, and its folder may be open to others: so it must be ours, and written by nobody else.
static FILE *open_document(void)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	FILE *in;

	if (fd < 0) {
		if (errno != ENOENT)
			rd_log_warn("%s: %s: mirror sessions begin anew", path, strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (st.st_uid != geteuid() && st.st_uid != 0)
		|| (st.st_mode & 022) != 0) {
		rd_log_warn(
			"%s: not a file that only its owner, this user or root, may write: ignored",
			path);
		close(fd);
		return NULL;
	}
	in = fdopen(fd, "r");
	if (in == NULL)
		close(fd);
	return in;
}

static json_t *read_document(void)
{
	FILE *in = open_document();
	json_error_t err;
	json_t *read = NULL;

	if (in == NULL)
		return NULL;
	read = json_loadf(in, 0, &err);
	if (read == NULL)
		rd_log_warn(
			"%s: line %d: %s: mirror sessions begin anew", path, err.line, err.text);
	fclose(in);
	return read;
}

// A part of another shape would keep nothing, without a word.
static void check_part(const char *key, bool fits, const char *what)
{
	if (json_object_get(doc, key) == NULL || fits)
		return;
	rd_log_warn("%s: \"%s\" is not %s: begun anew", path, key, what);
	json_object_del(doc, key);
}

void mirror_store_open(const char *file)
{
	(void)rd_str_copy(path, sizeof(path), file != NULL ? file : "");
	json_decref(doc);
	doc = path[0] != '\0' ? read_document() : NULL;
	if (json_is_object(doc) && json_integer_value(json_object_get(doc, "version")) == VERSION) {
		check_part("seq", json_is_object(json_object_get(doc, "seq")), "an object");
		check_part("sessions", json_is_array(json_object_get(doc, "sessions")), "a list");
		return;
	}
	if (doc != NULL)
		rd_log_warn("%s is no state of mirror sessions that this release knows: begun anew",
			path);
	json_decref(doc);
	doc = json_pack("{s:i}", "version", VERSION);
}

void mirror_store_close(void)
{
	mirror_store_save();
	json_decref(doc);
	json_decref(absent);
	doc = absent = NULL;
	restored = false;
}

static const char *key_of(
	const char *name, const struct rd_mirror_dest *d, char buf[RD_MIRROR_NAME_LEN + RD_IP_TEXT])
{
	char ip[RD_IP_TEXT];

	snprintf(buf, RD_MIRROR_NAME_LEN + RD_IP_TEXT, "%s %s", name,
		rd_fmt_ip(d->family, d->addr, ip));
	return buf;
}

uint32_t mirror_store_seq(const struct rd_mirror_spec *s, const struct rd_mirror_dest *d)
{
	char key[RD_MIRROR_NAME_LEN + RD_IP_TEXT];
	json_t *v = json_object_get(json_object_get(doc, "seq"), key_of(s->name, d, key));

	// A number never comes again, so seq-start is for the first of all.
	if (json_is_integer(v))
		return (uint32_t)json_integer_value(v);
	return rd_mirror_given(s, "seq-start") ? s->seq_start : 0;
}

static json_t *session_json(const struct rd_mirror *m)
{
	json_t *o = json_pack("{s:s,s:b}", "name", m->spec.name, "up", m->admin_up);
	json_t *rules = json_array();
	char buf[RD_MIRROR_VALUE_LEN];

	for (unsigned i = 0; i < rd_mirror_nb_fields; i++) {
		const struct rd_mirror_field *f = &rd_mirror_fields[i];

		if ((m->spec.given >> i & 1) && strcmp(f->key, "rule") != 0)
			json_object_set_new(
				o, f->key, json_string(rd_mirror_spec_text(&m->spec, f, buf)));
	}
	for (unsigned i = 0; i < m->spec.nb_rules; i++)
		json_array_append_new(rules,
			json_string(rd_mirror_rule_text(&m->spec.rule[i], buf, sizeof(buf))));
	json_object_set_new(o, "rule", rules);
	json_object_set_new(o, "id", json_sprintf("%u", m->spec.id));
	return o;
}

// The document's sessions are those that are to be there again.
static void note_sessions(void)
{
	json_t *list, *o;
	size_t k;

	if (!restored)
		return;
	list = json_array();
	json_array_foreach (absent, k, o)
		if (rd_mirror_find(json_string_value(json_object_get(o, "name"))) == NULL)
			json_array_append(list, o);
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		const struct rd_mirror *m = rd_mirror_at(i);

		if (m != NULL && m->spec.persist && m->oper != RD_MIRROR_EXPIRED)
			json_array_append_new(list, session_json(m));
	}
	if (!json_equal(list, json_object_get(doc, "sessions"))) {
		json_object_set(doc, "sessions", list);
		dirty = true;
	}
	json_decref(list);
}

void mirror_store_note(const struct rd_mirror *m, bool exact)
{
	json_t *seqs = part("seq", json_object);

	for (unsigned i = 0; i < m->spec.nb_dests && m->state != NULL; i++) {
		char key[RD_MIRROR_NAME_LEN + RD_IP_TEXT];
		uint32_t now = __atomic_load_n(&m->state->dest[i].seq, __ATOMIC_RELAXED);
		json_t *v = json_object_get(seqs, key_of(m->spec.name, &m->spec.dest[i], key));
		uint32_t saved = (uint32_t)json_integer_value(v);

		// Far enough ahead, still.
		if (json_is_integer(v) && !exact && (uint32_t)(saved - now) > JUMP - STEP
			&& (uint32_t)(saved - now) <= JUMP + 1)
			continue;
		json_object_set_new(seqs, key, json_integer(exact ? now : (uint32_t)(now + JUMP)));
		dirty = true;
	}
}

// A new file, no matter what lies there under its name: not through a link, and for nobody else to read.
static int write_document(const char *temp)
{
	int fd, ret;

	(void)unlink(temp);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	ret = json_dumpfd(doc, fd, JSON_INDENT(1) | JSON_SORT_KEYS);
	return close(fd) < 0 ? -1 : ret;
}

void mirror_store_save(void)
{
	char temp[sizeof(path) + 8];

	if (doc == NULL || path[0] == '\0')
		return;
	note_sessions();
	if (!dirty)
		return;
	snprintf(temp, sizeof(temp), "%s.new", path);
	if (write_document(temp) < 0 || rename(temp, path) < 0)
		rd_log_warn(
			"%s: %s: sequence numbers and sessions may be lost", path, strerror(errno));
	else
		dirty = false;
}

void mirror_store_limit(uint64_t pps, uint64_t bps, uint32_t copies)
{
	if (doc == NULL)
		return;
	json_object_set_new(doc, "limit",
		json_pack("{s:I,s:I,s:I}", "pps", (json_int_t)pps, "bps", (json_int_t)bps, "copies",
			(json_int_t)copies));
	dirty = true;
	mirror_store_save();
}

static uint64_t limit_of(const char *key, uint64_t min, uint64_t max)
{
	json_int_t v = json_integer_value(json_object_get(json_object_get(doc, "limit"), key));

	return v >= (json_int_t)min && v <= (json_int_t)max ? (uint64_t)v : 0;
}

void mirror_store_limit_load(uint64_t *pps, uint64_t *bps, uint32_t *copies)
{
	const json_t *given = json_object_get(json_object_get(doc, "limit"), "copies");

	*copies = given == NULL ? RD_MIRROR_CAP_COPIES
				: (uint32_t)limit_of("copies", 1, RD_MIRROR_CAP_COPIES_MAX);
	*pps = limit_of("pps", 1, RD_MIRROR_CAP_PPS);
	*bps = limit_of("bps", RD_MIRROR_CAP_BPS_MIN, RD_MIRROR_CAP_BPS);
}

static bool is_late(const char *key)
{
	return strcmp(key, "weight") == 0 || strcmp(key, "priority") == 0;
}

// false: it is not there again.
static bool read_session(json_t *o, mirror_store_each_fn each)
{
	struct rd_mirror_spec s;
	struct rd_err err = {0};
	const char *key;
	json_t *v, *rule;
	size_t i;

	rd_mirror_spec_init(&s);
	json_object_foreach (o, key, v)
		if (json_is_string(v) && rd_mirror_field(key) != NULL && !is_late(key))
			(void)rd_mirror_spec_set(&s, key, json_string_value(v), &err);
	json_array_foreach (json_object_get(o, "rule"), i, rule)
		if (json_is_string(rule))
			(void)rd_mirror_spec_set(&s, "rule", json_string_value(rule), &err);
	// These are of the collectors, so "to" comes first.
	for (i = 0; i < 2; i++) {
		const char *late = i == 0 ? "weight" : "priority";
		const char *text = json_string_value(json_object_get(o, late));

		if (text != NULL && err.code == 0)
			(void)rd_mirror_spec_set(&s, late, text, &err);
	}
	if (err.code == 0)
		return each(&s, json_is_true(json_object_get(o, "up")));
	rd_log_warn("%s: session %.31s: %s", path, s.name, err.what);
	return false;
}

void mirror_store_each(mirror_store_each_fn each)
{
	json_t *list = json_incref(json_object_get(doc, "sessions")), *o;
	size_t i;

	absent = json_array();
	json_array_foreach (list, i, o)
		if (json_is_string(json_object_get(o, "name")) && !read_session(o, each))
			json_array_append(absent, o);
	restored = true;
	json_decref(list);
}
