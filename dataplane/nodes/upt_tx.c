/* SPDX-License-Identifier: BSD-3-Clause
 *
 * upt_tx: a frame to a UPTv2 guest's VF. Comes from port_out, flow_install.
 * The end of the walk, but for links and answers (tx.c).
 */
#include "nodes/tx.h"

RD_TX_STAGE(UPT_TX, upt_tx);
