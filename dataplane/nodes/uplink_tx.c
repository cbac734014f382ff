/* SPDX-License-Identifier: BSD-3-Clause
 *
 * uplink_tx: a frame to the wire, or to the tier that a link joins. Comes from uplink_select,
 * flow_install. The end of the walk, but for links and answers (tx.c).
 */
#include "nodes/tx.h"

RD_TX_STAGE(UPLINK_TX, uplink_tx);
