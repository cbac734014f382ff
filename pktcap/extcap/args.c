/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads the command line, see args.h. By hand: Wireshark passes options in any order, with "=" or as two words, some of
 * them empty, and newer versions pass some that we don't know. Main thread.
 */
#include "args.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"

enum kind {
	FLAG, // alone; a "true" or "false" behind it counts, for a boolean can come either way
	TEXT, // with a value
	SKIP, // with a value that is of no use to us
};

struct option {
	const char *name;
	enum kind kind;
	size_t at;
};

#define AT(member) offsetof(struct ex_args, member)

static const struct option options[] = {
	{"extcap-interfaces", FLAG, AT(interfaces)},
	{"extcap-dlts", FLAG, AT(dlts)},
	{"extcap-config", FLAG, AT(config)},
	{"capture", FLAG, AT(capture)},
	{"help", FLAG, AT(help)},
	{"version", FLAG, AT(version)},
	{"extcap-version", SKIP, 0}, // Wireshark's
	{"extcap-interface", TEXT, AT(interface)},
	{"extcap-capture-filter", TEXT, AT(filter)},
	{"extcap-reload-option", TEXT, AT(reload)},
	{"extcap-control-in", TEXT, AT(control_in)},
	{"extcap-control-out", TEXT, AT(control_out)},
	{"fifo", TEXT, AT(fifo)},
	{"socket", TEXT, AT(socket)},
	{"host", TEXT, AT(host)},
	{"port", TEXT, AT(port)},
	{"stage", TEXT, AT(stage)},
	{"dir", TEXT, AT(dir)},
	{"snaplen", TEXT, AT(snaplen)},
	{"match", TEXT, AT(match)},
	{"meta", TEXT, AT(meta)},
	{"comment", TEXT, AT(comment)},
	{"buffer-size", TEXT, AT(buffer)},
	{"follow", FLAG, AT(follow)},
	{"drops", FLAG, AT(drops)},
};

static const struct option *find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strncmp(options[i].name, name, len) == 0 && options[i].name[len] == '\0')
			return &options[i];
	}
	return NULL;
}

static bool is_bool(const char *s, bool *value)
{
	*value = s != NULL && strcmp(s, "true") == 0;
	return *value || (s != NULL && strcmp(s, "false") == 0);
}

// The value in the same word, or in the next one, which is then taken. NULL: there is none.
static const char *value_of(const char *equals, int argc, char **argv, int *i)
{
	if (equals != NULL)
		return equals + 1;
	return *i + 1 < argc ? argv[++*i] : NULL;
}

static int set_flag(bool *flag, const char *equals, int argc, char **argv, int *i)
{
	bool value;

	*flag = true;
	if (equals != NULL) {
		if (!is_bool(equals + 1, &value))
			return -EINVAL;
		*flag = value;
	} else if (*i + 1 < argc && is_bool(argv[*i + 1], &value)) {
		*flag = value;
		++*i;
	}
	return 0;
}

// A word that is no option of ours: of --extcap-* there will be more, each with or without a value.
static int pass_over(const char *word, struct rd_err *err)
{
	if (strncmp(word, "--extcap-", 9) == 0 || word[0] != '-')
		return 0;
	rd_err_set(err, -EINVAL, "option %.100s is not known", word);
	rd_err_hint(err, "reddot-extcap --help");
	return -EINVAL;
}

static int take(struct ex_args *a, int argc, char **argv, int *i, struct rd_err *err)
{
	const char *word = argv[*i], *equals = strchr(word, '=');
	size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
	const struct option *o =
		len > 2 && memcmp(word, "--", 2) == 0 ? find(word + 2, len - 2) : NULL;
	const char *value;

	if (o == NULL)
		return pass_over(word, err);
	if (o->kind == FLAG) {
		if (set_flag((bool *)(void *)((char *)a + o->at), equals, argc, argv, i) == 0)
			return 0;
		return rd_err_set(err, -EINVAL, "--%s is true or false", o->name);
	}
	value = value_of(equals, argc, argv, i);
	if (value == NULL)
		return rd_err_set(err, -EINVAL, "option --%s needs a value", o->name);
	if (o->kind == TEXT)
		memcpy((char *)a + o->at, &(const char *){value[0] != '\0' ? value : NULL},
			sizeof(value));
	return 0;
}

static enum ex_job job_of(const struct ex_args *a)
{
	if (a->help || a->version)
		return a->help ? EX_HELP : EX_VERSION;
	if (a->capture)
		return EX_CAPTURE;
	if (a->interfaces)
		return EX_INTERFACES;
	if (a->dlts)
		return EX_DLTS;
	if (a->config)
		return EX_CONFIG;
	return a->filter != NULL ? EX_CHECK_FILTER : EX_NOTHING;
}

int ex_args_parse(struct ex_args *a, int argc, char **argv, struct rd_err *err)
{
	int rc = 0;

	memset(a, 0, sizeof(*a));
	for (int i = 1; i < argc && rc == 0; i++)
		rc = take(a, argc, argv, &i, err);
	if (rc < 0)
		return rc;
	a->job = job_of(a);
	if (a->job == EX_CAPTURE && a->fifo == NULL)
		return rd_err_set(err, -EINVAL, "--capture needs --fifo");
	if ((a->job == EX_CAPTURE || a->job == EX_CONFIG || a->job == EX_DLTS)
		&& a->interface == NULL)
		return rd_err_set(err, -EINVAL, "--extcap-interface is missing");
	return 0;
}

int ex_args_host(const struct ex_args *a, const char **host, struct rd_err *err)
{
	*host = a->host;
	if (a->interface == NULL)
		return 0;
	if (strncmp(a->interface, EX_NAME, strlen(EX_NAME)) != 0
		|| a->interface[strlen(EX_NAME)] == '\0') {
		rd_err_set(err, -ENODEV, "%.100s is not an interface of reddot", a->interface);
		rd_err_hint(err, "reddot-extcap --extcap-interfaces");
		return -ENODEV;
	}
	if (strcmp(a->interface + strlen(EX_NAME), EX_ANY) != 0)
		*host = a->interface + strlen(EX_NAME);
	return 0;
}
