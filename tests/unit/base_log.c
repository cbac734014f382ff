/* SPDX-License-Identifier: BSD-3-Clause
 *
 * base/log: form of a line, levels, hostile text, and the rate limit of a call site. stderr is a
 * pipe meanwhile.
 */
#include "base/log.h"

#include "unit.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

RD_LOG_MODULE(alpha);

static int pipe_fd[2], saved_stderr;

static int capture_stderr(void **state)
{
	(void)state;
	saved_stderr = dup(STDERR_FILENO);
	if (saved_stderr < 0 || pipe(pipe_fd) < 0)
		return -1;
	return dup2(pipe_fd[1], STDERR_FILENO) < 0 ? -1 : 0;
}

static int release_stderr(void **state)
{
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	return 0;
}

// What was logged since the last call. A mark makes sure that read() finds something.
static const char *logged(void)
{
	static char text[16384];
	ssize_t n;

	assert_int_equal(write(pipe_fd[1], "#", 1), 1);
	n = read(pipe_fd[0], text, sizeof(text) - 1);
	assert_true(n > 0 && text[n - 1] == '#');
	text[n - 1] = '\0';
	return text;
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static void has_time_level_module_text(void **state)
{
	regex_t re;

	(void)state;
	assert_int_equal(
		regcomp(&re,
			"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3} "
			"WARN  alpha: port 7 is down\n$",
			REG_EXTENDED | REG_NOSUB),
		0);
	rd_log_warn("port %d is down", 7);
	assert_int_equal(regexec(&re, logged(), 0, NULL, 0), 0);
	regfree(&re);
}

static void obeys_levels(void **state)
{
	(void)state;
	rd_log_debug("hidden");
	assert_string_equal(logged(), "");
	assert_int_equal(rd_log_set("alpha", "debug"), 0);
	rd_log_debug("shown");
	assert_non_null(strstr(logged(), "DEBUG alpha: shown\n"));
	assert_int_equal(rd_log_set("all", "error"), 0);
	rd_log_warn("hidden");
	assert_string_equal(logged(), "");
	assert_int_equal(rd_log_set("beta", "info"), -ENOENT);
	assert_int_equal(rd_log_set("alpha", "loud"), -EINVAL);
	assert_int_equal(rd_log_set("alpha", "info"), 0);
	assert_string_equal(rd_log_modules()->name, "alpha");
	assert_string_equal(rd_log_level_name(rd_log_modules()->level), "info");
	assert_string_equal(rd_log_level_name(99), "unknown");
}

static void tames_hostile_text(void **state)
{
	char lots[3000];
	const char *text;

	(void)state;
	rd_log_info("%s", "two\nlines \033[31mred");
	text = logged();
	assert_int_equal(count_lines(text), 1);
	assert_null(strchr(text, '\033'));
	memset(lots, 'x', sizeof(lots) - 1);
	lots[sizeof(lots) - 1] = '\0';
	rd_log_info("%s", lots);
	text = logged();
	assert_int_equal(count_lines(text), 1);
	assert_int_equal(strlen(text), 1024);
}

static void limits_each_site(void **state)
{
	static struct rd_log_site site;

	(void)state;
	errno = EPERM;
	for (int i = 0; i < 35; i++)
		rd_log_write(&rd_log_module_, &site, RD_LOG_INFO, "again");
	assert_int_equal(errno, EPERM);
	assert_int_equal(count_lines(logged()), 10);
	rd_log_info("another site is not held back");
	assert_int_equal(count_lines(logged()), 1);
	site.window_ns -= 2000000000; // two seconds pass
	rd_log_write(&rd_log_module_, &site, RD_LOG_INFO, "again");
	assert_non_null(strstr(logged(), "again (25 such lines held back)\n"));
	rd_log_write(&rd_log_module_, &site, RD_LOG_INFO, "again");
	assert_null(strstr(logged(), "held back"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			has_time_level_module_text, capture_stderr, release_stderr),
		cmocka_unit_test_setup_teardown(obeys_levels, capture_stderr, release_stderr),
		cmocka_unit_test_setup_teardown(tames_hostile_text, capture_stderr, release_stderr),
		cmocka_unit_test_setup_teardown(limits_each_site, capture_stderr, release_stderr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
