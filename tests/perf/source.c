/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The benches' null path: one thread moves bursts from the pcap device to the null device and does nothing else. What it
 * costs is the source's own share of every other figure. A line on stdin is answered by the packets moved so far.
 *
 *	source MAIN_CORE POLL_CORE MBUFS PCAP
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "core/meta.h"
#include "core/worker.h"

static uint64_t moved;
static bool stop;

static int fail(const char *what)
{
	fprintf(stderr, "source: %s\n", what);
	return 77;
}

static int setup(uint16_t port, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {0};
	int ret = rte_eth_dev_configure(port, 1, 1, &conf);

	if (ret == 0)
		ret = rte_eth_rx_queue_setup(port, 0, 512, SOCKET_ID_ANY, NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(port, 0, 512, SOCKET_ID_ANY, NULL);
	return ret == 0 ? rte_eth_dev_start(port) : ret;
}

static int move(void *arg)
{
	struct rte_mbuf *m[RD_BURST];
	uint64_t n = 0;

	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		uint16_t got = rte_eth_rx_burst(0, 0, m, RD_BURST);
		uint16_t sent = rte_eth_tx_burst(1, 0, m, got);

		for (uint16_t i = sent; i < got; i++)
			rte_pktmbuf_free(m[i]);
		n += sent;
		__atomic_store_n(&moved, n, __ATOMIC_RELAXED);
	}
	return 0;
}

static int serve(void)
{
	int c;

	while ((c = getchar()) != EOF)
		if (c == '\n') {
			printf("%" PRIu64 "\n", __atomic_load_n(&moved, __ATOMIC_RELAXED));
			fflush(stdout);
		}
	return 0;
}

int main(int argc, char **argv)
{
	char cores[32], mem[16], source[512];

	if (argc != 5)
		return fail("wants MAIN_CORE POLL_CORE MBUFS PCAP");
	unsigned mbufs = (unsigned)strtoul(argv[3], NULL, 10);

	snprintf(cores, sizeof(cores), "0@%.8s,1@%.8s", argv[1], argv[2]);
	snprintf(mem, sizeof(mem), "%u", 256 + mbufs / 380);
	snprintf(source, sizeof(source), "--vdev=net_pcap0,rx_pcap=%.400s,infinite_rx=1", argv[4]);
	const char *eal[] = {argv[0], "--lcores", cores, "--in-memory", "--no-pci",
		"--no-telemetry", "--iova-mode=va", "--log-level=error", "-m", mem, source,
		"--vdev=net_null0,no-rx=1"};

	if (rte_eal_init(RTE_DIM(eal), (char **)(uintptr_t)eal) < 0)
		return fail("the EAL does not start");
	struct rte_mempool *pool = rte_pktmbuf_pool_create("packets", mbufs, 250,
		sizeof(struct rd_meta), RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	if (pool == NULL || setup(0, pool) != 0 || setup(1, pool) != 0)
		return fail("the devices do not start");
	rte_eal_remote_launch(move, NULL, 1);
	serve();
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	rte_eal_mp_wait_lcore();
	return 0;
}
