/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Advice on filters, see lint.h. Main thread.
 */
#include "lint.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define WORDS 256
#define WORD_LEN 64
#define VALUES 2 // a packet has two ends

struct lint {
	char word[WORDS][WORD_LEN];
	unsigned count;
	char *buf;
	size_t size, len;
};

#define say(l, ...) rd_str_addf((l)->buf, (l)->size, &(l)->len, __VA_ARGS__)

static bool is_in(const char *word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

// Words, parentheses and "!"; what is in brackets is arithmetic and left out. false: too long to say anything.
static bool split(struct lint *l, const char *s)
{
	while (*s != '\0') {
		size_t n = strcspn(s, " \t\n()![]&|=<>+*");

		if (n >= WORD_LEN || l->count == WORDS)
			return false;
		if (n == 0 && (*s == '(' || *s == ')' || *s == '!'))
			n = 1;
		else if (n == 0 && (strncmp(s, "&&", 2) == 0 || strncmp(s, "||", 2) == 0))
			n = 2;
		if (n == 0) {
			s += *s == '[' ? strcspn(s, "]") : 1;
			continue;
		}
		memcpy(l->word[l->count], s, n);
		l->word[l->count++][n] = '\0';
		s += n;
	}
	return true;
}

static bool is_address(const char *word)
{
	uint8_t bytes[16], len, mac[6];
	int family;

	if (strpbrk(word, ".:") == NULL)
		return false;
	return rd_parse_mac(word, mac) == 0
		|| (rd_parse_prefix(word, &family, bytes, &len) == 0 && family != 0);
}

static const char *address_word(const char *word)
{
	uint8_t mac[6];

	if (rd_parse_mac(word, mac) == 0)
		return "ether host";
	return strchr(word, '/') != NULL ? "net" : "host";
}

// An address takes the qualifier before it, or that of the address before it: "host A or B".
static bool is_qualified(const struct lint *l, unsigned at)
{
	static const char *const good[] = {"host", "net", "src", "dst", "gateway", "mask", "addr1",
		"addr2", "addr3", "addr4", "ra", "ta", NULL};
	static const char *const glue[] = {"and", "or", "&&", "||", "not", "!", "(", NULL};

	while (at-- > 0) {
		if (is_in(l->word[at], good))
			return true;
		if (!is_in(l->word[at], glue) && !is_address(l->word[at]))
			return false;
	}
	return false;
}

static void lint_addresses(struct lint *l)
{
	for (unsigned i = 0; i < l->count; i++)
		if (is_address(l->word[i]) && !is_qualified(l, i))
			say(l, "%s alone is not an address to look for; write: %s %s\n", l->word[i],
				address_word(l->word[i]), l->word[i]);
}

static void lint_directions(struct lint *l)
{
	for (unsigned i = 0; i < l->count; i++) {
		bool in = strcmp(l->word[i], "inbound") == 0;

		if (in || strcmp(l->word[i], "outbound") == 0)
			say(l, "a filter does not know directions: %s; write: --dir %s\n",
				l->word[i], in ? "rx" : "tx");
	}
}

struct facts { // what an expression of nothing but "and" demands; "" = nothing yet
	const char *transport, *network;
	const char *port[3][VALUES]; // source, destination, either
	const char *host[3][VALUES];
};

enum end {
	SRC,
	DST,
	EITHER,
};

static const char *const end_words[] = {"src ", "dst ", ""};

static const char *transport_of(const char *word)
{
	static const char *const names[] = {"tcp", "udp", "sctp", "icmp", "icmp6", "igmp", NULL};
	static const struct {
		unsigned number;
		const char *name;
	} numbers[] = {
		{1, "icmp"}, {2, "igmp"}, {6, "tcp"}, {17, "udp"}, {58, "icmp6"}, {132, "sctp"}};
	uint32_t n;

	for (unsigned i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], word) == 0)
			return names[i];
	if (rd_parse_u32(word, 0, 255, &n) == 0)
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			if (numbers[i].number == n)
				return numbers[i].name;
	return NULL;
}

static void demand(struct lint *l, const char **fact, const char *word)
{
	if (*fact != NULL && strcmp(*fact, word) != 0)
		say(l, "no packet is both %s and %s; write: %s or %s\n", *fact, word, *fact, word);
	*fact = word;
}

// One more value for an end of the packet: two different ones are too many, for "either" three.
static void demand_value(struct lint *l, const char *value[3][VALUES], enum end end,
	const char *what, const char *word)
{
	unsigned room = end == EITHER ? VALUES : 1, i = 0;

	while (i < room && value[end][i] != NULL && strcmp(value[end][i], word) != 0)
		i++;
	if (i < room) {
		value[end][i] = word;
		return;
	}
	say(l, "a packet has %s %s%s, not %s and %s; write: %s%s %s or %s\n",
		end == EITHER ? "two" : "one", end_words[end], what, value[end][0], word,
		end_words[end], what, value[end][0], word);
}

static void demand_network(struct lint *l, struct facts *f, const char *word)
{
	static const char *const names[] = {"ip", "ip6", "arp", "rarp", NULL};

	for (unsigned i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], word) == 0)
			demand(l, &f->network, names[i]);
	if (strcmp(word, "icmp") == 0)
		demand(l, &f->network, "ip");
	if (strcmp(word, "icmp6") == 0)
		demand(l, &f->network, "ip6");
}

static void check_ports(struct lint *l, const struct facts *f)
{
	bool any = f->port[SRC][0] != NULL || f->port[DST][0] != NULL || f->port[EITHER][0] != NULL;
	const char *without = f->transport != NULL && strncmp(f->transport, "icmp", 4) == 0
		? f->transport
		: f->network != NULL && strstr(f->network, "arp") != NULL ? f->network
									  : NULL;

	if (any && without != NULL)
		say(l, "%s has no ports; write one of them only\n", without);
}

// Behind a tunnel or a tag it is about another header: nothing from before holds.
static bool starts_anew(const char *word)
{
	static const char *const words[] = {
		"geneve", "vxlan", "vlan", "mpls", "pppoes", "gre", NULL};

	return is_in(word, words);
}

static bool is_either(const char *word)
{
	static const char *const words[] = {"or", "||", "not", "!", NULL};

	return is_in(word, words);
}

// What word i and the one before it demand. `end` is SRC or DST behind such a word.
static void take_word(struct lint *l, struct facts *f, unsigned i, enum end end)
{
	const char *word = l->word[i], *before = i > 0 ? l->word[i - 1] : "";
	uint8_t bytes[16], len;
	int family;

	if (strcmp(before, "port") == 0)
		demand_value(l, f->port, end, "port", word);
	else if (strcmp(before, "proto") == 0 && transport_of(word) != NULL)
		demand(l, &f->transport, transport_of(word));
	else if (rd_parse_prefix(word, &family, bytes, &len) == 0 && family != 0
		&& strchr(word, '/') == NULL && strpbrk(word, ".:") != NULL)
		demand_value(l, f->host, end, "host", word);
	else if (strpbrk(word, "0123456789") != word && transport_of(word) != NULL)
		demand(l, &f->transport, transport_of(word));
	demand_network(l, f, word);
}

static void lint_and(struct lint *l)
{
	struct facts f = {0};
	enum end end = EITHER;

	for (unsigned i = 0; i < l->count; i++)
		if (is_either(l->word[i]))
			return;
	for (unsigned i = 0; i < l->count; i++) {
		const char *word = l->word[i];

		if (starts_anew(word)) {
			check_ports(l, &f);
			f = (struct facts){0};
		}
		if (strcmp(word, "src") == 0 || strcmp(word, "dst") == 0)
			end = word[0] == 's' ? SRC : DST;
		else if (strcmp(word, "and") == 0 || strcmp(word, "&&") == 0)
			end = EITHER;
		else
			take_word(l, &f, i, end);
	}
	check_ports(l, &f);
}

const char *pk_lint_filter(const char *expr, char *buf, size_t size)
{
	struct lint *l = calloc(1, sizeof(*l)); // too big for a stack frame

	buf[0] = '\0';
	if (l == NULL)
		return buf;
	l->buf = buf;
	l->size = size;
	if (split(l, expr)) {
		lint_addresses(l);
		lint_directions(l);
		lint_and(l);
	}
	free(l);
	return buf;
}
