/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The failure table of hardware mirroring, see flow_why.h. Drivers agree on errno only by and large, so that the part of the rule that they
 * blame and, last, their words are looked at, too. What is not understood is software: never a guess. Pure.
 */
#include "session/flow_why.h"

#include <errno.h>
#include <string.h>

#define NEXT_OR_SOFTWARE (RD_FLOW_THEN_NEXT | RD_FLOW_THEN_SOFTWARE)

static const struct rd_flow_reason reasons[RD_FLOW_WHYS] = {
	[RD_FLOW_FINE] = {0, "fine", "accepted", "programmed"},
	[RD_FLOW_WHY_SESSION] = {NEXT_OR_SOFTWARE, "session", "this session needs software",
		"next recipe, at last software"},
	[RD_FLOW_WHY_OURS] = {NEXT_OR_SOFTWARE, "dataplane",
		"such copies have no way from here to the collector",
		"next recipe, at last software"},
	[RD_FLOW_WHY_KNOWN] = {NEXT_OR_SOFTWARE, "probed", "the probe of this port has failed here",
		"next recipe, at last software"},
	[RD_FLOW_WHY_NO_COPY] = {NEXT_OR_SOFTWARE | RD_FLOW_THEN_REMEMBER, "no-sample",
		"the NIC cannot copy packets",
		"classified by the NIC if it can mark, copied in software"},
	[RD_FLOW_WHY_NO_RATIO] = {RD_FLOW_THEN_RATIO1 | NEXT_OR_SOFTWARE, "no-ratio",
		"the NIC cannot sample", "it copies all, software samples"},
	[RD_FLOW_WHY_NO_ENCAP] = {NEXT_OR_SOFTWARE, "no-encap",
		"the NIC cannot put headers before a copy", "it copies, software sends"},
	[RD_FLOW_WHY_ORDER] = {RD_FLOW_THEN_REORDER | NEXT_OR_SOFTWARE, "order",
		"the NIC wants other actions together, or another order",
		"reordered, then split in two rules, then software"},
	[RD_FLOW_WHY_OVERLAP] = {RD_FLOW_THEN_SOFTWARE, "overlap",
		"another mirror rule has these packets", "software for the later session"},
	[RD_FLOW_WHY_FULL] = {RD_FLOW_THEN_SOFTWARE | RD_FLOW_THEN_RETRY, "full",
		"the NIC's table is full", "software for this source, tried again every 30 s"},
	[RD_FLOW_WHY_BUSY] = {RD_FLOW_THEN_SOFTWARE, "busy",
		"the NIC would take it only while the port is stopped",
		"software: no port is stopped for a mirror"},
	[RD_FLOW_WHY_GONE] = {RD_FLOW_THEN_SOFTWARE | RD_FLOW_THEN_REPROBE, "gone",
		"the device is gone or was reset", "software, probed again when it is back"},
	[RD_FLOW_WHY_LIES] = {RD_FLOW_THEN_SOFTWARE | RD_FLOW_THEN_REMEMBER | RD_FLOW_THEN_LOG,
		"lies", "the NIC took the rule but copies nothing", "demoted to software for good"},
	[RD_FLOW_WHY_PATTERN] = {NEXT_OR_SOFTWARE, "pattern",
		"the NIC cannot tell these packets from others", "next recipe, at last software"},
	[RD_FLOW_WHY_DOMAIN] = {NEXT_OR_SOFTWARE, "domain", "the NIC takes no rules there",
		"next recipe, at last software"},
	[RD_FLOW_WHY_PRIORITY] = {NEXT_OR_SOFTWARE, "priority",
		"the NIC takes no rules in an order", "next recipe, at last software"},
	[RD_FLOW_WHY_MARK] = {NEXT_OR_SOFTWARE, "no-mark", "the NIC cannot mark packets",
		"next recipe, at last software"},
	[RD_FLOW_WHY_COUNT] = {RD_FLOW_THEN_OTHER | NEXT_OR_SOFTWARE, "no-count",
		"the NIC cannot count what it copies", "programmed without a counter"},
	[RD_FLOW_WHY_FATE] = {RD_FLOW_THEN_OTHER | NEXT_OR_SOFTWARE, "fate",
		"the NIC would not send the packet itself where it belongs",
		"another action of the same effect, else software"},
	[RD_FLOW_WHY_PORT] = {RD_FLOW_THEN_OTHER | NEXT_OR_SOFTWARE, "port",
		"the NIC cannot send a copy to that port",
		"another action of the same effect, then the next recipe"},
	[RD_FLOW_WHY_UNKNOWN] = {RD_FLOW_THEN_SOFTWARE, "unknown",
		"the driver failed in an unknown way", "software"},
};

const struct rd_flow_reason *rd_flow_reason(unsigned why)
{
	return &reasons[why < RD_FLOW_WHYS ? why : RD_FLOW_WHY_UNKNOWN];
}

static bool says(const struct rd_flow_fail *fail, const char *word)
{
	return strcasestr(fail->message, word) != NULL;
}

static enum rd_flow_why by_part(const struct rd_flow_asked *a)
{
	switch (a->part) {
	case RD_FLOW_PART_PATTERN:
		return RD_FLOW_WHY_PATTERN;
	case RD_FLOW_PART_ATTR:
		return RD_FLOW_WHY_DOMAIN;
	case RD_FLOW_PART_SAMPLE:
		return a->ratio > 1 ? RD_FLOW_WHY_NO_RATIO : RD_FLOW_WHY_NO_COPY;
	case RD_FLOW_PART_ENCAP:
		return RD_FLOW_WHY_NO_ENCAP;
	case RD_FLOW_PART_COPY_FATE:
		return RD_FLOW_WHY_PORT;
	case RD_FLOW_PART_MARK:
		return RD_FLOW_WHY_MARK;
	case RD_FLOW_PART_COUNT:
		return RD_FLOW_WHY_COUNT;
	case RD_FLOW_PART_FATE:
		return RD_FLOW_WHY_FATE;
	default:
		return RD_FLOW_WHY_UNKNOWN;
	}
}

static enum rd_flow_why by_type(unsigned type)
{
	switch (type) {
	case RTE_FLOW_ERROR_TYPE_ATTR_PRIORITY:
		return RD_FLOW_WHY_PRIORITY;
	case RTE_FLOW_ERROR_TYPE_ATTR_GROUP:
	case RTE_FLOW_ERROR_TYPE_ATTR_INGRESS:
	case RTE_FLOW_ERROR_TYPE_ATTR_EGRESS:
	case RTE_FLOW_ERROR_TYPE_ATTR_TRANSFER:
	case RTE_FLOW_ERROR_TYPE_ATTR:
		return RD_FLOW_WHY_DOMAIN;
	case RTE_FLOW_ERROR_TYPE_ITEM_NUM:
	case RTE_FLOW_ERROR_TYPE_ITEM_SPEC:
	case RTE_FLOW_ERROR_TYPE_ITEM_LAST:
	case RTE_FLOW_ERROR_TYPE_ITEM_MASK:
	case RTE_FLOW_ERROR_TYPE_ITEM:
		return RD_FLOW_WHY_PATTERN;
	default:
		return RD_FLOW_WHY_UNKNOWN;
	}
}

// The driver blames an action, or nothing at all, and not by a pointer: its words, then what was in the rule.
static enum rd_flow_why by_words(const struct rd_flow_fail *fail, const struct rd_flow_asked *a)
{
	if (a->ratio > 1 && says(fail, "ratio"))
		return RD_FLOW_WHY_NO_RATIO;
	if (a->encap && (says(fail, "encap") || says(fail, "header")))
		return RD_FLOW_WHY_NO_ENCAP;
	if (says(fail, "order") || says(fail, "combin"))
		return RD_FLOW_WHY_ORDER;
	if (a->sample && says(fail, "sample"))
		return RD_FLOW_WHY_NO_COPY;
	return RD_FLOW_WHY_UNKNOWN;
}

static enum rd_flow_why unsupported(
	const struct rd_flow_fail *fail, const struct rd_flow_asked *a, bool malformed)
{
	enum rd_flow_why why = by_type(fail->type);

	if (why != RD_FLOW_WHY_UNKNOWN)
		return why;
	why = by_words(fail, a);
	if (why == RD_FLOW_WHY_UNKNOWN && a->part == RD_FLOW_PART_SAMPLE && a->ratio > 1)
		why = RD_FLOW_WHY_NO_RATIO;
	if (why == RD_FLOW_WHY_UNKNOWN && a->part != RD_FLOW_PART_NONE && !malformed)
		why = by_part(a);
	if (why != RD_FLOW_WHY_UNKNOWN)
		return why;
	if (malformed) // the rule is sound, so it is the combination
		return RD_FLOW_WHY_ORDER;
	if (a->ratio > 1)
		return RD_FLOW_WHY_NO_RATIO;
	if (a->encap)
		return RD_FLOW_WHY_NO_ENCAP;
	return a->sample ? RD_FLOW_WHY_NO_COPY : a->mark ? RD_FLOW_WHY_MARK : RD_FLOW_WHY_UNKNOWN;
}

enum rd_flow_why rd_flow_classify(
	const struct rd_flow_fail *fail, const struct rd_flow_asked *asked)
{
	switch (-fail->code) {
	case 0:
		return RD_FLOW_FINE;
	case ENOSYS:
		return RD_FLOW_WHY_NO_COPY;
	case ENOTSUP:
		return unsupported(fail, asked, false);
	case EINVAL:
		// Intel's drivers say so of an action that they do not know, too.
		return unsupported(fail, asked, !says(fail, "support"));
	case EEXIST:
		return RD_FLOW_WHY_OVERLAP;
	case ENOMEM:
	case ENOSPC:
		return RD_FLOW_WHY_FULL;
	case EBUSY:
		return RD_FLOW_WHY_BUSY;
	case EIO:
	case ENODEV:
		return RD_FLOW_WHY_GONE;
	default:
		return RD_FLOW_WHY_UNKNOWN;
	}
}
