/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the writer and the reader of pcapng files share: numbers of the format (draft-ietf-opsawg-pcapng) and the
 * structs that describe a section, an interface, a packet and an interface's statistics. Callers:
 * pktcap's output, the walk's replay, tests. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RD_PCAPNG_SHB 0x0a0d0d0au
#define RD_PCAPNG_IDB 1u
#define RD_PCAPNG_SPB 3u
#define RD_PCAPNG_ISB 5u
#define RD_PCAPNG_EPB 6u
#define RD_PCAPNG_MAGIC 0x1a2b3c4du

#define RD_PCAPNG_LINK_ETHERNET 1
// Private enterprise number of our custom options. A placeholder (the largest 32-bit number is reserved
// in the IANA registry) until one is granted; this line is the only place to change. docs/man/pcapng-metadata.5.scd
#define RD_PCAPNG_PEN 0xffffffffu

enum rd_pcapng_opt {
	RD_PCAPNG_OPT_END = 0,
	RD_PCAPNG_OPT_COMMENT = 1,
	RD_PCAPNG_OPT_CUSTOM_TEXT = 2988, // UTF-8, survives copying
	RD_PCAPNG_SHB_HARDWARE = 2,
	RD_PCAPNG_SHB_OS = 3,
	RD_PCAPNG_SHB_USERAPPL = 4,
	RD_PCAPNG_IF_NAME = 2,
	RD_PCAPNG_IF_DESCRIPTION = 3,
	RD_PCAPNG_IF_TSRESOL = 9,
	RD_PCAPNG_IF_FILTER = 11,
	RD_PCAPNG_IF_TSOFFSET = 14,
	RD_PCAPNG_EPB_FLAGS = 2,
	RD_PCAPNG_EPB_DROPCOUNT = 4,
	RD_PCAPNG_EPB_PACKETID = 5,
	RD_PCAPNG_EPB_QUEUE = 6,
	RD_PCAPNG_ISB_STARTTIME = 2,
	RD_PCAPNG_ISB_ENDTIME = 3,
	RD_PCAPNG_ISB_IFRECV = 4,
	RD_PCAPNG_ISB_IFDROP = 5,
	RD_PCAPNG_ISB_FILTERACCEPT = 6,
	RD_PCAPNG_ISB_USRDELIV = 8,
};

enum rd_pcapng_dir { // epb_flags bits 0-1
	RD_PCAPNG_DIR_NONE = 0,
	RD_PCAPNG_DIR_IN = 1,
	RD_PCAPNG_DIR_OUT = 2,
};

struct rd_pcapng_section { // texts may be NULL
	const char *hardware, *os, *userappl, *comment;
	const char *json; // custom option
};

struct rd_pcapng_iface { // texts may be NULL
	const char *name, *description, *filter;
	uint32_t snaplen; // 0 = no limit
	uint16_t link_type; // RD_PCAPNG_LINK_ETHERNET
};

enum rd_pcapng_has { // which optional fields of a packet are there
	RD_PCAPNG_HAS_FLAGS = 1 << 0,
	RD_PCAPNG_HAS_PACKETID = 1 << 1,
	RD_PCAPNG_HAS_QUEUE = 1 << 2,
	RD_PCAPNG_HAS_DROPCOUNT = 1 << 3,
};

struct rd_pcapng_packet {
	const uint8_t *bytes;
	uint64_t ns; // since the epoch
	uint64_t packet_id, dropcount;
	const char *comment; // NULL if none; the first of several
	const char *json; // custom option with our PEN, NULL if none
	uint32_t iface; // counts over the whole file, not per section
	uint32_t cap_len, wire_len;
	uint32_t flags; // epb_flags
	uint32_t queue;
	uint32_t has; // enum rd_pcapng_has
};

struct rd_pcapng_stats {
	uint64_t start_ns, end_ns; // 0 = unknown
	uint64_t received, dropped, accepted, delivered;
	const char *comment; // NULL if none; written, not read
	uint32_t iface;
};
