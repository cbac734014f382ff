/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What waits to be sent to one client: pieces of text, some with a descriptor that travels with their first byte.
 * Control thread.
 */
#pragma once

#include <stddef.h>

struct rd_piece {
	struct rd_piece *next;
	size_t len, off;
	int fd; // -1 = none; closed with the piece
	char *text;
};

struct rd_outq {
	struct rd_piece *head, *tail;
	size_t pending; // bytes
};

// Takes text (malloc'ed) and fd, also when it fails. 0 or -ENOMEM.
int rd_outq_add(struct rd_outq *q, char *text, size_t len, int fd);
// Sends what the socket takes now. 0 (see pending) or a negative errno: the connection is of no use any more.
int rd_outq_send(struct rd_outq *q, int sock);
void rd_outq_free(struct rd_outq *q);
size_t rd_outq_total(void); // pending bytes of all queues
