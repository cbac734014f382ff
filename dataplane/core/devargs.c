/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reading device arguments; see devargs.h. Control thread.
 */
#include "core/devargs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "core/ethdev.h"

RD_LOG_MODULE(devargs);

#define FRAMESZ_DEFAULT 2048 // of the driver
#define FRAMESZ_HEADER 32 // of which the kernel's header takes this

int rd_devargs_get(const char *devargs, const char *key, char *out, size_t size)
{
	size_t key_len = strlen(key), len;

	for (const char *s = strchr(devargs, ','); s != NULL; s = strchr(s, ',')) {
		s++;
		if (strncmp(s, key, key_len) != 0 || s[key_len] != '=')
			continue;
		s += key_len + 1;
		len = strcspn(s, ",");
		if (out == NULL)
			return (int)len;
		if (len >= size)
			return -ENAMETOOLONG;
		memcpy(out, s, len);
		out[len] = '\0';
		return (int)len;
	}
	return -ENOENT;
}

// [DDDD:]BB:DD.F
bool rd_devargs_is_pci(const char *devargs)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	size_t n = strspn(devargs, hex), parts = 0;
	const char *s = devargs;

	while (n > 0 && s[n] == ':' && parts < 2) {
		s += n + 1;
		n = strspn(s, hex);
		parts++;
	}
	if (parts == 0 || n == 0 || n > 2 || s[n] != '.' || s[n + 1] < '0' || s[n + 1] > '7')
		return false;
	return s[n + 2] == '\0' || s[n + 2] == ',';
}

bool rd_devargs_is(const char *devargs, const char *driver)
{
	size_t len = strlen(driver);

	return strncmp(devargs, driver, len) == 0
		&& strcspn(devargs, ",") == len + strspn(devargs + len, "0123456789");
}

uint32_t rd_devargs_frame_size(const char *devargs)
{
	char text[16];
	uint32_t size = FRAMESZ_DEFAULT;

	if (!rd_devargs_is(devargs, "net_af_packet"))
		return 0;
	if (rd_devargs_get(devargs, "framesz", text, sizeof(text)) > 0)
		size = (uint32_t)strtoul(text, NULL, 10); // the driver checks it
	return size > FRAMESZ_HEADER ? size - FRAMESZ_HEADER : 1;
}

// The kernel's interface or the socket that both would take. Different drivers may share one: a mistake all the same.
static bool same_interface(const char *a, const char *b)
{
	static const char *const keys[] = {"iface", "path"};
	char x[256], y[256];

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (rd_devargs_get(a, keys[i], x, sizeof(x)) > 0
			&& rd_devargs_get(b, keys[i], y, sizeof(y)) > 0 && strcmp(x, y) == 0)
			return true;
	return false;
}

// A card and its representors have one name.
static bool same_representor(const char *a, const char *b)
{
	char x[64] = "", y[64] = "";

	(void)rd_devargs_get(a, "representor", x, sizeof(x));
	(void)rd_devargs_get(b, "representor", y, sizeof(y));
	return strcmp(x, y) == 0;
}

bool rd_ethdev_same(const char *devargs, const char *other)
{
	size_t len = strcspn(devargs, ",");

	if (len == strcspn(other, ",") && strncmp(devargs, other, len) == 0)
		return same_representor(devargs, other);
	return same_interface(devargs, other);
}

// Whether nobody listens at a socket that is there.
static bool is_stale(const struct sockaddr_un *addr)
{
	struct stat st;
	bool stale;
	int fd;

	if (lstat(addr->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0
		&& errno == ECONNREFUSED;
	close(fd);
	return stale;
}

void rd_devargs_remove_stale_socket(const char *devargs)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char client[8] = "0";

	if (!rd_devargs_is(devargs, "net_vhost")
		|| rd_devargs_get(devargs, "iface", addr.sun_path, sizeof(addr.sun_path)) <= 0)
		return;
	(void)rd_devargs_get(devargs, "client", client, sizeof(client));
	if (strcmp(client, "0") != 0 || !is_stale(&addr))
		return;
	if (unlink(addr.sun_path) == 0)
		rd_log_info("removed the socket %s, which nobody listened at", addr.sun_path);
}

int rd_devargs_with_queues(const char *devargs, unsigned queues, char *out, size_t size)
{
	static const struct {
		const char *driver, *key;
	} known[] = {{"net_af_packet", "qpairs"}, {"net_vhost", "queues"}, {"eth_vhost", "queues"}};
	int len = snprintf(out, size, "%s", devargs);

	for (unsigned i = 0; queues > 1 && i < sizeof(known) / sizeof(known[0]); i++)
		if (rd_devargs_is(devargs, known[i].driver)
			&& rd_devargs_get(devargs, known[i].key, NULL, 0) < 0)
			len = snprintf(out, size, "%s,%s=%u", devargs, known[i].key, queues);
	return len >= 0 && (size_t)len < size ? 0 : -ENAMETOOLONG;
}
