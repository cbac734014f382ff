/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See telemetry.h. Handlers run in DPDK's threads; all that is marked so runs in the control thread.
 */
#include "control/telemetry.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <rte_telemetry.h>
#include <rte_version.h>

#include "api/msg.h"
#include "base/str.h"

#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0) // their names until then
#define RTE_TEL_UINT_VAL RTE_TEL_U64_VAL
#define rte_tel_data_add_array_uint rte_tel_data_add_array_u64
#define rte_tel_data_add_dict_uint rte_tel_data_add_dict_u64
#endif

#define PATIENCE_S 5 // control answers in milliseconds; at its start and end not at all
#define NAMES_MAX 100 // in one answer: DPDK cuts it at 16 KiB

struct topic {
	const char *command, *method;
	const char *key; // the field that names an item; NULL: one object
	const char *count; // without a name: name and this field of each; NULL: the names
	const char *help;
};

static const struct topic topics[] = {
	{"/reddot/info", "hello", NULL, NULL, "Releases, process, workers. No parameters"},
	{"/reddot/ports", "port.list", "qname", NULL,
		"Names of ports. Parameter: HOST/NAME: its counters; +N: from the Nth name on"},
	{"/reddot/stages", "stage.list", "stage", "in",
		"Packets that entered each stage. Parameter: a stage: its counters"},
	{"/reddot/drops", "drop.list", "reason", "count",
		"Packets dropped, by reason. Parameter: a reason: what it means"},
	{"/reddot/workers", "worker.list", "worker", NULL,
		"Workers. Parameter: a worker: its counters"},
	{"/reddot/latency", "worker.latency", "worker", NULL,
		"Workers. Parameter: a worker: how long its walks take"},
	{"/reddot/flows", "flow.stats", "worker", NULL,
		"Workers. Parameter: a worker: its flow cache"},
	{"/reddot/connections", "conn.stats", NULL, NULL,
		"What the firewalls remember. No parameters"},
	{"/reddot/captures", "capture.list", "name", NULL,
		"Capture sessions. Parameter: a name: its counters"},
	{"/reddot/mirrors", "mirror.counters", "session", NULL,
		"Mirror sessions. Parameter: a name: what became of its packets"},
	{"/reddot/tunnels", "tunnel.list", "name", NULL,
		"Tunnels. Parameter: a name: its counters"},
};
#define NB_TOPICS (sizeof(topics) / sizeof(topics[0]))

struct question { // on the stack of a handler, which waits
	struct question *next;
	const struct topic *topic;
	json_t *answer; // an array of items, or of the one result
	bool taken, done;
};

static struct {
	pthread_mutex_t lock; // guards all of it
	pthread_cond_t answered;
	struct question *waiting;
	int wake; // -1: control does not answer
	struct event *event;
	struct rd_ctl *ctl;
} tel = {.lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER, .wake = -1};

// --- control thread ---

static int collect(void *arg, const json_t *item)
{
	return json_array_append_new(arg, json_deep_copy(item));
}

static json_t *ask(const struct topic *t)
{
	json_t *items = json_array(), *result = NULL, *params = json_object();
	struct rd_err err = {0};
	int ret;

	if (t->key == NULL && strcmp(t->method, "hello") == 0)
		json_object_set_new(params, "version", json_integer(RD_PROTO_VERSION));
	ret = rd_ctl_call(tel.ctl, t->method, params, collect, items, &result, &err);
	if (ret == 0 && t->key == NULL)
		json_array_append(items, result);
	json_decref(result);
	if (ret == 0)
		return items;
	json_decref(items);
	return NULL;
}

static struct question *take(void)
{
	struct question *q;

	pthread_mutex_lock(&tel.lock);
	q = tel.waiting;
	if (q != NULL) {
		tel.waiting = q->next;
		q->taken = true;
	}
	pthread_mutex_unlock(&tel.lock);
	return q;
}

static void give(struct question *q, json_t *answer)
{
	pthread_mutex_lock(&tel.lock);
	q->answer = answer;
	q->done = true;
	pthread_cond_broadcast(&tel.answered);
	pthread_mutex_unlock(&tel.lock);
}

// One at a time (the descriptor stays readable while more wait): those who ask on and on must not keep control from its clients.
static void on_question(evutil_socket_t fd, short what, void *arg)
{
	struct question *q;
	uint64_t n;

	(void)what;
	(void)arg;
	if (read(fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return;
	q = take();
	if (q != NULL)
		give(q, ask(q->topic));
}

// --- DPDK's threads ---

static void forget(struct question *q)
{
	struct question **at = &tel.waiting;

	while (*at != NULL && *at != q)
		at = &(*at)->next;
	if (*at != NULL)
		*at = q->next;
}

// What control says; NULL when it does not in time. Control leaves nothing half: what it took it answers.
static json_t *consult(const struct topic *t)
{
	struct question q = {.topic = t};
	struct timespec end;
	uint64_t one = 1;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&tel.lock);
	if (tel.wake >= 0 && write(tel.wake, &one, sizeof(one)) == (ssize_t)sizeof(one)) {
		q.next = tel.waiting;
		tel.waiting = &q;
		while (!q.done && (ret == 0 || q.taken))
			ret = q.taken ? pthread_cond_wait(&tel.answered, &tel.lock)
				      : pthread_cond_timedwait(&tel.answered, &tel.lock, &end);
		forget(&q);
	}
	pthread_mutex_unlock(&tel.lock);
	return q.answer;
}

static void add_array(struct rte_tel_data *d, const char *name, const json_t *list)
{
	struct rte_tel_data *array = rte_tel_data_alloc();
	size_t i;
	json_t *v;

	if (array == NULL)
		return;
	rte_tel_data_start_array(array, RTE_TEL_UINT_VAL);
	json_array_foreach ((json_t *)(uintptr_t)list, i, v)
		(void)rte_tel_data_add_array_uint(array, (uint64_t)json_integer_value(v));
	if (rte_tel_data_add_dict_container(d, name, array, 0) < 0)
		rte_tel_data_free(array);
}

static void add_field(struct rte_tel_data *d, const char *name, const json_t *v)
{
	char text[RTE_TEL_MAX_STRING_LEN];

	if (json_is_string(v)) {
		(void)rd_str_copy(text, sizeof(text), json_string_value(v));
		(void)rte_tel_data_add_dict_string(d, name, text);
	} else if (json_is_boolean(v)) {
		(void)rte_tel_data_add_dict_int(d, name, json_is_true(v));
	} else if (json_is_integer(v) && json_integer_value(v) < 0) {
		(void)rte_tel_data_add_dict_int(d, name, (int)json_integer_value(v));
	} else if (json_is_integer(v)) {
		(void)rte_tel_data_add_dict_uint(d, name, (uint64_t)json_integer_value(v));
	} else if (json_is_array(v) && json_is_integer(json_array_get(v, 0))) {
		add_array(d, name, v);
	}
}

static const char *name_of(const struct topic *t, const json_t *item, char buf[32])
{
	const json_t *v = json_object_get(item, t->key);

	if (json_is_string(v))
		return json_string_value(v);
	snprintf(buf, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	return buf;
}

// One object, or of several by one name (a worker's latencies) each with a number in front of its fields.
static int put_items(
	struct rte_tel_data *d, const struct topic *t, const json_t *items, const char *name)
{
	unsigned found = 0;
	char buf[32], field[RTE_TEL_MAX_STRING_LEN];
	const char *key;
	json_t *item, *v;
	size_t i;

	rte_tel_data_start_dict(d);
	json_array_foreach ((json_t *)(uintptr_t)items, i, item) {
		if (name != NULL && strcmp(name_of(t, item, buf), name) != 0)
			continue;
		found++;
		json_object_foreach (item, key, v) {
			snprintf(field, sizeof(field), "%.100s", key);
			if (found > 1)
				snprintf(field, sizeof(field), "%.100s_%u", key, found);
			add_field(d, field, v);
		}
	}
	return found > 0 ? 0 : -ENOENT;
}

static int put_counts(struct rte_tel_data *d, const struct topic *t, const json_t *items)
{
	char buf[32];
	json_t *item;
	size_t i;

	rte_tel_data_start_dict(d);
	json_array_foreach ((json_t *)(uintptr_t)items, i, item)
		add_field(d, name_of(t, item, buf), json_object_get(item, t->count));
	return 0;
}

static int put_names(
	struct rte_tel_data *d, const struct topic *t, const json_t *items, size_t first)
{
	size_t n = json_array_size(items), end = n - first > NAMES_MAX ? first + NAMES_MAX : n;
	char buf[32], text[RTE_TEL_MAX_STRING_LEN];

	rte_tel_data_start_array(d, RTE_TEL_STRING_VAL);
	for (size_t i = first; i < end; i++) {
		(void)rd_str_copy(text, sizeof(text), name_of(t, json_array_get(items, i), buf));
		(void)rte_tel_data_add_array_string(d, text);
	}
	if (end < n) {
		snprintf(text, sizeof(text), "%zu more: %s,+%zu", n - end, t->command, end);
		(void)rte_tel_data_add_array_string(d, text);
	}
	return 0;
}

static int answer(const char *command, const char *params, struct rte_tel_data *d)
{
	const struct topic *t = topics;
	uint32_t first = 0;
	json_t *items;
	int ret;

	while (t < topics + NB_TOPICS && strcmp(t->command, command) != 0)
		t++;
	if (t == topics + NB_TOPICS)
		return -ENOENT;
	items = consult(t);
	if (items == NULL)
		return -EAGAIN;
	if (t->key == NULL)
		ret = put_items(d, t, items, NULL);
	else if (params != NULL && params[0] != '\0' && params[0] != '+')
		ret = put_items(d, t, items, params);
	else if (t->count != NULL)
		ret = put_counts(d, t, items);
	else if (params != NULL && params[0] == '+'
		&& (rd_parse_u32(params + 1, 0, UINT32_MAX, &first) < 0
			|| first > json_array_size(items)))
		ret = -EINVAL;
	else
		ret = put_names(d, t, items, first);
	json_decref(items);
	return ret;
}

// --- start and end: control thread ---

int rd_telemetry_start(struct rd_ctl *ctl, struct rd_err *err)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE), ret = 0;

	tel.ctl = ctl;
	tel.event =
		fd >= 0 ? event_new(ctl->base, fd, EV_READ | EV_PERSIST, on_question, NULL) : NULL;
	if (tel.event == NULL || event_add(tel.event, NULL) < 0)
		ret = -ENOMEM;
	for (unsigned i = 0; ret == 0 && i < NB_TOPICS; i++)
		ret = rte_telemetry_register_cmd(topics[i].command, answer, topics[i].help);
	pthread_mutex_lock(&tel.lock);
	tel.wake = fd;
	pthread_mutex_unlock(&tel.lock);
	if (ret < 0) {
		rd_telemetry_stop();
		rd_err_set(err, ret, "no telemetry: %s", strerror(-ret));
	}
	return ret;
}

void rd_telemetry_stop(void)
{
	struct question *q;
	int fd;

	pthread_mutex_lock(&tel.lock);
	fd = tel.wake;
	tel.wake = -1; // nobody asks any more
	pthread_mutex_unlock(&tel.lock);
	while ((q = take()) != NULL)
		give(q, NULL);
	if (tel.event != NULL)
		event_free(tel.event);
	tel.event = NULL;
	if (fd >= 0)
		close(fd);
}
