/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Network cards: which driver has them, whether an IOMMU guards memory from them, and whether workers are near them.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "doctor/doctor.h"
#include "engine/table.h"

#define PCI "/sys/bus/pci/devices/"
#define CLASS_NET "0x02"
#define CARDS_MAX 32 // that are told one by one

struct cards {
	struct rd_doctor *d;
	unsigned nb, vfio, near; // near: bifurcated, the kernel keeps its interface
	const char *uio, *none; // the first with such a driver, without any
	char names[2][64];
	char text[512];
	size_t len;
};

static bool is_bifurcated(const char *driver)
{
	static const char *const names[] = {"mlx5_core", "mlx4_core", "mana"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(driver, names[i]) == 0)
			return true;
	return false;
}

static bool add_card(void *arg, const char *name)
{
	struct cards *c = arg;
	char path[256], text[64];
	const char *driver;

	snprintf(path, sizeof(path), PCI "%.80s/class", name);
	if (rd_fact_text(c->d->root, path, text, sizeof(text)) == NULL
		|| strncmp(text, CLASS_NET, strlen(CLASS_NET)) != 0)
		return true;
	c->nb++;
	snprintf(path, sizeof(path), PCI "%.80s/driver", name);
	driver = rd_fact_link(c->d->root, path, text, sizeof(text));
	if (c->nb <= CARDS_MAX)
		rd_str_addf(c->text, sizeof(c->text), &c->len, "%s%s %s", c->len > 0 ? ", " : "",
			name, driver != NULL ? driver : "without driver");
	if (driver == NULL && c->none == NULL)
		c->none = strncpy(c->names[0], name, sizeof(c->names[0]) - 1);
	if (driver == NULL)
		return true;
	c->vfio += strcmp(driver, "vfio-pci") == 0;
	c->near += is_bifurcated(driver);
	if ((strcmp(driver, "igb_uio") == 0 || strcmp(driver, "uio_pci_generic") == 0)
		&& c->uio == NULL)
		c->uio = strncpy(c->names[1], name, sizeof(c->names[1]) - 1);
	return true;
}

static void check_drivers(struct rd_doctor *d, const struct cards *c)
{
	if (c->uio != NULL) {
		rd_doctor_add(d, RD_WARN, "card drivers", "%s", c->text);
		rd_doctor_why(d,
			"behind uio nothing keeps a card from writing into any memory, and there is no interrupt to sleep on");
		rd_doctor_fix(d, "dpdk-devbind.py --bind=vfio-pci %s", c->uio);
	} else if (c->none != NULL) {
		rd_doctor_add(d, RD_WARN, "card drivers", "%s", c->text);
		rd_doctor_why(d, "neither the kernel nor DPDK can use a card without a driver");
		rd_doctor_fix(d, "modprobe vfio-pci; dpdk-devbind.py --bind=vfio-pci %s", c->none);
	} else {
		rd_doctor_add(
			d, RD_PASS, "card drivers", "%s", c->nb > 0 ? c->text : "no network card");
	}
}

static void check_iommu(struct rd_doctor *d, const struct cards *c)
{
	unsigned groups = rd_fact_dir(d->root, "/sys/kernel/iommu_groups", NULL, NULL);
	char text[16];
	const char *unsafe = rd_fact_text(d->root,
		"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", text, sizeof(text));

	if (groups > 0) {
		rd_doctor_add(d, RD_PASS, "IOMMU", "%u groups", groups);
	} else if (c->vfio > 0 && (unsafe == NULL || unsafe[0] != 'Y')) {
		rd_doctor_add(d, RD_FAIL, "IOMMU", "none, but %u card%s at vfio-pci", c->vfio,
			c->vfio == 1 ? "" : "s");
		rd_doctor_why(d, "vfio gives out no card without it");
		rd_doctor_fix(d,
			"kernel command line: intel_iommu=on iommu=pt (AMD: iommu=pt), and VT-d or AMD-Vi in the firmware; "
			"in a guest without one: echo Y > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	} else if (c->vfio > 0) {
		rd_doctor_add(d, RD_WARN, "IOMMU", "none, vfio works without protection");
		rd_doctor_why(d, "a card can write into any memory of this machine");
		rd_doctor_fix(d,
			"kernel command line: intel_iommu=on iommu=pt (AMD: iommu=pt), where the machine has one");
	} else {
		rd_doctor_add(d, RD_PASS, "IOMMU", "none, and no card needs it");
	}
}

// Queues of devices that are on another node than the worker that polls them.
static void check_numa(struct rd_doctor *d)
{
	json_t *queues = rd_doctor_list(d, "worker.queues", NULL), *q;
	unsigned nodes = rd_fact_dir(d->root, "/sys/bus/node/devices", NULL, NULL), far = 0;
	const char *port = "";
	size_t i;

	json_array_foreach (queues, i, q) {
		json_int_t card = rd_item_int(q, "device_numa"), worker = rd_item_int(q, "numa");

		if (card < 0 || worker < 0 || card == worker
			|| strcmp(rd_item_str(q, "dir"), "rx") != 0)
			continue;
		far++;
		port = rd_item_str(q, "port");
	}
	if (far > 0) {
		rd_doctor_add(d, RD_WARN, "NUMA", "%u queue%s polled from another node, as of %s",
			far, far == 1 ? " is" : "s are", port);
		rd_doctor_why(d, "every packet crosses the link between the processors");
		rd_doctor_fix(d,
			"reddotd --worker-cores with cpus of the card's node: cat " PCI
			"*/local_cpulist; show worker queues");
	} else {
		rd_doctor_add(d, RD_PASS, "NUMA", "%u node%s", nodes > 0 ? nodes : 1,
			nodes > 1 ? "s" : "");
	}
	json_decref(queues);
}

void rd_doctor_pci(struct rd_doctor *d)
{
	struct cards c = {.d = d};

	(void)rd_fact_dir(d->root, PCI, add_card, &c);
	check_drivers(d, &c);
	check_iommu(d, &c);
	check_numa(d);
}
