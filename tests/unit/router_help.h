/* SPDX-License-Identifier: BSD-3-Clause
 *
 * For tests of tables/router: addresses from text, and a router with two interfaces.
 */
#pragma once

#include "tables/router.h"

#include "tables_help.h"

extern const uint8_t help_router_mac[6];

// "10.1.0.1/24" or "fd00::1/64"; without a length the family's.
struct rd_rif_addr help_addr(const char *text);
// Segments v1 to v<nb> (VLANs of x86/DvsPortset-1) beside those of help_setup, and router r on x86.
int help_router_setup(void **state);
// Options of an interface on this segment with up to two addresses (NULL: none).
struct rd_rif_opts help_rif_opts(const char *segment, const char *a, const char *b);
// Adds it to router r or fails the test; returns its index.
uint16_t help_rif(const char *name, const char *segment, const char *a, const char *b);
uint16_t help_router(void); // r
// A route of r; kind VIA if there are next hops.
struct rd_route help_route(const char *prefix, enum rd_route_kind kind, const char *via);
