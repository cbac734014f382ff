/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Conversations for the random traffic: TCP segments with numbers that belong together, and ICMP errors about packets. All data are
 * the same few bytes after the SYN, sent again and again, so that every segment is inside every window. See semantics.h.
 */
#include "semantics.h"

#include <string.h>

#define TALKS 16
#define FIN 1
#define SYN 2
#define RST 4
#define ACK 16

static const uint32_t isn[2] = {1000, 500000}; // 0: the client, who has the high port

static struct talk {
	unsigned phase; // 1: there was a SYN, 2: and its answer
	uint32_t top[2]; // the highest number that each side has sent
} talks[TALKS];

void sem_talk_begin(void)
{
	for (unsigned i = 0; i < TALKS; i++)
		talks[i] = (struct talk){.top = {isn[0], isn[1]}};
}

static uint8_t some_flags(const struct talk *t, unsigned side)
{
	static const uint8_t odd[] = {0, FIN, SYN | FIN, SYN | RST, FIN | RST | ACK, 8};
	unsigned r = sem_rnd(100);

	if (r < 7)
		return FIN | ACK;
	if (r < 11)
		return r < 9 ? RST : RST | ACK;
	if (r < 14)
		return side == 0 ? SYN : SYN | ACK;
	if (r < 16)
		return odd[sem_rnd(RTE_DIM(odd))];
	if (side == 0 && t->phase == 0)
		return SYN;
	if (side == 1 && t->phase == 1)
		return SYN | ACK;
	return (uint8_t)(ACK | sem_rnd(2) * 8); // PSH
}

static void numbers(const struct talk *t, unsigned side, struct sem_pkt *k)
{
	bool first = (k->flags & SYN) != 0;

	k->seq = first ? isn[side] : isn[side] + 1;
	if ((k->flags & RST) && sem_chance(70))
		k->seq = t->top[side];
	if (k->flags & ACK)
		k->ack = first || sem_chance(40) ? isn[!side] + 1 : t->top[!side];
	if (first && sem_chance(80))
		k->payload = 0;
}

void sem_talk(unsigned n, struct sem_pkt *k)
{
	unsigned side = k->sport < 40000;
	struct talk *t = &talks[n % TALKS];
	uint32_t end;

	k->flags = ACK;
	if (k->proto != 6)
		return;
	k->flags = some_flags(t, side);
	numbers(t, side, k);
	end = k->seq + k->payload + (k->flags & FIN) + (k->flags >> 1 & 1);
	if (end > t->top[side] && (k->flags & RST) == 0)
		t->top[side] = end;
	if (k->flags & SYN)
		t->phase = side + 1;
	if ((k->flags & (RST | FIN)) && sem_chance(30))
		*t = (struct talk){.top = {isn[0], isn[1]}};
}

// k becomes an error about what its receiver has sent, mostly.
void sem_complain(struct sem_pkt *k)
{
	struct sem_quote *q = &k->quote;

	q->proto = k->proto;
	memcpy(q->src, k->dst, 16);
	memcpy(q->dst, k->src, 16);
	q->sport = k->dport;
	q->dport = k->sport;
	if (k->proto == 1 || k->proto == 58)
		q->sport = q->dport = k->icmp_id;
	if (sem_chance(8))
		q->src[k->kind == SEM_IP4 ? 3 : 15]++;
	if (sem_chance(8))
		q->dport++;
	k->proto = k->kind == SEM_IP4 ? 1 : 58;
	k->sport = k->kind == SEM_IP4 ? (sem_chance(50) ? 3 : 11) : 1 + sem_rnd(3);
	k->dport = (uint16_t)sem_rnd(4);
	k->icmp_id = 0;
	k->payload = (uint16_t)(sem_chance(10) ? sem_rnd(50) : 48 + sem_rnd(60));
}
