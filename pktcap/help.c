/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The text of pktcap --help. docs/man/pktcap.1.scd says the same at length.
 */
#include "opts.h"

const char *pk_opts_help(void)
{
	return "pktcap [OPTIONS] [FILTER]   capture packets at any stage of reddotd's switches\n"
	       "\n"
	       "Where (none: every stage of every port)\n"
	       "  --uplink PORT       an uplink: vmnic1, arm/vmnic1 or its id\n"
	       "  --switchport PORT   any port\n"
	       "  --vmk PORT          a switch's own endpoint\n"
	       "  -i NAME             any, PORT, STAGE or STAGE@PORT\n"
	       "  --dir 0|1|2         rx (into the switch), tx, both (default); also rx tx both\n"
	       "  --stage pre|post    nearer the wire or guest (default), or behind the switch's work\n"
	       "  --capture P[,P]     stages by name, or pktcap-uw's points; STAGE@PORT\n"
	       "  --drop [REASON,..]  dropped packets, of these reasons (DFW_* is all that begin so)\n"
	       "  --host NAME         only this host's (tier's) ports\n"
	       "  -r, --read FILE     replay a pcapng file that pktcap wrote\n"
	       "Which packets\n"
	       "  FILTER              a pcap-filter(7) expression, tried on the frame and inside tunnels\n"
	       "  --srcmac --dstmac --mac MAC   --srcip --dstip --ip PREFIX   --vlan --ethtype --proto N\n"
	       "  --srcport --dstport --tcpport --udpport --srcudpport --dstudpport N   --vni N\n"
	       "  --outer-only, --inner-only\n"
	       "  --follow            what matched once is captured at every later stage, too\n"
	       "  --trace             follow, and print each packet's walk through the stages\n"
	       "  -c, --count N       stop after N packets (--trace: walks)\n"
	       "  -s, --snaplen N     at most N bytes of each (0 = all)\n"
	       "  -B, --buffer-size N ring of N KiB per worker\n"
	       "Output (none: text, as tcpdump -en)\n"
	       "  -o, -w, --outfile FILE   - is standard output\n"
	       "  -P, --ng            pcapng            --pcap    classic pcap, nanoseconds\n"
	       "  --meta none|lean|full    --comment none|decisions|all    (pcapng)\n"
	       "  --console           text as well      --json    one object per line\n"
	       "Other\n"
	       "  -A, --availpoints   list the stages   -D        list the ports\n"
	       "  --socket PATH       the daemon's socket\n"
	       "  -h, --help          -V, --version\n";
}
