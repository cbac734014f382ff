/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames from capture files, for inject and for stand-in guests. libpcap reads pcap and pcapng; files are hostile
 * input, so lengths and link type are checked.
 */
#include "cmds/cmds.h"

#include "base/str.h"
#include "cmds/pcap_lib.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_MAX 65535u

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

	while (ret == 0 && (got = rd_pcap_lib.next_ex(file, &hdr, &bytes)) == 1) {
		number++;
		if (only != 0 && number != only)
			continue;
		ret = check_frame(hdr, number, err);
		if (ret == 0 && add_frame(frames, bytes, hdr->caplen) < 0)
			ret = rd_err_set(err, -ENOMEM, "out of memory");
	}
	if (ret == 0 && got == PCAP_ERROR)
		ret = rd_err_set(err, -EINVAL, "%s", rd_pcap_lib.geterr(file));
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
	if (rd_pcap_load(err) < 0) {
		json_decref(frames);
		return NULL;
	}
	file = rd_pcap_lib.open_offline(path, text);
	if (file == NULL) {
		// libpcap names the file only when it can't open it
		ret = strncmp(text, path, strlen(path)) == 0
			? rd_err_set(err, -EINVAL, "%.200s", text)
			: rd_err_set(err, -EINVAL, "%s: %.160s", path, text);
		rd_err_hint(err, "a pcap or pcapng file");
	} else if (rd_pcap_lib.datalink(file) != DLT_EN10MB) {
		ret = rd_err_set(err, -EINVAL, "%s does not hold Ethernet frames", path);
	} else {
		ret = read_frames(file, frames, only, err);
	}
	if (file != NULL)
		rd_pcap_lib.close(file);
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
