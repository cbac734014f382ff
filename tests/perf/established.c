/* SPDX-License-Identifier: BSD-3-Clause
 *
 *	established DIR l2|encap|decap
 *
 * Packets of established flows cost no allocation, no lock and no system call. Allocations and pthread locks are counted by
 * functions of the same name in this program, which come before the C library's; system calls by a seccomp filter that turns
 * each into a signal. Both must first notice one that is made on purpose. (Spinlocks are inline: callgrind.py --atomics
 * counts the instructions that they are made of.)
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <rte_malloc.h>

#include "bench.h"
#include "tables/flow.h"

#define PACKETS 200000
#define FLOWS 1000

static volatile sig_atomic_t syscalls;
static volatile sig_atomic_t noticed_syscalls; // before the packets
static volatile long first_syscall; // after that
// Of this thread only: DPDK has threads of its own. Volatile, for a compiler knows that malloc() changes no such thing.
static __thread volatile uint64_t allocations, locks;

#if defined(__SANITIZE_ADDRESS__)
// Of <sanitizer/allocator_interface.h>, which gcc does not have.
int __sanitizer_install_malloc_and_free_hooks(
	void (*on_malloc)(const volatile void *, size_t), void (*on_free)(const volatile void *));

static void notice_malloc(const volatile void *p, size_t size)
{
	(void)p;
	(void)size;
	allocations++;
}

static void notice_free(const volatile void *p)
{
	(void)p;
}

static void count_allocations(void)
{
	__sanitizer_install_malloc_and_free_hooks(notice_malloc, notice_free);
}
#else
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	allocations++;
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	allocations++;
	return __libc_realloc(p, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	allocations++;
	return __libc_memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
	allocations++;
	*out = __libc_memalign(align, size);
	return *out != NULL ? 0 : ENOMEM;
}

static void count_allocations(void) {}
#endif

// Of DPDK's own memory. Its other functions end here.
void *rte_malloc_socket(const char *type, size_t size, unsigned align, int socket)
{
	static void *(*real)(const char *, size_t, unsigned, int);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "rte_malloc_socket");
	allocations++;
	return real(type, size, align, socket);
}

int pthread_mutex_lock(pthread_mutex_t *m)
{
	static int (*real)(pthread_mutex_t *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_mutex_lock");
	locks++;
	return real(m);
}

int pthread_rwlock_rdlock(pthread_rwlock_t *l)
{
	static int (*real)(pthread_rwlock_t *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_rwlock_rdlock");
	locks++;
	return real(l);
}

int pthread_spin_lock(pthread_spinlock_t *l)
{
	static int (*real)(pthread_spinlock_t *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_spin_lock");
	locks++;
	return real(l);
}

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (syscalls++ == noticed_syscalls)
		first_syscall = info->si_syscall;
}

// This thread may from now on write to stdout and stderr, return from the handler and end the program. Everything else is
// counted, and not done.
static int count_syscalls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sigaltstack, 1, 0), // a sanitizer's
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
	struct sigaction sa = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};

	sigaction(SIGSYS, &sa, NULL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0 ? -errno : 0;
}

// One of each on purpose. Volatile, or the compiler takes them away.
static bool noticed(void)
{
	static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	uint64_t a = allocations, l = locks;
	void *volatile p = malloc(10);

	free(p);
	a = allocations - a;
	p = rte_malloc(NULL, 64, 0);
	rte_free(p);
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	l = locks - l;
	syscall(SYS_getppid);
	return a >= 1 && l >= 1 && syscalls >= 1; // a sanitizer has some of its own
}

// Not _exit(): a sanitizer does things before a function that does not return.
static void end(int code)
{
	syscall(SYS_exit_group, code);
}

// Plain write(2): stdio would ask the kernel about its file.
static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		end(3);
}

int main(int argc, char **argv)
{
	static char text[400];
	struct bench b;

	if (argc != 3) {
		fputs("usage: established DIR l2|encap|decap\n", stderr);
		return 2;
	}
	alarm(100); // a call that is not done may be waited for
	bench_init(&b, argv[1], argv[2], 65536);
	if (strcmp(argv[2], "l2") != 0)
		bench_firewall(&b, argv[1]);
	bench_traffic(&b, 64, FLOWS);
	bench_run(&b, 20 * FLOWS);
	count_allocations();
	if (count_syscalls() < 0) {
		puts("skip: no seccomp filters here");
		return 77;
	}
	if (!noticed()) {
		say("the counters do not count\n");
		end(1);
	}
	uint64_t hits = b.w->flows->stats.hits, a = allocations, l = locks;
	int s = noticed_syscalls = syscalls;

	bench_run(&b, PACKETS);
	hits = b.w->flows->stats.hits - hits;
	a = allocations - a;
	l = locks - l;
	s = syscalls - s;
	snprintf(text, sizeof(text),
		"%s: %d packets of %d flows, %llu hits: %llu allocations, %llu locks, %d system calls (first: %ld)\n",
		b.kind, PACKETS, FLOWS, (unsigned long long)hits, (unsigned long long)a,
		(unsigned long long)l, s, s > 0 ? first_syscall : 0);
	say(text);
	end(hits >= PACKETS && a == 0 && l == 0 && s == 0 ? 0 : 1);
}
