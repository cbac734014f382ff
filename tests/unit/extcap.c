/* SPDX-License-Identifier: BSD-3-Clause
 *
 * reddot-extcap: what Wireshark may say on the command line, what becomes of it, and the toolbar's messages.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answer.h"
#include "toolbar.h"
#include "words.h"

#include "opts.h"

#define W(s) ((char[]){s})

static int parse(struct ex_args *a, char **argv, struct rd_err *err)
{
	int argc = 0;

	while (argv[argc] != NULL)
		argc++;
	memset(err, 0, sizeof(*err));
	return ex_args_parse(a, argc, argv, err);
}

static void as_wireshark_calls(void **state)
{
	char *argv[] = {W("reddot-extcap"), W("--capture"), W("--extcap-interface"),
		W("reddot:any"), W("--fifo"), W("/tmp/f"), W("--extcap-capture-filter"),
		W("tcp port 80"), W("--stage"), W("dfw_in,drop"), W("--follow"), W("--meta=lean"),
		W("--port"), W(""), W("--drops"), W("false"), W("--extcap-newer-option"), W("x"),
		NULL};
	struct ex_args a;
	struct rd_err err;

	(void)state;
	assert_int_equal(parse(&a, argv, &err), 0);
	assert_int_equal(a.job, EX_CAPTURE);
	assert_string_equal(a.interface, "reddot:any");
	assert_string_equal(a.fifo, "/tmp/f");
	assert_string_equal(a.filter, "tcp port 80");
	assert_string_equal(a.stage, "dfw_in,drop");
	assert_string_equal(a.meta, "lean");
	assert_true(a.follow);
	assert_false(a.drops);
	assert_null(a.port); // empty is not given
}

static void the_job_is_clear(void **state)
{
	static const struct {
		const char *word, *more;
		enum ex_job job;
	} cases[] = {
		{"--extcap-interfaces", "--extcap-version=4.0", EX_INTERFACES},
		{"--extcap-dlts", "--extcap-interface=reddot:any", EX_DLTS},
		{"--extcap-config", "--extcap-interface=reddot:any", EX_CONFIG},
		{"--extcap-capture-filter=tcp", "--extcap-interface=reddot:any", EX_CHECK_FILTER},
		{"--help", "--capture", EX_HELP},
		{"--version", "--drops", EX_VERSION},
		{"--drops", "--follow", EX_NOTHING},
	};
	struct ex_args a;
	struct rd_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char word[64], more[64], *argv[] = {W("x"), word, more, NULL};

		snprintf(word, sizeof(word), "%s", cases[i].word);
		snprintf(more, sizeof(more), "%s", cases[i].more);
		assert_int_equal(parse(&a, argv, &err), 0);
		assert_int_equal(a.job, cases[i].job);
	}
}

static void wrong_words_are_refused(void **state)
{
	static const char *const wrong[] = {"--capture", "--extcap-dlts", "--extcap-config",
		"--unknown", "-x", "--follow=maybe", "--socket", "--fifo"};
	struct ex_args a;
	struct rd_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char word[64], *argv[] = {W("x"), word, NULL};

		snprintf(word, sizeof(word), "%s", wrong[i]);
		assert_int_equal(parse(&a, argv, &err), -EINVAL);
		assert_true(err.what[0] != '\0');
	}
}

static void the_interface_names_a_host(void **state)
{
	struct ex_args a = {.interface = "reddot:x86", .host = "arm"};
	struct rd_err err = {0};
	const char *host;

	(void)state;
	assert_int_equal(ex_args_host(&a, &host, &err), 0);
	assert_string_equal(host, "x86");
	a.interface = "reddot:any";
	assert_int_equal(ex_args_host(&a, &host, &err), 0);
	assert_string_equal(host, "arm");
	a.interface = "eth0";
	assert_int_equal(ex_args_host(&a, &host, &err), -ENODEV);
}

// The words as one text, with a blank before each.
static const char *words(const struct ex_args *a, const struct ex_toolbar *t, char buf[1024])
{
	struct ex_words w;
	struct rd_err err = {0};
	size_t len = 0;

	assert_int_equal(ex_words_make(&w, a, t, &err), 0);
	assert_null(w.v[w.n]);
	buf[0] = '\0';
	for (int i = 0; i < w.n; i++)
		len += (size_t)snprintf(buf + len, 1024 - len, " %s", w.v[i]);
	ex_words_free(&w);
	return buf;
}

static void choices_become_options(void **state)
{
	struct ex_args a = {.interface = "reddot:arm",
		.port = "vmnic1,100663325",
		.stage = "dfw_in",
		.dir = "both",
		.snaplen = "64",
		.match = "inner",
		.meta = "lean",
		.filter = "-x"};
	struct ex_toolbar t = {.follow = true};
	char buf[1024];

	(void)state;
	assert_string_equal(words(&a, &t, buf),
		" pktcap --ng --outfile - --host arm --switchport vmnic1 --switchport 100663325 --dir both "
		"--capture dfw_in --follow --inner-only --snaplen 64 --meta lean -- -x");
	memcpy(t.stage, "drop", 5); // the toolbar's is the newer choice
	assert_non_null(strstr(words(&a, &t, buf), "--capture drop "));
	t.drops = true;
	assert_non_null(strstr(words(&a, &t, buf), " --drop "));
	assert_null(strstr(buf, "--capture"));
}

static void a_direction_alone_means_stages(void **state)
{
	struct ex_args a = {.interface = "reddot:any", .dir = "rx"};
	struct ex_toolbar t = {0};
	char buf[1024];

	(void)state;
	assert_non_null(
		strstr(words(&a, &t, buf), " --capture uplink_rx,mux_rx,vnic_rx,upt_rx,vmk_rx"));
	a.dir = "tx";
	assert_non_null(strstr(words(&a, &t, buf), " --capture uplink_tx,mux_tx,vnic_tx,upt_tx"));
	a.port = "vmnic1"; // pktcap knows which of its stages that is
	assert_null(strstr(words(&a, &t, buf), "--capture"));
}

static void pktcap_takes_the_words(void **state)
{
	struct ex_args a = {.interface = "reddot:any",
		.stage = "dfw_in",
		.filter = "tcp port 80",
		.buffer = "64",
		.comment = "all"};
	struct ex_toolbar t = {0};
	struct ex_words w;
	struct pk_opts o;
	struct rd_err err = {0};

	(void)state;
	assert_int_equal(ex_words_make(&w, &a, &t, &err), 0);
	optind = 0;
	assert_int_equal(pk_opts_parse(&o, w.n, w.v, &err), 0);
	assert_string_equal(o.filter, "tcp port 80");
	assert_string_equal(o.outfile, "-");
	assert_int_equal(o.format, PK_FORMAT_PCAPNG);
	pk_opts_free(&o);
	ex_words_free(&w);
}

static void too_many_ports_are_refused(void **state)
{
	char list[2 * EX_WORDS_MAX + 1];
	struct ex_args a = {.interface = "reddot:any", .port = list};
	struct ex_toolbar t = {0};
	struct ex_words w;
	struct rd_err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(list) - 1; i++)
		list[i] = i % 2 == 0 ? 'p' : ',';
	list[sizeof(list) - 1] = '\0';
	assert_int_equal(ex_words_make(&w, &a, &t, &err), -E2BIG);
	ex_words_free(&w);
}

static void messages_come_in_pieces(void **state)
{
	struct ex_control_reader r = {0};
	struct ex_message m;
	uint8_t bytes[2 * EX_CONTROL_MAX];
	size_t len = ex_control_pack(bytes, EX_CONTROL_STAGE, EX_CMD_SET, "dfw_in", 6);

	(void)state;
	assert_int_equal(len, 12);
	assert_memory_equal(bytes,
		"T\0\0\x08\0\x01"
		"dfw_in",
		12);
	len += ex_control_pack(bytes + len, EX_CONTROL_NONE, EX_CMD_INITIALIZED, "", 0);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(ex_control_feed(&r, bytes + i, 1), 1);
		assert_int_equal(ex_control_next(&r, &m), i == 11 || i == 17);
		if (i == 11) {
			assert_int_equal(m.command, EX_CMD_SET);
			assert_string_equal(m.text, "dfw_in");
		}
	}
	assert_int_equal(m.command, EX_CMD_INITIALIZED);
	assert_int_equal(m.control, EX_CONTROL_NONE);
	assert_int_equal(m.len, 0);
}

static void wrong_messages_end_it(void **state)
{
	static const char *const wrong[] = {
		"X\0\0\x02\0\0", "T\0\0\x01\0\0", "T\xff\0\0\0\0", "T\0\x10\0\0\0"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct ex_control_reader r = {0};
		struct ex_message m;

		ex_control_feed(&r, (const uint8_t *)wrong[i], 6);
		assert_int_equal(ex_control_next(&r, &m), -EBADMSG);
		ex_control_feed(&r, (const uint8_t *)"T\0\0\x02\0\0", 6);
		assert_int_equal(ex_control_next(&r, &m), -EBADMSG);
	}
}

static void long_texts_are_cut(void **state)
{
	char text[2 * EX_CONTROL_MAX] = {0};
	uint8_t bytes[EX_CONTROL_MAX];
	struct ex_control_reader r = {0};
	struct ex_message m;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	assert_int_equal(ex_control_pack(bytes, 3, EX_CMD_SET, text, strlen(text)), EX_CONTROL_MAX);
	assert_int_equal(ex_control_feed(&r, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(ex_control_next(&r, &m), 1);
	assert_int_equal(m.len, EX_CONTROL_MAX - EX_CONTROL_HEAD);
}

static struct ex_message set(uint8_t control, const char *value, size_t len)
{
	struct ex_message m = {.control = control, .command = EX_CMD_SET, .len = len};

	memcpy(m.text, value, len);
	return m;
}

static void the_toolbar_changes_the_choice(void **state)
{
	struct ex_toolbar t = {.in = -1, .out = -1, .follow = true};
	struct ex_message off = set(EX_CONTROL_FOLLOW, "\0", 1),
			  on = set(EX_CONTROL_DROPS, "\1", 1);
	struct ex_message stage = set(EX_CONTROL_STAGE, "drop", 4),
			  none = set(EX_CONTROL_STAGE, "", 0);
	struct ex_message wrong = set(EX_CONTROL_STAGE, "nix", 3),
			  cut = set(EX_CONTROL_STAGE, "drop\0x", 6);
	struct ex_message ready = {.control = EX_CONTROL_NONE, .command = EX_CMD_INITIALIZED};

	(void)state;
	assert_false(ex_toolbar_obey(&t, &off)); // nobody touched it: the option stays
	assert_true(t.follow);
	assert_false(ex_toolbar_obey(&t, &ready));
	assert_true(ex_toolbar_obey(&t, &off));
	assert_false(t.follow);
	assert_true(ex_toolbar_obey(&t, &on));
	assert_true(t.drops);
	assert_true(ex_toolbar_obey(&t, &stage));
	assert_false(ex_toolbar_obey(&t, &stage)); // the same again
	assert_false(ex_toolbar_obey(&t, &wrong));
	assert_false(ex_toolbar_obey(&t, &cut));
	assert_string_equal(t.stage, "drop");
	assert_true(ex_toolbar_obey(&t, &none));
}

static void the_toolbar_has_pipes(void **state)
{
	char dir[] = "/tmp/rd-unit-XXXXXX", in[64], out[64];
	struct ex_args a = {.control_in = in, .control_out = out};
	struct ex_toolbar t;
	struct rd_err err = {0};
	char text[1000] = {0};
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(in, sizeof(in), "%s/in", dir);
	snprintf(out, sizeof(out), "%s/out", dir);
	assert_int_equal(mkfifo(in, 0600) + mkfifo(out, 0600), 0);
	assert_int_equal(ex_toolbar_open(&t, &a, &err), 0);
	fd = open(in, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd,
				 "T\0\0\x06\0\x01"
				 "drop"
				 "garbage",
				 17),
		17);
	assert_true(ex_toolbar_read(&t)); // what was right before the garbage counts
	assert_string_equal(t.stage, "drop");
	assert_int_equal(t.in, -1);
	memset(text, 'e', sizeof(text) - 1);
	for (unsigned i = 0; i < 100; i++) // more than a pipe holds: never blocks
		ex_toolbar_error(&t, text);
	ex_toolbar_close(&t);
	close(fd);
	unlink(in);
	unlink(out);
	rmdir(dir);
}

static void hostile_names_stay_in_their_sentence(void **state)
{
	struct ex_args a = {
		.interface = "reddot:any", .socket = "/tmp/}{default=x}\nvalue {arg=0}"};
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	ex_answer_config(f, &a, NULL, NULL);
	fclose(f);
	assert_non_null(strstr(text, "{default=/tmp/__default=x__value _arg=0_}{group"));
	free(text);
}

static void a_filter_is_checked(void **state)
{
	static const char *const right[] = {"tcp port 80", "vlan and geneve"};
	struct ex_args a = {.filter = "tcp prt 80"};
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		ex_answer_filter(f, &(struct ex_args){.filter = right[i]});
	fflush(f);
	assert_int_equal(len, 0);
	ex_answer_filter(f, &a);
	fclose(f);
	assert_non_null(strstr(text, "syntax error"));
	assert_int_equal(text[len - 1], '\n');
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_wireshark_calls),
		cmocka_unit_test(the_job_is_clear),
		cmocka_unit_test(wrong_words_are_refused),
		cmocka_unit_test(the_interface_names_a_host),
		cmocka_unit_test(choices_become_options),
		cmocka_unit_test(a_direction_alone_means_stages),
		cmocka_unit_test(pktcap_takes_the_words),
		cmocka_unit_test(too_many_ports_are_refused),
		cmocka_unit_test(messages_come_in_pieces),
		cmocka_unit_test(wrong_messages_end_it),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(the_toolbar_changes_the_choice),
		cmocka_unit_test(the_toolbar_has_pipes),
		cmocka_unit_test(hostile_names_stay_in_their_sentence),
		cmocka_unit_test(a_filter_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
