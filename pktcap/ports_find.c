/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ports by what people call them, see ports.h. Main thread.
 */
#include <string.h>

#include "base/str.h"
#include "ports.h"

static const struct pk_port *find_id(const struct pk_ports *p, uint32_t id)
{
	for (unsigned i = 0; i < p->count; i++) {
		if (p->list[i]->id == id && !p->list[i]->gone)
			return p->list[i];
	}
	return NULL;
}

// The port with this name on `host` (NULL = anywhere; then *count says how many there are).
static const struct pk_port *find_name(
	const struct pk_ports *p, const char *name, const char *host, unsigned *count)
{
	const struct pk_port *found = NULL;

	*count = 0;
	for (unsigned i = 0; i < p->count; i++) {
		const struct pk_port *port = p->list[i];

		if (port->gone || strcmp(port->name, name) != 0)
			continue;
		if (host != NULL && strcmp(port->host, host) != 0)
			continue;
		found = port;
		(*count)++;
	}
	return found;
}

static const struct pk_port *find_qname(const struct pk_ports *p, const char *qname)
{
	for (unsigned i = 0; i < p->count; i++) {
		if (!p->list[i]->gone && strcmp(p->list[i]->qname, qname) == 0)
			return p->list[i];
	}
	return NULL;
}

const struct pk_port *pk_ports_find(
	const struct pk_ports *p, const char *name, const char *host, struct rd_err *err)
{
	const struct pk_port *port;
	unsigned count = 0;
	uint32_t id;

	if (strchr(name, '/') != NULL) {
		port = find_qname(p, name);
	} else if (rd_parse_u32(name, 0, UINT32_MAX, &id) == 0) {
		port = find_id(p, id);
	} else {
		port = find_name(p, name, host != NULL ? host : p->default_host, &count);
		if (port == NULL && host == NULL)
			port = find_name(p, name, NULL, &count);
	}
	if (count > 1) {
		rd_err_set(err, -EEXIST, "%u hosts have a port named %s", count, name);
		rd_err_hint(err, "HOST/%s, see pktcap -D", name);
		return NULL;
	}
	if (port == NULL) {
		rd_err_set(err, -ENOENT, "no port is named %s%s%s", name, host ? " on " : "",
			host ? host : "");
		rd_err_hint(err, "pktcap -D");
	}
	return port;
}

// "gs-ubuntu-01.eth0" of a guest's port, after the world in its label ("4241327:gs-ubuntu-01.eth0"), or its name; NULL if it is no
// guest's.
static const char *guest_name(const struct pk_port *port)
{
	const char *colon = strchr(port->used_by, ':');

	if (strcmp(port->type, "vnic") != 0 && strcmp(port->type, "upt") != 0)
		return NULL;
	return colon != NULL ? colon + 1 : port->name;
}

bool pk_port_is_vm(const struct pk_port *port, const char *vm)
{
	const char *name = guest_name(port), *rest;
	size_t len = strlen(vm);

	if (name == NULL || strncmp(name, vm, len) != 0)
		return false;
	rest = name + len;
	return *rest == '\0' || (*rest == '.' && strstr(vm, ".eth") != NULL)
		|| strncmp(rest, ".eth", 4) == 0;
}

// As `reddot vsipioctl` names it: the port's number stands for the world where the label has none.
static bool is_dvfilter(const struct pk_port *port, const char *filter)
{
	const char *guest = guest_name(port), *eth;
	size_t world = strspn(port->used_by, "0123456789"), len = 0;
	char name[160];

	if (guest == NULL)
		return false;
	eth = strstr(guest, ".eth");
	if (world > 0 && port->used_by[world] == ':')
		rd_str_addf(name, sizeof(name), &len, "nic-%.*s-%.8s-vmware-sfw.", (int)world,
			port->used_by, eth != NULL ? eth + 1 : "eth0");
	else
		rd_str_addf(name, sizeof(name), &len, "nic-%u-eth0-vmware-sfw.", port->id);
	return strncmp(filter, name, len) == 0;
}

const struct pk_port *pk_ports_find_dvfilter(
	const struct pk_ports *p, const char *filter, const char *host, struct rd_err *err)
{
	for (unsigned i = 0; i < p->count; i++)
		if (!p->list[i]->gone && is_dvfilter(p->list[i], filter))
			return p->list[i];
	if (strncmp(filter, "nic-", 4) != 0)
		return pk_ports_find(p, filter, host, err);
	rd_err_set(err, -ENOENT, "no vNIC has the filter %s", filter);
	rd_err_hint(err, "reddot vsipioctl getfilters, or the port's name");
	return NULL;
}

const struct pk_port *pk_ports_find_fcport(
	const struct pk_ports *p, const char *word, const char *host, struct rd_err *err)
{
	const char *dot = strchr(word, '.');
	const struct pk_port *found = NULL;
	uint32_t id;

	if (rd_parse_u32(dot != NULL ? dot + 1 : word, 0, UINT32_MAX, &id) < 0)
		return pk_ports_find(p, word, host, err);
	for (unsigned i = 0; i < p->count; i++) {
		const struct pk_port *port = p->list[i];

		if (port->gone || port->ens != id || id == 0
			|| (host != NULL && strcmp(port->host, host) != 0))
			continue;
		if (found != NULL) {
			rd_err_set(err, -EEXIST, "%s and %s are both fast-path port %u",
				found->qname, port->qname, id);
			rd_err_hint(err, "--host NAME, or --switchport");
			return NULL;
		}
		found = port;
	}
	return found != NULL ? found : pk_ports_find(p, dot != NULL ? dot + 1 : word, host, err);
}
