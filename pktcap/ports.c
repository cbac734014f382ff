/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The copy of the daemon's port list, see ports.h. Main thread.
 */
#include "ports.h"

#include <stdlib.h>
#include <string.h>

#include "api/stages.h"
#include "base/str.h"

static void copy_text(char *dst, size_t size, const json_t *item, const char *key)
{
	const char *s = json_string_value(json_object_get(item, key));

	if (rd_str_copy(dst, size, s != NULL ? s : "") < 0)
		dst[size - 1] = '\0'; // cut: the daemon bounds names, so this is only text to show
}

static uint64_t stage_mask(const json_t *names)
{
	uint64_t mask = 0;
	size_t i;
	json_t *v;

	json_array_foreach (names, i, v) {
		const struct rd_stage_desc *s =
			json_is_string(v) ? rd_stage_by_name(json_string_value(v)) : NULL;

		if (s != NULL)
			mask |= UINT64_C(1) << s->id;
	}
	return mask;
}

static void fill_port(struct pk_port *port, const json_t *item)
{
	char device[16];

	memset(port, 0, sizeof(*port));
	port->id = (uint32_t)json_integer_value(json_object_get(item, "id"));
	port->idx = (uint16_t)json_integer_value(json_object_get(item, "idx"));
	port->ens = (uint32_t)json_integer_value(json_object_get(item, "ens"));
	port->bypass_id = (uint32_t)json_integer_value(json_object_get(item, "bypass_id"));
	copy_text(port->name, sizeof(port->name), item, "name");
	copy_text(port->host, sizeof(port->host), item, "host");
	copy_text(port->qname, sizeof(port->qname), item, "qname");
	copy_text(port->type, sizeof(port->type), item, "type");
	copy_text(port->mac, sizeof(port->mac), item, "mac");
	copy_text(port->used_by, sizeof(port->used_by), item, "used_by");
	copy_text(port->admin, sizeof(port->admin), item, "admin");
	copy_text(port->link, sizeof(port->link), item, "link");
	copy_text(port->bypass, sizeof(port->bypass), item, "bypass");
	copy_text(device, sizeof(device), item, "device");
	port->has_device = device[0] != '\0' && strcmp(device, "none") != 0;
	port->stages = stage_mask(json_object_get(item, "stages"));
}

static struct pk_port *find_known(const struct pk_ports *p, const json_t *item)
{
	json_int_t id = json_integer_value(json_object_get(item, "id"));
	json_int_t idx = json_integer_value(json_object_get(item, "idx"));

	for (unsigned i = 0; i < p->count; i++) {
		if (p->list[i]->id == id && p->list[i]->idx == idx)
			return p->list[i];
	}
	return NULL;
}

void pk_ports_note(struct pk_ports *p, const struct pk_port *port)
{
	if (port->idx < PK_PORTS_QUICK)
		p->by_idx[port->idx] = port;
}

static int add_item(void *arg, const json_t *item)
{
	struct pk_ports *p = arg;
	struct pk_port *port = find_known(p, item);
	struct pk_port **list;

	if (port == NULL) {
		list = realloc(p->list, (p->count + 1) * sizeof(*list));
		if (list == NULL)
			return -ENOMEM;
		p->list = list;
		port = calloc(1, sizeof(*port));
		if (port == NULL)
			return -ENOMEM;
		p->list[p->count++] = port;
	}
	fill_port(port, item);
	pk_ports_note(p, port);
	return 0;
}

int pk_ports_load(struct pk_ports *p, struct rd_client *c, struct rd_err *err)
{
	const char *host = json_string_value(json_object_get(rd_client_hello(c), "default_host"));
	int rc;

	if (rd_str_copy(p->default_host, sizeof(p->default_host), host != NULL ? host : "") < 0)
		return rd_err_set(err, -EPROTO, "the daemon's default host has an impossible name");
	for (unsigned i = 0; i < p->count; i++)
		p->list[i]->gone = true;
	rc = rd_client_call(c, "port.list", NULL, add_item, p, NULL, err);
	if (rc < 0)
		return rd_err_set(err, rc, "can't list the ports: %s", strerror(-rc));
	p->many_hosts = false;
	for (unsigned i = 1; i < p->count; i++)
		p->many_hosts |= strcmp(p->list[0]->host, p->list[i]->host) != 0;
	return 0;
}

void pk_ports_free(struct pk_ports *p)
{
	for (unsigned i = 0; i < p->count; i++)
		free(p->list[i]);
	free(p->list);
	memset(p, 0, sizeof(*p));
}

const struct pk_port *pk_ports_by_rec(const struct pk_ports *p, uint16_t idx, uint32_t id)
{
	const struct pk_port *quick = idx < PK_PORTS_QUICK ? p->by_idx[idx] : NULL;

	if (quick != NULL && quick->id == id)
		return quick;
	for (unsigned i = 0; i < p->count; i++) {
		if (p->list[i]->idx == idx && p->list[i]->id == id)
			return p->list[i];
	}
	return NULL;
}

const char *pk_port_label(const struct pk_ports *p, const struct pk_port *port)
{
	return p->many_hosts ? port->qname : port->name;
}
