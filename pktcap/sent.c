/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See sent.h. A source is a session's if it sends from the same address to the same one, with its number. Main thread.
 */
#include "sent.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"

struct pk_sent {
	json_t *after, *before; // arrays of sessions; before may be NULL
};

static const char *const unnumbered[] = {
	"rate", "cap", "crowded", "mtu", "no_buf", "ring_full", "no_collector", "no_replica"};
_Static_assert(sizeof(unnumbered) / sizeof(unnumbered[0]) == PK_SENT_UNNUMBERED, "one each");

const char *pk_sent_unnumbered(unsigned i)
{
	return unnumbered[i];
}

// Sessions, however they are wrapped: one by one, in a list, in the object of --json.
static void gather(json_t *list, json_t *v)
{
	const char *key;
	json_t *one;
	size_t i;

	if (json_is_array(v)) {
		json_array_foreach (v, i, one)
			gather(list, one);
	} else if (json_is_string(json_object_get(v, "session"))) {
		json_array_append(list, v);
	} else {
		json_object_foreach (v, key, one)
			if (json_is_array(one))
				gather(list, one);
	}
}

static int read_all(json_t *list, FILE *f, const char *path, struct rd_err *err)
{
	size_t nb = 0;
	int c;

	while ((c = fgetc(f)) != EOF) {
		json_error_t why;
		json_t *v;

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		(void)ungetc(c, f);
		v = json_loadf(f, JSON_DISABLE_EOF_CHECK, &why);
		if (v == NULL)
			return rd_err_set(err, -EINVAL, "%s is not JSON: %s", path, why.text);
		gather(list, v);
		json_decref(v);
		nb++;
	}
	if (nb != 0 && json_array_size(list) != 0)
		return 0;
	rd_err_set(err, -EINVAL, "%s has no mirror session's counters", path);
	rd_err_hint(err, "reddot --json show mirror counters > FILE");
	return -EINVAL;
}

static json_t *sessions_of(const char *path, struct rd_err *err)
{
	FILE *f = fopen(path, "re");
	json_t *list = json_array();
	int rc;

	if (f == NULL) {
		rd_err_set(err, -errno, "%s: %s", path, strerror(errno));
		json_decref(list);
		return NULL;
	}
	rc = read_all(list, f, path, err);
	fclose(f);
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

struct pk_sent *pk_sent_read(const struct pk_opts *o, struct rd_err *err)
{
	struct pk_sent *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		rd_err_set(err, -ENOMEM, "no memory for the sender's counters");
		return NULL;
	}
	s->after = sessions_of(o->sent, err);
	if (s->after != NULL && o->sent_before != NULL)
		s->before = sessions_of(o->sent_before, err);
	if (s->after != NULL && (o->sent_before == NULL || s->before != NULL))
		return s;
	pk_sent_free(s);
	return NULL;
}

void pk_sent_free(struct pk_sent *s)
{
	if (s == NULL)
		return;
	json_decref(s->after);
	json_decref(s->before);
	free(s);
}

static uint64_t number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

static bool is_word(const json_t *o, const char *key, const char *word)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL && strcmp(text, word) == 0;
}

// The session of this source; *dest: where it sends to.
static const json_t *find(const json_t *list, const struct rd_source_key *k, const json_t **dest)
{
	int family = k->family == 4 ? AF_INET : AF_INET6;
	uint32_t id = k->has_session ? k->session : k->id;
	char src[RD_IP_TEXT], dst[RD_IP_TEXT];
	const json_t *one;
	size_t i, j;

	if (!k->has_session && !k->has_id)
		return NULL;
	rd_fmt_ip(family, k->src, src);
	rd_fmt_ip(family, k->dst, dst);
	json_array_foreach (list, i, one) {
		if (number(one, "id") != id)
			continue;
		json_array_foreach (json_object_get(one, "destinations"), j, *dest)
			if (is_word(*dest, "src", src) && is_word(*dest, "address", dst))
				return one;
	}
	return NULL;
}

// What a counter has grown by; one that was reset meanwhile says what it says.
static uint64_t grown(const json_t *after, const json_t *before, const char *key)
{
	uint64_t a = number(after, key), b = number(before, key);

	return a >= b ? a - b : a;
}

// Numbers that were given behind this one, up to the next; none if it is not ahead: the counters are older than the capture.
static uint64_t behind(uint32_t next, uint32_t from)
{
	uint32_t n = next - from;

	return n < UINT32_MAX / 2 ? n : 0;
}

bool pk_sent_of(const struct pk_sent *s, const struct rd_source *source, struct pk_lost *lost)
{
	const json_t *dest, *dest_before = NULL, *one, *one_before = NULL;
	const struct rd_seq *q = &source->seq;

	one = s != NULL ? find(s->after, &source->key, &dest) : NULL;
	if (one == NULL || q->packets == 0 || rd_seq_stands_still(q))
		return false;
	if (s->before != NULL)
		one_before = find(s->before, &source->key, &dest_before);
	if (one_before == NULL)
		dest_before = NULL;
	*lost = (struct pk_lost){
		.total = q->missing + behind((uint32_t)number(dest, "seq_next"), q->highest + 1)};
	if (dest_before != NULL && q->restarts == 0)
		lost->total += behind(q->first, (uint32_t)number(dest_before, "seq_next"));
	lost->sender = grown(dest, dest_before, "tx_drop");
	if (lost->sender > lost->total) // others went before the capture began
		lost->sender = lost->total;
	lost->network = lost->total - lost->sender;
	for (unsigned i = 0; i < PK_SENT_UNNUMBERED; i++)
		lost->unnumbered[i] = grown(one, one_before, unnumbered[i]);
	(void)rd_str_copy(lost->session, sizeof(lost->session),
		json_string_value(json_object_get(one, "session")));
	return true;
}
