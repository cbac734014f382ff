/* SPDX-License-Identifier: BSD-3-Clause
 *
 * journal.list: the last changes of the configuration. explain.rule: a rule in words, its revision when a packet met it, and
 * who made it so. Control thread.
 */
#include "control/journal.h"
#include "control/rule_find.h"

int ctl_journal_list(struct rd_request *req)
{
	unsigned count = (unsigned)rd_req_num_or(req, "count", 1, RD_JOURNAL_MAX, 20);
	unsigned have = 0;

	if (rd_req_end(req) < 0)
		return req->err->code;
	while (have < count && rd_journal_at(have) != NULL)
		have++;
	while (have-- > 0)
		if (rd_req_item(req, rd_journal_json(rd_journal_at(have))) < 0)
			break;
	return 0;
}

int ctl_explain_rule(struct rd_request *req)
{
	const struct rd_port *p = rd_req_port(req, "port");
	uint32_t id = (uint32_t)rd_req_num(req, "rule", 0, UINT32_MAX);
	uint64_t ns = rd_req_num_or(req, "ns", 0, INT64_MAX, 0);
	const struct rd_journal_entry *policy;

	if (rd_req_end(req) < 0)
		return req->err->code;
	policy = rd_journal_policy(ns);
	rd_req_result(req,
		json_pack("{s:o,s:I,s:o,s:o}", "rule", rd_rule_json(p->idx, id), "revision",
			policy != NULL ? (json_int_t)policy->revision : 0, "changed",
			rd_journal_json(rd_journal_rule(p->idx, id, ns)), "policy_changed",
			rd_journal_json(policy)));
	return 0;
}
