/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A random sequence of operations on a few images, with crashes and errors at random calls, crashes in the
 * recovery from crashes, and an administrator who puts files of his own into drop-in directories. A model of
 * a few bytes says what the tree must look like; it is built anew from the model, in the plainest way, and
 * compared after each step.
 *
 *   model DIRECTORY [SEED [STEPS]]
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "inject.h"
#include "sandbox.h"
#include "scenario.h"
#include "basic/layout.h"
#include "transaction/transaction.h"

#define ATTACHED "/etc/systemd/system.attached"
#define N_IMAGES 5
#define N_UNITS  4 /* at most; an image of version v has units v .. v + 2, modulo this */
#define N_MIXED  2 /* the first so many images are copied */

struct model {
        unsigned version[N_IMAGES];    /* 0: not attached */
        bool admin[N_IMAGES][N_UNITS]; /* a file of the administrator's in the drop-in directory */
};

static bool has_unit(unsigned version, unsigned unit)
{
        return version > 0 && (unit + N_UNITS - version % N_UNITS) % N_UNITS < 3;
}

/* The paths and contents of an image's files. */
struct names {
        char unit[96], directory[96], drop_in[128], profile[128], admin[128], link[64], source[64],
                old_link[64];
        char text[96], target[96];
};

static void make_names(struct names *n, unsigned image, unsigned version, unsigned unit)
{
        snprintf(n->unit, sizeof(n->unit), ATTACHED "/img%u-%u.service", image, unit);
        snprintf(n->directory, sizeof(n->directory), "%.90s.d", n->unit);
        snprintf(n->drop_in, sizeof(n->drop_in), "%s/20-portable.conf", n->directory);
        snprintf(n->profile, sizeof(n->profile), "%s/10-profile.conf", n->directory);
        snprintf(n->admin, sizeof(n->admin), "%s/50-admin.conf", n->directory);
        snprintf(n->link, sizeof(n->link), "/etc/portables/img%u_%u", image, version);
        snprintf(n->source, sizeof(n->source), "/srv/img%u_%u", image, version);
        snprintf(n->text, sizeof(n->text), "unit %u of image %u version %u\n", unit, image, version);
        snprintf(n->target, sizeof(n->target), "/usr/lib/profile/%u", version);
}

/* The tree as the model says, made without any transaction. */
static void build_image(const struct sandbox *s, unsigned image, unsigned version)
{
        struct names n;
        char path[128];

        if (version == 0)
                return;
        make_names(&n, image, version, 0);
        if (image < N_MIXED) {
                snprintf(path, sizeof(path), "%s/usr/lib/os-release", n.link);
                sandbox_write(s, path, n.source);
        } else {
                must(symlinkat(n.source, s->fd, n.link + 1) == 0);
        }
        for (unsigned u = 0; u < N_UNITS; u++) {
                if (!has_unit(version, u))
                        continue;
                make_names(&n, image, version, u);
                sandbox_write(s, n.unit, n.text);
                sandbox_write(s, n.drop_in, n.text);
                must(symlinkat(n.target, s->fd, n.profile + 1) == 0);
        }
}

static void build_base(const struct sandbox *s)
{
        char path[128];

        sandbox_mkdir(s, "/etc/portables");
        for (unsigned i = 0; i < N_MIXED; i++)
                for (unsigned v = 1; v <= 3; v++) {
                        struct names n;

                        make_names(&n, i, v, 0);
                        snprintf(path, sizeof(path), "%s/usr/lib/os-release", n.source);
                        sandbox_write(s, path, n.source);
                }
}

static char *expected(const struct model *m, const char *where)
{
        _cleanup_free_ char *snapshot = NULL;
        struct sandbox s;
        char *r;

        sandbox_make(&s, where);
        build_base(&s);
        for (unsigned i = 0; i < N_IMAGES; i++) {
                build_image(&s, i, m->version[i]);
                for (unsigned u = 0; u < N_UNITS; u++)
                        if (m->admin[i][u]) {
                                struct names n;

                                make_names(&n, i, 0, u);
                                sandbox_write(&s, n.admin, "admin\n");
                        }
        }
        snapshot = sandbox_snapshot(&s);
        sandbox_remove(&s);
        r = snapshot_without_times(snapshot);
        return r;
}

static void plan_unit(struct change_list *l, unsigned image, unsigned from, unsigned to, unsigned u)
{
        struct names n;

        make_names(&n, image, to, u);
        if (has_unit(to, u)) {
                add_mkdir(l, n.directory);
                add_write(l, n.drop_in, n.text)->replace = has_unit(from, u);
                add_symlink(l, n.profile, n.target)->replace = has_unit(from, u);
                add_write(l, n.unit, n.text)->replace = has_unit(from, u);
        } else if (has_unit(from, u)) {
                add_unlink(l, n.unit);
                add_unlink(l, n.profile);
                add_unlink(l, n.drop_in);
                add_rmdir(l, n.directory);
        }
}

/* From one version to another, 0 being none. */
static void plan(struct change_list *l, struct scenario *c, struct names *to_names, unsigned image,
                 unsigned from, unsigned to)
{
        struct names from_names;

        make_names(&from_names, image, from, 0);
        make_names(to_names, image, to, 0);
        if (to > 0 && image < N_MIXED) {
                struct change *change = change_list_add(l, CHANGE_COPY, to_names->link, to_names->source);

                must(change);
                change->replace = from == to;
                c->copy_source = to_names->source;
                c->copy_target = to_names->link;
        }
        if (to > 0)
                add_mkdir(l, ATTACHED);
        for (unsigned u = 0; u < N_UNITS; u++)
                plan_unit(l, image, from, to, u);
        if (from > 0 && from != to && image < N_MIXED)
                add_remove_tree(l, from_names.link);
        else if (from > 0 && from != to)
                add_unlink(l, from_names.link);
        if (to > 0 && image >= N_MIXED)
                add_symlink(l, to_names->link, to_names->source)->replace = from == to;
        add_rmdir(l, ATTACHED);
}

struct outcome {
        bool succeeded, failed, struck;
};

static void report(void *userdata)
{
        inject_suspend(true);
        must(write(*(int *)userdata, "s", 1) == 1);
        inject_suspend(false);
}

/* Runs an operation (c) or recovery (NULL) in a child with a fault at call n: an error, or a crash if errnum
 * is 0. */
static struct outcome run(const struct scenario *c, const struct change_list *l, const struct sandbox *s,
                          unsigned n, int errnum, bool plain_renames)
{
        struct outcome o = {};
        int p[2], status;
        pid_t pid;
        char byte;

        must(pipe(p) == 0);
        fflush(stdout);
        pid = fork();
        must(pid >= 0);
        if (pid == 0) {
                int r;

                if (plain_renames)
                        inject_plain_renames();
                inject_arm(n, errnum);
                r = c ? scenario_run(c, l, s->fd, report, &p[1], NULL)
                      : transaction_recover(s->fd, &layout_system, NULL, NULL);
                inject_suspend(true);
                if (r < 0)
                        must(write(p[1], "f", 1) == 1);
                _exit(0);
        }
        close(p[1]);
        while (read(p[0], &byte, 1) == 1) {
                o.succeeded |= byte == 's';
                o.failed |= byte == 'f';
        }
        close(p[0]);
        must(waitpid(pid, &status, 0) == pid);
        must(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == INJECT_EXIT));
        o.struck = o.failed || WEXITSTATUS(status) == INJECT_EXIT;
        return o;
}

static void administrate(const struct sandbox *s, struct model *m, unsigned image, unsigned unit)
{
        struct names n;

        make_names(&n, image, 0, unit);
        m->admin[image][unit] = !m->admin[image][unit];
        if (m->admin[image][unit]) {
                sandbox_write(s, n.admin, "admin\n");
                return;
        }
        must(unlinkat(s->fd, n.admin + 1, 0) == 0);
        if (has_unit(m->version[image], unit))
                return;
        must(unlinkat(s->fd, n.directory + 1, AT_REMOVEDIR) == 0);
        unlinkat(s->fd, ATTACHED + 1, AT_REMOVEDIR);
}

/* Compares the tree with the model before and after the step, and settles the model. Returns false if
 * neither fits. */
static bool settle(const struct sandbox *s, struct model *m, const struct model *after, struct outcome o,
                   const char *where)
{
        _cleanup_free_ char *now = sandbox_snapshot(s), *found = snapshot_without_times(now);
        _cleanup_free_ char *old = expected(m, where), *new = expected(after, where);
        bool is_old = strcmp(found, old) == 0, is_new = strcmp(found, new) == 0;

        if (o.succeeded ? !is_new : o.failed ? !is_old : !is_old && !is_new) {
                printf("--- old\n%s\n--- new\n%s\n--- found\n%s\n", old, new, found);
                return false;
        }
        if (!is_old || o.succeeded)
                *m = *after;
        return true;
}

static bool step(const struct sandbox *s, struct model *m, const char *where, unsigned *n_faults)
{
        static const int errors[] = {0, 0, ENOSPC, EIO, EDQUOT};
        unsigned image = (unsigned)rand() % N_IMAGES, to = (unsigned)rand() % 4;
        unsigned n = rand() % 5 > 0 ? 1 + (unsigned)rand() % 200 : 0;
        _cleanup_changes_ struct change_list l = {};
        struct scenario c = {.name = "model"};
        struct model after = *m;
        struct names names;
        struct outcome o;

        if (rand() % 8 == 0) {
                administrate(s, m, image, (unsigned)rand() % N_UNITS);
                return settle(s, m, m, (struct outcome){}, where);
        }
        plan(&l, &c, &names, image, m->version[image], to);
        after.version[image] = to;
        o = run(&c, &l, s, n, errors[(size_t)rand() % ELEMENTSOF(errors)], rand() % 3 == 0);
        *n_faults += o.struck;
        if (rand() % 3 == 0)
                run(NULL, NULL, s, 1 + (unsigned)rand() % 60, 0, rand() % 2);
        must(transaction_recover(s->fd, &layout_system, NULL, NULL) == 0);
        return settle(s, m, &after, o, where);
}

int main(int argc, char **argv)
{
        unsigned seed, steps, n_faults = 0, bad = 0;
        struct model m = {};
        struct sandbox s;

        if (argc < 2) {
                fprintf(stderr, "usage: model DIRECTORY [SEED [STEPS]]\n");
                return 2;
        }
        seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : (unsigned)getpid();
        steps = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 200;
        srand(seed);
        printf("model: seed %u\n", seed);
        sandbox_make(&s, argv[1]);
        build_base(&s);
        for (unsigned i = 0; i < steps && bad == 0; i++)
                if (!step(&s, &m, argv[1], &n_faults)) {
                        printf("BAD: seed %u, step %u\n", seed, i);
                        bad++;
                }
        sandbox_remove(&s);
        printf("model: %u steps, in %u of them a fault struck, %u points tried, %u bad\n", steps, n_faults,
               steps, bad);
        return bad > 0;
}
