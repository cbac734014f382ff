/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Logs to stderr (and nowhere else: systemd or the shell takes it from there). A file says which
 * module it is once, with RD_LOG_MODULE(name); levels are per module and can be changed while
 * running. The rate limit is part of the call: each call site prints at most 10 lines a second and
 * then says how many it held back. Never call it from a worker's loop. Thread-safe.
 */
#pragma once

#include <stdint.h>

enum rd_log_level {
	RD_LOG_ERR,
	RD_LOG_WARN,
	RD_LOG_INFO,
	RD_LOG_DEBUG,
};

struct rd_log_module {
	const char *name;
	int level; // enum rd_log_level; atomic, relaxed
	struct rd_log_module *next; // registered by constructor
};

struct rd_log_site { // one per call, for the rate limit
	uint64_t window_ns;
	uint32_t in_window, suppressed;
};

void rd_log_register(struct rd_log_module *m);
void rd_log_write(struct rd_log_module *m, struct rd_log_site *site, int level, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));
// Level of one module, or of all when name is "all". 0 or -ENOENT / -EINVAL.
int rd_log_set(const char *module, const char *level);
const char *rd_log_level_name(int level);
const struct rd_log_module *rd_log_modules(void); // the list, for show log

// What the next line of this thread is about, for those who search the journal: MESSAGE_ID, REDDOT_PORT, REDDOT_SESSION. Members may be
// NULL. Borrowed until the line is written.
struct rd_log_tags {
	const char *id, *port, *session;
};
void rd_log_tag(const struct rd_log_tags *tags);
// From here on lines go to systemd's journal, with their fields, if it is what stands behind stderr. Main thread, before others.
void rd_log_to_journal(void);

// MESSAGE_IDs (reddotd(8) lists them); never changed.
#define RD_EVENT_SERVING "f9a1c2b07d8e4d6c9b6f3a52e0c4d811"
#define RD_EVENT_ENDING "0f6c1f2e93b74b9d8d52c77e5b1a4c3e"
#define RD_EVENT_LINK "5b7ab0d1c6a94f0f8e21d3c9a7f6e205"
#define RD_EVENT_CAPTURE "c2d94e7f1a5b4c08b3f7609d8e1a2b6c"
#define RD_EVENT_MIRROR "8e31b7a4d0f24c6fa95d2c1b7e8f3049"

#define RD_LOG_MODULE(tag)                                                                 \
	static struct rd_log_module rd_log_module_ = {.name = #tag, .level = RD_LOG_INFO}; \
	__attribute__((constructor)) static void rd_log_register_(void)                    \
	{                                                                                  \
		rd_log_register(&rd_log_module_);                                          \
	}                                                                                  \
	_Static_assert(1, "")

#define RD_LOG(level_, ...)                                                               \
	do {                                                                              \
		static struct rd_log_site site_;                                          \
		if ((level_) <= __atomic_load_n(&rd_log_module_.level, __ATOMIC_RELAXED)) \
			rd_log_write(&rd_log_module_, &site_, (level_), __VA_ARGS__);     \
	} while (0)
// rd_log_tagged(RD_LOG_INFO, (.id = RD_EVENT_LINK, .port = name), "port %s: ...", name)
#define RD_LOG_TAGS(...) (&(const struct rd_log_tags){__VA_ARGS__})
#define rd_log_tagged(level_, tags_, ...)      \
	do {                                   \
		rd_log_tag(RD_LOG_TAGS tags_); \
		RD_LOG(level_, __VA_ARGS__);   \
		rd_log_tag(NULL);              \
	} while (0)
#define rd_log_err(...) RD_LOG(RD_LOG_ERR, __VA_ARGS__)
#define rd_log_warn(...) RD_LOG(RD_LOG_WARN, __VA_ARGS__)
#define rd_log_info(...) RD_LOG(RD_LOG_INFO, __VA_ARGS__)
#define rd_log_debug(...) RD_LOG(RD_LOG_DEBUG, __VA_ARGS__)
