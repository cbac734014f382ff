/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The web server of metrics: one request per connection, GET or HEAD, and nothing else. Whoever connects may be hostile: heads are
 * bounded, so is the number of connections and the time that one may last, and what a client has not taken is one page that all share.
 * libevent's evhttp bounds neither the connections nor a request that trickles in, which is why this is not evhttp. Control thread.
 */
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "control/metrics.h"

RD_LOG_MODULE(metrics);

#define CLIENTS_MAX 32
#define HEAD_MAX 8192
#define ASK_S 5 // until the head is there
#define TAKE_S 30 // until the page is taken
#define LINGER_S 1 // until the client closes, too

struct client {
	struct client *next, **at;
	struct rd_metrics *m;
	struct bufferevent *bev;
	struct event *late;
	bool waiting; // for the page
	bool head_only;
	enum rd_metrics_format format;
	enum {
		ASKING,
		ANSWERED,
		CLOSING
	} state;
};

struct page { // being made
	struct rd_metrics *m;
	struct event *step;
	struct evbuffer *text; // NULL: nobody waits
	unsigned source; // the next one
	enum rd_metrics_format format;
};

struct rd_metrics {
	struct rd_ctl *ctl;
	struct evconnlistener *listener;
	struct client *clients;
	unsigned nb;
	struct page page[RD_METRICS_FORMATS];
};

static void client_free(struct client *c)
{
	*c->at = c->next;
	if (c->next != NULL)
		c->next->at = c->at;
	c->m->nb--;
	if (c->late != NULL)
		event_free(c->late);
	bufferevent_free(c->bev);
	free(c);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	client_free(arg);
}

static void give_time(struct client *c, int seconds)
{
	struct timeval tv = {.tv_sec = seconds};

	(void)event_add(c->late, &tv);
}

static void answer(struct client *c, const char *status, const char *type, struct evbuffer *body)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);

	c->state = ANSWERED;
	c->waiting = false;
	evbuffer_add_printf(out,
		"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%sCache-Control: no-store\r\nConnection: close\r\n\r\n",
		status, type, evbuffer_get_length(body),
		status[0] == '4' && status[2] == '5' ? "Allow: GET, HEAD\r\n" : "");
	if (!c->head_only)
		(void)evbuffer_add_buffer_reference(out, body);
	give_time(c, TAKE_S);
	bufferevent_enable(c->bev, EV_WRITE);
}

static void answer_text(struct client *c, const char *status, const char *text)
{
	struct evbuffer *body = evbuffer_new();

	if (body == NULL) {
		client_free(c);
		return;
	}
	evbuffer_add_printf(body, "%s\n", text);
	answer(c, status, "text/plain; charset=utf-8", body);
	evbuffer_free(body);
}

static void give_page(struct page *p, bool good)
{
	static const char *const types[] = {"text/plain; version=0.0.4; charset=utf-8",
		"application/openmetrics-text; version=1.0.0; charset=utf-8"};
	struct client *next;

	for (struct client *c = p->m->clients; c != NULL; c = next) {
		next = c->next;
		if (!c->waiting || c->format != p->format)
			continue;
		if (good)
			answer(c, "200 OK", types[p->format], p->text);
		else
			answer_text(c, "503 Service Unavailable", "out of memory");
	}
	evbuffer_free(p->text);
	p->text = NULL;
}

// One source in a turn of the loop: who else waits for control comes in between.
static void on_step(evutil_socket_t fd, short what, void *arg)
{
	struct page *p = arg;
	struct timeval now = {0};
	int ret;

	(void)fd;
	(void)what;
	ret = p->source < rd_metric_nb_sources
		? rd_metrics_source(p->m->ctl, p->source, p->format, p->text)
		: rd_metrics_end(p->format, p->text);
	if (ret < 0 || p->source++ >= rd_metric_nb_sources)
		give_page(p, ret >= 0);
	else
		(void)event_add(p->step, &now);
}

static void want_page(struct client *c)
{
	struct page *p = &c->m->page[c->format];
	struct timeval now = {0};

	c->waiting = true;
	bufferevent_disable(c->bev, EV_READ); // what else comes is of no interest
	if (p->text != NULL)
		return; // one is being made: its numbers are some milliseconds old at most
	p->text = evbuffer_new();
	p->source = 0;
	if (p->text == NULL)
		client_free(c);
	else
		(void)event_add(p->step, &now);
}

// "GET /metrics HTTP/1.1", then lines of which only Accept matters.
static void take_head(struct client *c, char *head)
{
	char *save = NULL, *rest = NULL, *line = strtok_r(head, "\r\n", &rest);
	const char *method = line != NULL ? strtok_r(line, " ", &save) : NULL;
	char *target = method != NULL ? strtok_r(NULL, " ", &save) : NULL;
	const char *version = target != NULL ? strtok_r(NULL, " ", &save) : NULL;

	if (version == NULL || strncmp(version, "HTTP/1.", 7) != 0
		|| strtok_r(NULL, " ", &save) != NULL) {
		answer_text(c, "400 Bad Request", "this is no HTTP/1 request");
		return;
	}
	c->head_only = strcmp(method, "HEAD") == 0;
	if (!c->head_only && strcmp(method, "GET") != 0) {
		answer_text(c, "405 Method Not Allowed", "only GET and HEAD");
		return;
	}
	target[strcspn(target, "?")] = '\0';
	if (strcmp(target, "/metrics") != 0) {
		answer_text(c, "404 Not Found", "what there is: /metrics");
		return;
	}
	while ((line = strtok_r(NULL, "\r\n", &rest)) != NULL)
		if (strncasecmp(line, "accept:", 7) == 0
			&& strcasestr(line, "application/openmetrics-text") != NULL)
			c->format = RD_METRICS_OPEN;
	want_page(c);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct client *c = arg;
	char head[HEAD_MAX + 1];
	struct evbuffer_ptr end;
	ev_ssize_t n;

	if (c->state != ASKING) {
		(void)evbuffer_drain(in, evbuffer_get_length(in));
		return;
	}
	end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	if (end.pos < 0) {
		if (evbuffer_get_length(in) >= HEAD_MAX)
			answer_text(c, "431 Request Header Fields Too Large",
				"the request is too long");
		return;
	}
	n = evbuffer_copyout(in, head, end.pos < HEAD_MAX ? (size_t)end.pos : HEAD_MAX);
	(void)evbuffer_drain(in, evbuffer_get_length(in));
	head[n > 0 ? n : 0] = '\0';
	take_head(c, head);
}

// The answer is with the kernel. We end our half and wait for the client's: a close with bytes unread would throw the answer away.
static void on_written(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;

	if (c->state != ANSWERED)
		return;
	c->state = CLOSING;
	shutdown(bufferevent_getfd(bev), SHUT_WR);
	give_time(c, LINGER_S);
	bufferevent_enable(bev, EV_READ);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *c = arg;

	(void)bev;
	if ((what & BEV_EVENT_EOF) && c->state == ANSWERED)
		bufferevent_disable(c->bev, EV_READ); // it may still read
	else
		client_free(c);
}

static void on_accept(
	struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	struct rd_metrics *m = arg;
	struct client *c = m->nb < CLIENTS_MAX ? calloc(1, sizeof(*c)) : NULL;

	(void)l;
	(void)sa;
	(void)len;
	if (c == NULL) {
		rd_log_warn("a client was refused: there are %u connections already", m->nb);
		evutil_closesocket(fd);
		return;
	}
	c->m = m;
	c->bev = bufferevent_socket_new(m->ctl->base, fd, BEV_OPT_CLOSE_ON_FREE);
	c->late = evtimer_new(m->ctl->base, on_late, c);
	if (c->bev == NULL || c->late == NULL) {
		if (c->bev != NULL)
			bufferevent_free(c->bev);
		else
			evutil_closesocket(fd);
		if (c->late != NULL)
			event_free(c->late);
		free(c);
		return;
	}
	c->next = m->clients;
	c->at = &m->clients;
	if (c->next != NULL)
		c->next->at = &c->next;
	m->clients = c;
	m->nb++;
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, HEAD_MAX);
	give_time(c, ASK_S);
	bufferevent_enable(c->bev, EV_READ);
}

// "9464", "192.0.2.1:9464", "[::1]:9464"; port 0: any that is free.
static int parse_where(const char *where, struct sockaddr_storage *sa, int *len, struct rd_err *err)
{
	struct sockaddr_in *four = (struct sockaddr_in *)sa;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)sa;
	const char *colon = strrchr(where, ':');
	int family = AF_INET, n = colon != NULL ? (int)(colon - where) : 0;
	bool bracket = n > 1 && where[0] == '[' && where[n - 1] == ']';
	uint8_t addr[16] = {127, 0, 0, 1};
	char ip[RD_IP_TEXT];
	uint32_t port;

	snprintf(ip, sizeof(ip), "%.*s", bracket ? n - 2 : n, where + bracket);
	if (rd_parse_u32(colon != NULL ? colon + 1 : where, 0, 65535, &port) < 0
		|| (colon != NULL && rd_parse_ip(ip, &family, addr) < 0)
		|| bracket != (family == AF_INET6)) {
		rd_err_set(
			err, -EINVAL, "--metrics wants PORT or ADDRESS:PORT, not \"%.60s\"", where);
		rd_err_hint(err, "--metrics 9464, or --metrics [::1]:9464");
		return -EINVAL;
	}
	if (family == AF_INET) {
		*four = (struct sockaddr_in){
			.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
		memcpy(&four->sin_addr, addr, sizeof(four->sin_addr));
	} else {
		*six = (struct sockaddr_in6){
			.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
		memcpy(&six->sin6_addr, addr, sizeof(six->sin6_addr));
	}
	*len = family == AF_INET ? (int)sizeof(*four) : (int)sizeof(*six);
	return 0;
}

static bool is_loopback(const struct sockaddr_storage *sa)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)sa;

	return sa->ss_family == AF_INET ? ntohl(four->sin_addr.s_addr) >> 24 == 127
					: IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

static void say_where(const struct rd_metrics *m)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	char ip[RD_IP_TEXT];
	bool six;

	if (getsockname(evconnlistener_get_fd(m->listener), (struct sockaddr *)&sa, &len) < 0)
		return;
	six = sa.ss_family == AF_INET6;
	rd_fmt_ip(sa.ss_family,
		six ? (const uint8_t *)&((const struct sockaddr_in6 *)&sa)->sin6_addr
		    : (const uint8_t *)&((const struct sockaddr_in *)&sa)->sin_addr,
		ip);
	rd_log_info("metrics at http://%s%s%s:%u/metrics", six ? "[" : "", ip, six ? "]" : "",
		ntohs(six ? ((const struct sockaddr_in6 *)&sa)->sin6_port
			  : ((const struct sockaddr_in *)&sa)->sin_port));
	if (!is_loopback(&sa))
		rd_log_warn(
			"whoever reaches this address can read the counters: there is no password");
}

struct rd_metrics *rd_metrics_start(struct rd_ctl *ctl, const char *where, struct rd_err *err)
{
	struct sockaddr_storage sa = {0};
	struct rd_metrics *m = NULL;
	int len;

	if (parse_where(where, &sa, &len, err) < 0)
		return NULL;
	m = calloc(1, sizeof(*m));
	if (m != NULL) {
		m->ctl = ctl;
		m->listener = evconnlistener_new_bind(ctl->base, on_accept, m,
			LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
			CLIENTS_MAX, (struct sockaddr *)&sa, len);
	}
	if (m == NULL || m->listener == NULL) {
		rd_err_set(err, -errno, "can't serve metrics at %s: %s", where, strerror(errno));
		rd_err_hint(err, "another port: --metrics PORT");
		free(m);
		return NULL;
	}
	for (unsigned i = 0; i < RD_METRICS_FORMATS; i++) {
		m->page[i] = (struct page){.m = m, .format = (enum rd_metrics_format)i};
		m->page[i].step = evtimer_new(ctl->base, on_step, &m->page[i]);
		if (m->page[i].step == NULL) {
			rd_err_set(err, -ENOMEM, "out of memory");
			rd_metrics_stop(m);
			return NULL;
		}
	}
	say_where(m);
	return m;
}

void rd_metrics_stop(struct rd_metrics *m)
{
	if (m == NULL)
		return;
	while (m->clients != NULL)
		client_free(m->clients);
	for (unsigned i = 0; i < RD_METRICS_FORMATS; i++) {
		if (m->page[i].step != NULL)
			event_free(m->page[i].step);
		if (m->page[i].text != NULL)
			evbuffer_free(m->page[i].text);
	}
	evconnlistener_free(m->listener);
	free(m);
}
