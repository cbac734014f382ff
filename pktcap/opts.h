/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pktcap's command line. Parsed once by main(); the texts belong to argv, but for `filter`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bounds.h"
#include "sample.h"
#include "terms.h"

#define PK_SNAPLEN_MAX 262144u
#define PK_MAX_SELECT 64

#define PK_DECAP_MAX 8u // tunnels in tunnels

enum pk_style { // whose options and whose text
	PK_NATIVE = 1, // tcpdump's letters
	PK_COMPAT = 2, // pktcap-uw's
};

enum pk_mode {
	PK_CAPTURE,
	PK_LIST_POINTS, // -A
	PK_LIST_FUNCTIONS, // -F
	PK_LIST_PORTS, // -D
	PK_SESSION_LIST, // list
	PK_SESSION_SHOW, // show NAME
	PK_SESSION_STOP, // stop NAME
	PK_HELP,
	PK_VERSION,
	PK_DUMP_OPTIONS,
	PK_DUMP_MAN,
};

enum pk_format {
	PK_FORMAT_AUTO,
	PK_FORMAT_PCAP,
	PK_FORMAT_PCAPNG,
};

enum pk_meta { // what a pcapng record carries besides the bytes
	PK_META_AUTO,
	PK_META_NONE,
	PK_META_LEAN, // direction, packet id, queue, losses
	PK_META_FULL, // and comment and JSON
};

enum pk_comment {
	PK_COMMENT_AUTO,
	PK_COMMENT_NONE,
	PK_COMMENT_DECISIONS, // drops, misses, encapsulation, firewall rules
	PK_COMMENT_ALL,
};

enum pk_compress {
	PK_COMPRESS_NONE,
	PK_COMPRESS_ZSTD,
};

enum pk_side { // --stage
	PK_SIDE_AUTO,
	PK_SIDE_PRE, // nearer the wire or the guest
	PK_SIDE_POST, // after the switch has processed it
};

enum pk_dir { // --dir; bits
	PK_DIR_RX = 1, // into the switch
	PK_DIR_TX = 2,
	PK_DIR_BOTH = 3,
};

enum pk_select_kind {
	PK_SELECT_ANY, // -i NAME: any port, or a point
	PK_SELECT_UPLINK,
	PK_SELECT_SWITCHPORT,
	PK_SELECT_VMK,
	PK_SELECT_FCPORT,
	PK_SELECT_DVFILTER,
	PK_SELECT_VM,
};

struct pk_select { // one port that was asked for
	enum pk_select_kind kind;
	const char *name;
};

struct pk_opts {
	enum pk_style style;
	enum pk_mode mode;
	struct pk_select select[PK_MAX_SELECT];
	unsigned nb_select;
	const char *capture; // "STAGE[@PORT],..."; NULL = by port, direction and side
	const char *function; // -f STAGE, of points that take one
	struct pk_drops drops; // --drop; capture is "drop" then
	enum pk_dir dir;
	enum pk_side side;
	bool trace; // print walks
	bool follow;
	bool summary; // count walks instead of printing them
	const char *diff; // with the walks, the bytes that this hop changed; NULL = none
	struct pk_sample_rule sample;
	bool inner_only, outer_only;
	bool console, json;
	unsigned decap; // strip so many tunnels, 0 = none
	const char *netdev; // a kernel's interface instead of a daemon
	bool report; // of --decap, instead of packets
	const char *sent, *sent_before; // files with the sender's counters, NULL = none
	bool source_time; // the source's times instead of ours
	bool from_reddot; // ERSPAN's index, hardware id and security group are ours
	uint64_t geneve_class; // of our options, 0 = the default
	unsigned verbose, hex, ascii, stamp; // how often -v, -x, -X, -t were given
	bool quiet, absolute, micro;
	bool unverified; // -K: checksums are not looked at
	bool each_line, each_packet; // -l, -U: write without collecting
	uint64_t count; // 0 = no limit
	uint32_t snaplen;
	uint64_t ring_size; // bytes per worker, 0 = the daemon's default
	const char *infile; // replay this instead of asking the daemon; "-" = stdin
	const char *outfile; // "-" = stdout
	struct pk_session_opts session;
	struct pk_trigger_opts trigger;
	struct pk_rotate_opts rotate;
	uint64_t last_drops; // so many of the daemon's record instead of a capture; 0 = no
	enum pk_format format;
	enum pk_meta meta;
	enum pk_comment comment;
	enum pk_compress compress;
	const char *socket;
	const char *host;
	struct pk_terms terms; // filter options
	unsigned nb_words; // of the filter that were written as such
	bool dir_given;
	uint64_t server_port; // -p, of the banner
	char *filter; // owned, with the terms; "" = none
};

// 0, or -EINVAL with what to say in *err. pk_opts_free() in any case.
int pk_opts_parse(struct pk_opts *o, int argc, char **argv, struct rd_err *err);
void pk_opts_free(struct pk_opts *o);
// To stdout, from the table of options (options.h): the help text, the shell's list, the sections of the manual page.
void pk_print_help(enum pk_style style);
void pk_print_options(enum pk_style style);
void pk_print_man(enum pk_style style);
