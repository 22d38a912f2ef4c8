/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors that are not injected but real: a file system with n free blocks, or n free inodes, or a quota of n
 * pages, for each n from none to enough; read-only, immutable and foreign trees; a directory where a file
 * should go. Each time the tree must be the old one with an error that says what and where, or the new one
 * without. And a tree owned by a user without privileges, where all works.
 *
 *   conditions DIRECTORY       root, in a mount namespace of its own
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "disk.h"
#include "sandbox.h"
#include "scenario.h"
#include "transaction/transaction.h"

#define NOBODY 65534

static unsigned tried, bad;

static void complain(const struct scenario *c, const char *condition, const char *what)
{
        bad++;
        printf("BAD: %s, %s: %s\n", c->name, condition, what);
        fflush(stdout);
}

static const struct scenario *find_scenario(const char *name)
{
        for (unsigned i = 0; i < n_scenarios; i++)
                if (strcmp(scenarios[i].name, name) == 0)
                        return &scenarios[i];
        must(!"no such scenario");
        return NULL;
}

/* What has happened is said in words, and where: in a path of the tree. */
static bool message_fits(const char *message, const char *expected)
{
        if (expected[0] == ':')
                return string_ends_with(message, expected) && strstr(message, "Cannot ") &&
                       strstr(message, " '/");
        return strcmp(message, expected) == 0;
}

/* Whose privileges a scenario runs with, where they aren't ours. */
static uid_t run_as;

/* Runs the scenario on a tree in its old state. expected: the whole message it has to fail with, or, if it
 * begins with
 * ": ", the end of it, if it does not succeed. Returns true on success. */
static bool try_scenario(const struct scenario *c, const struct sandbox *s, const char *new,
                         const char *condition, const char *expected)
{
        _cleanup_free_ char *old = sandbox_snapshot(s), *now = NULL, *now_without_times = NULL;
        _cleanup_changes_ struct change_list l = {};
        _cleanup_error_ struct error error = {};
        int r;

        tried++;
        c->plan(&l);
        must(!run_as || (setegid(run_as) == 0 && seteuid(run_as) == 0));
        r = scenario_run(c, &l, s->fd, NULL, NULL, &error);
        must(!run_as || (seteuid(0) == 0 && setegid(0) == 0));
        now = sandbox_snapshot(s);
        now_without_times = snapshot_without_times(now);
        if (r < 0 && strcmp(old, now) != 0)
                complain(c, condition, "not the old state after an error");
        if (r >= 0 && strcmp(new, now_without_times) != 0)
                complain(c, condition, "not the new state after success");
        if (r >= 0 && expected && expected[0] != ':')
                complain(c, condition, "did not fail");
        else if (r < 0 && expected && !message_fits(error_message(&error), expected))
                complain(c, condition, error_message(&error));
        return r >= 0;
}

static char *new_state(const struct scenario *c, const char *where)
{
        _cleanup_changes_ struct change_list l = {};
        _cleanup_free_ char *snapshot = NULL;
        struct sandbox s;

        sandbox_make(&s, where);
        c->prepare(&s);
        c->plan(&l);
        must(scenario_run(c, &l, s.fd, NULL, NULL, NULL) == 0);
        snapshot = sandbox_snapshot(&s);
        sandbox_remove(&s);
        return snapshot_without_times(snapshot);
}

/* Takes all blocks but n of 1 KiB. */
static void fill_blocks(const char *where, unsigned n)
{
        _cleanup_close_ int fd = -EBADF;
        static char block[1024] = "x";
        char path[192];
        off_t size = 0;

        snprintf(path, sizeof(path), "%s/ballast", where);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        must(fd >= 0);
        while (write(fd, block, sizeof(block)) == sizeof(block))
                size += sizeof(block);
        must(errno == ENOSPC && fsync(fd) == 0);
        must(size >= (off_t)n * 1024 && ftruncate(fd, size - (off_t)n * 1024) == 0 && fsync(fd) == 0);
}

/* Takes all inodes but n. */
static void fill_inodes(const char *where, unsigned n)
{
        char path[192];
        unsigned i;

        snprintf(path, sizeof(path), "%s/inodes", where);
        must(mkdir(path, 0700) == 0);
        for (i = 0;; i++) {
                snprintf(path, sizeof(path), "%s/inodes/%u", where, i);
                if (mknod(path, S_IFREG | 0600, 0) < 0)
                        break;
        }
        must(errno == ENOSPC && i >= n);
        for (; n > 0; n--) {
                snprintf(path, sizeof(path), "%s/inodes/%u", where, --i);
                must(unlink(path) == 0);
        }
}

static void empty(const char *where, const char *name)
{
        _cleanup_free_ char *line = NULL;

        must(asprintf(&line, "rm -rf '%s/%s'", where, name) > 0 && system(line) == 0);
}

/* reason: what each error ends with. With nothing left it is already the hidden directory that can't be
 * made. */
static void sweep(const struct scenario *c, const char *where, const char *what, const char *reason,
                  void (*fill)(const char *where, unsigned n), const char *filler)
{
        _cleanup_free_ char *first = NULL;
        _cleanup_free_ char *new = new_state(c, where);
        bool done = false;
        unsigned n;

        must(asprintf(&first, "Cannot prepare changes in '/etc/systemd'%s", reason) > 0);
        for (n = 0; !done && n < 500; n++) {
                char condition[64];
                struct sandbox s;

                sandbox_make(&s, where);
                c->prepare(&s);
                fill(where, n);
                snprintf(condition, sizeof(condition), "%u %s left", n, what);
                done = try_scenario(c, &s, new, condition,
                                    n > 0 || !sandbox_exists(&s, "/run/systemd/portabled.lock") ? reason
                                                                                                : first);
                empty(where, filler);
                sandbox_remove(&s);
        }
        printf("conditions: %s: works with %u %s\n", c->name, n - 1, what);
        must(n > 2 && done);
}

static void test_full(const char *where)
{
        char target[160];
        struct disk *d = disk_new(4 << 20, where);

        snprintf(target, sizeof(target), "%s/mount", where);
        must(mkdir(target, 0755) == 0);
        disk_run(d, "mkfs.ext4 -q -F -b 1024 -N 512 -m 0 -J size=1 %s");
        must(disk_mount(d, "ext4", target) == 0);
        for (unsigned i = 0; i < n_scenarios; i++) {
                sweep(&scenarios[i], target, "blocks", ": its file system has no space left", fill_blocks,
                      "ballast");
                sweep(&scenarios[i], target, "inodes", ": its file system has no free inodes left",
                      fill_inodes, "inodes");
        }
        disk_unmount(d, target);
        disk_free(d);
        must(rmdir(target) == 0);
}

/* Of the first subvolume, in pages of 16 KiB; no limit: n is 0. */
static void limit(const char *target, unsigned n)
{
        _cleanup_free_ char *line = NULL;
        char size[16] = "none";

        if (n > 0)
                snprintf(size, sizeof(size), "%uK", n * 16);
        must(asprintf(&line, "sync -f '%s' && btrfs qgroup limit %s 0/256 '%s'", target, size, target) > 0);
        must(system(line) == 0);
}

/* The quota groups of btrfs bind root, too. */
static void test_quota(const char *where)
{
        const struct scenario *c = find_scenario("reattach");
        struct disk *d = disk_new(128 << 20, where);
        _cleanup_free_ char *new = NULL, *line = NULL;
        char target[160], volume[176];
        unsigned n = 0, failed = 0;

        snprintf(target, sizeof(target), "%s/mount", where);
        snprintf(volume, sizeof(volume), "%s/volume", target);
        must(mkdir(target, 0755) == 0);
        disk_run(d, "mkfs.btrfs -q -f %s >/dev/null");
        must(disk_mount(d, "btrfs", target) == 0);
        must(asprintf(&line, "btrfs subvolume create '%s' >/dev/null && btrfs quota enable '%s'", volume,
                      target) > 0);
        must(system(line) == 0);
        new = new_state(c, volume);
        for (bool done = false; !done && n < 100; n++) {
                char condition[64];
                struct sandbox s;

                sandbox_make(&s, volume);
                c->prepare(&s);
                limit(target, 1 + n);
                snprintf(condition, sizeof(condition), "a quota of %u pages", 1 + n);
                done = try_scenario(c, &s, new, condition,
                                    n > 0 ? ": a disk quota on its file system is used up"
                                          : "Cannot prepare changes in '/etc/systemd': a disk quota on its "
                                            "file system is used up");
                failed += !done;
                limit(target, 0);
                sandbox_remove(&s);
        }
        printf("conditions: %s: works with a quota of %u pages\n", c->name, n);
        must(failed > 2 && failed < 100);
        disk_unmount(d, target);
        disk_free(d);
        must(rmdir(target) == 0);
}

static void test_read_only(const char *where)
{
        const struct scenario *c = find_scenario("reattach");
        struct sandbox s;

        sandbox_make(&s, where);
        c->prepare(&s);
        must(mount(s.path, s.path, NULL, MS_BIND, NULL) == 0);
        must(mount(NULL, s.path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0);
        close(s.fd);
        s.fd = open(s.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        try_scenario(c, &s, "", "read-only",
                     "Cannot prepare changes in '/etc/systemd': its file system is read-only");
        close(s.fd);
        must(umount2(s.path, 0) == 0);
        s.fd = open(s.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        sandbox_remove(&s);
}

static void set_immutable(const struct sandbox *s, const char *path, bool on)
{
        _cleanup_close_ int fd = openat(s->fd, path + 1, O_RDONLY | O_CLOEXEC);
        int flags = 0;

        must(fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0);
        flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
        must(ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0);
}

static void test_immutable(const char *where)
{
#define A "/etc/systemd/system.attached"
        static const struct {
                const char *scenario, *path, *message;
        } cases[] = {
                {"detach", A "/web.timer",
                 "Cannot remove '" A "/web.timer': it has the immutable or append-only attribute"},
                {"detach", A "/web.timer.d",
                 "Cannot remove '" A
                 "/web.timer.d/10-profile.conf': its directory has the immutable or append-only attribute"},
                {"detach", A,
                 "Cannot remove '" A
                 "/web.service': its directory has the immutable or append-only attribute"},
                {"reattach", A "/web@.service.d/20-portable.conf",
                 "Cannot replace '" A
                 "/web@.service.d/20-portable.conf': it has the immutable or append-only attribute"},
                {"update-mixed", "/etc/portables/web_0",
                 "Cannot remove '/etc/portables/web_0': it has the immutable or append-only attribute"},
                {"attach-beside", A,
                 "Cannot make '" A
                 "/web.service.d': its directory has the immutable or append-only attribute"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const struct scenario *c = find_scenario(cases[i].scenario);
                struct sandbox s;

                sandbox_make(&s, where);
                c->prepare(&s);
                set_immutable(&s, cases[i].path, true);
                try_scenario(c, &s, "", "immutable", cases[i].message);
                set_immutable(&s, cases[i].path, false);
                sandbox_remove(&s);
        }
#undef A
}

/* Whatever is in the way where something is to be made or replaced, or is not a directory where one is
 * needed.
 */
static void test_in_the_way(const char *where)
{
#define A "/etc/systemd/system.attached"
        static const struct {
                const char *scenario, *path;
                bool directory;
                const char *message;
        } cases[] = {
                {"attach-beside", A "/web.timer", true,
                 "Cannot write '" A "/web.timer': there is something of that name already"},
                {"attach-beside", A "/web.service.d/20-portable.conf", true,
                 "Cannot write '" A
                 "/web.service.d/20-portable.conf': there is something of that name already"},
                {"attach-beside", A "/web.service.d", false,
                 "Cannot make directory '" A
                 "/web.service.d': it, or what it would be in, is not a directory"},
                {"attach", "/etc/portables/web_1.raw", true,
                 "Cannot make symlink '/etc/portables/web_1.raw': there is something of that name already"},
                {"attach", A, false,
                 "Cannot make directory '" A "': it, or what it would be in, is not a directory"},
                {"reattach", A "/web-new.timer", true,
                 "Cannot write '" A "/web-new.timer': it is a directory"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const struct scenario *c = find_scenario(cases[i].scenario);
                struct sandbox s;

                sandbox_make(&s, where);
                c->prepare(&s);
                if (cases[i].directory)
                        sandbox_mkdir(&s, cases[i].path);
                else
                        sandbox_write(&s, cases[i].path, "in the way\n");
                try_scenario(c, &s, "", "something in the way", cases[i].message);
                sandbox_remove(&s);
        }
#undef A
}

/* In a child without privileges, which counts for itself. */
static void as_nobody(const struct scenario *c, const char *where, bool owner, const char *expected)
{
        char own[128];
        int status;

        snprintf(own, sizeof(own), "%s/nobody", where);
        must(mkdir(own, 0755) == 0 && chown(own, NOBODY, NOBODY) == 0);
        fflush(stdout);
        if (fork() == 0) {
                _cleanup_free_ char *new = NULL;
                struct sandbox s;

                tried = bad = 0;
                must(!owner || (setgid(NOBODY) == 0 && setuid(NOBODY) == 0));
                new = new_state(c, own);
                sandbox_make(&s, own);
                c->prepare(&s);
                run_as = owner ? 0 : NOBODY;
                if (try_scenario(c, &s, new, owner ? "own tree" : "foreign tree", expected) != owner)
                        complain(c, owner ? "own tree" : "foreign tree",
                                 "success where it should fail, or vice versa");
                sandbox_remove(&s);
                exit(bad > 0);
        }
        must(wait(&status) > 0);
        must(WIFEXITED(status));
        tried++;
        bad += WEXITSTATUS(status) != 0;
        must(rmdir(own) == 0);
}

int main(int argc, char **argv)
{
        if (argc != 2) {
                fprintf(stderr, "usage: conditions DIRECTORY\n");
                return 2;
        }
        must(chmod(argv[1], 0755) == 0);
        test_full(argv[1]);
        test_quota(argv[1]);
        test_read_only(argv[1]);
        test_immutable(argv[1]);
        test_in_the_way(argv[1]);
        for (unsigned i = 0; i < n_scenarios; i++) {
                as_nobody(&scenarios[i], argv[1], true, NULL);
                as_nobody(&scenarios[i], argv[1], false,
                          "Cannot prepare changes in '/etc/systemd': Permission denied");
        }
        printf("conditions: %u points tried, %u bad\n", tried, bad);
        return bad > 0;
}
