/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Asks a walk what a parsed expression wants to know, see show.h.
 */
#include "walk/show_test.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static bool number_fits(const struct rd_show_test *t, uint64_t n)
{
	const struct rd_show_value *v = &t->value[0];

	switch (t->op) {
	case RD_SHOW_THERE:
		return n != 0;
	case RD_SHOW_LESS:
		return n < v->low;
	case RD_SHOW_MOST:
		return n <= v->high;
	case RD_SHOW_MORE:
		return n > v->high;
	case RD_SHOW_LEAST:
		return n >= v->low;
	default:
		for (unsigned i = 0; i < t->n; i++)
			if (n >= v[i].low && n <= v[i].high)
				return true;
		return false;
	}
}

static bool in_prefix(const struct rd_show_value *v, int family, const uint8_t address[16])
{
	unsigned bytes = v->bits / 8, bits = v->bits % 8;

	if (family != v->family || memcmp(address, v->address, bytes) != 0)
		return false;
	return bits == 0 || ((address[bytes] ^ v->address[bytes]) & (0xff00u >> bits) & 0xffu) == 0;
}

static bool address_fits(const struct rd_show_test *t, const char *text)
{
	uint8_t address[16];
	int family;

	if (t->op == RD_SHOW_THERE)
		return true;
	if (rd_parse_ip(text, &family, address) != 0)
		return false;
	for (unsigned i = 0; i < t->n; i++)
		if (in_prefix(&t->value[i], family, address))
			return true;
	return false;
}

// A port is meant with or without its host.
static bool is_string(enum rd_show_id field, const char *text, const char *want)
{
	const char *slash = field == RD_SHOW_PORT ? strchr(text, '/') : NULL;

	return strcasecmp(text, want) == 0 || (slash != NULL && strcasecmp(slash + 1, want) == 0);
}

static bool string_fits(const struct rd_show_test *t, const char *text)
{
	if (t->op == RD_SHOW_THERE)
		return text[0] != '\0';
	if (t->op == RD_SHOW_MATCHES)
		return regexec(&t->re, text, 0, NULL, 0) == 0;
	for (unsigned i = 0; i < t->n; i++)
		if (t->op == RD_SHOW_CONTAINS ? strcasestr(text, t->value[i].text) != NULL
					      : is_string(t->field, text, t->value[i].text))
			return true;
	return false;
}

static bool once(const struct rd_show_test *t, const struct rd_show_facts *f, unsigned hop)
{
	uint64_t numbers[2];
	const char *addresses[2];
	char buf[400];
	unsigned n;

	switch (rd_show_fields[t->field].type) {
	case RD_SHOW_STRING:
		return string_fits(t, rd_show_string(t->field, f, hop, buf, sizeof(buf)));
	case RD_SHOW_ADDRESS:
		n = rd_show_addresses(t->field, f, addresses);
		return (n > 0 && address_fits(t, addresses[0]))
			|| (n > 1 && address_fits(t, addresses[1]));
	default:
		n = rd_show_numbers(t->field, f, hop, numbers);
		return (n > 0 && number_fits(t, numbers[0]))
			|| (n > 1 && number_fits(t, numbers[1]));
	}
}

// Whether any hop, or the walk itself, fits.
static bool ask(const struct rd_show_test *t, const struct rd_show_facts *f)
{
	unsigned times = rd_show_times(t->field, f->w);

	for (unsigned i = 0; i < times; i++)
		if (once(t, f, i))
			return true;
	return false;
}

bool rd_show_fits(const struct rd_show *show, const struct rd_wk *w)
{
	struct rd_show_facts f = {.w = w};
	bool stack[RD_SHOW_STEPS];
	unsigned n = 0;

	rd_wk_tuple(w, &f.tuple);
	for (unsigned i = 0; i < show->steps; i++) // the parser sees to it that the stack suffices
		switch (show->step[i]) {
		case RD_SHOW_NOT:
			stack[n - 1] = !stack[n - 1];
			break;
		case RD_SHOW_AND:
			n--;
			stack[n - 1] = stack[n - 1] && stack[n];
			break;
		case RD_SHOW_OR:
			n--;
			stack[n - 1] = stack[n - 1] || stack[n];
			break;
		default:
			stack[n++] = ask(show->test[show->step[i] - RD_SHOW_ASK], &f);
		}
	return n == 1 && stack[0];
}

void rd_show_free(struct rd_show *show)
{
	if (show == NULL)
		return;
	for (unsigned i = 0; i < show->tests; i++) {
		if (show->test[i]->has_re)
			regfree(&show->test[i]->re);
		free(show->test[i]);
	}
	free(show);
}
