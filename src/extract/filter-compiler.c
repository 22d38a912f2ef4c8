/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Run when the software is built: compiles the reader's system call filter to the instructions the kernel
 * takes, and prints them as a C array for sandbox-filter.c. So the software itself needs no libseccomp, and
 * a reader gets its filter with one system call.
 *
 *     filter-compiler ARCHITECTURE SANITIZED
 *
 * ARCHITECTURE is the one to compile for, by its name in libseccomp, or "native"; SANITIZED is 1 for a build
 * with AddressSanitizer.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ELEMENTSOF(a) (sizeof(a) / sizeof((a)[0]))

/* In place of the number of the channel, which is known only later. */
#define CHANNEL 0x7e57fd00U

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

static int add_write(scmp_filter_ctx filter, unsigned fd)
{
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, fd));
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

static int fill(scmp_filter_ctx filter, bool sanitized)
{
        int r;

        r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        if (r >= 0)
                r = add_calls(filter, calls, ELEMENTSOF(calls));
        if (r >= 0)
                r = add_write(filter, CHANNEL);
        if (r >= 0)
                r = add_fcntl(filter, SCMP_SYS(fcntl));
        if (r >= 0)
                r = add_fcntl(filter, SCMP_SYS(fcntl64));
        if (r < 0)
                return r;
        if (sanitized) {
                r = add_write(filter, 2);
                return r < 0 ? r : add_calls(filter, sanitizer_calls, ELEMENTSOF(sanitizer_calls));
        }
        r = add_mmap(filter, SCMP_SYS(mmap));
        if (r >= 0)
                r = add_mmap(filter, SCMP_SYS(mmap2));
        return r;
}

static int choose_architecture(scmp_filter_ctx filter, const char *name)
{
        uint32_t token;
        int r;

        if (strcmp(name, "native") == 0)
                return 0;
        token = seccomp_arch_resolve_name(name);
        if (token == 0)
                return -EINVAL;
        if (token == seccomp_arch_native())
                return 0;
        r = seccomp_arch_add(filter, token);
        return r < 0 ? r : seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
}

/* libseccomp writes to a descriptor only. */
static int read_program(scmp_filter_ctx filter, struct sock_filter *program, size_t max)
{
        int fd = memfd_create("filter", MFD_CLOEXEC), r;
        ssize_t n;

        if (fd < 0)
                return -errno;
        r = seccomp_export_bpf(filter, fd);
        if (r < 0)
                return r;
        n = pread(fd, program, max * sizeof(*program), 0);
        close(fd);
        return n < 0 ? -errno : (int)((size_t)n / sizeof(*program));
}

static int print_program(const struct sock_filter *program, int n)
{
        int channel = -1;

        printf("static const struct sock_filter program[] = {\n");
        for (int i = 0; i < n; i++) {
                printf("        {%#x, %u, %u, %#x},\n", program[i].code, program[i].jt, program[i].jf,
                       program[i].k);
                if (program[i].k != CHANNEL)
                        continue;
                if (channel >= 0)
                        return -ENOTUNIQ;
                channel = i;
        }
        printf("};\n\n#define PROGRAM_CHANNEL %i /* compares with the channel's descriptor */\n", channel);
        return channel < 0 ? -ENOENT : 0;
}

int main(int argc, char **argv)
{
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
        static struct sock_filter program[BPF_MAXINSNS];
        int r;

        if (!filter || argc != 3)
                return EXIT_FAILURE;
        r = choose_architecture(filter, argv[1]);
        if (r >= 0)
                r = fill(filter, strcmp(argv[2], "1") == 0);
        if (r >= 0)
                r = read_program(filter, program, ELEMENTSOF(program));
        if (r >= 0)
                r = print_program(program, r);
        seccomp_release(filter);
        if (r < 0)
                fprintf(stderr, "filter-compiler: %s\n", strerror(-r));
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
