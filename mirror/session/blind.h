/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Points where no packet ever passes, so that a session there copies nothing, and says so: the edge of a port whose guest is reached
 * through another one. Control thread.
 */
#pragma once

#include "session/session.h"
#include "tables/port.h"

#define MIRROR_BLIND_TEXT (6 * RD_NAME_LEN + 160)

// Why nothing passes this stage at this port. false: something may; buf is as it was.
bool mirror_blind_at(const struct rd_port *p, unsigned stage, char *buf, size_t size);
// The first such point of the session. false: it has none.
bool mirror_blind(const struct rd_mirror *m, char *buf, size_t size);
