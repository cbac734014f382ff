/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Drivers are not believed: see flow_call.h. Seen or feared: no errno, one of the wrong sign, an error structure left alone, a message that is
 * NULL or has control characters, a type of tomorrow's header. Control thread.
 */
#include "session/flow_call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <rte_errno.h>

#include "base/err.h"
#include "base/str.h"

#define ERRNO_MAX 4096

static const char *const type_names[] = {
	[RTE_FLOW_ERROR_TYPE_NONE] = "no cause given",
	[RTE_FLOW_ERROR_TYPE_UNSPECIFIED] = "cause unspecified",
	[RTE_FLOW_ERROR_TYPE_HANDLE] = "flow rule",
	[RTE_FLOW_ERROR_TYPE_ATTR_GROUP] = "group",
	[RTE_FLOW_ERROR_TYPE_ATTR_PRIORITY] = "priority",
	[RTE_FLOW_ERROR_TYPE_ATTR_INGRESS] = "ingress",
	[RTE_FLOW_ERROR_TYPE_ATTR_EGRESS] = "egress",
	[RTE_FLOW_ERROR_TYPE_ATTR_TRANSFER] = "transfer",
	[RTE_FLOW_ERROR_TYPE_ATTR] = "attributes",
	[RTE_FLOW_ERROR_TYPE_ITEM_NUM] = "pattern length",
	[RTE_FLOW_ERROR_TYPE_ITEM_SPEC] = "item specification",
	[RTE_FLOW_ERROR_TYPE_ITEM_LAST] = "item range",
	[RTE_FLOW_ERROR_TYPE_ITEM_MASK] = "item mask",
	[RTE_FLOW_ERROR_TYPE_ITEM] = "specific item",
	[RTE_FLOW_ERROR_TYPE_ACTION_NUM] = "number of actions",
	[RTE_FLOW_ERROR_TYPE_ACTION_CONF] = "action configuration",
	[RTE_FLOW_ERROR_TYPE_ACTION] = "specific action",
	[RTE_FLOW_ERROR_TYPE_STATE] = "device state",
};
#define NB_TYPES (sizeof(type_names) / sizeof(type_names[0]))

const char *rd_flow_error_type(unsigned type)
{
	return type < NB_TYPES ? type_names[type] : type_names[RTE_FLOW_ERROR_TYPE_UNSPECIFIED];
}

// For terminals and journals: one line, no control characters, no quotes that would end its own.
static void copy_message(char out[RD_FLOW_MESSAGE], const char *from)
{
	size_t n = 0;

	for (; from != NULL && from[n] != '\0' && n + 1 < RD_FLOW_MESSAGE; n++) {
		unsigned char c = (unsigned char)from[n];

		out[n] = c < ' ' || c > '~' ? '?' : c == '"' ? '\'' : (char)c;
	}
	out[n] = '\0';
}

// A failure without a sensible errno is one all the same, but not one that says what to do: EPROTO.
static int refused(int code, const struct rte_flow_error *error, struct rd_flow_fail *fail)
{
	bool known = code != 0 && code > -ERRNO_MAX && code < ERRNO_MAX;

	fail->code = !known ? -EPROTO : code < 0 ? code : -code;
	fail->type =
		error->type < NB_TYPES ? (uint8_t)error->type : RTE_FLOW_ERROR_TYPE_UNSPECIFIED;
	fail->cause = error->cause;
	copy_message(fail->message, error->message);
	return fail->code;
}

static int answered(int ret, const struct rte_flow_error *error, struct rd_flow_fail *fail)
{
	*fail = (struct rd_flow_fail){0};
	return ret == 0 ? 0 : refused(ret, error, fail);
}

int rd_flow_fail_set(struct rd_flow_fail *fail, int code, const char *fmt, ...)
{
	va_list ap;

	*fail = (struct rd_flow_fail){.code = code};
	va_start(ap, fmt);
	vsnprintf(fail->message, sizeof(fail->message), fmt, ap);
	va_end(ap);
	return code;
}

int rd_flow_facts_get(const struct rd_flow_dev *dev, struct rd_flow_facts *out)
{
	int ret = dev->ops->facts(dev->drv, dev->port, out);

	return ret <= 0 ? ret : -EIO;
}

int rd_flow_validate(
	const struct rd_flow_dev *dev, const struct rd_flow_rule *rule, struct rd_flow_fail *fail)
{
	struct rte_flow_error error = {0};

	return answered(dev->ops->validate(dev->drv, dev->port, &rule->attr, rule->pattern,
				rule->actions, &error),
		&error, fail);
}

int rd_flow_create(const struct rd_flow_dev *dev, const struct rd_flow_rule *rule,
	struct rte_flow **flow, struct rd_flow_fail *fail)
{
	struct rte_flow_error error = {0};

	rte_errno = 0;
	*fail = (struct rd_flow_fail){0};
	*flow = dev->ops->create(
		dev->drv, dev->port, &rule->attr, rule->pattern, rule->actions, &error);
	return *flow != NULL ? 0 : refused(rte_errno, &error, fail);
}

int rd_flow_destroy(const struct rd_flow_dev *dev, struct rte_flow *flow, struct rd_flow_fail *fail)
{
	struct rte_flow_error error = {0};

	return answered(dev->ops->destroy(dev->drv, dev->port, flow, &error), &error, fail);
}

int rd_flow_flush_port(const struct rd_flow_dev *dev, struct rd_flow_fail *fail)
{
	struct rte_flow_error error = {0};

	return answered(dev->ops->flush(dev->drv, dev->port, &error), &error, fail);
}

int rd_flow_count(const struct rd_flow_dev *dev, struct rte_flow *flow, uint64_t *hits,
	uint64_t *bytes, struct rd_flow_fail *fail)
{
	// Some drivers read an action list here (mlx5), others one action: both are content.
	static const struct rte_flow_action_count conf = {.id = 0};
	const struct rte_flow_action action[] = {
		{.type = RTE_FLOW_ACTION_TYPE_COUNT, .conf = &conf},
		{.type = RTE_FLOW_ACTION_TYPE_END}};
	struct rte_flow_query_count data = {0};
	struct rte_flow_error error = {0};
	int ret = answered(
		dev->ops->query(dev->drv, dev->port, flow, action, &data, &error), &error, fail);

	if (ret < 0)
		return ret;
	if (!data.hits_set)
		return rd_flow_fail_set(fail, -ENODATA, "the driver gives no number");
	*hits = data.hits;
	*bytes = data.bytes_set ? data.bytes : 0;
	return 0;
}

int rd_flow_proxy(const struct rd_flow_dev *dev, uint16_t *port, struct rd_flow_fail *fail)
{
	struct rte_flow_error error = {0};

	*port = dev->port;
	return answered(dev->ops->proxy(dev->drv, dev->port, port, &error), &error, fail);
}

const char *rd_flow_fail_text(const struct rd_flow_fail *fail, char *buf, size_t size)
{
	size_t used = 0;

	if (size == 0)
		return buf;
	buf[0] = '\0';
	if (fail->code == 0)
		return buf;
	rd_str_addf(buf, size, &used, "%s, %s", rd_err_name(fail->code),
		rd_flow_error_type(fail->type));
	if (fail->message[0] != '\0')
		rd_str_addf(buf, size, &used, ": \"%s\"", fail->message);
	return buf;
}
