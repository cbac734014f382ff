/* SPDX-License-Identifier: BSD-3-Clause
 *
 * No answers to copies, see quiet.h. Main thread.
 */
#include "quiet.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint16_t ports[] = {4789, 8472, 6081, 37008}; // VXLAN, its old one, Geneve, TZSP

// The socket is there, but nothing is ever queued: memory and time for bytes that are captured elsewhere.
static int take_nothing(int fd)
{
	struct sock_filter nothing = {.code = 0x06, .k = 0}; // BPF_RET | BPF_K
	struct sock_fprog program = {.len = 1, .filter = &nothing};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static void add(struct pk_quiet *q, int family, int type, int protocol, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	const struct sockaddr *addr =
		family == AF_INET ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
	socklen_t len = family == AF_INET ? sizeof(v4) : sizeof(v6);
	int fd = socket(family, type | SOCK_CLOEXEC, protocol), one = 1;

	if (fd < 0)
		return;
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)); // else bind says so
	if (take_nothing(fd) < 0 || (port != 0 && bind(fd, addr, len) < 0)) {
		close(fd);
		return;
	}
	q->fds[q->count++] = fd;
}

void pk_quiet_open(struct pk_quiet *q)
{
	static const int families[] = {AF_INET, AF_INET6};

	q->count = 0;
	for (unsigned f = 0; f < 2; f++) {
		for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
			add(q, families[f], SOCK_DGRAM, 0, ports[i]);
		add(q, families[f], SOCK_RAW, IPPROTO_GRE, 0);
	}
}

void pk_quiet_close(struct pk_quiet *q)
{
	while (q->count > 0)
		close(q->fds[--q->count]);
}
