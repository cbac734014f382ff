/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options that say where to capture. Main thread.
 */
#include <string.h>

#include "options.h"

static int add_select(
	struct pk_opts *o, enum pk_select_kind kind, const char *name, struct rd_err *err)
{
	if (o->nb_select == PK_MAX_SELECT)
		return rd_err_set(err, -EINVAL, "more than %d ports were named", PK_MAX_SELECT);
	o->select[o->nb_select++] = (struct pk_select){.kind = kind, .name = name};
	return 0;
}

static int set_uplink(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	return add_select(o, PK_SELECT_UPLINK, value, err);
}

static int set_switchport(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	return add_select(o, PK_SELECT_SWITCHPORT, value, err);
}

static int set_vmk(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	return add_select(o, PK_SELECT_VMK, value, err);
}

static int set_fcport(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	return add_select(o, PK_SELECT_FCPORT, value, err);
}

static int set_dvfilter(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	return add_select(o, PK_SELECT_DVFILTER, value, err);
}

static int set_vm(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	return add_select(o, PK_SELECT_VM, value, err);
}

static int set_interface(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	return strcmp(value, "any") == 0 ? 0 : add_select(o, PK_SELECT_ANY, value, err);
}

static int set_drop(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	return pk_drops_add(&o->drops, value, err);
}

static int set_first_drop(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	o->count = 1;
	return pk_drops_add(&o->drops, value, err);
}

// What pktcap-uw can look at and we have not got.
static int refuse(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)o;
	rd_err_set(err, -EINVAL, "--%s %s has no source here: %s", opt->name, value, opt->man);
	rd_err_hint(err, "man reddot-capture-points");
	return -EINVAL;
}

static const struct pk_word dir_words[] = {
	{"0", PK_DIR_RX},
	{"1", PK_DIR_TX},
	{"2", PK_DIR_BOTH},
	{"rx", PK_DIR_RX},
	{"tx", PK_DIR_TX},
	{"both", PK_DIR_BOTH},
	{"input", PK_DIR_RX},
	{"output", PK_DIR_TX},
	{"inputAndOutput", PK_DIR_BOTH},
	{0},
};
static const struct pk_word side_words[] = {
	{"pre", PK_SIDE_PRE},
	{"post", PK_SIDE_POST},
	{"0", PK_SIDE_PRE},
	{"1", PK_SIDE_POST},
	{0},
};

static const struct pk_option options[] = {
	{.name = "uplink",
		.arg = "UPLINK",
		.set = set_uplink,
		.help = "an uplink: vmnic1, arm/vmnic1 or its number",
		.man = "An uplink. A port is its name (*vmnic1*, then the default host's), a host and a name (*arm/vmnic1*) or its "
		       "number. This option, *--switchport* and *--vmk* can be given several times."},
	{.name = "switchport",
		.arg = "PORT",
		.set = set_switchport,
		.help = "any port",
		.man = "Any port, named as above."},
	{.name = "vmk",
		.arg = "VMK",
		.set = set_vmk,
		.help = "a switch's own endpoint",
		.man = "A switch's own endpoint."},
	{.name = "vm",
		.arg = "VM",
		.set = set_vm,
		.help = "the ports of a VM's vNICs, or of one: NAME, NAME.ethN",
		.man = "Every port of a VM, or of one of its vNICs (_name_*.eth0*), on every host. A port that is bypassed is left out "
		       "when the one that carries the traffic is known."},
	{.name = "fcport",
		.arg = "[SWITCH.]N",
		.set = set_fcport,
		.help = "a port by its number in the flow cache",
		.man = "A port by its number in the flow cache (ensPID in *reddot ens port list*), as in *--fcport 0.7*; the switch "
		       "is not looked at."},
	{.name = "dvfilter",
		.arg = "FILTER",
		.set = set_dvfilter,
		.help = "a vNIC's firewall: nic-4241327-eth0-vmware-sfw.2, or the port's name",
		.man = "At the firewall of a vNIC, before it or (*--stage post*) behind it. _filter_ is its name in *reddot vsipioctl* "
		       "or the name of the port."},
	{.name = "interface",
		.letters = "i",
		.arg = "NAME",
		.set = set_interface,
		.help = "any, PORT, POINT or POINT@PORT",
		.man = "*any*, a port, a stage, or _stage_*@*_port_."},
	{.name = "dir",
		.arg = "0|1|2|rx|tx|both",
		.set = pk_set_word,
		.at = offsetof(struct pk_opts, dir),
		.words = dir_words,
		.help = "into the switch, out of it, or both (default)",
		.man = "Only packets into the switch (*0*, *rx*, *input*), out of it (*1*, *tx*, *output*), or both (*2*, *both*, "
		       "*inputAndOutput*), which is the default. Directions are the switch's: what a guest sends is rx."},
	{.name = "stage",
		.arg = "pre|post",
		.set = pk_set_word,
		.at = offsetof(struct pk_opts, side),
		.words = side_words,
		.help = "nearer the wire or guest (default), or behind the switch's work",
		.man = "On which side of the switch's work. *pre* (or *0*), the default, is next to the wire or the guest. *post* "
		       "(*1*) is behind it: *classify* (uplinks and MUX ports) or *port_in* for rx, *port_out* for tx. Uplinks "
		       "have no *post* for tx: it is the same as *pre*."},
	{.name = "capture",
		.arg = "POINT[,POINT]",
		.set = pk_set_text,
		.at = offsetof(struct pk_opts, capture),
		.help = "points by name, ours or pktcap-uw's (see -A); POINT@PORT",
		.man = "Points by name, at the ports that were named besides it, at every port if there are none, or at a port of their "
		       "own: _point_*@*_port_. *reddot-capture-points*(7) lists ours and those of pktcap-uw. A point that has no source "
		       "here is refused, with the place to look at instead."},
	{.letters = "f",
		.arg = "[MODULE.]STAGE[:OFFSET]",
		.set = pk_set_text,
		.at = offsetof(struct pk_opts, function),
		.help = "the stage, of --capture IOChain, Dynamic and TcpipDispatch",
		.man = "The stage that *--capture IOChain*, *Dynamic* or *TcpipDispatch* means, in the form of pktcap-uw's functions; "
		       "module and offset are not looked at."},
	{.name = "drop",
		.arg = "REASON[,REASON]",
		.is_arg = pk_drops_is_list,
		.set = set_drop,
		.help = "dropped packets, of these reasons (DFW_* is all that begin so)",
		.man = "Packets that were dropped, at the ports that were named besides it; with reasons (*reddot show drop all*) "
		       "only those that died of one of them. A name that ends in _\\*_ stands for all that begin so: *--drop "
		       "DFW_\\*,TX_RING_FULL*. With *--trace*, how they got there."},
	{.name = "first-drop",
		.arg = "REASON[,REASON]",
		.is_arg = pk_drops_is_list,
		.set = set_first_drop,
		.help = "as --drop, and stop at the first",
		.man = "As *--drop*, and stop at the first one: *--first-drop --trace* waits for a packet that dies and shows its walk."},
	{.name = "kernelside",
		.only = PK_NATIVE,
		.set = pk_set_nothing,
		.help = "nothing: see pktcap-uw",
		.man = "Accepted, for pktcap-uw has it."},
	{.name = "kernelside",
		.letters = "K",
		.only = PK_COMPAT,
		.set = pk_set_nothing,
		.help = "nothing: an uplink's two sides are the same point here",
		.man = "Accepted, for pktcap-uw has it: UplinkRcv and UplinkRcvKernel are the same point here, and so are UplinkSnd "
		       "and UplinkSndKernel."},
	{.name = "lifID", .arg = "ID", .set = refuse, .man = "there is no distributed router"},
	{.name = "overlay",
		.arg = "CLASS",
		.set = refuse,
		.man = "tunnels have no classes; --capture PreOverlayInput and its kin are at every port"},
	{.name = "host",
		.arg = "HOST",
		.set = pk_set_text,
		.at = offsetof(struct pk_opts, host),
		.help = "only this host's (tier's) ports",
		.man = "Only ports of this host (tier); also where names without a host are looked up."},
	{0},
};

const struct pk_group pk_group_where = {
	.title = "Where to capture",
	.intro = "Without any of these, at every stage of every port.",
	.options = options,
};
