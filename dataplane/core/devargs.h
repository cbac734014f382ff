/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What can be read out of the text that names a device: "net_af_packet0,iface=veth0,framesz=4096". Control thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The value of KEY=VALUE; out may be NULL with size 0. Its length, -ENOENT, or -ENAMETOOLONG when out is too small.
int rd_devargs_get(const char *devargs, const char *key, char *out, size_t size);
bool rd_devargs_is_pci(const char *devargs); // "0000:3b:00.0", "3b:00.0", with arguments or without
// Whether the text names this driver: "net_tap0,..." for "net_tap".
bool rd_devargs_is(const char *devargs, const char *driver);
// The largest frame that an AF_PACKET ring holds (framesz), 0 for other devices.
uint32_t rd_devargs_frame_size(const char *devargs);
// A daemon that was killed leaves its vhost-user sockets: one that nobody listens at is removed, so that the driver
// can make it again.
void rd_devargs_remove_stale_socket(const char *devargs);
// The text with the driver's own argument for so many queues, where it has one and it is not there yet: qpairs= of AF_PACKET,
// queues= of vhost-user. 0 or -ENAMETOOLONG.
int rd_devargs_with_queues(const char *devargs, unsigned queues, char *out, size_t size);
