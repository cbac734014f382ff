/* SPDX-License-Identifier: BSD-3-Clause
 *
 * api/client against a scripted daemon: errors of connecting, items, descriptors, a daemon that
 * dies or lies.
 */
#include "api/client.h"

#include "fake_daemon.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void no_socket(void **state)
{
	struct rd_err err = {0};

	(void)state;
	assert_null(rd_client_open("/tmp/reddot-none/sock", "unit", &err));
	assert_string_equal(err.what, "reddotd is not running at /tmp/reddot-none/sock");
	assert_string_equal(
		err.hint, "start it: reddotd -f FILE, or name its socket with --socket");
}

static void stale_socket(void **state)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	char dir[] = "/tmp/reddot-unit-XXXXXX";
	struct rd_err err = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/sock", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd); // the file stays behind
	assert_null(rd_client_open(sa.sun_path, "unit", &err));
	assert_int_equal(err.code, -ECONNREFUSED);
	assert_non_null(strstr(err.what, "is not running at"));
	unlink(sa.sun_path);
	rmdir(dir);
}

static void long_path(void **state)
{
	char path[200];
	struct rd_err err = {0};

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(rd_client_open(path, "unit", &err));
	assert_int_equal(err.code, -ENAMETOOLONG);
}

static void no_permission(void **state)
{
	static const struct answer answers[] = {{HELLO_OK}, {NULL}};
	struct fake_daemon d;
	struct rd_client *c;
	struct rd_err err = {0};

	(void)state;
	fake_daemon_start(&d, answers);
	chmod(d.path, 0);
	if (geteuid() == 0) // root may connect anyway
		assert_int_equal(seteuid(65534), 0);
	c = rd_client_open(d.path, "unit", &err);
	assert_null(c);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(err.code, -EACCES);
	assert_non_null(strstr(err.what, "no permission"));
	assert_non_null(strstr(err.hint, "group reddot"));
	chmod(d.path, 0600);
	rd_client_close(rd_client_open(d.path, "unit", NULL)); // lets the thread end
	fake_daemon_stop(&d);
}

static void expect_open_fails(const char *hello, int code, const char *text)
{
	const struct answer answers[] = {{hello}, {NULL}};
	struct fake_daemon d;
	struct rd_err err = {0};

	fake_daemon_start(&d, answers);
	assert_null(rd_client_open(d.path, "unit", &err));
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.what, text));
	fake_daemon_stop(&d);
}

static void bad_hellos(void **state)
{
	(void)state;
	expect_open_fails("{\"id\":1,\"result\":{\"version\":2}}\n", -EPROTO, "version 2");
	expect_open_fails("{\"id\":1,\"result\":{}}\n", -EPROTO, "does not speak");
	expect_open_fails("220 smtp.example ready\n", -EPROTO, "does not speak");
	expect_open_fails("{\"id\":9,\"result\":{\"version\":1}}\n", -EPROTO, "another question");
	expect_open_fails("{\"id\":1,\"error\":{\"code\":\"EPERM\",\"what\":\"go away\"}}\n",
		-EPERM, "go away");
	expect_open_fails(NULL, -ECONNRESET, "reddotd closed the connection");
}

static int count_items(void *arg, const json_t *item)
{
	int *count = arg;

	assert_int_equal(json_integer_value(json_object_get(item, "n")), ++*count);
	return 0;
}

static int stop_at_two(void *arg, const json_t *item)
{
	(void)item;
	return ++*(int *)arg == 2 ? 77 : 0;
}

#define ITEMS(id)                                                                                \
	"{\"id\":" #id ",\"item\":{\"n\":1}}\n{\"id\":" #id ",\"item\":{\"n\":2}}\n{\"id\":" #id \
	",\"item\":{\"n\":3}}\n{\"id\":" #id ",\"result\":{\"count\":3}}\n"

static void streams_items(void **state)
{
	static const struct answer answers[] = {{HELLO_OK}, {ITEMS(2), .split = 3}, {ITEMS(3)},
		{ITEMS(4)},
		{"{\"id\":5,\"error\":{\"code\":\"ENOENT\",\"what\":\"no\",\"try\":\"show port\"}}\n"},
		{NULL}};
	struct fake_daemon d;
	struct rd_client *c;
	struct rd_err err = {0};
	json_t *result, *list;
	int count = 0;

	(void)state;
	fake_daemon_start(&d, answers);
	c = rd_client_open(d.path, "unit", &err);
	assert_non_null(c);
	assert_string_equal(
		json_string_value(json_object_get(rd_client_hello(c), "daemon")), "reddotd");
	assert_int_equal(
		rd_client_call(c, "port.list", json_object(), count_items, &count, &result, &err),
		0);
	assert_int_equal(count, 3);
	assert_int_equal(json_integer_value(json_object_get(result, "count")), 3);
	json_decref(result);
	count = 0; // stopped: the rest is skipped and the next call is in step
	assert_int_equal(
		rd_client_call(c, "port.list", NULL, stop_at_two, &count, &result, &err), 77);
	assert_int_equal(count, 2);
	assert_null(result);
	list = rd_client_list(c, "port.list", NULL, &err);
	assert_int_equal(json_array_size(list), 3);
	json_decref(list);
	assert_int_equal(rd_client_call(c, "port.list", NULL, NULL, NULL, NULL, &err), -ENOENT);
	assert_string_equal(err.hint, "show port");
	rd_client_close(c);
	fake_daemon_stop(&d);
}

static void takes_descriptors(void **state)
{
	static const struct answer answers[] = {{HELLO_OK},
		{"{\"id\":2,\"item\":{}}\n{\"id\":2,\"result\":{\"session\":1,\"fd\":true}}\n",
			.with_fd = 1},
		{"{\"id\":3,\"result\":{}}\n", .with_fd = 1},
		{"{\"id\":4,\"result\":{\"fd\":true}}\n"}, {NULL}};
	struct fake_daemon d;
	struct rd_client *c;
	struct rd_err err = {0};
	char bytes[4];
	int fd;

	(void)state;
	fake_daemon_start(&d, answers);
	c = rd_client_open(d.path, "unit", &err);
	assert_non_null(c);
	assert_int_equal(rd_client_take_fd(c), -1);
	assert_int_equal(rd_client_call(c, "capture.start", NULL, NULL, NULL, NULL, &err), 0);
	fd = rd_client_take_fd(c);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(read(fd, bytes, sizeof(bytes)), 4);
	close(fd);
	assert_int_equal(rd_client_take_fd(c), -1);
	assert_int_equal(rd_client_call(c, "stray", NULL, NULL, NULL, NULL, &err), 0);
	assert_int_equal(rd_client_take_fd(c), -1); // nobody asked for it: closed
	assert_int_equal(rd_client_call(c, "missing", NULL, NULL, NULL, NULL, &err), -EPROTO);
	rd_client_close(c);
	fake_daemon_stop(&d);
}

static void daemon_dies(void **state)
{
	static const struct answer answers[] = {
		{HELLO_OK}, {"{\"id\":2,\"item\":{\"n\":1}}\n{\"id\":2"}, {NULL}};
	struct fake_daemon d;
	struct rd_client *c;
	struct rd_err err = {0};
	int count = 0;

	(void)state;
	fake_daemon_start(&d, answers);
	c = rd_client_open(d.path, "unit", &err);
	assert_non_null(c);
	// The script has no third answer: half a message, then shutdown when the next request
	// arrives.
	shutdown(rd_client_fd(c), SHUT_WR);
	fake_daemon_stop(&d);
	for (int i = 0; i < 2; i++) { // no SIGPIPE, and the same answer again and again
		err = (struct rd_err){0};
		assert_int_equal(
			rd_client_call(c, "port.list", NULL, count_items, &count, NULL, &err),
			-ECONNRESET);
		assert_string_equal(err.what, "reddotd closed the connection");
	}
	rd_client_close(c);
	rd_client_close(NULL);
}

static void daemon_dies_in_an_answer(void **state)
{
	static const struct answer answers[] = {
		{HELLO_OK}, {"{\"id\":2,\"item\":{\"n\":1}}\n{\"id\":3\n"}, {NULL}};
	struct fake_daemon d;
	struct rd_client *c;
	struct rd_err err = {0};
	int count = 0;

	(void)state;
	fake_daemon_start(&d, answers);
	c = rd_client_open(d.path, "unit", &err);
	assert_non_null(c);
	assert_int_equal(
		rd_client_call(c, "port.list", NULL, count_items, &count, NULL, &err), -EPROTO);
	assert_int_equal(count, 1);
	err = (struct rd_err){0};
	assert_null(rd_client_list(c, "port.list", NULL, &err)); // out of step: not tried again
	assert_int_equal(err.code, -ECONNRESET);
	rd_client_close(c);
	fake_daemon_stop(&d);
}

static void request_too_long(void **state)
{
	static const struct answer answers[] = {{HELLO_OK}, {"{\"id\":3,\"result\":{}}\n"}, {NULL}};
	struct fake_daemon d;
	struct rd_client *c;
	struct rd_err err = {0};
	char *text = malloc((1u << 20) + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 1u << 20);
	text[1u << 20] = '\0';
	fake_daemon_start(&d, answers);
	c = rd_client_open(d.path, "unit", &err);
	assert_non_null(c);
	assert_int_equal(
		rd_client_call(c, "inject", json_pack("{s:s}", "x", text), NULL, NULL, NULL, &err),
		-EMSGSIZE);
	assert_int_equal(rd_client_call(c, "inject", NULL, NULL, NULL, NULL, &err), 0);
	free(text);
	rd_client_close(c);
	fake_daemon_stop(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_socket),
		cmocka_unit_test(stale_socket),
		cmocka_unit_test(long_path),
		cmocka_unit_test(no_permission),
		cmocka_unit_test(bad_hellos),
		cmocka_unit_test(streams_items),
		cmocka_unit_test(takes_descriptors),
		cmocka_unit_test(daemon_dies),
		cmocka_unit_test(daemon_dies_in_an_answer),
		cmocka_unit_test(request_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
