/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions of a group (`once`) send a packet to a collector once: the first copy that comes to the owner is sent, whichever session's it
 * is and the device takes. What the device does not take was not sent: another copy of the packet goes in its place. Worker 0 only.
 */
#pragma once

#include "session/run.h"

enum mirror_once {
	MIRROR_ONCE_FIRST, // nobody of the group has sent the packet to this collector; from now on it waits for the device
	MIRROR_ONCE_WAITS, // one waits for the device: ask again when that has been settled
	MIRROR_ONCE_SENT,
};

enum mirror_once mirror_once_ask(const struct mirror_copy *c, unsigned which);
void mirror_once_settle(void); // the device was asked for all that wait
void mirror_once_forget(
	const struct mirror_copy *c, unsigned which); // ... and did not take this one
