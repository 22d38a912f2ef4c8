/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Power loss: a scenario runs on a file system on a disk (disk.h) that logs its writes. Then, for each
 * write, the disk is brought to where it was at that instant, mounted (which replays the file system's own
 * journal), our recovery runs, and the tree must be the old or the new one; new if success had been reported
 * by then. Twice more at each point a random part of the writes that no flush has made durable yet is lost,
 * as a disk with a write cache loses them.
 *
 *   powerloss DIRECTORY TYPE [SEED]     root, in a mount namespace of its own; TYPE: ext4, xfs, btrfs
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "disk.h"
#include "inject.h"
#include "sandbox.h"
#include "scenario.h"
#include "basic/layout.h"
#include "transaction/transaction.h"

#define LOSSY_TRIALS 2
#define TREE         "tree" /* on the file system: where the tree is; the neighbour's file is beside it */

static const struct type {
        const char *name, *mkfs;
        uint64_t size;
} types[] = {
        {"ext4", "mkfs.ext4 -q -F -J size=4 -E lazy_itable_init=0 %s", 32 << 20},
        {"xfs", "mkfs.xfs -q -f %s", 320 << 20},
        {"btrfs", "mkfs.btrfs -q -f %s >/dev/null", 128 << 20},
};

struct test {
        const struct type *type;
        const struct scenario *scenario;
        struct disk *disk;
        char target[160]; /* where it is mounted */
        struct disk_log *log;
        size_t n_points; /* instants tried in a log; of a longer one (btrfs) only each so many */
        size_t reported; /* events there were when success was reported */
        char *old, *new;
        int neighbour_fd;
        unsigned tried, bad;
};

static void mount_disk(struct test *t, struct sandbox *s)
{
        int r = disk_mount(t->disk, t->type->name, t->target);

        errno = -r;
        must(r == 0);
        snprintf(s->path, sizeof(s->path), "%.120s/" TREE, t->target);
        must(mkdir(s->path, 0755) == 0 || errno == EEXIST);
        s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        must(s->fd >= 0);
}

static void unmount_disk(struct test *t, struct sandbox *s)
{
        close(s->fd);
        disk_unmount(t->disk, t->target);
}

static void prepare(struct test *t)
{
        struct sandbox s;

        disk_run(t->disk, t->type->mkfs);
        mount_disk(t, &s);
        sandbox_mkdir(&s, "/etc/systemd");
        sandbox_mkdir(&s, "/run/systemd");
        t->scenario->prepare(&s);
        t->old = sandbox_snapshot(&s);
        unmount_disk(t, &s);
}

/* One call in three. */
static void be_noisy(void *userdata)
{
        struct test *t = userdata;

        if (rand() % 3 == 0)
                must(pwrite(t->neighbour_fd, "noise", 5, 512 * (rand() % 64)) == 5 &&
                     fsync(t->neighbour_fd) == 0);
}

static void note_report(void *userdata)
{
        struct test *t = userdata;

        t->reported = disk_n_events(t->disk);
}

static void record(struct test *t)
{
        _cleanup_changes_ struct change_list l = {};
        _cleanup_error_ struct error error = {};
        _cleanup_free_ char *new = NULL;
        struct sandbox s;

        t->scenario->plan(&l);
        disk_log(t->disk, true);
        mount_disk(t, &s);
        t->neighbour_fd = openat(s.fd, "../neighbour", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        must(t->neighbour_fd >= 0);
        inject_before_each(be_noisy, t);
        if (scenario_run(t->scenario, &l, s.fd, note_report, t, &error) < 0) {
                fprintf(stderr, "%s\n", error_message(&error));
                must(!"the scenario fails");
        }
        inject_before_each(NULL, NULL);
        close(t->neighbour_fd);
        new = sandbox_snapshot(&s);
        t->new = snapshot_without_times(new);
        unmount_disk(t, &s);
        t->log = disk_take_log(t->disk);
        for (size_t i = disk_log_length(t->log); i-- > 0;)
                disk_revert(t->disk, t->log, i);
}

static void complain(struct test *t, size_t at, const char *what)
{
        t->bad++;
        printf("BAD: %s, %s, event %zu of %zu (success reported at %zu): %s\n", t->scenario->name,
               t->type->name, at, disk_log_length(t->log), t->reported, what);
        fflush(stdout);
}

/* The disk as it is now: mounts, recovers, judges; then leaves the disk as it was. */
static void try_disk(struct test *t, size_t at)
{
        _cleanup_free_ char *now = NULL, *now_without_times = NULL;
        _cleanup_error_ struct error error = {};
        struct disk_log *own;
        struct sandbox s;
        bool is_old, is_new;

        t->tried++;
        disk_log(t->disk, true);
        mount_disk(t, &s);
        if (transaction_recover(s.fd, &layout_system, NULL, &error) < 0)
                complain(t, at, error_message(&error));
        now = sandbox_snapshot(&s);
        now_without_times = snapshot_without_times(now);
        unmount_disk(t, &s);
        own = disk_take_log(t->disk);
        for (size_t i = disk_log_length(own); i-- > 0;)
                disk_revert(t->disk, own, i);
        disk_log_free(own);

        is_old = strcmp(now, t->old) == 0;
        is_new = strcmp(now_without_times, t->new) == 0;
        if (at >= t->reported ? is_new : is_old || is_new)
                return;
        complain(t, at, is_old ? "success had been reported" : "neither old nor new");
        printf("--- old\n%s\n--- new\n%s\n--- found\n%s\n", t->old, t->new, now);
}

/* Events flushed..at-1 may be lost: reverts them, applies some of them, tries, and brings all of them back.
 * A lost write never takes with it what a later one wrote to the same place: blocks are whole. */
static void try_lossy(struct test *t, size_t flushed, size_t at)
{
        bool *kept = calloc(at - flushed + 1, sizeof(*kept));
        int odds = 1 + rand() % 9;

        must(kept);
        for (size_t i = at; i-- > flushed;)
                disk_revert(t->disk, t->log, i);
        for (size_t i = flushed; i < at; i++) {
                kept[i - flushed] = rand() % 10 < odds;
                if (kept[i - flushed])
                        disk_apply(t->disk, t->log, i);
        }
        try_disk(t, at);
        /* Old data of an event is right only if all before it were applied: start from the flush again. */
        for (size_t i = at; i-- > flushed;)
                disk_revert(t->disk, t->log, i);
        for (size_t i = flushed; i < at; i++)
                disk_apply(t->disk, t->log, i);
        free(kept);
}

static void replay(struct test *t)
{
        size_t flushed = 0, stride = disk_log_length(t->log) / t->n_points + 1,
               offset = (size_t)rand() % stride;
        bool due = false;

        try_disk(t, 0);
        for (size_t at = 1; at <= disk_log_length(t->log); at++) {
                /* One that falls on a flush is made up for at the next write. */
                due = due || at % stride == offset;
                if (disk_log_event(t->log, at - 1)->flush) {
                        flushed = at;
                        continue;
                }
                disk_apply(t->disk, t->log, at - 1);
                if (!due)
                        continue;
                due = false;
                try_disk(t, at);
                for (unsigned i = 0; i < LOSSY_TRIALS && at - flushed > 1; i++)
                        try_lossy(t, flushed, at);
        }
}

static void run_scenario(struct test *t, const struct scenario *c)
{
        unsigned tried = t->tried;

        t->scenario = c;
        prepare(t);
        record(t);
        replay(t);
        printf("powerloss: %s, %s: %zu writes and flushes, %u points\n", t->type->name, c->name,
               disk_log_length(t->log), t->tried - tried);
        fflush(stdout);
        must(t->reported > 0 && t->tried - tried > 5);
        disk_log_free(t->log);
        free(t->old);
        free(t->new);
}

int main(int argc, char **argv)
{
        struct test t = {};
        unsigned seed;

        for (size_t i = 0; argc >= 3 && i < ELEMENTSOF(types); i++)
                if (strcmp(types[i].name, argv[2]) == 0)
                        t.type = &types[i];
        if (!t.type) {
                fprintf(stderr, "usage: powerloss DIRECTORY ext4|xfs|btrfs [SEED [POINTS]]\n");
                return 2;
        }
        seed = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : (unsigned)getpid();
        t.n_points = argc > 4 ? strtoul(argv[4], NULL, 10) : 200;
        must(t.n_points > 0);
        srand(seed);
        printf("powerloss: seed %u\n", seed);
        snprintf(t.target, sizeof(t.target), "%s/mount", argv[1]);
        must(mkdir(t.target, 0755) == 0);
        t.disk = disk_new(t.type->size, argv[1]);
        for (unsigned i = 0; i < n_scenarios; i++)
                run_scenario(&t, &scenarios[i]);
        disk_free(t.disk);
        must(rmdir(t.target) == 0);
        printf("powerloss: %u points tried, %u bad\n", t.tried, t.bad);
        return t.bad > 0;
}
