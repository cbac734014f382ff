/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See dfw_parse.h.
 */
#include "control/dfw_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "base/str.h"
#include "control/ctl.h"
#include "control/dfw_text.h"
#include "tables/dfw_nest.h"

struct rd_request rd_dfw_sub(const struct rd_request *req, json_t *element)
{
	struct rd_request sub = *req;

	sub.params = element;
	sub.nb_keys = 0;
	return sub;
}

void rd_dfw_blame(struct rd_err *err, const char *fmt, ...)
{
	char place[sizeof(err->where)], rest[sizeof(err->where)];
	size_t len = 0;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(place, sizeof(place), fmt, ap);
	va_end(ap);
	memcpy(rest, err->where, sizeof(rest));
	err->where[0] = '\0';
	rd_str_addf(err->where, sizeof(err->where), &len, "%s%s%s", place,
		rest[0] != '\0' ? ": " : "", rest);
}

// The array's elements as texts, one after the other: false at its end, and when one is no text.
static bool next_text(
	struct rd_request *req, const char *key, json_t *array, size_t at, const char **text)
{
	json_t *v = json_array_get(array, at);

	if (v == NULL || req->err->code != 0)
		return false;
	*text = json_string_value(v);
	if (*text != NULL)
		return true;
	rd_req_fail(req, key, -EINVAL, "element %zu of %s must be a string", at + 1, key);
	return false;
}

static bool is_any(json_t *array)
{
	const char *only =
		json_array_size(array) == 1 ? json_string_value(json_array_get(array, 0)) : NULL;

	return only != NULL && strcmp(only, "any") == 0;
}

// Room for the list's elements; NULL when it is absent, empty or "any", or the error says why.
static void *list_new(
	struct rd_request *req, const char *key, size_t max, size_t size, json_t **array)
{
	void *list;

	*array = rd_req_array(req, key, max);
	if (*array == NULL || json_array_size(*array) == 0 || is_any(*array)) {
		*array = NULL;
		return NULL;
	}
	list = calloc(json_array_size(*array), size);
	if (list == NULL)
		rd_req_fail(req, key, -ENOMEM, "out of memory");
	return list;
}

static void parse_addr(struct rd_request *req, const char *key, const char *text,
	const struct rd_dfw_model *m, struct rd_dfw_addr *a)
{
	int family = 0;

	if (rd_parse_prefix(text, &family, a->addr, &a->len) == 0 && family != 0) {
		a->family = (uint8_t)family;
		return;
	}
	if (m != NULL)
		a->group = rd_dfw_group_find(m, text);
	if (a->group != 0)
		return;
	rd_req_fail(req, key, -EINVAL, "\"%.60s\" is no address, prefix%s", text,
		m != NULL ? " or firewall group" : "");
	rd_err_hint(req->err, "10.0.0.0/8, 2001:db8::1%s",
		m != NULL ? ", a name that show dfw groups has, or any alone" : "");
}

static void parse_mac(
	struct rd_request *req, const char *key, const char *text, struct rd_dfw_addr *a)
{
	a->family = RD_DFW_L2;
	a->len = 48;
	if (rd_parse_mac(text, a->addr) < 0)
		rd_req_fail(req, key, -EINVAL, "\"%.60s\" is no MAC address", text);
}

// "!10.0.0.0/8": all but the list's elements; then every element has the sign.
static const char *read_not(
	struct rd_request *req, const char *key, const char *text, bool first, bool *others)
{
	bool other = text[0] == '!';

	if (first)
		*others = other;
	if (other == *others)
		return text + other;
	rd_req_fail(req, key, -EINVAL, "either all elements of %s begin with ! or none", key);
	rd_err_hint(req->err, "!10.0.0.0/8,!10.1.0.0/16 is all but both");
	return text;
}

static void read_addrs(struct rd_request *req, const char *key, const struct rd_dfw_model *m,
	struct rd_dfw_rule *r, bool source)
{
	struct rd_dfw_addr *list;
	bool others = false;
	const char *text;
	json_t *array;
	uint16_t nb = 0;

	list = list_new(req, key, RD_DFW_LIST_MAX, sizeof(*list), &array);
	for (; list != NULL && next_text(req, key, array, nb, &text); nb++) {
		if (!r->l2)
			text = read_not(req, key, text, nb == 0, &others);
		if (req->err->code == 0 && r->l2)
			parse_mac(req, key, text, &list[nb]);
		else if (req->err->code == 0)
			parse_addr(req, key, text, m, &list[nb]);
	}
	*(source ? &r->from_not : &r->to_not) = others;
	if (source) {
		r->from = list;
		r->nb_from = nb;
	} else {
		r->to = list;
		r->nb_to = nb;
	}
}

static struct rd_dfw_service *read_services(
	struct rd_request *req, const char *key, const struct rd_dfw_model *m, uint16_t *nb)
{
	struct rd_dfw_service *list;
	const char *text;
	json_t *array;

	list = list_new(req, key, RD_DFW_LIST_MAX, sizeof(*list), &array);
	for (*nb = 0; list != NULL && next_text(req, key, array, *nb, &text); (*nb)++) {
		struct rd_dfw_service *s = &list[*nb];

		if (m != NULL)
			s->named = rd_dfw_service_find(m, text);
		if (s->named != 0 || rd_dfw_service_parse(text, s) == 0)
			continue;
		rd_req_fail(req, key, -EINVAL, "\"%.60s\" is no service", text);
		rd_err_hint(req->err,
			"tcp/80, udp/53:1024-65535 (to port 53 from those), icmp/8:0, gre%s",
			m != NULL ? ", or a name that show dfw services has" : "");
	}
	return list;
}

static void parse_target(struct rd_request *req, const char *key, const char *text,
	const struct rd_dfw_model *m, struct rd_dfw_target *t)
{
	const char *name = strchr(text, ':') != NULL ? strchr(text, ':') + 1 : text;
	const struct rd_segment *s;
	const struct rd_port *p;

	if (strncmp(text, "group:", 6) == 0 && m != NULL) {
		*t = (struct rd_dfw_target){RD_DFW_ON_GROUP, rd_dfw_group_find(m, name)};
		if (t->idx == 0)
			rd_req_fail(req, key, -ENOENT, "there is no firewall group %.80s", name);
	} else if (strncmp(text, "segment:", 8) == 0) {
		s = rd_segment_find(name, req->err);
		*t = (struct rd_dfw_target){RD_DFW_ON_SEGMENT, s != NULL ? s->idx : 0};
	} else if (strncmp(text, "port:", 5) == 0) {
		p = rd_port_find(name, req->err);
		*t = (struct rd_dfw_target){RD_DFW_ON_PORT, p != NULL ? p->idx : 0};
	} else {
		rd_req_fail(req, key, -EINVAL, "\"%.80s\" is nothing that rules apply to", text);
		rd_err_hint(req->err, "port:NAME, segment:NAME%s",
			m != NULL ? ", group:NAME, or any alone" : "");
	}
}

// m NULL: without groups.
static struct rd_dfw_target *read_targets(struct rd_request *req, const char *key, size_t max,
	const struct rd_dfw_model *m, uint16_t *nb)
{
	struct rd_dfw_target *list;
	const char *text;
	json_t *array;

	list = list_new(req, key, max, sizeof(*list), &array);
	for (*nb = 0; list != NULL && next_text(req, key, array, *nb, &text); (*nb)++)
		parse_target(req, key, text, m, &list[*nb]);
	if (req->err->code != 0)
		rd_err_where(req->err, "%s", key);
	return list;
}

enum rd_dfw_action rd_dfw_read_action(struct rd_request *req, const char *key)
{
	const char *text = rd_req_str(req, key);

	for (unsigned a = RD_DFW_ALLOW; text != NULL && a <= RD_DFW_REJECT; a++)
		if (strcmp(text, rd_dfw_action_text(a)) == 0)
			return (enum rd_dfw_action)a;
	rd_req_fail(req, key, -EINVAL, "%s must be allow, drop or reject", key);
	return RD_DFW_DROP;
}

int rd_dfw_read_dir(struct rd_request *req, const char *key, unsigned absent)
{
	const char *text = rd_req_str_or(req, key, rd_dfw_dir_text(absent));

	for (unsigned dir = RD_DFW_IN; text != NULL && dir <= RD_DFW_INOUT; dir++)
		if (strcmp(rd_dfw_dir_text(dir), text) == 0)
			return (int)dir;
	rd_req_fail(req, key, -EINVAL, "%s must be in, out or inout", key);
	return RD_DFW_INOUT;
}

static void read_rule_name(struct rd_request *req, struct rd_dfw_rule *r)
{
	const char *name = rd_req_str_or(req, "name", "");

	if (name != NULL && rd_str_copy(r->name, sizeof(r->name), name) < 0)
		rd_req_fail(req, "name", -EINVAL, "a rule's name has at most %zu bytes",
			sizeof(r->name) - 1);
}

struct rd_dfw_rule *rd_dfw_read_rule(struct rd_request *req, const struct rd_dfw_model *m, bool l2)
{
	struct rd_dfw_rule *r = rd_dfw_rule_new((uint32_t)rd_req_num(req, "id", 1, UINT32_MAX));

	if (r == NULL) {
		rd_req_fail(req, "id", -ENOMEM, "out of memory");
		return NULL;
	}
	r->l2 = l2;
	r->action = (uint8_t)rd_dfw_read_action(req, "action");
	r->dir = (uint8_t)rd_dfw_read_dir(req, "dir", RD_DFW_INOUT);
	read_rule_name(req, r);
	r->log = rd_req_bool_or(req, "log", false);
	r->disabled = rd_req_bool_or(req, "disabled", false);
	read_addrs(req, "from", m, r, true);
	read_addrs(req, "to", m, r, false);
	if (l2)
		r->ethertype = (uint16_t)rd_req_num_or(req, "ethertype", 0, UINT16_MAX, 0);
	else
		r->service = read_services(req, "services", m, &r->nb_services);
	r->target = read_targets(req, "applied_to", RD_DFW_LIST_MAX, m, &r->nb_targets);
	return r;
}

static void copy_name(struct rd_request *req, char name[RD_DFW_NAME_LEN])
{
	const char *text = rd_req_name(req, "name");
	uint8_t addr[16], len;
	int family;

	if (text == NULL)
		return;
	(void)rd_str_copy(name, RD_DFW_NAME_LEN, text); // rd_req_name has seen its length
	if (rd_parse_prefix(text, &family, addr, &len) == 0)
		rd_req_fail(req, "name", -EINVAL, "\"%s\" would read as an address", text);
}

static void read_inner(struct rd_request *req, const struct rd_dfw_model *m, struct rd_dfw_group *g)
{
	const char *text;
	json_t *array;

	g->inner = list_new(req, "groups", RD_DFW_INNER_MAX, sizeof(*g->inner), &array);
	for (; g->inner != NULL && next_text(req, "groups", array, g->nb_inner, &text);
		g->nb_inner++) {
		g->inner[g->nb_inner] = rd_dfw_group_find(m, text);
		if (g->inner[g->nb_inner] != 0)
			continue;
		rd_req_fail(req, "groups", -ENOENT, "there is no firewall group %.80s", text);
		rd_err_hint(req->err, "show dfw groups");
	}
}

struct rd_dfw_group *rd_dfw_read_group(struct rd_request *req, const struct rd_dfw_model *m)
{
	struct rd_dfw_group *g = calloc(1, sizeof(*g));
	const char *text;
	json_t *array;

	if (g == NULL) {
		rd_req_fail(req, "name", -ENOMEM, "out of memory");
		return NULL;
	}
	g->refs = 1;
	copy_name(req, g->name);
	g->addr = list_new(req, "addresses", RD_DFW_MEMBERS_MAX, sizeof(*g->addr), &array);
	for (; g->addr != NULL && next_text(req, "addresses", array, g->nb_addrs, &text);
		g->nb_addrs++)
		parse_addr(req, "addresses", text, NULL, &g->addr[g->nb_addrs]);
	g->member = read_targets(req, "members", RD_DFW_MEMBERS_MAX, NULL, &g->nb_members);
	read_inner(req, m, g);
	return g;
}

struct rd_dfw_named *rd_dfw_read_named(struct rd_request *req)
{
	struct rd_dfw_named *s = calloc(1, sizeof(*s));
	struct rd_dfw_service plain;

	if (s == NULL) {
		rd_req_fail(req, "name", -ENOMEM, "out of memory");
		return NULL;
	}
	s->refs = 1;
	copy_name(req, s->name);
	if (rd_dfw_service_parse(s->name, &plain) == 0)
		rd_req_fail(req, "name", -EINVAL, "\"%s\" would read as a service", s->name);
	s->service = read_services(req, "services", NULL, &s->nb);
	if (s->nb == 0)
		rd_req_fail(req, "services", -EINVAL, "a service needs at least one protocol");
	return s;
}

void rd_dfw_read_section(
	struct rd_request *req, const struct rd_dfw_model *m, struct rd_dfw_section *s)
{
	const char *kind = rd_req_str_or(req, "kind", "ip");

	*s = (struct rd_dfw_section){0};
	copy_name(req, s->name);
	s->l2 = kind != NULL && strcmp(kind, "l2") == 0;
	if (kind != NULL && !s->l2 && strcmp(kind, "ip") != 0)
		rd_req_fail(req, "kind", -EINVAL, "kind must be ip or l2");
	s->target = read_targets(req, "applied_to", RD_DFW_LIST_MAX, m, &s->nb_targets);
}
