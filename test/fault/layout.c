/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "layout.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "basic/tree.h"

const char *fault_layout_name(enum fault_layout_kind kind)
{
        static const char *const names[LAYOUT_MAX] = {"plain", "bind", "overlay"};

        return names[kind];
}

static void make_bind(struct fault_layout *l, const struct scenario *c, const char *where)
{
        char target[192];

        sandbox_make(&l->other, where);
        sandbox_make(&l->root, where);
        sandbox_mkdir(&l->root, "/etc/portables");
        snprintf(target, sizeof(target), "%s/etc/portables", l->root.path);
        must(mount(l->other.path, target, NULL, MS_BIND, NULL) == 0);
        c->prepare(&l->root);
}

static void make_overlay(struct fault_layout *l, const struct scenario *c, const char *where)
{
        char options[512], top[128];

        sandbox_make(&l->other, where);
        sandbox_mkdir(&l->other, "/lower");
        sandbox_mkdir(&l->other, "/upper");
        sandbox_mkdir(&l->other, "/work");
        sandbox_mkdir(&l->other, "/merged");
        {
                struct sandbox lower = {
                        .fd = openat(l->other.fd, "lower", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

                must(lower.fd >= 0);
                sandbox_mkdir(&lower, "/etc/systemd");
                sandbox_mkdir(&lower, "/run/systemd");
                c->prepare(&lower);
                close(lower.fd);
        }
        snprintf(top, sizeof(top), "%.100s/merged", l->other.path);
        must(strlen(l->other.path) < 100);
        snprintf(options, sizeof(options), "lowerdir=%.100s/lower,upperdir=%.100s/upper,workdir=%.100s/work",
                 l->other.path, l->other.path, l->other.path);
        must(mount("overlay", top, "overlay", 0, options) == 0);
        snprintf(l->root.path, sizeof(l->root.path), "%s", top);
        l->root.fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        must(l->root.fd >= 0);
}

void fault_layout_make(struct fault_layout *l, enum fault_layout_kind kind, const struct scenario *c,
                       const char *where)
{
        l->kind = kind;
        if (kind == LAYOUT_BIND) {
                make_bind(l, c, where);
        } else if (kind == LAYOUT_OVERLAY) {
                make_overlay(l, c, where);
        } else {
                sandbox_make(&l->root, where);
                c->prepare(&l->root);
        }
}

void fault_layout_remove(struct fault_layout *l)
{
        char target[192];

        if (l->kind == LAYOUT_BIND) {
                snprintf(target, sizeof(target), "%s/etc/portables", l->root.path);
                must(umount2(target, MNT_DETACH) == 0);
        }
        if (l->kind == LAYOUT_OVERLAY) {
                close(l->root.fd);
                must(umount2(l->root.path, 0) == 0);
        } else {
                sandbox_remove(&l->root);
        }
        if (l->kind != LAYOUT_PLAIN)
                sandbox_remove(&l->other);
}
