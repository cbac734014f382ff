/* SPDX-License-Identifier: BSD-3-Clause
 *
 * reddotd's command line. Main thread.
 */
#pragma once

#include <sys/types.h>

#include "control/eal.h"
#include "core/worker.h"

#define RD_FILES_MAX 64

struct rd_options {
	const char *file[RD_FILES_MAX];
	unsigned nb_files;
	char socket[256];
	char state
		[256]; // what outlives the daemon (mirror/session/store.h); "" = beside the socket
	mode_t socket_mode;
	struct rd_eal_opts eal;
	struct rd_core_opts core;
	const char *metrics; // [ADDRESS:]PORT; NULL = none
	bool test;
	int ready_fd; // -1 = none
};

// 0; 1 when --help or --version has been printed; negative after an error has been printed.
int rd_options_parse(struct rd_options *o, int argc, char **argv);
