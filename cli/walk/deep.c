/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The thread that asks sharkd or tshark, see deep.h. `ask` and `answer` are handed over under the lock; the child belongs to the thread.
 */
#include "walk/deep.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct rd_deep {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool asked, leave;
	struct rd_deep_ask ask;
	json_t *answer;
	int fd, leave_fd; // eventfds: an answer is there; a wait is to end
	struct rd_shark shark; // the thread's
	bool no_sharkd; // known to it
};

// By sharkd, which lives on between questions.
static json_t *ask_sharkd(struct rd_deep *d, const struct rd_deep_ask *ask, struct rd_err *err)
{
	json_t *result = NULL, *lines;

	if (d->shark.pid > 0 || rd_shark_start(&d->shark, err) == 0)
		result = rd_shark_dissect(&d->shark, ask, d->leave_fd, err);
	if (result == NULL) {
		rd_shark_stop(&d->shark); // the next question gets a new one
		return NULL;
	}
	lines = rd_shark_lines(result);
	json_decref(result);
	return lines;
}

static json_t *answer_of(struct rd_deep *d, const struct rd_deep_ask *ask)
{
	json_t *answer =
		json_pack("{s:I, s:i}", "walk", (json_int_t)ask->walk, "hop", (int)ask->hop);
	struct rd_err err = {0};
	json_t *lines = d->no_sharkd ? NULL : ask_sharkd(d, ask, &err);

	d->no_sharkd |= lines == NULL && err.code == -ENOENT;
	if (d->no_sharkd) {
		err = (struct rd_err){0};
		lines = rd_tshark_dissect(ask, d->leave_fd, &err);
	}
	if (lines == NULL && err.code == -ENOENT) {
		err = (struct rd_err){0}; // the first one stays otherwise
		rd_err_set(&err, -ENOENT,
			"neither sharkd nor tshark is there; Debian's packages wireshark-common and tshark have them");
	}
	json_object_set_new(answer, "by", json_string(d->no_sharkd ? "tshark" : "sharkd"));
	if (lines != NULL)
		json_object_set_new(answer, "lines", lines);
	else
		json_object_set_new(answer, "error", json_string(err.what));
	return answer;
}

static void *run(void *arg)
{
	struct rd_deep *d = arg;
	struct rd_deep_ask ask;
	json_t *answer;

	pthread_mutex_lock(&d->lock);
	while (!d->leave) {
		if (!d->asked || d->answer != NULL) {
			pthread_cond_wait(&d->wake, &d->lock);
			continue;
		}
		ask = d->ask;
		pthread_mutex_unlock(&d->lock);
		answer = answer_of(d, &ask);
		pthread_mutex_lock(&d->lock);
		d->answer = answer;
		d->asked = false;
		if (eventfd_write(d->fd, 1) < 0)
			break; // can't be: the counter is far from its end
	}
	pthread_mutex_unlock(&d->lock);
	rd_shark_stop(&d->shark);
	return NULL;
}

// Signals are the screen's: the thread blocks them all, also that of a pipe that nobody reads any more.
static int start(struct rd_deep *d)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&d->thread, NULL, run, d);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -ret;
}

struct rd_deep *rd_deep_open(struct rd_err *err)
{
	struct rd_deep *d = calloc(1, sizeof(*d));
	int ret;

	if (d == NULL) {
		rd_err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	d->shark = (struct rd_shark){0, -1, -1, -1};
	d->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->leave_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->wake, NULL);
	ret = d->fd >= 0 && d->leave_fd >= 0 ? start(d) : -errno;
	if (ret == 0)
		return d;
	rd_err_set(err, ret, "no thread to ask sharkd: %s", strerror(-ret));
	if (d->fd >= 0)
		close(d->fd);
	if (d->leave_fd >= 0)
		close(d->leave_fd);
	free(d);
	return NULL;
}

void rd_deep_close(struct rd_deep *d)
{
	if (d == NULL)
		return;
	pthread_mutex_lock(&d->lock);
	d->leave = true;
	if (eventfd_write(d->leave_fd, 1) == 0)
		pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	json_decref(d->answer);
	close(d->fd);
	close(d->leave_fd);
	pthread_mutex_destroy(&d->lock);
	pthread_cond_destroy(&d->wake);
	free(d);
}

int rd_deep_fd(const struct rd_deep *d)
{
	return d->fd;
}

bool rd_deep_ask(struct rd_deep *d, const struct rd_deep_ask *ask)
{
	bool is_free;

	pthread_mutex_lock(&d->lock);
	is_free = !d->asked && d->answer == NULL;
	if (is_free) {
		d->ask = *ask;
		d->asked = true;
		pthread_cond_signal(&d->wake);
	}
	pthread_mutex_unlock(&d->lock);
	return is_free;
}

json_t *rd_deep_take(struct rd_deep *d)
{
	eventfd_t n;
	json_t *answer;

	pthread_mutex_lock(&d->lock);
	answer = d->answer;
	d->answer = NULL;
	pthread_cond_signal(&d->wake);
	if (eventfd_read(d->fd, &n) < 0)
		n = 0; // nothing was there
	pthread_mutex_unlock(&d->lock);
	return answer;
}
