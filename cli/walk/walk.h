/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The walk commands of reddot: what a capture of all stages tells about single packets. Linked into reddot only
 * (the daemon does not need it); main calls rd_walk_register() after rd_cmds_register(). One thread.
 */
#pragma once

#include "engine/cli.h"

#include <stdio.h>

struct rd_args;

// The command `walk` (follow.c).
int rd_walk_follow(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);
// Adds `walk` and `walk report FILE`. 0 or a negative errno.
int rd_walk_register(struct rd_cli *cli);
// Its keys, commands and settings as sections of a manual page.
void rd_walk_dump_scdoc(FILE *to);
