/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "extract/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "extract/network.h"
#include "extract/sandbox-internal.h"

#define NOBODY 65534U

static bool set_attributes(int fd, struct mount_attr *attr)
{
        return syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, attr, sizeof(*attr)) >= 0;
}

/*
 * A private view of the tree that can't be written to, under the same descriptor. Needs CAP_SYS_ADMIN over
 * the mount namespace that the tree at directory_fd is mounted in. What is mounted from a raw image is
 * read-only already. A clone goes on sharing the propagation of what it is a clone of, and a shared mount
 * can't become the root of a namespace.
 */
static bool make_tree_read_only(int directory_fd, int tree_fd)
{
        struct mount_attr attr = {
                .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
                            MOUNT_ATTR_NOSYMFOLLOW,
                .propagation = MS_PRIVATE,
        };
        _cleanup_close_ int fd =
                (int)syscall(SYS_open_tree, directory_fd, "",
                             AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

        if (fd < 0)
                return false;
        if (!set_attributes(fd, &attr)) {
                /* Linux before 5.14 does not know it. */
                attr.attr_set &= ~(uint64_t)MOUNT_ATTR_NOSYMFOLLOW;
                if (errno != EINVAL || !set_attributes(fd, &attr))
                        return false;
        }
        return dup3(fd, tree_fd, O_CLOEXEC) >= 0;
}

static void close_all_but(int a, int b)
{
        unsigned low = (unsigned)(a < b ? a : b), high = (unsigned)(a < b ? b : a);
        unsigned first = SANDBOX_SANITIZED ? 3 : 0;

        if (low > first)
                close_range(first, low - 1, 0);
        if (high > low + 1)
                close_range(low + 1, high - 1, 0);
        close_range(high + 1, ~0U, 0);
}

struct namespaces {
        bool mount;
        uint32_t layers; /* those that are a namespace and no more */
};

/* All at once where that is allowed, else each that is. joined: in an empty network namespace already. */
static struct namespaces enter_namespaces(bool joined)
{
        const struct {
                int flag;
                enum sandbox_layer layer;
        } more[] = {
                {CLONE_NEWUSER, SANDBOX_USER},
                {CLONE_NEWIPC, SANDBOX_IPC},
                {joined ? 0 : CLONE_NEWNET, SANDBOX_NETWORK},
        };
        struct namespaces n = {};
        int all = CLONE_NEWNS;

        for (size_t i = 0; i < ELEMENTSOF(more); i++)
                all |= more[i].flag;
        n.mount = unshare(all) >= 0;
        for (size_t i = 0; i < ELEMENTSOF(more); i++)
                if (n.mount || unshare(more[i].flag) >= 0)
                        n.layers |= SANDBOX_BIT(more[i].layer);
        if (!n.mount)
                n.mount = unshare(CLONE_NEWNS) >= 0;
        return n;
}

/* Makes the tree the one thing in our mount namespace. */
static bool pivot_to_tree(int tree_fd)
{
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return false;
        if (syscall(SYS_move_mount, tree_fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
                return false;
        if (fchdir(tree_fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
                return false;
        return umount2(".", MNT_DETACH) >= 0 && chdir("/") >= 0;
}

static bool chroot_to_tree(int tree_fd)
{
        return fchdir(tree_fd) >= 0 && chroot(".") >= 0;
}

static bool has_capability(unsigned capability)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {};

        if (syscall(SYS_capget, &header, data) < 0)
                return false;
        return data[capability / 32].permitted & (1U << capability % 32);
}

/* What could give something back: the bounding and ambient sets, the kernel's special rules for root. Each
 * call needs a capability; where it is missing there is nothing to give back either. */
static void drop_sources(void)
{
        for (unsigned c = 0; prctl(PR_CAPBSET_DROP, c, 0, 0, 0) >= 0; c++)
                ;
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        (void)prctl(PR_SET_SECUREBITS,
                    SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                            SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
                    0, 0, 0);
}

/* Nobody, unless being the owner is all that lets us read the image (root without CAP_DAC_READ_SEARCH, or a
 * user). Returns whether it is nobody. */
static bool drop_identity(void)
{
        bool groups, group;

        if (!has_capability(CAP_DAC_READ_SEARCH))
                return false;
        (void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
        groups = setgroups(0, NULL) >= 0;
        group = setresgid(NOBODY, NOBODY, NOBODY) >= 0;
        return setresuid(NOBODY, NOBODY, NOBODY) >= 0 && groups && group;
}

static int drop_capabilities(void)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {};

        if (has_capability(CAP_DAC_READ_SEARCH))
                data[0].permitted = data[0].effective = 1U << CAP_DAC_READ_SEARCH;
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int set_limits(void)
{
        static const struct {
                __rlimit_resource_t resource;
                rlim_t value;
                bool sanitized; /* fits a sanitized build too */
        } limits[] = {
                {RLIMIT_CORE, 0, true},
                {RLIMIT_FSIZE, 0, true},
                {RLIMIT_NPROC, 0, true},
                {RLIMIT_CPU, SANDBOX_CPU_SECONDS + 1, true},
                {RLIMIT_NOFILE, 64, false},
                {RLIMIT_MEMLOCK, 0, false},
                {RLIMIT_MSGQUEUE, 0, true},
                {RLIMIT_STACK, 8 * 1024 * 1024, false},
                {RLIMIT_DATA, 192 * 1024 * 1024, false},
                {RLIMIT_AS, 1024 * 1024 * 1024, false},
        };

        for (size_t i = 0; i < ELEMENTSOF(limits); i++) {
                struct rlimit l;

                if (SANDBOX_SANITIZED && !limits[i].sanitized)
                        continue;
                if (getrlimit(limits[i].resource, &l) < 0)
                        return -errno;
                if (l.rlim_max > limits[i].value)
                        l.rlim_max = limits[i].value;
                l.rlim_cur = l.rlim_max;
                /* Below the hard limit, so that its own signal (SIGXCPU) tells the parent the reason. */
                if (limits[i].resource == RLIMIT_CPU && l.rlim_cur > 1)
                        l.rlim_cur--;
                if (setrlimit(limits[i].resource, &l) < 0)
                        return -errno;
        }
        return 0;
}

static int ask_parent(int channel_fd, bool has_user_namespace)
{
        char byte = has_user_namespace ? SANDBOX_ASK_IDS : SANDBOX_ASK_NOTHING;
        ssize_t n;

        if (write(channel_fd, &byte, 1) != 1)
                return -ECONNRESET;
        do
                n = read(channel_fd, &byte, 1);
        while (n < 0 && errno == EINTR);
        return n == 1 ? 0 : -ECONNRESET;
}

/*
 * The file system view. viewed: the tree is one already, else it is made one here: in a mount namespace that
 * is our own a user may do so, too, with the working directory, which has come along into it. inside: that
 * is the tree.
 */
static uint32_t confine_view(int tree_fd, bool own_mounts, bool inside, bool viewed)
{
        if (!viewed && own_mounts && inside)
                viewed = make_tree_read_only(AT_FDCWD, tree_fd);
        if (viewed && own_mounts && pivot_to_tree(tree_fd))
                return SANDBOX_BIT(SANDBOX_VIEW) | SANDBOX_BIT(SANDBOX_ROOT);
        return (viewed ? SANDBOX_BIT(SANDBOX_VIEW) : 0) |
               (chroot_to_tree(tree_fd) ? SANDBOX_BIT(SANDBOX_CHROOT) : 0);
}

/* What a signal handler or mask of the parent would do in here. None has one for a real-time signal. */
static void reset_signals(void)
{
        sigset_t none;

        for (int i = 1; i < __SIGRTMIN; i++)
                if (i != SIGKILL && i != SIGSTOP && !(SANDBOX_SANITIZED && i == SIGSEGV))
                        (void)signal(i, SIG_DFL);
        sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The way back: all that could give something back is given up. */
static int drop_privileges(uint32_t *layers, struct error *error)
{
        int r;

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return error_set_errno(error, errno, "cannot forbid new privileges to the image reader");
        drop_sources();
        if (drop_identity())
                *layers |= SANDBOX_BIT(SANDBOX_NOBODY);
        r = drop_capabilities();
        if (r < 0)
                return error_set_errno(error, r, "cannot drop the capabilities of the image reader");
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        r = set_limits();
        if (r < 0)
                return error_set_errno(error, r, "cannot limit the image reader");
        return 0;
}

static int fail_unconfined(bool user, struct error *error)
{
        return error_set(
                error, ERROR_FAILED, EPERM,
                "cannot confine the image reader: neither a mount namespace nor chroot nor Landlock is "
                "allowed here%s",
                user ? " (a user needs user namespaces or Landlock)" : "");
}

int sandbox_enter(int tree_fd, int channel_fd, int network_fd, uint32_t *ret_layers, struct error *error)
{
        bool user = geteuid() != 0, viewed, joined, inside;
        struct namespaces ns;
        uint32_t layers;
        int r;

        reset_signals();
        viewed = make_tree_read_only(tree_fd, tree_fd);
        joined = network_fd > 0 && network_join(network_fd) >= 0;
        close_all_but(tree_fd, channel_fd);
        inside = fchdir(tree_fd) >= 0;
        ns = enter_namespaces(joined);
        r = ask_parent(channel_fd, ns.layers & SANDBOX_BIT(SANDBOX_USER));
        if (r < 0)
                return error_set_errno(error, r, "cannot set up the image reader");
        layers = ns.layers | confine_view(tree_fd, ns.mount, inside, viewed);
        r = drop_privileges(&layers, error);
        if (r < 0)
                return r;
        if (sandbox_landlock(tree_fd) >= 0)
                layers |= SANDBOX_BIT(SANDBOX_LANDLOCK);
        if (!(layers & SANDBOX_CONFINED))
                return fail_unconfined(user, error);
        r = sandbox_filter(channel_fd);
        if (r < 0)
                return error_set_errno(error, r, "cannot filter the system calls of the image reader");
        *ret_layers = layers | SANDBOX_BIT(SANDBOX_SECCOMP);
        return 0;
}
