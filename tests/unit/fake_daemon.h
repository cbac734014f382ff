/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A daemon's end of the socket that plays a script, for the tests of the client library: hello,
 * then one answer per request. It runs in a thread of the test.
 */
#pragma once

#include <pthread.h>

struct answer {
	const char *text; // sent as it is; NULL = close the connection
	int with_fd; // send a descriptor with the text
	int split; // send it in pieces of this size, 0 = at once
};

struct fake_daemon {
	char dir[64], path[96];
	const struct answer *answers; // the first is for hello; ends with {NULL}
	int listen_fd;
	pthread_t thread;
};

#define HELLO_OK "{\"id\":1,\"result\":{\"version\":1,\"daemon\":\"reddotd\"}}\n"

void fake_daemon_start(struct fake_daemon *d, const struct answer *answers);
void fake_daemon_stop(struct fake_daemon *d); // waits until the client has hung up
