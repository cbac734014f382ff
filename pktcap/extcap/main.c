/* SPDX-License-Identifier: BSD-3-Clause
 *
 * reddot-extcap: lets Wireshark and tshark capture at the stages of reddotd's switches. Wireshark starts it for each question
 * and for each capture. Answers go to standard output; what goes to stderr, Wireshark shows as an error.
 */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "run.h"

static const char help[] =
	"reddot-extcap   lets Wireshark and tshark capture at any stage of reddotd's switches\n"
	"\n"
	"Wireshark runs this program by itself when it finds it in its extcap folder: reddot-wireshark puts it there.\n"
	"\n"
	"  --extcap-interfaces       list the interfaces and the toolbar's controls\n"
	"  --extcap-dlts             list an interface's link types\n"
	"  --extcap-config           list the options of a capture\n"
	"  --extcap-reload-option O  list the values of one of them\n"
	"  --extcap-capture-filter F without --capture: say what is wrong with the filter, nothing if it is right\n"
	"  --capture --fifo PIPE     capture\n"
	"  --extcap-interface I      reddot:any, or reddot:HOST\n"
	"  --extcap-control-in PIPE  --extcap-control-out PIPE    the toolbar\n"
	"Options of a capture\n"
	"  --stage S[,S]   --port P[,P]   --host H   --dir rx|tx|both   --drops\n"
	"  --follow   --match both|outer|inner   --snaplen N\n"
	"  --meta full|lean|none   --comment decisions|all|none\n"
	"  --buffer-size KIB   --socket PATH\n"
	"Other\n"
	"  --help   --version\n";

static int complain(const struct rd_err *err)
{
	char text[700];

	fprintf(stderr, "reddot-extcap: %s\n", rd_err_text(err, text, sizeof(text)));
	return 1;
}

// The ports for an answer; false if the daemon can't be asked. *err: what keeps this user from capturing.
static bool ask_ports(const struct ex_args *a, struct pk_ports *ports, struct rd_err *err)
{
	struct rd_client *client = rd_client_open(a->socket, "reddot-extcap", err);
	bool ok = client != NULL && pk_ports_load(ports, client, err) == 0;
	const char *role =
		ok ? json_string_value(json_object_get(rd_client_hello(client), "role")) : NULL;

	if (ok && (role == NULL || strcmp(role, "admin") != 0))
		rd_err_set(err, -EPERM, "you may not capture: the group reddot may");
	rd_client_close(client);
	return ok;
}

// A daemon that is not there is no failure: the list says so, and capturing tells what to do.
static int answer(const struct ex_args *a)
{
	struct rd_err err = {0}, why = {0};
	struct pk_ports ports = {0};
	const char *host = NULL;
	const struct pk_ports *known = ask_ports(a, &ports, &why) ? &ports : NULL;
	int rc = 0;

	if (a->job == EX_INTERFACES)
		ex_answer_interfaces(stdout, known, why.what);
	else if (ex_args_host(a, &host, &err) < 0)
		rc = complain(&err);
	else if (a->reload != NULL)
		ex_answer_reload(stdout, a, host, known);
	else
		ex_answer_config(stdout, a, host, known);
	pk_ports_free(&ports);
	return rc;
}

static int run(const struct ex_args *a)
{
	struct rd_err err = {0};

	switch (a->job) {
	case EX_VERSION:
		puts("reddot-extcap " RD_VERSION);
		return 0;
	case EX_INTERFACES:
	case EX_CONFIG:
		return answer(a);
	case EX_DLTS:
		ex_answer_dlts(stdout);
		return 0;
	case EX_CHECK_FILTER:
		ex_answer_filter(stdout, a);
		return 0;
	case EX_CAPTURE:
		return ex_run(a, &err) < 0 ? complain(&err) : 0;
	default:
		fputs(help, stdout);
		return 0;
	}
}

int main(int argc, char **argv)
{
	struct rd_err err = {0};
	struct ex_args args;

	if (ex_args_parse(&args, argc, argv, &err) < 0)
		return complain(&err);
	return run(&args);
}
