/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What people and their shells are told about the options: --help, the list for completion, and the sections of the
 * manual pages, all from the table. Main thread.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "options.h"

#define HELP_COLUMN 28
#define ROW_MAX 160

// "-o, -w, --outfile FILE"
static size_t add_names(char *buf, size_t size, const struct pk_option *opt)
{
	size_t len = 0;

	buf[0] = '\0';
	for (const char *c = opt->letters; c != NULL && *c != '\0'; c++)
		rd_str_addf(buf, size, &len, "%s-%c", len ? ", " : "", *c);
	if (opt->name != NULL)
		rd_str_addf(buf, size, &len, "%s--%s", len ? ", " : "", opt->name);
	if (opt->arg != NULL)
		rd_str_addf(buf, size, &len, opt->is_arg != NULL ? " [%s]" : " %s", opt->arg);
	return len;
}

static void print_row(const struct pk_option *opt)
{
	char names[ROW_MAX];
	size_t len = add_names(names, sizeof(names), opt);

	if (len > HELP_COLUMN - 4)
		printf("  %s\n%*s%s\n", names, HELP_COLUMN, "", opt->help);
	else
		printf("  %-*s%s\n", HELP_COLUMN - 2, names, opt->help);
}

void pk_print_help(enum pk_style style)
{
	printf("%s [OPTIONS] [FILTER]   capture packets at any stage of reddotd's switches\n",
		style == PK_COMPAT ? "pktcap-uw" : "pktcap");
	puts("FILTER is a pcap-filter(7) expression, tried on the frame and inside tunnels.");
	for (unsigned g = 0; pk_groups[g] != NULL; g++) {
		printf("\n%s\n", pk_groups[g]->title);
		for (const struct pk_option *o = pk_groups[g]->options; o->set != NULL; o++)
			if (pk_option_in(o, style) && o->help != NULL)
				print_row(o);
	}
}

// One name and its argument on a line: "--stage pre|post".
void pk_print_options(enum pk_style style)
{
	for (unsigned g = 0; pk_groups[g] != NULL; g++) {
		for (const struct pk_option *o = pk_groups[g]->options; o->set != NULL; o++) {
			const char *arg = o->arg != NULL ? o->arg : "";

			if (!pk_option_in(o, style) || o->help == NULL)
				continue;
			for (const char *c = o->letters; c != NULL && *c != '\0'; c++)
				printf("-%c %s\n", *c, arg);
			if (o->name != NULL)
				printf("--%s %s\n", o->name, arg);
		}
	}
}

// scdoc: values that stand for something in italics, words to be typed in bold.
static void print_man_arg(const char *arg)
{
	while (*arg != '\0') {
		size_t len = 0;
		bool value = isupper((unsigned char)*arg);

		while (isalnum((unsigned char)arg[len]))
			len++;
		if (len == 0) {
			putchar(*arg++);
			continue;
		}
		putchar(value ? '_' : '*');
		for (; len > 0; len--, arg++)
			putchar(value ? tolower((unsigned char)*arg) : *arg);
		putchar(value ? '_' : '*');
	}
}

static void print_man_row(const struct pk_option *opt)
{
	const char *sep = "";

	for (const char *c = opt->letters; c != NULL && *c != '\0'; c++, sep = ", ")
		printf("%s*-%c*", sep, *c);
	if (opt->name != NULL)
		printf("%s*--%s*", sep, opt->name);
	if (opt->arg != NULL) {
		fputs(opt->is_arg != NULL ? " [" : " ", stdout);
		print_man_arg(opt->arg);
		fputs(opt->is_arg != NULL ? "]" : "", stdout);
	}
	printf("\n\t%s\n\n", opt->man != NULL ? opt->man : opt->help);
}

void pk_print_man(enum pk_style style)
{
	for (unsigned g = 0; pk_groups[g] != NULL; g++) {
		fputs("# ", stdout);
		for (const char *c = pk_groups[g]->title; *c != '\0'; c++)
			putchar(toupper((unsigned char)*c));
		printf("\n\n%s%s", pk_groups[g]->intro != NULL ? pk_groups[g]->intro : "",
			pk_groups[g]->intro != NULL ? "\n\n" : "");
		for (const struct pk_option *o = pk_groups[g]->options; o->set != NULL; o++)
			if (pk_option_in(o, style) && o->help != NULL)
				print_man_row(o);
	}
}
