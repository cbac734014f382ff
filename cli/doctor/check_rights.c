/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who may do what: the control socket, capabilities of the daemon, DPDK's plugins, and what the kernel offers to ports.
 */
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/msg.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "engine/table.h"

// linux/capability.h
#define CAP_NET_ADMIN 12
#define CAP_NET_RAW 13
#define CAP_IPC_LOCK 14

static void check_folder(struct rd_doctor *d, const char *path)
{
	char copy[256];
	const char *dir;
	struct stat st;

	(void)rd_str_copy(copy, sizeof(copy), path);
	dir = dirname(copy);
	if (stat(dir, &st) < 0 || !(st.st_mode & S_IWOTH) || (st.st_mode & S_ISVTX))
		return;
	rd_doctor_add(
		d, RD_FAIL, "socket folder", "%s has mode %04o", dir, (unsigned)st.st_mode & 07777);
	rd_doctor_why(d, "anybody can put a socket of his own in the daemon's place");
	rd_doctor_fix(d, "chmod o-w %s", dir);
}

static void check_socket(struct rd_doctor *d)
{
	char path[256];
	struct stat st;
	bool is_admin = strcmp(rd_item_str(d->hello, "role"), "admin") == 0;

	rd_socket_path(path, sizeof(path));
	check_folder(d, path);
	if (d->socket_refused) {
		rd_doctor_add(d, RD_FAIL, "socket", "%s refuses this user", path);
		rd_doctor_why(d, "its mode lets only some users connect (reddotd --socket-mode)");
		rd_doctor_fix(d, "usermod -aG reddot USER, and log in again; or run as root");
	} else if (lstat(path, &st) < 0) {
		rd_doctor_add(d, RD_WARN, "socket", "%s does not exist", path);
		rd_doctor_why(d, "no daemon serves there");
		rd_doctor_fix(d, "systemctl start reddotd; or reddotd --socket %s", path);
	} else if (d->hello == NULL) {
		rd_doctor_add(d, RD_WARN, "socket", "%s is there, but nobody answers", path);
		rd_doctor_why(d, "the daemon ended without taking it away, or hangs");
		rd_doctor_fix(d, "systemctl restart reddotd; a new daemon replaces the file");
	} else if (!is_admin) {
		rd_doctor_add(d, RD_WARN, "socket", "%s, mode %04o, this user may only look", path,
			(unsigned)st.st_mode & 07777);
		rd_doctor_why(d,
			"captures and changes are for root, the daemon's user and the group reddot");
		rd_doctor_fix(d, "usermod -aG reddot USER, and log in again%s",
			getgrnam("reddot") == NULL ? " (first: groupadd --system reddot)" : "");
	} else {
		rd_doctor_add(d, RD_PASS, "socket", "%s, mode %04o, this user may change things",
			path, (unsigned)st.st_mode & 07777);
	}
}

static void check_capabilities(struct rd_doctor *d)
{
	static const struct {
		unsigned bit;
		const char *name, *what;
	} caps[] = {{CAP_NET_RAW, "CAP_NET_RAW", "AF_PACKET ports"},
		{CAP_NET_ADMIN, "CAP_NET_ADMIN", "TAP and AF_XDP ports"},
		{CAP_IPC_LOCK, "CAP_IPC_LOCK", "locked memory for cards"}};
	char path[128], text[64], missing[128] = "", what[128] = "";
	size_t m = 0, w = 0;
	unsigned long long have;

	rd_doctor_proc(d, path, sizeof(path));
	(void)strncat(path, "status", sizeof(path) - strlen(path) - 1);
	if (rd_fact_line(d->root, path, "CapEff:", text, sizeof(text)) == NULL)
		return;
	have = strtoull(text, NULL, 16);
	for (unsigned i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		if (have >> caps[i].bit & 1)
			continue;
		rd_str_addf(missing, sizeof(missing), &m, "%s%s", m > 0 ? " " : "", caps[i].name);
		rd_str_addf(what, sizeof(what), &w, "%s%s", w > 0 ? ", " : "", caps[i].what);
	}
	if (m == 0) {
		rd_doctor_add(d, RD_PASS, "capabilities", "%s has all that ports need",
			d->hello != NULL ? "the daemon" : "this user");
		return;
	}
	rd_doctor_add(d, RD_WARN, "capabilities", "%s lacks %s",
		d->hello != NULL ? "the daemon" : "this user", missing);
	rd_doctor_why(d, "needed for: %s", what);
	rd_doctor_fix(d,
		"run the unit reddotd.service; or systemd-run -p AmbientCapabilities=\"%s\" reddotd ..",
		missing);
}

// DPDK loads no plugin from a folder that others can write, nor from below one.
static bool check_path(struct rd_doctor *d, const char *folder)
{
	char path[512];
	size_t keep = strlen(d->root);
	struct stat st;

	(void)rd_str_copy(path, sizeof(path), folder);
	while (strlen(path) > keep) {
		if (stat(path, &st) == 0 && (st.st_mode & S_IWOTH)) {
			rd_doctor_add(d, RD_FAIL, "DPDK plugins", "%s has mode %04o", path,
				(unsigned)st.st_mode & 07777);
			rd_doctor_why(d,
				"DPDK loads no driver from or below a folder that everybody can write");
			rd_doctor_fix(d, "chmod o-w %s", path);
			return false;
		}
		*strrchr(path, '/') = '\0';
	}
	return true;
}

static void check_plugins(struct rd_doctor *d)
{
	char pattern[512];
	glob_t found = {0};
	unsigned drivers = 0;
	bool fine = true;

	snprintf(pattern, sizeof(pattern), "%s/usr/lib/*/dpdk/pmds-*", d->root);
	(void)glob(pattern, 0, NULL, &found);
	snprintf(pattern, sizeof(pattern), "%s/usr/local/lib/*/dpdk/pmds-*", d->root);
	(void)glob(pattern, GLOB_APPEND, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && fine; i++) {
		fine = check_path(d, found.gl_pathv[i]);
		drivers += rd_fact_dir("", found.gl_pathv[i], NULL, NULL);
	}
	if (fine && drivers > 0) {
		rd_doctor_add(d, RD_PASS, "DPDK plugins", "%u files in %s", drivers,
			found.gl_pathv[0] + strlen(d->root));
	} else if (fine) {
		rd_doctor_add(d, RD_WARN, "DPDK plugins", "no folder of drivers");
		rd_doctor_why(d,
			"a daemon that links DPDK as a shared library has no drivers for its ports then");
		rd_doctor_fix(d, "apt-get install dpdk; or reddotd --eal \"-d FOLDER\"");
	}
	globfree(&found);
}

void rd_doctor_rights(struct rd_doctor *d)
{
	check_socket(d);
	check_capabilities(d);
	check_plugins(d);
}

static void check_protocol(struct rd_doctor *d, const char *check, const char *name,
	const char *config, const char *ports)
{
	char text[256];

	if (rd_fact_line(d->root, "/proc/net/protocols", name, text, sizeof(text)) != NULL) {
		rd_doctor_add(d, RD_PASS, check, "the kernel has it");
		return;
	}
	rd_doctor_add(d, RD_WARN, check, "the kernel does not have it");
	rd_doctor_why(d, "ports with a device %s cannot be made", ports);
	rd_doctor_fix(d, "a kernel with %s; as module: modprobe af_packet", config);
}

static void check_device(struct rd_doctor *d, const char *check, const char *path,
	const char *module, const char *ports)
{
	char full[512];
	bool there = rd_fact_exists(d->root, path);

	snprintf(full, sizeof(full), "%s%s", d->root, path);
	if (there && access(full, R_OK | W_OK) == 0) {
		rd_doctor_add(d, RD_PASS, check, "%s", path);
		return;
	}
	rd_doctor_add(d, RD_WARN, check, "%s %s", path,
		there ? "is closed to this user" : "does not exist");
	rd_doctor_why(d, "ports with a device %s cannot be made", ports);
	if (there)
		rd_doctor_fix(d, "chmod 0666 %s; or run the daemon as root", path);
	else
		rd_doctor_fix(d, "modprobe %s", module);
}

void rd_doctor_kernel(struct rd_doctor *d)
{
	char text[128];

	rd_doctor_add(d, RD_PASS, "kernel", "%s",
		rd_fact_text(d->root, "/proc/sys/kernel/osrelease", text, sizeof(text)) != NULL
			? text
			: "unknown");
	check_protocol(d, "AF_PACKET", "PACKET ", "CONFIG_PACKET=y", "net_af_packet");
	check_protocol(d, "AF_XDP", "XDP ", "CONFIG_XDP_SOCKETS=y", "net_af_xdp");
	check_device(d, "TAP", "/dev/net/tun", "tun", "net_tap");
}
