/* SPDX-License-Identifier: BSD-3-Clause
 *
 * summarize-dvfilter: what stands in the way of guests' packets, in ESXi's layout: world, port, slot. Here that is one filter at most, the
 * distributed firewall, without a service VM: so only the names and the slots differ from port to port.
 */
#include "cmds/vendor.h"

#define SLOT 2 // the firewall's

bool rd_vendor_is_guest(const json_t *port)
{
	const char *type = rd_item_str(port, "type");

	return strcmp(type, "vnic") == 0 || strcmp(type, "upt") == 0;
}

// "4241327" of a port labelled "4241327:vm.eth0"; else its id.
static void world_of(const json_t *port, char *buf, size_t len)
{
	const char *label = rd_item_str(port, "used_by"), *colon = strchr(label, ':');
	size_t world = colon != NULL ? (size_t)(colon - label) : 0;

	if (world > 0 && strspn(label, "0123456789") == world)
		snprintf(buf, len, "%.*s", (int)world, label);
	else
		snprintf(buf, len, "%lld", (long long)rd_item_int(port, "id"));
}

void rd_vendor_filter_name(const json_t *port, char *buf, size_t len)
{
	const char *label = rd_item_str(port, "used_by"), *eth = strstr(label, ".eth");
	char world[64];

	world_of(port, world, sizeof(world));
	snprintf(buf, len, "nic-%s-%.8s-vmware-sfw.%d", world,
		eth != NULL && strchr(label, ':') != NULL ? eth + 1 : "eth0", SLOT);
}

static json_t *filter_item(const json_t *port)
{
	char name[96];

	rd_vendor_filter_name(port, name, sizeof(name));
	return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "slot", SLOT, "name", name,
		"agentName", "vmware-sfw", "state", "IOChain Attached", "vmState", "Detached",
		"failurePolicy", "failClosed", "slowPathID", "none", "filter source",
		"Dynamic Filter Creation");
}

static json_t *item_of(const json_t *port)
{
	const char *label = rd_item_str(port, "used_by"), *colon = strchr(label, ':');
	const char *vm = rd_item_str(port, "vm");
	json_t *filters = json_array();
	char world[64];

	world_of(port, world, sizeof(world));
	if (json_is_true(json_object_get(port, "firewall")))
		json_array_append_new(filters, filter_item(port));
	return json_pack("{s:s,s:s,s:O,s:O,s:s,s:o}", "world", world, "vm",
		vm[0] != '\0' ? vm : rd_item_str(port, "name"), "port",
		json_object_get(port, "qname"), "id", json_object_get(port, "id"), "client",
		colon != NULL ? colon + 1 : label, "filters", filters);
}

static void put_filter(FILE *out, const json_t *filter)
{
	const char *key;
	json_t *value;

	fprintf(out, "  vNic slot %lld\n", (long long)rd_item_int(filter, "slot"));
	json_object_foreach ((json_t *)(uintptr_t)filter, key, value)
		if (json_is_string(value))
			fprintf(out, "   %s: %s\n", key, json_string_value(value));
}

static void put_item(FILE *out, const json_t *item, const char *world)
{
	const json_t *filters = json_object_get(item, "filters");

	if (strcmp(world, rd_item_str(item, "world")) != 0)
		fprintf(out, "world %s vmm0:%s\n", rd_item_str(item, "world"),
			rd_item_str(item, "vm"));
	fprintf(out, " port %lld %s\n", (long long)rd_item_int(item, "id"),
		rd_item_str(item, "client"));
	for (size_t i = 0; i < json_array_size(filters); i++)
		put_filter(out, json_array_get(filters, i));
}

static int by_world(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int d = strcmp(rd_item_str(x, "world"), rd_item_str(y, "world"));

	return d != 0 ? d : strcmp(rd_item_str(x, "port"), rd_item_str(y, "port"));
}

// The ports of a world together.
static json_t *items_of(const json_t *ports)
{
	size_t n = 0, max = json_array_size(ports);
	json_t **item = calloc(max + 1, sizeof(item[0])), *list = json_array();

	for (size_t i = 0; item != NULL && i < max; i++)
		if (rd_vendor_is_guest(json_array_get(ports, i)))
			item[n++] = item_of(json_array_get(ports, i));
	if (n > 0)
		qsort(item, n, sizeof(item[0]), by_world);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, item[i]);
	free(item);
	return list;
}

static int summarize(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *ports = rd_cli_fetch(cli, "port.list", NULL, err), *list;
	const char *world = "";

	(void)args;
	if (ports == NULL)
		return err->code;
	list = items_of(ports);
	if (rd_cli_is_json(cli))
		rd_cli_put_json(cli, list);
	for (size_t i = 0; !rd_cli_is_json(cli) && i < json_array_size(list); i++) {
		put_item(rd_cli_out(cli), json_array_get(list, i), world);
		world = rd_item_str(json_array_get(list, i), "world");
	}
	json_decref(list);
	json_decref(ports);
	return 0;
}

static const struct rd_cmd cmds[] = {
	{"summarize-dvfilter", "ESXi's list of the filters at guests' ports", "port.list", NULL,
		summarize},
};
const struct rd_cmd_set rd_cmds_dvfilter = RD_CMD_SET(cmds);
