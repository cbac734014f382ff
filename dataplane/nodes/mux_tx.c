/* SPDX-License-Identifier: BSD-3-Clause
 *
 * mux_tx: a frame to the host through the DPU's MUX port. Comes from port_out, flow_install.
 * The end of the walk, but for links and answers (tx.c).
 */
#include "nodes/tx.h"

RD_TX_STAGE(MUX_TX, mux_tx);
