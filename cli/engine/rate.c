/* SPDX-License-Identifier: BSD-3-Clause
 *
 * "show port --rate 2": a command is run twice, and shows what its counters grew by per second between both. Its items pass
 * here on their way to whatever shows them, so tables and JSON know nothing of it.
 */
#include "engine/rate.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEY_MAX 512

struct rd_rate {
	const struct rd_rates *what;
	const char *method; // whose items
	json_t *before, *now; // readings: counters by what the item is called
	double at_before, at_now; // when they began
	rd_client_item_fn each; // who gets the items of the reading that runs
	void *arg;
};

struct rd_rate *rd_rate_new(const struct rd_cmd *cmd)
{
	struct rd_rate *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->what = cmd->rates;
	r->method = cmd->method;
	r->now = json_object();
	return r;
}

void rd_rate_free(struct rd_rate *r)
{
	if (r == NULL)
		return;
	json_decref(r->before);
	json_decref(r->now);
	free(r);
}

void rd_rate_begin(struct rd_rate *r)
{
	struct timespec ts;

	json_decref(r->before);
	r->before = r->now;
	r->at_before = r->at_now;
	r->now = json_object();
	clock_gettime(CLOCK_MONOTONIC, &ts);
	r->at_now = (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

double rd_rate_seconds(const struct rd_rate *r)
{
	double seconds = r->at_now - r->at_before;

	return seconds > 0.001 ? seconds : 0.001;
}

static void name_of(const struct rd_rate *r, const json_t *item, char *key, size_t size)
{
	size_t len = 0;

	for (unsigned i = 0; r->what->keys[i] != NULL && len < size; i++) {
		const json_t *value = json_object_get(item, r->what->keys[i]);

		len += (size_t)(json_is_string(value)
				? snprintf(key + len, size - len, "%s|", json_string_value(value))
				: snprintf(key + len, size - len, "%lld|",
					(long long)json_integer_value(value)));
	}
}

// With one digit behind the point. A counter that went back began anew.
static json_t *per_second(json_int_t before, json_int_t now, double seconds)
{
	double d = (double)(now >= before ? now - before : now) / seconds;

	return json_real((double)(long long)(d * 10 + 0.5) / 10);
}

static int take(void *arg, const json_t *item)
{
	struct rd_rate *r = arg;
	const json_t *before;
	void *object =
		*(void **)(void *)&item; // jansson copies what is const, too, but does not say so
	json_t *shown = json_copy(object), *counters = json_array();
	char key[KEY_MAX] = "";
	int ret;

	name_of(r, item, key, sizeof(key));
	before = json_object_get(r->before, key);
	for (unsigned i = 0; r->what->counters[i] != NULL; i++) {
		const json_t *value = json_object_get(item, r->what->counters[i]);

		json_array_append_new(counters, json_integer(json_integer_value(value)));
		if (json_is_integer(value))
			json_object_set_new(shown, r->what->counters[i],
				per_second(json_integer_value(json_array_get(before, i)),
					json_integer_value(value), rd_rate_seconds(r)));
	}
	json_object_set_new(r->now, key, counters);
	json_object_set_new(shown, "per_s", json_real(rd_rate_seconds(r)));
	ret = r->each(r->arg, shown);
	json_decref(shown);
	return ret;
}

rd_client_item_fn rd_rate_wrap(
	struct rd_rate *r, const char *method, rd_client_item_fn each, void **arg)
{
	if (r == NULL || each == NULL || strcmp(method, r->method) != 0)
		return each;
	r->each = each;
	r->arg = *arg;
	*arg = r;
	return take;
}
