/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Others at the same time. First a reader that looks at the attach directory as a service manager does while
 * an image is attached, reattached and detached again and again: whenever it finds a unit, its drop-ins must
 * be there, and every file must be whole. Then several processes that work on the same tree, each on an
 * image of its own, and are killed at random: they must never undo or tread on one another's work.
 *
 *   observers DIRECTORY
 */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "inject.h"
#include "sandbox.h"
#include "scenario.h"
#include "basic/layout.h"
#include "transaction/transaction.h"

#define ATTACHED  "/etc/systemd/system.attached"
#define N_ROUNDS  150
#define N_WORKERS 4
#define N_TURNS   40
#define N_UNITS   3

/* Shared with the children. */
static struct shared {
        bool stop;
        unsigned looks, units, bad;
} * shared;

static void complain(const char *what, const char *name)
{
        __atomic_add_fetch(&shared->bad, 1, __ATOMIC_SEQ_CST);
        printf("BAD: %s: %s\n", name, what);
        fflush(stdout);
}

static bool is_whole(int dir_fd, const char *name)
{
        _cleanup_free_ char *data = NULL;
        _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
        size_t size;

        return fd >= 0 && fd_read_all(fd, 4096, &data, &size) == 0 && size > 0 && data[size - 1] == '\n';
}

static bool is_complete(int dir_fd, const char *name)
{
        char path[300], target[64];

        snprintf(path, sizeof(path), "%s.d/20-portable.conf", name);
        if (!is_whole(dir_fd, name) || !is_whole(dir_fd, path))
                return false;
        snprintf(path, sizeof(path), "%s.d/10-profile.conf", name);
        return readlinkat(dir_fd, path, target, sizeof(target)) > 0;
}

/* A unit found without drop-ins is a fault if it is still the same one afterwards, and not detached
 * meanwhile. */
static void look_at_unit(int dir_fd, const char *name)
{
        struct stat before, after;

        if (fstatat(dir_fd, name, &before, AT_SYMLINK_NOFOLLOW) < 0)
                return;
        __atomic_add_fetch(&shared->units, 1, __ATOMIC_SEQ_CST);
        if (!is_complete(dir_fd, name) && fstatat(dir_fd, name, &after, AT_SYMLINK_NOFOLLOW) >= 0 &&
            after.st_ino == before.st_ino && after.st_ctim.tv_nsec == before.st_ctim.tv_nsec)
                complain("a unit without its drop-ins, or not whole", name);
}

static void look(const struct sandbox *s)
{
        _cleanup_closedir_ DIR *d = NULL;
        int fd = openat(s->fd, ATTACHED + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct dirent *e;

        __atomic_add_fetch(&shared->looks, 1, __ATOMIC_SEQ_CST);
        if (fd < 0)
                return;
        d = fdopendir(fd);
        must(d);
        while ((e = readdir(d))) {
                if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
                        continue;
                if (e->d_name[0] == '.')
                        complain("a hidden file in the attach directory", e->d_name);
                else if (string_starts_with(e->d_name, "web") && !string_ends_with(e->d_name, ".d"))
                        look_at_unit(fd, e->d_name);
        }
}

static pid_t start(void (*what)(const struct sandbox *s, unsigned n), const struct sandbox *s, unsigned n)
{
        pid_t pid;

        fflush(stdout);
        pid = fork();
        must(pid >= 0);
        if (pid == 0) {
                what(s, n);
                exit(0);
        }
        return pid;
}

static void read_until_stopped(const struct sandbox *s, unsigned n)
{
        while (!__atomic_load_n(&shared->stop, __ATOMIC_SEQ_CST))
                look(s);
}

static void expect_exit(pid_t pid)
{
        int status;

        must(waitpid(pid, &status, 0) == pid);
        must(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_reader(const char *where)
{
        static const char *const order[] = {"attach-beside", "detach"};
        struct sandbox s;
        pid_t reader;

        sandbox_make(&s, where);
        must(strcmp(scenarios[1].name, order[0]) == 0);
        scenarios[1].prepare(&s);
        reader = start(read_until_stopped, &s, 0);
        for (unsigned i = 0; i < N_ROUNDS * ELEMENTSOF(order); i++)
                for (unsigned k = 0; k < n_scenarios; k++) {
                        _cleanup_changes_ struct change_list l = {};

                        if (strcmp(scenarios[k].name, order[i % ELEMENTSOF(order)]) != 0)
                                continue;
                        scenarios[k].plan(&l);
                        must(scenario_run(&scenarios[k], &l, s.fd, NULL, NULL, NULL) == 0);
                }
        __atomic_store_n(&shared->stop, true, __ATOMIC_SEQ_CST);
        expect_exit(reader);
        sandbox_remove(&s);
        printf("observers: looked %u times, saw %u units\n", shared->looks, shared->units);
        must(shared->looks > 100 && shared->units > 100);
}

static void worker_path(char *path, size_t size, unsigned worker, unsigned unit, const char *rest)
{
        snprintf(path, size, ATTACHED "/w%u-%u.service%s", worker, unit, rest);
}

/* Attaches or detaches, with a copy of an image as others do it meanwhile. */
static void turn(const struct sandbox *s, unsigned worker, bool attach)
{
        char path[128], link[64], source[64];
        _cleanup_changes_ struct change_list l = {};
        _cleanup_error_ struct error error = {};
        struct scenario c = {.name = "worker"};

        snprintf(link, sizeof(link), "/etc/portables/w%u", worker);
        snprintf(source, sizeof(source), "/srv/w%u", worker);
        if (attach) {
                struct change *change = change_list_add(&l, CHANGE_COPY, link, source);

                must(change);
                change->replace = true;
                c.copy_source = source;
                c.copy_target = link;
        } else {
                add_remove_tree(&l, link);
        }
        for (unsigned u = 0; u < N_UNITS; u++) {
                worker_path(path, sizeof(path), worker, u, ".d/20-portable.conf");
                if (attach)
                        add_write(&l, path, "[Service]\n")->replace = true;
                else
                        add_unlink(&l, path);
                worker_path(path, sizeof(path), worker, u, attach ? "" : ".d");
                if (attach)
                        add_write(&l, path, "[Unit]\n")->replace = true;
                else
                        add_rmdir(&l, path);
                worker_path(path, sizeof(path), worker, u, "");
                if (!attach)
                        add_unlink(&l, path);
        }
        add_rmdir(&l, ATTACHED);
        if (scenario_run(&c, &l, s->fd, NULL, NULL, &error) < 0)
                complain(error_message(&error), c.name);
}

static void take_turn(const struct sandbox *s, unsigned n)
{
        unsigned worker = n % N_WORKERS;

        srand(n * 7919U + (unsigned)getppid());
        if (rand() % 3 == 0)
                inject_arm(1 + (unsigned)rand() % 250, 0);
        turn(s, worker, rand() % 2);
}

static void be_worker(const struct sandbox *s, unsigned worker)
{
        for (unsigned i = 0; i < N_TURNS; i++) {
                int status;

                must(waitpid(start(take_turn, s, i * N_WORKERS + worker), &status, 0) > 0);
                must(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == INJECT_EXIT));
        }
}

/* All of an image's files are there, or none. */
static void expect_all_or_nothing(const struct sandbox *s, unsigned worker)
{
        char path[128];
        unsigned n = 0;

        snprintf(path, sizeof(path), "/etc/portables/w%u/usr/bin/tool", worker);
        n += sandbox_exists(s, path);
        for (unsigned u = 0; u < N_UNITS; u++) {
                worker_path(path, sizeof(path), worker, u, "");
                n += sandbox_exists(s, path);
                worker_path(path, sizeof(path), worker, u, ".d/20-portable.conf");
                n += sandbox_exists(s, path);
        }
        if (n != 0 && n != 1 + 2 * N_UNITS)
                complain("half attached", path);
}

static void test_workers(const char *where)
{
        _cleanup_free_ char *snapshot = NULL;
        pid_t pids[N_WORKERS];
        struct sandbox s;
        char path[64];

        sandbox_make(&s, where);
        for (unsigned i = 0; i < N_WORKERS; i++) {
                snprintf(path, sizeof(path), "/srv/w%u/usr/bin/tool", i);
                sandbox_write(&s, path, "#!/bin/sh\n");
        }
        for (unsigned i = 0; i < N_WORKERS; i++)
                pids[i] = start(be_worker, &s, i);
        for (unsigned i = 0; i < N_WORKERS; i++)
                expect_exit(pids[i]);
        must(transaction_recover(s.fd, &layout_system, NULL, NULL) == 0);
        for (unsigned i = 0; i < N_WORKERS; i++)
                expect_all_or_nothing(&s, i);
        snapshot = sandbox_snapshot(&s);
        if (strstr(snapshot, ".portabled-"))
                complain("a work directory is left", "workers");
        sandbox_remove(&s);
}

int main(int argc, char **argv)
{
        if (argc < 2) {
                fprintf(stderr, "usage: observers DIRECTORY\n");
                return 2;
        }
        shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        must(shared != MAP_FAILED);
        test_reader(argv[1]);
        test_workers(argv[1]);
        printf("observers: %u points tried, %u bad\n", 2 * N_ROUNDS + N_WORKERS * N_TURNS, shared->bad);
        return shared->bad > 0;
}
