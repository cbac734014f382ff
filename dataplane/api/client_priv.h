/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What client.c and client_connect.c share. Nobody else includes it.
 */
#pragma once

#include "api/client.h"
#include "api/msg.h"

#include <stdbool.h>

struct rd_client {
	int fd;
	int arrived_fd; // received, not yet claimed by a result; -1 if none
	int result_fd; // of the last result; -1 if none
	bool dead; // the stream ended or is out of step
	json_int_t last_id;
	// The request that would end the running one; sent by rd_client_cancel(), perhaps in a signal handler.
	json_int_t cancel_id;
	char cancel[96];
	size_t cancel_len;
	bool can_cancel, cancelled; // atomic: it may be sent; it was
	bool (*stopped)(void); // may be NULL
	struct rd_msg_reader in;
	json_t *hello;
};

// Connects the socket; -1 with *err saying what to try.
int rd_client_connect(const char *path, struct rd_err *err);
