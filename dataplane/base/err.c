/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Error texts and the names of error codes. Called by control, the CLI and the client library; any
 * thread.
 */
#include "base/err.h"

#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct code_name {
	int code;
	const char *name;
};

#define CODE(x)       \
	{             \
		x, #x \
	}
static const struct code_name code_names[] = {
	CODE(EPERM),
	CODE(ENOENT),
	CODE(ESRCH),
	CODE(EINTR),
	CODE(EIO),
	CODE(ENXIO),
	CODE(E2BIG),
	CODE(ENOEXEC),
	CODE(EBADF),
	CODE(ECHILD),
	CODE(EAGAIN),
	CODE(ENOMEM),
	CODE(EACCES),
	CODE(EFAULT),
	CODE(EBUSY),
	CODE(EEXIST),
	CODE(EXDEV),
	CODE(ENODEV),
	CODE(ENOTDIR),
	CODE(EISDIR),
	CODE(EINVAL),
	CODE(ENFILE),
	CODE(EMFILE),
	CODE(ENOTTY),
	CODE(EFBIG),
	CODE(ENOSPC),
	CODE(ESPIPE),
	CODE(EROFS),
	CODE(EMLINK),
	CODE(EPIPE),
	CODE(EDOM),
	CODE(ERANGE),
	CODE(EDEADLK),
	CODE(ENAMETOOLONG),
	CODE(ENOLCK),
	CODE(ENOSYS),
	CODE(ENOTEMPTY),
	CODE(ELOOP),
	CODE(ENODATA),
	CODE(ETIME),
	CODE(EPROTO),
	CODE(EBADMSG),
	CODE(EOVERFLOW),
	CODE(EILSEQ),
	CODE(ENOTSOCK),
	CODE(EDESTADDRREQ),
	CODE(EMSGSIZE),
	CODE(EPROTOTYPE),
	CODE(ENOPROTOOPT),
	CODE(EPROTONOSUPPORT),
	CODE(EOPNOTSUPP),
	CODE(EAFNOSUPPORT),
	CODE(EADDRINUSE),
	CODE(EADDRNOTAVAIL),
	CODE(ENETDOWN),
	CODE(ENETUNREACH),
	CODE(ECONNABORTED),
	CODE(ECONNRESET),
	CODE(ENOBUFS),
	CODE(EISCONN),
	CODE(ENOTCONN),
	CODE(ESHUTDOWN),
	CODE(ETIMEDOUT),
	CODE(ECONNREFUSED),
	CODE(EHOSTDOWN),
	CODE(EHOSTUNREACH),
	CODE(EALREADY),
	CODE(EINPROGRESS),
	CODE(ESTALE),
	CODE(EDQUOT),
	CODE(ECANCELED),
};
#define NB_CODES (sizeof(code_names) / sizeof(code_names[0]))

int rd_err_set(struct rd_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err->code != 0)
		return code;
	err->code = code;
	err->where[0] = '\0';
	err->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->what, sizeof(err->what), fmt, ap);
	va_end(ap);
	return code;
}

void rd_err_where(struct rd_err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err->code == 0 || err->where[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(err->where, sizeof(err->where), fmt, ap);
	va_end(ap);
}

void rd_err_hint(struct rd_err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err->code == 0 || err->hint[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
}

const char *rd_err_text(const struct rd_err *err, char *buf, size_t len)
{
	size_t used = 0;

	if (len == 0)
		return buf;
	buf[0] = '\0';
	if (err == NULL || err->code == 0)
		return buf;
	rd_str_addf(buf, len, &used, "%s", err->what[0] != '\0' ? err->what : strerror(-err->code));
	if (err->where[0] != '\0')
		rd_str_addf(buf, len, &used, " (%s)", err->where);
	if (err->hint[0] != '\0')
		rd_str_addf(buf, len, &used, "; try: %s", err->hint);
	return buf;
}

const char *rd_err_name(int code)
{
	if (code == 0)
		return "OK";
	if (code == -EOPNOTSUPP)
		return "ENOTSUP"; // the same number; this is the name that the protocol uses
	for (size_t i = 0; i < NB_CODES; i++)
		if (code_names[i].code == -code)
			return code_names[i].name;
	return "EIO"; // a code without a name still is a failure
}

int rd_err_code(const char *name)
{
	if (name == NULL)
		return 0;
	if (strcmp(name, "ENOTSUP") == 0)
		return -ENOTSUP;
	for (size_t i = 0; i < NB_CODES; i++)
		if (strcmp(code_names[i].name, name) == 0)
			return -code_names[i].code;
	return 0;
}
