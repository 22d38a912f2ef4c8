/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which layers of the cage hold where, as the reader itself tells it: for root and a user, a directory and a
 * mounted file system, and where the system withholds something. Mounts are shared here, as they are on
 * every host that systemd has booted.
 */

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "extract/extract.h"
#include "extract/sandbox.h"

#include "tree.h"

#define BIT(layer) SANDBOX_BIT(SANDBOX_##layer)
#define MESSAGE \
        "Image '/i/app': cannot confine the image reader: neither a mount namespace nor chroot nor " \
        "Landlock is allowed here"
#define BEST (SANDBOX_ALL & ~BIT(CHROOT))

enum withheld {
        NO_LANDLOCK = 1U << 0,
        NO_USER_NAMESPACES = 1U << 1,
        NO_NAMESPACES = 1U << 2,
        NO_PIVOT = 1U << 3,
        NO_MOUNTS = 1U << 4,
        NO_CHROOT = 1U << 5,
};

static void add(scmp_filter_ctx f, int call)
{
        if (seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), call, 0) < 0)
                _exit(100);
}

static void withhold(unsigned what)
{
        scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);

        if (what & NO_LANDLOCK)
                add(f, SCMP_SYS(landlock_create_ruleset));
        if (what & NO_NAMESPACES)
                add(f, SCMP_SYS(unshare));
        else if (what & NO_USER_NAMESPACES &&
                 seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 1,
                                  SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER)) < 0)
                _exit(100);
        if (what & NO_PIVOT)
                add(f, SCMP_SYS(pivot_root));
        if (what & NO_MOUNTS)
                add(f, SCMP_SYS(open_tree));
        if (what & NO_CHROOT)
                add(f, SCMP_SYS(chroot));
        if (seccomp_load(f) < 0)
                _exit(100);
        seccomp_release(f);
}

static void become_user(void)
{
        if (setgroups(0, NULL) < 0 || setresgid(12345, 12345, 12345) < 0 ||
            setresuid(12345, 12345, 12345) < 0)
                _exit(100);
}

struct result {
        int r;
        uint32_t layers;
        char message[256];
};

/* Reads the tree in a process that has been prepared. */
static struct result read_tree(int tree_fd, bool user, unsigned withheld)
{
        struct result *shared =
                mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        struct result result;
        int status;
        pid_t pid;

        assert_ptr_not_equal(shared, MAP_FAILED);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                struct extract_options o = {.tree_fd = tree_fd,
                                            .name = "app",
                                            .path = "/i/app",
                                            .unit_directories = layout_system.image_units};
                _cleanup_metadata_ struct metadata *m = NULL;
                _cleanup_error_ struct error e = {};
                pid_t reader = 0;

                if (user)
                        become_user();
                withhold(withheld);
                shared->r = extract_metadata(&o, &reader, &m, &e);
                shared->layers = m ? m->layers : 0;
                snprintf(shared->message, sizeof(shared->message), "%s",
                         shared->r < 0 ? error_message(&e) : "");
                extract_end(reader);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        result = *shared;
        munmap(shared, sizeof(*shared));
        return result;
}

static void assert_layers(int tree_fd, bool user, unsigned withheld, uint32_t expected)
{
        struct result result = read_tree(tree_fd, user, withheld);

        if (result.r < 0)
                fail_msg("user %i, withheld %u: %s", user, withheld, result.message);
        for (unsigned i = 0; i < SANDBOX_LAYER_MAX; i++)
                if ((result.layers ^ expected) & SANDBOX_BIT(i))
                        fail_msg("user %i, withheld %u: %s %s", user, withheld, sandbox_layer_to_string(i),
                                 result.layers & SANDBOX_BIT(i) ? "holds" : "does not hold");
}

/* A file system that is mounted nowhere, as that of a raw image is. */
static int mount_nowhere(void)
{
        _cleanup_close_ int context = fsopen("tmpfs", FSOPEN_CLOEXEC), fd = -EBADF, usr = -EBADF,
                            file = -EBADF;

        assert_true(context >= 0);
        assert_int_equal(fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), 0);
        fd = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
        assert_true(fd >= 0);
        assert_int_equal(mkdirat(fd, "etc", 0755), 0);
        file = openat(fd, "etc/os-release", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        assert_int_equal(write(file, "ID=tiny\n", 8), 8);
        return steal_fd(&fd);
}

static void test_all_there(void **state)
{
        _cleanup_close_ int raw = mount_nowhere();
        _cleanup_tree_ struct tree t = {};

        tree_make_os(&t);
        assert_layers(t.fd, false, 0, BEST);
        assert_layers(raw, false, 0, BEST);
        /* Who is not root stays who they are. */
        assert_layers(t.fd, true, 0, BEST & ~BIT(NOBODY));
}

static void test_withheld_from_root(void **state)
{
        static const struct {
                unsigned withheld;
                uint32_t layers;
        } table[] = {
                {NO_LANDLOCK, BEST & ~BIT(LANDLOCK)},
                {NO_USER_NAMESPACES, BEST & ~BIT(USER)},
                {NO_PIVOT, (BEST & ~BIT(ROOT)) | BIT(CHROOT)},
                {NO_NAMESPACES, BIT(VIEW) | BIT(CHROOT) | BIT(NOBODY) | BIT(LANDLOCK) | BIT(SECCOMP)},
                {NO_NAMESPACES | NO_LANDLOCK, BIT(VIEW) | BIT(CHROOT) | BIT(NOBODY) | BIT(SECCOMP)},
                {NO_NAMESPACES | NO_MOUNTS | NO_CHROOT, BIT(NOBODY) | BIT(LANDLOCK) | BIT(SECCOMP)},
        };
        _cleanup_close_ int raw = mount_nowhere();
        _cleanup_tree_ struct tree t = {};

        tree_make_os(&t);
        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                assert_layers(t.fd, false, table[i].withheld, table[i].layers);
                assert_layers(raw, false, table[i].withheld, table[i].layers);
        }
}

static void test_withheld_from_a_user(void **state)
{
        static const struct {
                unsigned withheld;
                uint32_t layers;
        } table[] = {
                {NO_LANDLOCK, BEST & ~BIT(NOBODY) & ~BIT(LANDLOCK)},
                {NO_USER_NAMESPACES, BIT(LANDLOCK) | BIT(SECCOMP)},
                {NO_NAMESPACES, BIT(LANDLOCK) | BIT(SECCOMP)},
        };
        _cleanup_tree_ struct tree t = {};

        tree_make_os(&t);
        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                assert_layers(t.fd, true, table[i].withheld, table[i].layers);
}

/* What is required at the least. */
static void test_refused(void **state)
{
        static const struct {
                bool user;
                unsigned withheld;
        } table[] = {
                {true, NO_USER_NAMESPACES | NO_LANDLOCK},
                {true, NO_NAMESPACES | NO_LANDLOCK},
                {false, NO_NAMESPACES | NO_CHROOT | NO_LANDLOCK},
                {false, NO_MOUNTS | NO_CHROOT | NO_LANDLOCK},
        };
        _cleanup_tree_ struct tree t = {};

        tree_make_os(&t);
        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                struct result result = read_tree(t.fd, table[i].user, table[i].withheld);

                assert_int_equal(result.r, -EPERM);
                assert_string_equal(result.message, table[i].user ? MESSAGE
                                                            " (a user needs user namespaces or Landlock)"
                                                                  : MESSAGE);
        }
}

static int share_mounts(void **state)
{
        return unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0 ? -1 : 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_all_there),
                cmocka_unit_test(test_withheld_from_root),
                cmocka_unit_test(test_withheld_from_a_user),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, share_mounts, NULL);
}
