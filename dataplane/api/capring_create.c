/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Making and mapping a session's capture rings. Called by the daemon's control thread (create,
 * destroy) and, for the double mapping, by the reader.
 */
#include "api/capring.h"

#include "api/capring_map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SPILL_MAX (512u << 10) // longer than any record

static uint64_t page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

int rd_capring_size_check(uint64_t size)
{
	if (size < page_size() || size > CAPRING_SIZE_MAX || (size & (size - 1)) != 0)
		return -EINVAL;
	return 0;
}

static void touch(uint8_t *at, uint64_t len, bool writes)
{
	// Kernels before 5.14 refuse: then they come one by one.
	(void)madvise(at, len, writes ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
	for (uint64_t off = 0; writes && off < len; off += page_size())
		__atomic_store_n(at + off, 0, __ATOMIC_RELAXED);
}

// Nobody's first look at a page is to be slow: neither a fault (MAP_POPULATE makes the pages of a shared mapping for reading
// only), nor the 8 us that a virtual machine's second set of page tables was seen to take. Of the second half only what a
// record at the end of the first one reaches is ever used.
void rd_capring_touch(uint8_t *map, uint64_t size, uint64_t from, uint64_t len, int prot)
{
	uint64_t spill = size < SPILL_MAX ? size : SPILL_MAX;
	bool writes = (prot & PROT_WRITE) != 0;

	touch(map + from, len, writes);
	if (from < spill)
		touch(map + size + from, from + len < spill ? len : spill - from, writes);
}

void *rd_capring_map_twice(int fd, uint64_t off, uint64_t size, int prot)
{
	const int flags = MAP_SHARED | MAP_FIXED;
	uint8_t *map = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int saved;

	if (map == MAP_FAILED)
		return NULL;
	if (mmap(map, size, prot, flags, fd, (off_t)off) != MAP_FAILED
		&& mmap(map + size, size, prot, flags, fd, (off_t)off) != MAP_FAILED)
		return map;
	saved = errno;
	munmap(map, 2 * size);
	errno = saved;
	return NULL;
}

void rd_capring_unmap_twice(void *map, uint64_t size)
{
	if (map != NULL)
		munmap(map, 2 * size);
}

static void fill_header(
	struct rd_capring_hdr *hdr, uint32_t session, uint32_t nb_rings, uint64_t size)
{
	uint64_t page = page_size();

	*hdr = (struct rd_capring_hdr){
		.magic = RD_CAPRING_MAGIC,
		.version = RD_CAPRING_VERSION,
		.nb_rings = nb_rings,
		.session = session,
		.ring_size = size,
		.ctl_off = RD_CAPRING_PAGE,
		.data_off = (RD_CAPRING_PAGE + nb_rings * (uint64_t)RD_CAPRING_CTL + page - 1)
			& ~(page - 1),
	};
}

static int make_memfd(const struct rd_capring_hdr *hdr)
{
	off_t len = (off_t)(hdr->data_off + hdr->nb_rings * hdr->ring_size);
	int fd = memfd_create("reddot-capture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, len) < 0 || fallocate(fd, 0, 0, (off_t)hdr->data_off) < 0
		|| fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static int map_rings(struct rd_capring *r, const struct rd_capring_hdr *hdr)
{
	uint8_t *map = mmap(
		NULL, hdr->data_off, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	r->hdr = (struct rd_capring_hdr *)(void *)map;
	r->map_len = hdr->data_off;
	*r->hdr = *hdr;
	for (uint32_t i = 0; i < hdr->nb_rings; i++) {
		struct rd_capring_prod *p = &r->ring[i];

		p->data = rd_capring_map_twice(r->fd, hdr->data_off + i * hdr->ring_size,
			hdr->ring_size, PROT_READ | PROT_WRITE);
		if (p->data == NULL)
			return -errno;
		p->size = hdr->ring_size;
		p->ctl = (struct rd_capring_ctl *)(void *)(map + hdr->ctl_off
			+ (size_t)i * RD_CAPRING_CTL);
		r->nb_rings = i + 1;
	}
	return 0;
}

// The memory of the rings' bytes from `done` on, at most max of them; 0 or -errno. It is taken before a worker
// can meet a page that can't be had (SIGBUS).
static int make_pages(const struct rd_capring *r, uint64_t *done, uint64_t max)
{
	while (*done < r->nb_rings * r->hdr->ring_size && max > 0) {
		const struct rd_capring_prod *p = &r->ring[*done / r->hdr->ring_size];
		uint64_t from = *done % p->size, len = p->size - from < max ? p->size - from : max;

		if (fallocate(r->fd, 0, (off_t)(r->hdr->data_off + *done), (off_t)len) < 0)
			return -errno;
		rd_capring_touch(p->data, p->size, from, len, PROT_READ | PROT_WRITE);
		*done += len;
		max -= len;
	}
	return 0;
}

static int make(struct rd_capring *r, uint32_t session, uint32_t nb_rings, uint64_t ring_size)
{
	struct rd_capring_hdr hdr;
	int rc;

	memset(r, 0, sizeof(*r));
	r->fd = -1;
	if (nb_rings == 0 || nb_rings > RD_CAPRING_MAX_RINGS
		|| rd_capring_size_check(ring_size) < 0)
		return -EINVAL;
	fill_header(&hdr, session, nb_rings, ring_size);
	r->fd = make_memfd(&hdr);
	if (r->fd < 0)
		return r->fd;
	rc = map_rings(r, &hdr);
	if (rc < 0)
		rd_capring_destroy(r);
	return rc;
}

static struct { // rings that nobody has had yet
	struct rd_capring r;
	uint64_t done;
} spare = {.r.fd = -1};

static bool spare_fits(uint32_t nb_rings, uint64_t ring_size)
{
	const struct rd_capring_hdr *h = spare.r.hdr;

	return h != NULL && h->nb_rings == nb_rings && h->ring_size == ring_size;
}

bool rd_capring_prepare(uint32_t nb_rings, uint64_t ring_size, uint64_t max)
{
	if (!spare_fits(nb_rings, ring_size)) {
		rd_capring_forget();
		if (make(&spare.r, 0, nb_rings, ring_size) < 0)
			return false;
		return true; // the pages are the next steps'
	}
	if (make_pages(&spare.r, &spare.done, max) < 0) {
		rd_capring_forget();
		return false;
	}
	return spare.done < nb_rings * ring_size;
}

void rd_capring_forget(void)
{
	rd_capring_destroy(&spare.r);
	spare.done = 0;
}

int rd_capring_create(struct rd_capring *r, uint32_t session, uint32_t nb_rings, uint64_t ring_size)
{
	uint64_t done = 0;
	int rc = 0;

	if (spare_fits(nb_rings, ring_size)) {
		*r = spare.r;
		done = spare.done;
		spare.r = (struct rd_capring){.fd = -1};
		spare.done = 0;
		r->hdr->session = session;
	} else {
		rc = make(r, session, nb_rings, ring_size);
	}
	if (rc == 0)
		rc = make_pages(r, &done, UINT64_MAX);
	if (rc < 0)
		rd_capring_destroy(r);
	return rc;
}

void rd_capring_destroy(struct rd_capring *r)
{
	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->nb_rings; i++)
		rd_capring_unmap_twice(r->ring[i].data, r->ring[i].size);
	if (r->hdr != NULL) {
		munmap(r->hdr, r->map_len);
		close(r->fd); // a zeroed struct holds fd 0, which is not ours: hdr tells
	} else if (r->fd > 0) {
		close(r->fd);
	}
	memset(r, 0, sizeof(*r));
	r->fd = -1;
}

void rd_capring_end(struct rd_capring *r, enum rd_capring_end why)
{
	if (r->hdr != NULL)
		__atomic_store_n(&r->hdr->ended, (uint32_t)why, __ATOMIC_RELEASE);
}

const char *rd_capring_end_name(unsigned end)
{
	static const char *const names[RD_CAPRING_END_COUNT] = {
		"running", "stopped", "duration", "packets", "bytes", "lease", "daemon"};

	return end < RD_CAPRING_END_COUNT ? names[end] : "stopped";
}
