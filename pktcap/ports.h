/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What pktcap knows of the daemon's ports: a copy of port.list, fetched at start and again when a record names a
 * port that is not in it. Main thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/client.h"

struct pk_port {
	uint32_t id;
	uint32_t ens; // its number in the flow cache, 0 = none
	uint16_t idx;
	char name[64], host[64], qname[132];
	char type[16]; // "uplink", ...; or the two that no daemon has:
#define PK_PORT_COPY "copy" // who sent mirrored packets
#define PK_PORT_NETDEV "netdev" // a kernel's interface
	char mac[18], used_by[64], admin[8], link[8];
	char bypass[132]; // who really carries the traffic; "" = this port
	uint32_t bypass_id;
	bool has_device;
	uint64_t stages; // bit per enum rd_stage
	bool gone; // not in the newest list: records may still name it
};

#define PK_PORTS_QUICK 1024u

struct pk_ports {
	struct pk_port **list; // entries stay where they are
	unsigned count;
	const struct pk_port *by_idx[PK_PORTS_QUICK]; // the newest port of an index, for records
	char default_host[64];
	bool many_hosts;
};

// Fetches the list, keeping what is known. 0 or a negative errno with *err.
int pk_ports_load(struct pk_ports *p, struct rd_client *c, struct rd_err *err);
void pk_ports_free(struct pk_ports *p);

// The port was added to the list: records find it at once.
void pk_ports_note(struct pk_ports *p, const struct pk_port *port);
// By index and id, as records name ports; NULL if unknown.
const struct pk_port *pk_ports_by_rec(const struct pk_ports *p, uint16_t idx, uint32_t id);
// By decimal id, HOST/NAME or NAME; a bare name means that of `host` (NULL = the default host), else the only one. NULL
// with *err.
const struct pk_port *pk_ports_find(
	const struct pk_ports *p, const char *name, const char *host, struct rd_err *err);
// By fast-path number, [SWITCH.]ENS, else as above.
const struct pk_port *pk_ports_find_fcport(
	const struct pk_ports *p, const char *word, const char *host, struct rd_err *err);
// By the name of its firewall, nic-WORLD-ethN-vmware-sfw.2, else as above.
const struct pk_port *pk_ports_find_dvfilter(
	const struct pk_ports *p, const char *filter, const char *host, struct rd_err *err);
// Whether it is a vNIC of the VM, or the vNIC: "NAME", "NAME.ethN". Any of them, for one vNIC can have a port on each host.
bool pk_port_is_vm(const struct pk_port *port, const char *vm);
// The shortest name that a person can't mistake: with the host when there are several.
const char *pk_port_label(const struct pk_ports *p, const struct pk_port *port);
