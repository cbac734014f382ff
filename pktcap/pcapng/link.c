/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Other links as Ethernet, see link.h. Any thread.
 */
#include "pcapng/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ETH_LEN 14u
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define COOKED_OUTGOING 4

enum link {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_RAW_OLD = 12, // what some systems write for 101
	LINK_RAW_OPENBSD = 14,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_SLL2 = 276,
};

struct name {
	uint16_t link;
	const char *name;
};

// Those that people come with; the rest is named by number.
static const struct name names[] = {{LINK_NULL, "NULL"}, {LINK_ETHERNET, "ETHERNET"}, {9, "PPP"},
	{LINK_RAW, "RAW"}, {105, "IEEE802_11"}, {LINK_LOOP, "LOOP"}, {LINK_SLL, "LINUX_SLL"},
	{127, "IEEE802_11_RADIOTAP"}, {147, "USER0"}, {189, "USB_LINUX"}, {192, "PPI"},
	{195, "IEEE802_15_4_WITHFCS"}, {201, "BLUETOOTH_HCI_H4_WITH_PHDR"},
	{220, "USB_LINUX_MMAPPED"}, {LINK_IPV4, "IPV4"}, {LINK_IPV6, "IPV6"}, {239, "NFLOG"},
	{247, "INFINIBAND"}, {253, "NETLINK"}, {LINK_SLL2, "LINUX_SLL2"}};

const char *rd_link_name(uint16_t link_type)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].link == link_type)
			return names[i].name;
	}
	return "unknown";
}

void rd_link_free(struct rd_link *l)
{
	if (l == NULL)
		return;
	free(l->bytes);
	memset(l, 0, sizeof(*l));
}

struct head { // what is to become the Ethernet header
	uint8_t eth[ETH_LEN];
	uint32_t skip; // bytes of the frame that it stands for
};

static void put_type(struct head *h, uint16_t type)
{
	h->eth[12] = (uint8_t)(type >> 8);
	h->eth[13] = (uint8_t)type;
}

// By the version in the first byte behind the link's own header.
static int put_ip(struct head *h, const struct rd_pcapng_packet *p)
{
	uint8_t version = p->cap_len > h->skip ? p->bytes[h->skip] >> 4 : 0;

	if (version != 4 && version != 6)
		return -ENOTSUP;
	put_type(h, version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
	return 0;
}

// What cooked frames say: the sender's address (of up to 8 bytes; 6 are Ethernet's), the type, and who sent it.
static int put_cooked(struct head *h, struct rd_pcapng_packet *p, bool second)
{
	const uint8_t *b = p->bytes;
	unsigned kind, addr_len;

	h->skip = second ? 20 : 16;
	if (p->cap_len < h->skip)
		return -ENOTSUP;
	kind = second ? b[10] : (unsigned)b[0] << 8 | b[1];
	addr_len = second ? b[11] : (unsigned)b[4] << 8 | b[5];
	if (addr_len == 6)
		memcpy(h->eth + 6, b + (second ? 12 : 6), 6);
	memcpy(h->eth + 12, b + (second ? 0 : 14), 2);
	if ((p->has & RD_PCAPNG_HAS_FLAGS) == 0) {
		p->has |= RD_PCAPNG_HAS_FLAGS;
		p->flags = kind == COOKED_OUTGOING ? RD_PCAPNG_DIR_OUT : RD_PCAPNG_DIR_IN;
	}
	return 0;
}

static int make_head(struct head *h, uint16_t link_type, struct rd_pcapng_packet *p)
{
	switch (link_type) {
	case LINK_NULL:
	case LINK_LOOP:
		h->skip = 4; // an address family, whose numbers differ between systems
		return put_ip(h, p);
	case LINK_RAW:
	case LINK_RAW_OLD:
	case LINK_RAW_OPENBSD:
	case LINK_IPV4:
	case LINK_IPV6:
		return put_ip(h, p);
	case LINK_SLL:
		return put_cooked(h, p, false);
	case LINK_SLL2:
		return put_cooked(h, p, true);
	default:
		return -ENOTSUP;
	}
}

int rd_link_to_ethernet(struct rd_link *l, uint16_t link_type, struct rd_pcapng_packet *p)
{
	struct head h = {0};
	size_t rest;
	int rc;

	if (link_type == LINK_ETHERNET)
		return 0;
	rc = make_head(&h, link_type, p);
	if (rc < 0)
		return rc;
	rest = p->cap_len - h.skip;
	if (ETH_LEN + rest > l->cap) {
		uint8_t *bytes = realloc(l->bytes, ETH_LEN + rest);

		if (bytes == NULL)
			return -ENOMEM;
		l->bytes = bytes;
		l->cap = ETH_LEN + rest;
	}
	memcpy(l->bytes, h.eth, ETH_LEN);
	memmove(l->bytes + ETH_LEN, p->bytes + h.skip, rest);
	p->wire_len = (p->wire_len > p->cap_len ? p->wire_len : p->cap_len) - h.skip;
	p->wire_len += p->wire_len <= UINT32_MAX - ETH_LEN ? ETH_LEN : 0;
	p->cap_len = (uint32_t)(ETH_LEN + rest);
	p->bytes = l->bytes;
	return 0;
}
