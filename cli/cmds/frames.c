/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames from capture files, for inject and for stand-in guests. libpcap reads pcap and pcapng; files are hostile
 * input, so lengths and link type are checked.
 *
 * libpcap is loaded by the first file: with it come ten more libraries, which would be a third of the time from reddot's start to its
 * prompt, and nearly no command needs them.
 */
#include "cmds/cmds.h"

#include "base/str.h"

#include <dlfcn.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MAX 65535u

#define LIBPCAP "libpcap.so.0.8" // as Debian calls it
#define LIBPCAP_ELSEWHERE "libpcap.so.1"

static struct {
	__typeof__(pcap_open_offline) *open_offline;
	__typeof__(pcap_next_ex) *next_ex;
	__typeof__(pcap_datalink) *datalink;
	__typeof__(pcap_geterr) *geterr;
	__typeof__(pcap_close) *close;
} pcap;

static int load(struct rd_err *err)
{
	void *lib = pcap.close != NULL ? NULL : dlopen(LIBPCAP, RTLD_NOW | RTLD_LOCAL);

	if (pcap.close != NULL)
		return 0;
	if (lib == NULL)
		lib = dlopen(LIBPCAP_ELSEWHERE, RTLD_NOW | RTLD_LOCAL);
	if (lib != NULL) {
		pcap.open_offline = dlsym(lib, "pcap_open_offline");
		pcap.next_ex = dlsym(lib, "pcap_next_ex");
		pcap.datalink = dlsym(lib, "pcap_datalink");
		pcap.geterr = dlsym(lib, "pcap_geterr");
		pcap.close = dlsym(lib, "pcap_close");
	}
	if (pcap.open_offline != NULL && pcap.next_ex != NULL && pcap.datalink != NULL
		&& pcap.geterr != NULL && pcap.close != NULL)
		return 0;
	pcap.close = NULL;
	rd_err_set(err, -ELIBACC, "libpcap can't be loaded: %.160s", dlerror());
	rd_err_hint(err, "apt-get install libpcap0.8");
	return -ELIBACC;
}

static int add_frame(json_t *frames, const uint8_t *bytes, size_t len)
{
	char *hex = malloc(2 * len + 1);
	int ret = -ENOMEM;

	if (hex != NULL
		&& json_array_append_new(
			   frames, json_string(rd_fmt_hex(bytes, len, hex, 2 * len + 1)))
			== 0)
		ret = 0;
	free(hex);
	return ret;
}

static int check_frame(const struct pcap_pkthdr *hdr, uint64_t number, struct rd_err *err)
{
	if (hdr->caplen < hdr->len) {
		rd_err_set(err, -EINVAL, "frame %llu of the file is cut short: %u of %u bytes",
			(unsigned long long)number, hdr->caplen, hdr->len);
		rd_err_hint(err, "capture with snaplen 0");
	} else if (hdr->caplen == 0 || hdr->caplen > FRAME_MAX) {
		rd_err_set(err, -EINVAL, "frame %llu of the file has %u bytes",
			(unsigned long long)number, hdr->caplen);
	} else {
		return 0;
	}
	return -EINVAL;
}

static int read_frames(pcap_t *file, json_t *frames, uint64_t only, struct rd_err *err)
{
	const uint8_t *bytes;
	struct pcap_pkthdr *hdr;
	uint64_t number = 0;
	int got, ret = 0;

	while (ret == 0 && (got = pcap.next_ex(file, &hdr, &bytes)) == 1) {
		number++;
		if (only != 0 && number != only)
			continue;
		ret = check_frame(hdr, number, err);
		if (ret == 0 && add_frame(frames, bytes, hdr->caplen) < 0)
			ret = rd_err_set(err, -ENOMEM, "out of memory");
	}
	if (ret == 0 && got == PCAP_ERROR)
		ret = rd_err_set(err, -EINVAL, "%s", pcap.geterr(file));
	if (ret == 0 && number == 0) {
		ret = rd_err_set(err, -ENOENT, "the file has no frames");
	} else if (ret == 0 && json_array_size(frames) == 0) {
		ret = rd_err_set(
			err, -ENOENT, "the file has no frame %llu", (unsigned long long)only);
		rd_err_hint(err, "it has %llu", (unsigned long long)number);
	}
	return ret;
}

json_t *rd_frames_read(const char *path, uint64_t only, struct rd_err *err)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	json_t *frames = json_array();
	pcap_t *file;
	int ret;

	if (frames == NULL) {
		rd_err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	if (load(err) < 0) {
		json_decref(frames);
		return NULL;
	}
	file = pcap.open_offline(path, text);
	if (file == NULL) {
		// libpcap names the file only when it can't open it
		ret = strncmp(text, path, strlen(path)) == 0
			? rd_err_set(err, -EINVAL, "%.200s", text)
			: rd_err_set(err, -EINVAL, "%s: %.160s", path, text);
		rd_err_hint(err, "a pcap or pcapng file");
	} else if (pcap.datalink(file) != DLT_EN10MB) {
		ret = rd_err_set(err, -EINVAL, "%s does not hold Ethernet frames", path);
	} else {
		ret = read_frames(file, frames, only, err);
	}
	if (file != NULL)
		pcap.close(file);
	if (ret == 0)
		return frames;
	json_decref(frames);
	return NULL;
}

size_t rd_frames_size(const json_t *frames)
{
	size_t size = 0;

	for (size_t i = 0; i < json_array_size(frames); i++)
		size += json_string_length(json_array_get(frames, i)) + 3;
	return size;
}

bool rd_frames_fit(const json_t *frames)
{
	return json_array_size(frames) <= RD_FRAMES_MAX
		&& rd_frames_size(frames) <= RD_FRAMES_MAX_SIZE;
}
