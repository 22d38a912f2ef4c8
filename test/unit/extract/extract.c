/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "extract/extract.h"

#include "tree.h"

#define UNITS "usr/lib/systemd/system/"

static int extract(const struct tree *t, struct metadata **ret, struct error *e)
{
        struct extract_options o = {.tree_fd = t->fd,
                                    .name = "app_1",
                                    .path = "/i/app_1",
                                    .unit_directories = layout_system.image_units};
        pid_t reader = 0;
        int r = extract_metadata(&o, &reader, ret, e);

        extract_end(reader);
        return r;
}

/* Of the processor, by us and the readers that are gone: a busy machine takes none of it. */
static double worked(void)
{
        double sum = 0;

        for (int who = RUSAGE_CHILDREN; who <= RUSAGE_SELF; who++) {
                struct rusage u;

                assert_return_code(getrusage(who, &u), errno);
                sum += (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
        }
        return sum;
}

static double seconds(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make(struct tree *t)
{
        tree_make_os(t);
        tree_symlink(t, "lib", "usr/lib");
        tree_symlink(t, "etc/os-release", "/usr/lib/os-release");
        tree_file(t, UNITS "app.service", "[Service]\nExecStart=/bin/app\n");
        tree_symlink(t, UNITS "alias.service", "/usr/lib/systemd/system/app.service");
        tree_directory(t, "proc");
}

static bool is_good(const struct tree *t)
{
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_error_ struct error e = {};

        if (extract(t, &m, &e) < 0) {
                print_error("%s\n", error_message(&e));
                return false;
        }
        return strcmp(metadata_field(m, "ID"), "tiny") == 0 &&
               strcmp(m->release_path, "/usr/lib/os-release") == 0 && m->n_units == 1 &&
               strcmp(m->units[0].name, "app.service") == 0 &&
               strcmp(m->units[0].content, "[Service]\nExecStart=/bin/app\n") == 0;
}

static unsigned count_fds(void)
{
        _cleanup_closedir_ DIR *d = opendir("/proc/self/fd");
        unsigned n = 0;

        assert_non_null(d);
        while (readdir(d))
                n++;
        return n;
}

static void test_good(void **state)
{
        _cleanup_tree_ struct tree t = {};
        unsigned before;
        struct stat st;

        make(&t);
        before = count_fds();
        for (unsigned i = 0; i < 10; i++)
                assert_true(is_good(&t));
        /* Nothing is left: no descriptor, no process, and ours is the tree as it was. */
        assert_int_equal(count_fds(), before);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
        assert_int_equal(faccessat(t.fd, UNITS "app.service", W_OK, 0), 0);
        assert_int_equal(fstatat(t.fd, "etc", &st, 0), 0);
}

/* Whatever stands in for the release file costs one line and no time. */
static void test_hostile_is_quick(void **state)
{
        static const struct {
                void (*make)(const struct tree *t, const char *path);
                const char *message;
        } table[] = {
                {tree_fifo, "Image '/i/app_1': '/etc/os-release' is a FIFO, not a regular file"},
                {tree_device, "Image '/i/app_1': '/etc/os-release' is a device node, not a regular file"},
                {tree_socket, "Image '/i/app_1': '/etc/os-release' is a socket, not a regular file"},
                {tree_directory, "Image '/i/app_1': '/etc/os-release' is a directory, not a regular file"},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_tree_ struct tree t = {};
                _cleanup_metadata_ struct metadata *m = NULL;
                _cleanup_error_ struct error e = {};
                double start;

                tree_make(&t);
                tree_directory(&t, "etc");
                table[i].make(&t, "etc/os-release");
                start = worked();
                assert_int_equal(extract(&t, &m, &e), -EBADFD);
                assert_true(worked() - start < 1);
                assert_string_equal(error_message(&e), table[i].message);
                assert_int_equal(e.kind, ERROR_INVALID_ARGS);
        }
}

/* As a directory image may be: readable for its owners only, and they are not us. */
static void test_private_files(void **state)
{
        _cleanup_tree_ struct tree t = {};

        make(&t);
        tree_chmod(&t, UNITS "app.service", 0600);
        tree_chmod(&t, "usr/lib/os-release", 0000);
        assert_int_equal(fchownat(t.fd, UNITS "app.service", 12345, 23456, 0), 0);
        assert_int_equal(fchownat(t.fd, "usr", 12345, 0, 0), 0);
        tree_chmod(&t, "usr", 0700);
        assert_int_equal(chown(t.path, 12345, 0), 0);
        assert_int_equal(chmod(t.path, 0700), 0);
        assert_true(is_good(&t));
}

static void test_large(void **state)
{
        unsigned n = EXTRACT_TOTAL_SIZE_MAX / EXTRACT_UNIT_SIZE_MAX;
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_error_ struct error e = {};
        char path[64];

        tree_make_os(&t);
        for (unsigned i = 0; i < n; i++) {
                snprintf(path, sizeof(path), UNITS "a%u.service", i);
                tree_file_size(&t, path, EXTRACT_UNIT_SIZE_MAX);
        }
        assert_int_equal(extract(&t, &m, &e), 0);
        assert_int_equal(m->n_units, n);
}

static void test_many_entries(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_error_ struct error e = {};
        double start;
        char path[64];

        tree_make_large(&t);
        for (unsigned i = 0; i < 100000; i++) {
                snprintf(path, sizeof(path), UNITS "f%u", i);
                tree_file_size(&t, path, 0);
        }
        start = worked();
        assert_int_equal(extract(&t, &m, &e), -E2BIG);
        assert_true(worked() - start < 2);
        assert_string_equal(error_message(&e),
                            "Image '/i/app_1': more than 65536 entries in the directories to read "
                            "(the last is '/usr/lib/systemd/system')");
}

/* The costliest image that the limits let through: it must neither hang nor be killed. */
static void test_costly(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_error_ struct error e = {};
        _cleanup_free_ char *content = malloc(EXTRACT_UNIT_SIZE_MAX + 1);
        static const char line[] = "ExecStart=/a/b \\; ; ";
        char path[64], deep[4000] = "";
        double start;

        assert_non_null(content);
        strcpy(content, "[Service]\n");
        for (size_t i = strlen(content); i < EXTRACT_UNIT_SIZE_MAX; i++)
                content[i] = line[i % (sizeof(line) - 1)];
        content[EXTRACT_UNIT_SIZE_MAX] = '\0';
        tree_make_os(&t);
        for (unsigned i = 0; i < 15; i++) {
                snprintf(path, sizeof(path), UNITS "a%u.service", i);
                tree_file(&t, path, content);
        }
        for (unsigned i = 0; i < sizeof(deep) / 3 - 1; i++)
                strcat(deep, "./.");
        strcat(deep, "/f");
        tree_symlink(&t, UNITS "f", "/usr/lib/os-release");
        for (unsigned i = 0; i < 1000; i++) {
                snprintf(path, sizeof(path), UNITS "l%u.target", i);
                tree_symlink(&t, path, deep);
        }
        start = worked();
        if (extract(&t, &m, &e) < 0)
                fail_msg("%s", error_message(&e));
        assert_true(worked() - start < 4);
        assert_int_equal(m->n_units, 15);
}

/* A file system that does not answer: a permission event holds the open(2) until nobody waits for it. */
static void test_timeout(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_error_ struct error e = {};
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY);
        double start;

        make(&t);
        assert_true(fd >= 0);
        assert_true(asprintf(&path, "%s/usr/lib/os-release", t.path) >= 0);
        assert_int_equal(fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, path), 0);
        start = seconds();
        assert_int_equal(extract(&t, &m, &e), -ETIMEDOUT);
        assert_true(seconds() - start >= EXTRACT_SECONDS_MAX - 0.1);
        assert_true(seconds() - start < EXTRACT_SECONDS_MAX * 2);
        assert_int_equal(e.kind, ERROR_TIMEOUT);
        assert_string_equal(error_message(&e),
                            "Image '/i/app_1': reading it took longer than 10 seconds, gave up");
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void assert_good_in_child(const struct tree *t, void (*prepare)(void))
{
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                prepare();
                _exit(is_good(t) ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static void become_nobody(void)
{
        if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
            setresuid(65534, 65534, 65534) < 0)
                _exit(2);
}

static void deny(const int *calls, size_t n)
{
        scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);

        for (size_t i = 0; i < n; i++)
                if (seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), calls[i], 0) < 0)
                        _exit(2);
        if (seccomp_load(f) < 0)
                _exit(2);
        seccomp_release(f);
}

static void deny_namespaces(void)
{
        static const int calls[] = {SCMP_SYS(unshare), SCMP_SYS(setns)};

        deny(calls, ELEMENTSOF(calls));
}

/* As SystemCallFilter=~@mount with RestrictNamespaces=yes: Landlock is what is left. */
static void deny_mounts(void)
{
        static const int calls[] = {SCMP_SYS(unshare),       SCMP_SYS(mount),     SCMP_SYS(umount2),
                                    SCMP_SYS(pivot_root),    SCMP_SYS(chroot),    SCMP_SYS(open_tree),
                                    SCMP_SYS(mount_setattr), SCMP_SYS(move_mount)};

        deny(calls, ELEMENTSOF(calls));
}

static void deny_landlock(void)
{
        static const int calls[] = {SCMP_SYS(landlock_create_ruleset)};

        deny(calls, ELEMENTSOF(calls));
}

static void odd_signals(void)
{
        sigset_t all;

        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        signal(SIGPIPE, SIG_IGN);
        signal(SIGXCPU, SIG_IGN);
}

static void no_standard_descriptors(void)
{
        close_range(0, 2, 0);
}

/* Root in name only. */
static void no_capabilities(void)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct none[2] = {};

        if (syscall(SYS_capset, &header, none) < 0)
                _exit(2);
}

static void test_surroundings(void **state)
{
        static void (*const table[])(void) = {become_nobody,  deny_namespaces, deny_mounts,
                                              deny_landlock,  odd_signals,     no_standard_descriptors,
                                              no_capabilities};
        _cleanup_tree_ struct tree t = {};

        make(&t);
        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                assert_good_in_child(&t, table[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good),          cmocka_unit_test(test_hostile_is_quick),
                cmocka_unit_test(test_private_files), cmocka_unit_test(test_large),
                cmocka_unit_test(test_many_entries),  cmocka_unit_test(test_costly),
                cmocka_unit_test(test_timeout),       cmocka_unit_test(test_surroundings),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
