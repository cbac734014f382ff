/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The consumer of a session's capture rings: pktcap, one thread. Offsets and sizes are taken from
 * the header once, checked and kept in private memory; every record's lengths are checked before it
 * is handed out.
 */
#include "api/capring.h"

#include "api/capring_map.h"
#include "api/capring_sum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOW_PART \
	64 // of the ring is read before the producer gets it back, unless it is empty then

struct ring {
	struct rd_capring_ctl *ctl;
	const uint8_t *data; // mapped twice in a row
	uint64_t head; // of the producer, when last looked at
	uint64_t tail; // private truth of ctl->tail
	uint64_t shown; // what the producer was told of it
	uint64_t peeked; // bytes of the record that peek handed out, 0 if none
	bool corrupt;
};

struct rd_capring_reader {
	uint8_t *map; // header and ctl pages
	size_t map_len;
	uint64_t size;
	uint32_t nb_rings;
	int fd;
	struct ring ring[RD_CAPRING_MAX_RINGS];
};

// Errors are -EBADMSG: not a capture ring, or one whose parts lie outside the file.
static int check_header(const struct rd_capring_hdr *h, uint64_t file_len)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (h->magic != RD_CAPRING_MAGIC || h->version != RD_CAPRING_VERSION)
		return -EBADMSG;
	if (h->nb_rings == 0 || h->nb_rings > RD_CAPRING_MAX_RINGS
		|| rd_capring_size_check(h->ring_size) < 0)
		return -EBADMSG;
	if (h->ctl_off < RD_CAPRING_PAGE || h->ctl_off % RD_CAPRING_PAGE != 0
		|| h->ctl_off > file_len)
		return -EBADMSG;
	if (h->data_off % page != 0 || h->data_off > file_len
		|| h->data_off < h->ctl_off + (uint64_t)h->nb_rings * RD_CAPRING_CTL)
		return -EBADMSG;
	if (h->nb_rings * h->ring_size > file_len - h->data_off)
		return -EBADMSG;
	return 0;
}

// Only a sealed memfd can't be cut away under the mapping, which would be a SIGBUS later.
static int check_file(int fd, struct rd_capring_hdr *hdr)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0)
		return -EBADMSG;
	if ((seals & F_SEAL_SHRINK) == 0)
		return -EPERM;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (pread(fd, hdr, sizeof(*hdr), 0) != (ssize_t)sizeof(*hdr))
		return -EBADMSG;
	return check_header(hdr, (uint64_t)st.st_size);
}

static uint8_t *writable(const uint8_t *data) // munmap() and madvise() want it without const
{
	union {
		const uint8_t *in;
		uint8_t *out;
	} u = {data};

	return u.out;
}

static int map_ring(struct rd_capring_reader *r, uint32_t i, const struct rd_capring_hdr *hdr)
{
	struct ring *ring = &r->ring[i];

	ring->data = rd_capring_map_twice(
		r->fd, hdr->data_off + i * hdr->ring_size, hdr->ring_size, PROT_READ);
	if (ring->data == NULL)
		return -errno;
	rd_capring_touch(writable(ring->data), hdr->ring_size, 0, hdr->ring_size, PROT_READ);
	ring->ctl = (struct rd_capring_ctl *)(void *)(r->map + hdr->ctl_off
		+ (size_t)i * RD_CAPRING_CTL);
	ring->tail = __atomic_load_n(&ring->ctl->tail, __ATOMIC_RELAXED);
	ring->head = ring->shown = ring->tail;
	ring->corrupt = ring->tail % 16 != 0;
	r->nb_rings = i + 1;
	return 0;
}

static int map_all(struct rd_capring_reader *r, const struct rd_capring_hdr *hdr)
{
	uint8_t *map = mmap(NULL, hdr->data_off, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	int rc = 0;

	if (map == MAP_FAILED)
		return -errno;
	r->map = map;
	r->map_len = hdr->data_off;
	r->size = hdr->ring_size;
	for (uint32_t i = 0; i < hdr->nb_rings && rc == 0; i++)
		rc = map_ring(r, i, hdr);
	return rc;
}

struct rd_capring_reader *rd_capring_open(int fd)
{
	struct rd_capring_reader *r = calloc(1, sizeof(*r));
	struct rd_capring_hdr hdr;
	int rc;

	if (r == NULL) {
		if (fd >= 0)
			close(fd);
		errno = ENOMEM;
		return NULL;
	}
	r->fd = fd;
	rc = check_file(fd, &hdr);
	if (rc == 0)
		rc = map_all(r, &hdr);
	if (rc == 0)
		return r;
	rd_capring_close(r);
	errno = -rc;
	return NULL;
}

static void show(struct ring *ring)
{
	ring->shown = ring->tail;
	__atomic_store_n(&ring->ctl->tail, ring->tail, __ATOMIC_RELEASE);
}

void rd_capring_close(struct rd_capring_reader *r)
{
	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->nb_rings; i++) {
		show(&r->ring[i]); // whoever attaches next goes on where we were
		rd_capring_unmap_twice(writable(r->ring[i].data), r->size);
	}
	if (r->map != NULL)
		munmap(r->map, r->map_len);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

uint32_t rd_capring_nb_rings(const struct rd_capring_reader *r)
{
	return r->nb_rings;
}

enum rd_capring_end rd_capring_ended(const struct rd_capring_reader *r)
{
	const struct rd_capring_hdr *h = (const struct rd_capring_hdr *)(const void *)r->map;
	uint32_t why = __atomic_load_n(&h->ended, __ATOMIC_ACQUIRE);

	return why < RD_CAPRING_END_COUNT ? (enum rd_capring_end)why : RD_CAPRING_END_STOPPED;
}

// Bytes of the record if it is sound and lies in the `avail` bytes that were published, else 0.
static uint64_t check_record(const struct rd_cap_rec *rec, uint64_t avail)
{
	uint64_t rec_len, hdr_len, cap_len;

	if (avail < sizeof(*rec))
		return 0;
	rec_len = __atomic_load_n(&rec->rec_len, __ATOMIC_RELAXED);
	hdr_len = rec->hdr_len;
	cap_len = rec->cap_len;
	if (rec_len % 16 != 0 || rec_len > avail || hdr_len < sizeof(*rec)
		|| hdr_len + cap_len > rec_len)
		return 0;
	return rec->stage < RD_STAGE_MAX ? rec_len : 0;
}

// All that was known of has been read: what is new? The producer gets its room back first.
static void look(struct ring *ring)
{
	if (ring->shown != ring->tail)
		show(ring);
	ring->head = __atomic_load_n(&ring->ctl->head, __ATOMIC_ACQUIRE);
}

const struct rd_cap_rec *rd_capring_peek(struct rd_capring_reader *r, uint32_t i, int *err)
{
	struct ring *ring = &r->ring[i];
	const struct rd_cap_rec *rec;
	uint64_t avail;

	*err = 0;
	if (i >= r->nb_rings) {
		*err = -EINVAL;
		return NULL;
	}
	rec = (const struct rd_cap_rec *)(const void *)(ring->data + (ring->tail & (r->size - 1)));
	if (ring->peeked != 0)
		return rec;
	if (ring->head == ring->tail)
		look(ring);
	avail = ring->head - ring->tail;
	if (avail == 0 && !ring->corrupt)
		return NULL;
	if (!ring->corrupt && avail <= r->size)
		ring->peeked = check_record(rec, avail);
	if (ring->peeked != 0)
		return rec;
	ring->corrupt = true;
	*err = -EBADMSG;
	return NULL;
}

void rd_capring_pop(struct rd_capring_reader *r, uint32_t i)
{
	struct ring *ring;

	if (i >= r->nb_rings)
		return;
	ring = &r->ring[i];
	ring->tail += ring->peeked;
	ring->peeked = 0;
	// Not for each record: the line is the producer's, too.
	if (ring->tail - ring->shown >= r->size / SHOW_PART)
		show(ring);
}

struct rd_capring_stage rd_capring_totals(const struct rd_capring_reader *r, unsigned stage)
{
	struct rd_capring_stage sum = {0};

	for (uint32_t i = 0; i < r->nb_rings && stage < RD_STAGE_MAX; i++)
		rd_capring_stage_add(&sum, &r->ring[i].ctl->stage[stage]);
	return sum;
}

struct rd_capring_cost rd_capring_costs(const struct rd_capring_reader *r, unsigned stage)
{
	struct rd_capring_cost sum = {0};

	for (uint32_t i = 0; i < r->nb_rings && stage < RD_STAGE_MAX; i++)
		rd_capring_cost_add(&sum, &r->ring[i].ctl->cost[stage]);
	return sum;
}

struct rd_capring_stage rd_capring_sum(const struct rd_capring_reader *r)
{
	struct rd_capring_stage sum = {0};

	for (unsigned i = 0; r != NULL && i < rd_stages_count; i++) {
		struct rd_capring_stage one = rd_capring_totals(r, rd_stages[i].id);

		rd_capring_stage_add(&sum, &one);
	}
	return sum;
}

uint32_t rd_capring_one_in(const struct rd_capring_reader *r)
{
	uint32_t most = 1;

	for (uint32_t i = 0; i < r->nb_rings; i++) {
		uint32_t n = __atomic_load_n(&r->ring[i].ctl->one_in, __ATOMIC_RELAXED);

		most = n > most ? n : most;
	}
	return most;
}
