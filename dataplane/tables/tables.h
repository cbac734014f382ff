/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files of tables/ need from each other and nobody else does, but for rd_tables_fini(). Control thread only.
 */
#pragma once

#include "base/pkt.h"
#include "tables/names.h"
#include "tables/port.h"
#include "tables/segment.h"
#include "tables/tunnel.h"

// Frees hosts, switches, ports, segments, teps, tunnels and the fdb. No worker may run.
void rd_tables_fini(void);

extern const struct rd_kind rd_kind_switch, rd_kind_port, rd_kind_segment;
const char *rd_switch_qname(const struct rd_switch *sw, char *buf, size_t len);

// Whether frames of a segment end at such a port: it has a MAC of its own there.
static inline bool rd_port_is_access(unsigned type)
{
	return type == RD_PORT_VNIC || type == RD_PORT_UPT || type == RD_PORT_VMK;
}
// 0 when the team is up to RD_TEAM_MAX different uplinks of the host.
int rd_team_check(const uint16_t *team, unsigned nb, uint8_t host, struct rd_err *err);

// port_check.c: everything that rd_port_publish refuses.
int rd_port_check(const struct rd_port *p, const struct rd_port *old, struct rd_err *err);
// Who refers to the port, so that it can't be deleted: 0 or -EBUSY.
int rd_port_unused(const struct rd_port *p, struct rd_err *err);
// port_ids.c: fills id, ens and mac where they are 0.
int rd_port_ids(struct rd_port *p, struct rd_err *err);
// port.c
struct rd_port *rd_port_dup(const struct rd_port *p); // NULL and errno
int rd_port_new_idx(void); // -ENOSPC
void rd_port_free_idx(uint16_t idx); // nothing leads there any more: another port may get it
void rd_port_table_reset(void);
// port_publish.c: the record at p's index becomes p, the old one is retired with the answer it does not share.
void rd_port_swap(struct rd_port *p);
// mux.c: makes the hash of ports behind MUX ports again.
int rd_mux_refresh(void);
void rd_mux_fini(void);

// segment_index.c; rd_segment_refresh() without the commit.
int rd_segment_rebuild(void);
struct rd_segment *rd_segment_with(const struct rd_segment *s, const uint16_t *ports, uint16_t nb);
void rd_segment_swap(uint16_t idx, struct rd_segment *fresh);
void rd_segment_fini(void);
void rd_segment_index_fini(void);
void rd_tunnel_fini(void);
void rd_host_fini(void);

// fdb_control.c; without bumping the generation.
int rd_fdb_put(
	uint16_t segment, const uint8_t mac[6], enum rd_fdb_kind kind, bool is_tunnel, uint16_t to);
int rd_fdb_drop(uint16_t segment, const uint8_t mac[6]);
unsigned rd_fdb_purge(bool is_tunnel, uint16_t to); // all entries that lead there
