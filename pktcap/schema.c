/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The JSON Schema of a packet's facts, see schema.h; pk_rec_json() writes them, docs/man/pcapng-metadata.5.scd explains them.
 */
#include "schema.h"

#define TEXT(name) "\"" name "\":{\"type\":\"string\"},"
#define NUMBER(name) "\"" name "\":{\"type\":\"integer\",\"minimum\":0},"

const char *pk_schema(void)
{
	return "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
	       "\"title\":\"reddot: one packet at one stage\",\"type\":\"object\","
	       "\"required\":[\"v\",\"stage\",\"hop\"],\"properties\":{" TEXT("stage") NUMBER("hop")
		       NUMBER("dt") TEXT("host") TEXT("port") NUMBER("port_id") NUMBER(
			       "parent") NUMBER("made") TEXT("prev") TEXT("dir") TEXT("verdict")
			       TEXT("reason") NUMBER("reason_id") NUMBER("rule") TEXT("fc") NUMBER(
				       "flow") NUMBER("vni") NUMBER("inner") NUMBER("inner_off")
				       NUMBER("worker") TEXT("hash") NUMBER("handed") TEXT("txq")
					       NUMBER("injected") NUMBER("lost") NUMBER("one_in")
						       TEXT("decap") TEXT(
							       "match") "\"v\":{\"const\":1}}}";
}
