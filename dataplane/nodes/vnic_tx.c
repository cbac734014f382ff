/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vnic_tx: a frame to an emulated guest vNIC. Comes from port_out, flow_install.
 * The end of the walk, but for links and answers (tx.c).
 */
#include "nodes/tx.h"

RD_TX_STAGE(VNIC_TX, vnic_tx);
