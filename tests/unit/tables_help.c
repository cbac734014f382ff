/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See tables_help.h.
 */
#include "tables_help.h"

#include "core/drop.h"
#include "core/rcu.h"
#include "tables/tables.h"

#include <string.h>

unsigned help_synchronized;
uint16_t help_forgotten;
void (*help_on_synchronize)(void);

void rd_rcu_synchronize(void)
{
	help_synchronized++;
	if (help_on_synchronize != NULL)
		help_on_synchronize();
}

void rd_worker_forget_port(uint16_t port)
{
	help_forgotten = port;
}

static void must(int rc, const struct rd_err *err)
{
	if (rc < 0)
		fail_msg("%s", err->what);
}

// Nobody has to be waited for.
uint64_t rd_rcu_start(void)
{
	return 0;
}

bool rd_rcu_passed(uint64_t token)
{
	return token == 0;
}

int help_setup(void **state)
{
	struct rd_err err = {0};
	struct rd_segment_opts vlan = {.vlan = 0, .flood = true, .learn = true, .aging_s = 300};
	struct rd_segment_opts vni = {
		.vlan = -1, .vni = 74752, .flood = true, .learn = true, .aging_s = 300};

	(void)state;
	help_on_synchronize = NULL;
	must(rd_fdb_init(4096), &err);
	must(rd_host_add("x86", false, &err), &err);
	must(rd_host_add("arm", true, &err), &err);
	must(rd_switch_add("DvsPortset-1", "x86", 4, 1600, &err), &err);
	must(rd_switch_add("DvsPortset-0", "x86", 3, 1600, &err), &err);
	must(rd_switch_add("DvsPortset-1", "arm", 3, 1600, &err), &err);
	must(rd_segment_add("guests", help_switch("x86/DvsPortset-1"), &vlan, &err), &err);
	must(rd_segment_add("overlay", help_switch("arm/DvsPortset-1"), &vni, &err), &err);
	return 0;
}

int help_teardown(void **state)
{
	(void)state;
	rd_tables_fini();
	return 0;
}

struct rd_switch *help_switch(const char *name)
{
	struct rd_err err = {0};
	struct rd_switch *sw = rd_switch_find(name, &err);

	must(sw == NULL ? -1 : 0, &err);
	return sw;
}

const struct rd_segment *help_segment(const char *name)
{
	struct rd_err err = {0};
	const struct rd_segment *s = rd_segment_find(name, &err);

	must(s == NULL ? -1 : 0, &err);
	return s;
}

const struct rd_port *help_port(const char *name)
{
	struct rd_err err = {0};
	const struct rd_port *p = rd_port_find(name, &err);

	must(p == NULL ? -1 : 0, &err);
	return p;
}

void help_mac(uint8_t last, uint8_t mac[6])
{
	const uint8_t m[6] = {2, 0, 0, 0, 0, last};

	memcpy(mac, m, 6);
}

struct rd_port *help_new(const char *sw, const char *name, enum rd_port_type type, uint8_t mac)
{
	struct rd_err err = {0};
	struct rd_port *p = rd_port_new(name, help_switch(sw), type, &err);

	must(p == NULL ? -1 : 0, &err);
	if (mac != 0)
		help_mac(mac, p->mac);
	return p;
}

uint16_t help_publish(struct rd_port *p)
{
	struct rd_err err = {0};

	must(rd_port_publish(p, &err), &err);
	assert_int_equal(err.code, 0);
	return p->idx;
}

void help_refused(struct rd_port *p, int code, const char *text)
{
	struct rd_err err = {0};
	uint32_t generation = rd_generation();

	assert_int_equal(rd_port_publish(p, &err), code);
	assert_int_equal(err.code, code);
	if (strstr(err.what, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, err.what);
	assert_int_equal(rd_generation(), generation); // nothing happened
	rd_port_discard(p);
}

uint16_t help_add(
	const char *sw, const char *name, enum rd_port_type type, uint8_t mac, const char *segment)
{
	struct rd_port *p = help_new(sw, name, type, mac);

	if (segment != NULL)
		p->segment = help_segment(segment)->idx;
	return help_publish(p);
}
