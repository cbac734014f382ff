/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The probe, see flow_cap.h: each rung validated, made, taken away again, one rule at a time. What a driver says beforehand is advice; only
 * what it did counts. Control thread.
 */
#include "session/flow_cap.h"

#include <errno.h>
#include <string.h>
#include <rte_version.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "session/flow_ladder.h"

RD_LOG_MODULE(mirror_probe);

static const struct rd_flow_rung_desc rungs[] = {
#define RD_FLOW_RUNG(NAME, domain_, word_, help_) {domain_, word_, help_},
#include "session/flow_rungs.def"
#undef RD_FLOW_RUNG
};

static const char *const domain_names[] = {"ingress", "egress", "transfer"};
static const char *const answer_names[] = {"not-asked", "refused", "advised", "lied", "made"};

const struct rd_flow_rung_desc *rd_flow_rung_desc(unsigned rung)
{
	return rung < RD_FLOW_RUNGS ? &rungs[rung] : NULL;
}

const char *rd_flow_domain_name(unsigned domain)
{
	return domain < RD_FLOW_DOMAINS ? domain_names[domain] : "";
}

const char *rd_flow_answer_name(unsigned answer)
{
	return answer <= RD_FLOW_MADE ? answer_names[answer] : "";
}

static bool gone(int code)
{
	return code == -EIO || code == -ENODEV;
}

// A rule that can't be taken away matches nothing, but the driver is not to be trusted with one that does.
static int make(
	const struct rd_flow_dev *dev, const struct rd_flow_rule *rule, struct rd_flow_cell *cell)
{
	struct rd_flow_fail fail;
	struct rte_flow *flow;

	if (rd_flow_create(dev, rule, &flow, &cell->fail) < 0) {
		cell->answer = RD_FLOW_LIED;
		return cell->fail.code;
	}
	cell->answer = RD_FLOW_MADE;
	if (rd_flow_destroy(dev, flow, &fail) < 0) {
		rd_log_warn("port %u does not take a rule of its probe back: %s", dev->port,
			fail.message);
		cell->answer = RD_FLOW_LIED;
		cell->fail = fail;
	}
	return 0;
}

// `port` is meant; dev is who takes its rules.
static int climb(const struct rd_flow_dev *dev, uint16_t port, struct rd_flow_cap *cap,
	unsigned rung, bool grouped)
{
	struct rd_flow_cell *cell = &cap->cell[rung];
	struct rd_flow_trial t;

	rd_flow_trial(rung, port, cap, false, &t);
	if (rd_flow_validate(dev, &t.rule, &cell->fail) < 0) {
		cell->answer = RD_FLOW_REFUSED;
		return cell->fail.code;
	}
	cell->answer = RD_FLOW_ADVISED;
	if (grouped)
		rd_flow_trial(rung, port, cap, true, &t);
	return make(dev, &t.rule, cell);
}

static void skip(struct rd_flow_cap *cap, unsigned domain, const struct rd_flow_fail *fail)
{
	for (unsigned r = 0; r < RD_FLOW_RUNGS; r++)
		if (rungs[r].domain == domain && cap->cell[r].answer == RD_FLOW_NOT_ASKED)
			cap->cell[r].fail = *fail;
}

static unsigned group_rung(unsigned domain)
{
	return domain == RD_FLOW_INGRESS ? RD_FLOW_RUNG_IN_GROUP : RD_FLOW_RUNG_SW_GROUP;
}

// Some drivers (net_e1000_igb) take RSS for all packets whatever the pattern says, and don't give it back: with several queues it is what
// the port has anyway; with one there is nothing to spread, and nobody asks.
static bool is_out_of_question(struct rd_flow_cap *cap, unsigned rung)
{
	if (rung != RD_FLOW_RUNG_IN_RSS || cap->facts.nb_rxq > 1)
		return false;
	rd_flow_fail_set(&cap->cell[rung].fail, -ENODATA, "one rx queue: nothing to spread");
	return true;
}

// 0, or the errno for which the rest need not be asked.
static int ladder(
	const struct rd_flow_dev *dev, uint16_t port, struct rd_flow_cap *cap, unsigned domain)
{
	for (unsigned r = 0; r < RD_FLOW_RUNGS; r++) {
		bool grouped = domain != RD_FLOW_EGRESS && r > group_rung(domain)
			&& rd_flow_can(cap, group_rung(domain));
		int ret;

		if (rungs[r].domain != domain || is_out_of_question(cap, r))
			continue;
		ret = climb(dev, port, cap, r, grouped);
		if (ret == -ENOSYS || gone(ret)) {
			skip(cap, domain, &cap->cell[r].fail);
			return ret;
		}
	}
	return 0;
}

static void transfer(const struct rd_flow_dev *dev, struct rd_flow_cap *cap)
{
	struct rd_flow_dev proxy = *dev;

	if (rd_flow_proxy(dev, &cap->proxy, &cap->proxy_fail) < 0) {
		skip(cap, RD_FLOW_TRANSFER, &cap->proxy_fail);
		cap->proxy = dev->port;
		return;
	}
	proxy.port = cap->proxy;
	cap->complete &= !gone(ladder(&proxy, dev->port, cap, RD_FLOW_TRANSFER));
}

void rd_flow_probe(const struct rd_flow_dev *dev, struct rd_flow_cap *cap)
{
	int ret;

	memset(cap, 0, sizeof(*cap));
	cap->proxy = dev->port;
	cap->probed_s = rd_coarse_s();
	cap->loop.code = -ENOTSUP;
	(void)rd_str_copy(cap->dpdk, sizeof(cap->dpdk), rte_version());
	ret = rd_flow_facts_get(dev, &cap->facts);
	if (ret < 0) {
		struct rd_flow_fail fail;

		rd_flow_fail_set(&fail, ret, "the device does not say what it is");
		for (unsigned d = 0; d < RD_FLOW_DOMAINS; d++)
			skip(cap, d, &fail);
		return;
	}
	cap->complete = true;
	if (dev->ops->quiet != NULL)
		dev->ops->quiet(dev->drv, true);
	for (unsigned d = RD_FLOW_INGRESS; d <= RD_FLOW_EGRESS; d++)
		cap->complete &= !gone(ladder(dev, dev->port, cap, d));
	transfer(dev, cap);
	if (dev->ops->quiet != NULL)
		dev->ops->quiet(dev->drv, false);
}

bool rd_flow_cap_same_key(const struct rd_flow_cap *cap, const struct rd_flow_facts *facts)
{
	return cap->complete && strcmp(cap->facts.driver, facts->driver) == 0
		&& strcmp(cap->facts.firmware, facts->firmware) == 0
		&& strcmp(cap->facts.devargs, facts->devargs) == 0;
}
