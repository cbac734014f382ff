/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What stands behind a command: "show port | match vnic | last 5". Each stage takes records (lines.h) from the one before;
 * json, refresh and no-more say how the command is run. Memory does not grow with the output. Used by run.c; one thread.
 */
#pragma once

#include "engine/lines.h"
#include "engine/tree.h"

#define RD_PIPE_STAGES 8
#define RD_PIPE_LAST_MAX 100000u // records
#define RD_PIPE_LAST_BYTES (64u << 20) // that "last" keeps

struct rd_stage;

struct rd_pipe {
	struct rd_stage *stage[RD_PIPE_STAGES];
	unsigned n;
	bool json, no_more, refresh;
	bool watch; // refresh, by --watch: JSON by line
	unsigned refresh_ms;
	FILE *to; // where the last stage writes
	bool marks; // its reader knows marks
	struct rd_lines lines; // what the command writes to
	struct rd_err fault; // of a stage while it ran
};

// Index of the first bar, tokens->n if there is none; of the last one.
unsigned rd_pipe_first(const struct rd_tokens *tokens);
unsigned rd_pipe_last(const struct rd_tokens *tokens);
// The words of stages as commands: what may follow a bar.
int rd_pipe_register(struct rd_item *tree);
// Reads the stages from the bar at tokens->v[first] on. NULL with *err and cli's blame.
struct rd_pipe *rd_pipe_parse(
	struct rd_cli *cli, const struct rd_tokens *tokens, unsigned first, struct rd_err *err);
void rd_pipe_free(struct rd_pipe *p); // NULL is fine
// Whether a stage looks at single records; whether any needs the stream below.
bool rd_pipe_filters(const struct rd_pipe *p);
// The stream that the command shall write to. NULL with *err.
FILE *rd_pipe_open(struct rd_pipe *p, FILE *to, bool marks, struct rd_err *err);
// Closes the stream; what the stages kept goes to `to`.
int rd_pipe_close(struct rd_pipe *p, FILE *stream, struct rd_err *err);

// For pipe.c and pipe_stage.c.
struct rd_stage_ops {
	int (*open)(struct rd_stage *s, struct rd_err *err); // may be NULL
	void (*record)(struct rd_stage *s, const char *text, size_t len, unsigned flags);
	void (*end)(struct rd_stage *s); // may be NULL
	void (*free)(struct rd_stage *s); // may be NULL
};

struct rd_stage {
	const struct rd_stage_ops *ops;
	const char *word;
	struct rd_pipe *pipe;
	struct rd_stage *next; // NULL: the output
};

// Gives a record to the stage behind s.
void rd_stage_pass(struct rd_stage *s, const char *text, size_t len, unsigned flags);
struct rd_stage *rd_stage_match(const char *expression, bool invert, struct rd_err *err);
struct rd_stage *rd_stage_count(void);
struct rd_stage *rd_stage_last(size_t n);
struct rd_stage *rd_stage_save(char *path); // path is the stage's then
