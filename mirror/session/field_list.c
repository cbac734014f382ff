/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fields that are lists: sources, stages, drop reasons, rules, destinations. See field_own.h. Pure.
 */
#include "session/field_own.h"

#include <string.h>

#include "base/str.h"

#define PART_LEN RD_MIRROR_TEXT_LEN

int mirror_each_part(const char *list, unsigned max, const char *key,
	int (*each)(struct rd_mirror_spec *s, const char *part, struct rd_err *err),
	struct rd_mirror_spec *s, struct rd_err *err)
{
	char part[PART_LEN];
	unsigned nb = 0;

	for (const char *at = list;; at++) {
		size_t len = strcspn(at, ",");
		int ret;

		if (len == 0 || len >= sizeof(part))
			return rd_err_set(err, -EINVAL, "%s %.60s: an element is empty or too long",
				key, list);
		if (nb++ == max)
			return rd_err_set(err, -E2BIG, "%s: at most %u", key, max);
		memcpy(part, at, len);
		part[len] = '\0';
		ret = each(s, part, err);
		if (ret < 0)
			return ret;
		at += len;
		if (*at == '\0')
			return 0;
	}
}

static int add_source(struct rd_mirror_spec *s, const char *part, struct rd_err *err)
{
	struct rd_mirror_source *src = &s->source[s->nb_sources];

	*src = (struct rd_mirror_source){.from = RD_MIRROR_SRC_PORT};
	if (strcmp(part, "all") == 0) {
		src->from = RD_MIRROR_SRC_ALL;
	} else if (strncmp(part, "vni:", 4) == 0) {
		src->from = RD_MIRROR_SRC_VNI;
		if (rd_parse_u32(part + 4, 0, 0xffffff, &src->number) < 0)
			return rd_err_set(
				err, -ERANGE, "source %.40s: vni:0 to vni:16777215", part);
	} else if (strncmp(part, "vlan:", 5) == 0) {
		src->from = RD_MIRROR_SRC_VLAN;
		if (rd_parse_u32(part + 5, 1, 4094, &src->number) < 0)
			return rd_err_set(err, -ERANGE, "source %.40s: vlan:1 to vlan:4094", part);
	} else if (strncmp(part, "guest:", 6) == 0 && part[6] != '\0') {
		src->from = RD_MIRROR_SRC_GUEST;
		(void)rd_str_copy(src->name, sizeof(src->name), part + 6);
	} else {
		(void)rd_str_copy(src->name, sizeof(src->name), part); // a part is no longer
	}
	s->nb_sources++;
	return 0;
}

int mirror_set_sources(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	s->nb_sources = 0;
	return mirror_each_part(value, RD_MIRROR_SOURCES, "source", add_source, s, err);
}

void mirror_text_sources(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	size_t len = 0;

	for (unsigned i = 0; i < s->nb_sources; i++) {
		const struct rd_mirror_source *src = &s->source[i];

		rd_str_addf(buf, size, &len, "%s", i != 0 ? "," : "");
		if (src->from == RD_MIRROR_SRC_ALL)
			rd_str_addf(buf, size, &len, "all");
		else if (src->from == RD_MIRROR_SRC_VNI || src->from == RD_MIRROR_SRC_VLAN)
			rd_str_addf(buf, size, &len, "%s:%u",
				src->from == RD_MIRROR_SRC_VNI ? "vni" : "vlan", src->number);
		else
			rd_str_addf(buf, size, &len, "%s%s",
				src->from == RD_MIRROR_SRC_GUEST ? "guest:" : "", src->name);
	}
}

static int add_stage(struct rd_mirror_spec *s, const char *part, struct rd_err *err)
{
	const struct rd_stage_desc *d = rd_stage_by_name(part);

	if (d == NULL) {
		rd_err_set(err, -ENOENT, "there is no stage %.40s", part);
		rd_err_hint(err, "show stage; edge, or all");
		return -ENOENT;
	}
	s->stages |= UINT64_C(1) << d->id;
	return 0;
}

int mirror_set_stages(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	s->stages = 0;
	if (strcmp(value, "edge") == 0)
		return 0;
	if (strcmp(value, "all") != 0)
		return mirror_each_part(value, RD_STAGE_MAX, "stage", add_stage, s, err);
	for (unsigned i = 0; i < rd_stages_count; i++)
		s->stages |= UINT64_C(1) << rd_stages[i].id;
	return 0;
}

bool rd_mirror_is_all_stages(uint64_t stages)
{
	for (unsigned i = 0; i < rd_stages_count; i++)
		if ((stages >> rd_stages[i].id & 1) == 0)
			return false;
	return true;
}

void mirror_text_stages(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	size_t len = 0;

	if (s->stages == 0 || rd_mirror_is_all_stages(s->stages)) {
		rd_str_addf(buf, size, &len, s->stages == 0 ? "edge" : "all");
		return;
	}
	for (unsigned i = 0; i < rd_stages_count; i++)
		if (s->stages >> rd_stages[i].id & 1)
			rd_str_addf(
				buf, size, &len, "%s%s", len != 0 ? "," : "", rd_stages[i].name);
}

static int add_reason(struct rd_mirror_spec *s, const char *part, struct rd_err *err)
{
	const struct rd_drop_desc *d = rd_drop_by_name(part);

	if (d == NULL) {
		rd_err_set(err, -ENOENT, "there is no drop reason %.40s", part);
		rd_err_hint(err, "show drop all; any, or none");
		return -ENOENT;
	}
	s->reasons[d->id / 64] |= UINT64_C(1) << (d->id % 64);
	return 0;
}

int mirror_set_reasons(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	bool any = strcmp(value, "any") == 0;

	s->by_reason = strcmp(value, "none") != 0;
	memset(s->reasons, any ? 0xff : 0, sizeof(s->reasons));
	if (any || !s->by_reason)
		return 0;
	return mirror_each_part(value, RD_DROP_MAX, "reason", add_reason, s, err);
}

void mirror_text_reasons(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	size_t len = 0;

	if (!s->by_reason || s->reasons[0] == UINT64_MAX) {
		rd_str_addf(buf, size, &len, s->by_reason ? "any" : "none");
		return;
	}
	for (unsigned i = 0; i < rd_drops_count; i++)
		if (s->reasons[rd_drops[i].id / 64] >> (rd_drops[i].id % 64) & 1)
			rd_str_addf(buf, size, &len, "%s%s", len != 0 ? "," : "", rd_drops[i].name);
}

int mirror_set_rules(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	struct rd_mirror_rule rule;
	int ret;

	if (strcmp(value, "none") == 0) {
		s->nb_rules = 0;
		return 0;
	}
	if (s->nb_rules == RD_MIRROR_RULES)
		return rd_err_set(err, -E2BIG, "a session has at most %d rules", RD_MIRROR_RULES);
	ret = rd_mirror_rule_parse(&rule, value, err);
	if (ret == 0)
		s->rule[s->nb_rules++] = rule;
	return ret;
}

// The first one; each has a line of its own where all are shown.
void mirror_text_rules(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	if (s->nb_rules != 0)
		(void)rd_mirror_rule_text(&s->rule[0], buf, size);
	else
		(void)rd_str_copy(buf, size, "none");
}

static int add_dest(struct rd_mirror_spec *s, const char *part, struct rd_err *err)
{
	struct rd_mirror_dest *d = &s->dest[s->nb_dests];

	for (unsigned i = 0; i < s->nb_dests; i++) {
		char text[RD_IP_TEXT];

		if (strcmp(rd_fmt_ip(s->dest[i].family, s->dest[i].addr, text), part) == 0)
			return rd_err_set(err, -EEXIST, "to %s is given twice", part);
	}
	*d = (struct rd_mirror_dest){.priority = (uint8_t)(s->nb_dests + 1), .weight = 1};
	if (rd_parse_ip(part, &d->family, d->addr) < 0)
		return rd_err_set(err, -EINVAL, "to %.60s: an IPv4 or IPv6 address", part);
	s->nb_dests++;
	return 0;
}

int mirror_set_dests(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	s->nb_dests = 0;
	return mirror_each_part(value, RD_MIRROR_DESTS, "to", add_dest, s, err);
}

void mirror_text_dests(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	char text[RD_IP_TEXT];
	size_t len = 0;

	for (unsigned i = 0; i < s->nb_dests; i++)
		rd_str_addf(buf, size, &len, "%s%s", i != 0 ? "," : "",
			rd_fmt_ip(s->dest[i].family, s->dest[i].addr, text));
}

// One number for each destination.
static int set_of_dests(
	struct rd_mirror_spec *s, const char *value, bool weight, struct rd_err *err)
{
	const char *key = weight ? "weight" : "priority", *at = value;

	for (unsigned i = 0; i < s->nb_dests; i++) {
		char part[8];
		size_t len = strcspn(at, ",");
		uint32_t n;

		(void)rd_str_copy(part, sizeof(part), at);
		part[len < sizeof(part) ? len : sizeof(part) - 1] = '\0';
		if (len >= sizeof(part) || rd_parse_u32(part, 1, 255, &n) < 0)
			return rd_err_set(err, -ERANGE,
				"%s %.60s: 1 to 255 for each of %d in \"to\"", key, value,
				s->nb_dests);
		*(weight ? &s->dest[i].weight : &s->dest[i].priority) = (uint8_t)n;
		at += len;
		if (*at != (i + 1 < s->nb_dests ? ',' : '\0'))
			return rd_err_set(err, -EINVAL, "%s %.60s: as many as \"to\" has, %d", key,
				value, s->nb_dests);
		at++;
	}
	return s->nb_dests != 0 ? 0 : rd_err_set(err, -EINVAL, "%s comes after \"to\"", key);
}

int mirror_set_weights(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	return set_of_dests(s, value, true, err);
}
int mirror_set_priorities(struct rd_mirror_spec *s, const char *value, struct rd_err *err)
{
	return set_of_dests(s, value, false, err);
}

void mirror_text_weights(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	size_t len = 0;

	for (unsigned i = 0; i < s->nb_dests; i++)
		rd_str_addf(buf, size, &len, "%s%u", i != 0 ? "," : "", s->dest[i].weight);
}
void mirror_text_priorities(const struct rd_mirror_spec *s, char *buf, size_t size)
{
	size_t len = 0;

	for (unsigned i = 0; i < s->nb_dests; i++)
		rd_str_addf(buf, size, &len, "%s%u", i != 0 ? "," : "", s->dest[i].priority);
}
