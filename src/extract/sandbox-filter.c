/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/mman.h>

#include "basic/cleanup.h"
#include "extract/sandbox-internal.h"

/* What the reader does: look at files and directories, take memory, end. */
static const int calls[] = {
        SCMP_SYS(openat2),   SCMP_SYS(close),         SCMP_SYS(read),         SCMP_SYS(lseek),
        SCMP_SYS(fstat),     SCMP_SYS(newfstatat),    SCMP_SYS(fstat64),      SCMP_SYS(fstatat64),
        SCMP_SYS(statx),     SCMP_SYS(readlinkat),    SCMP_SYS(getdents64),   SCMP_SYS(fgetxattr),
        SCMP_SYS(brk),       SCMP_SYS(munmap),        SCMP_SYS(mremap),       SCMP_SYS(madvise),
        SCMP_SYS(getrandom), SCMP_SYS(sysinfo), /* qsort() asks how much memory there is */
        SCMP_SYS(futex),     SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
        SCMP_SYS(exit),      SCMP_SYS(exit_group),
};

/* AddressSanitizer besides. */
static const int sanitizer_calls[] = {
        SCMP_SYS(getpid),       SCMP_SYS(gettid),         SCMP_SYS(mprotect),    SCMP_SYS(sigaltstack),
        SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(sched_yield), SCMP_SYS(getrlimit),
        SCMP_SYS(prlimit64),    SCMP_SYS(readlink),       SCMP_SYS(mmap),
};

static int add_calls(scmp_filter_ctx filter, const int *list, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                int r;

                /* A call of another architecture only: nothing to allow here. */
                if (list[i] < 0)
                        continue;
                r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, list[i], 0);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_write(scmp_filter_ctx filter, int fd)
{
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
                                SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd));
}

/* What fdopendir() does; other commands could have a signal sent to someone. */
static int add_fcntl(scmp_filter_ctx filter, int call)
{
        static const unsigned commands[] = {F_GETFL, F_GETFD, F_SETFD};

        for (size_t i = 0; call >= 0 && i < ELEMENTSOF(commands); i++) {
                int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_A1(SCMP_CMP_EQ, commands[i]));

                if (r < 0)
                        return r;
        }
        return 0;
}

/* Memory of its own, never executable. */
static int add_mmap(scmp_filter_ctx filter, int call)
{
        if (call < 0)
                return 0;
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                                SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_TYPE, MAP_PRIVATE));
}

static int fill(scmp_filter_ctx filter, int channel_fd)
{
        int r;

        r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        if (r >= 0)
                r = add_calls(filter, calls, ELEMENTSOF(calls));
        if (r >= 0)
                r = add_write(filter, channel_fd);
        if (r >= 0)
                r = add_fcntl(filter, SCMP_SYS(fcntl));
        if (r >= 0)
                r = add_fcntl(filter, SCMP_SYS(fcntl64));
        if (r < 0)
                return r;
        if (SANDBOX_SANITIZED) {
                r = add_write(filter, 2);
                return r < 0 ? r : add_calls(filter, sanitizer_calls, ELEMENTSOF(sanitizer_calls));
        }
        r = add_mmap(filter, SCMP_SYS(mmap));
        if (r >= 0)
                r = add_mmap(filter, SCMP_SYS(mmap2));
        return r;
}

int sandbox_filter(int channel_fd)
{
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
        int r;

        if (!filter)
                return -ENOMEM;
        r = fill(filter, channel_fd);
        if (r >= 0)
                r = seccomp_load(filter);
        seccomp_release(filter);
        return r;
}
