/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "transaction/transaction.h"

#define ATTACHED "/etc/systemd/system.attached/"
#define WANTS    "/etc/systemd/system/multi-user.target.wants/"

static const char *const units[] = {"web.service", "web@.service", "web.socket",
                                    "web.timer",   "web.path",     "web.target"};

static char *unit_path(char *buffer, const char *unit, const char *rest)
{
        snprintf(buffer, 256, ATTACHED "%s%s", unit, rest);
        return buffer;
}

static void add_unit(struct change_list *l, const char *unit, const char *version, bool replace)
{
        char path[256], data[128];

        add_mkdir(l, unit_path(path, unit, ".d"));
        snprintf(data, sizeof(data), "[Service]\nRootImage=/srv/web_%s.raw\n", version);
        add_write(l, unit_path(path, unit, ".d/20-portable.conf"), data)->replace = replace;
        snprintf(data, sizeof(data), "/usr/lib/profile-%s", version);
        add_symlink(l, unit_path(path, unit, ".d/10-profile.conf"), data)->replace = replace;
        snprintf(data, sizeof(data), "[Unit]\nDescription=%s of %s\n", unit, version);
        add_write(l, unit_path(path, unit, ""), data)->replace = replace;
}

static void remove_unit(struct change_list *l, const char *unit)
{
        char path[256];

        add_unlink(l, unit_path(path, unit, ""));
        add_unlink(l, unit_path(path, unit, ".d/10-profile.conf"));
        add_unlink(l, unit_path(path, unit, ".d/20-portable.conf"));
        add_rmdir(l, unit_path(path, unit, ".d"));
}

/* What is there of others, and must not change. */
static void prepare_host(const struct sandbox *s)
{
        sandbox_write(s, "/etc/fstab", "# static\n");
        sandbox_write(s, "/etc/systemd/system/other.service", "[Service]\n");
        sandbox_mkdir(s, WANTS);
        must(symlinkat(ATTACHED "web.service", s->fd,
                       "etc/systemd/system/multi-user.target.wants/web.service") == 0);
        sandbox_mkdir(s, "/etc/portables");
}

static void prepare_neighbour(const struct sandbox *s)
{
        prepare_host(s);
        sandbox_write(s, ATTACHED "mail.service", "[Unit]\n");
        sandbox_write(s, ATTACHED "mail.service.d/20-portable.conf", "[Service]\n");
}

static void apply(const struct sandbox *s, void (*plan)(struct change_list *l))
{
        _cleanup_changes_ struct change_list l = {};

        plan(&l);
        must(sandbox_commit(s, &l, NULL) == 0);
}

static void plan_attach(struct change_list *l)
{
        add_mkdir(l, "/etc/systemd/system.attached");
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                add_unit(l, units[i], "1", false);
        add_symlink(l, "/etc/portables/web_1.raw", "/srv/web_1.raw");
        /* Stays, as it is not empty; twice, as when several images are detached together. */
        add_rmdir(l, "/etc/systemd/system.attached");
        add_rmdir(l, "/etc/systemd/system.attached");
}

static void prepare_attached(const struct sandbox *s)
{
        prepare_host(s);
        apply(s, plan_attach);
}

static void plan_detach(struct change_list *l)
{
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                remove_unit(l, units[i]);
        add_unlink(l, "/etc/portables/web_1.raw");
        add_unlink(l, WANTS "web.service");
        add_rmdir(l, "/etc/systemd/system/multi-user.target.wants");
        add_rmdir(l, "/etc/systemd/system.attached");
        add_rmdir(l, "/etc/systemd/system.attached");
}

static void prepare_attached_and_edited(const struct sandbox *s)
{
        prepare_neighbour(s);
        apply(s, plan_attach);
        sandbox_write(s, ATTACHED "web.path.d/50-admin.conf", "[Path]\n");
}

static void plan_reattach(struct change_list *l)
{
        remove_unit(l, "web.path");
        remove_unit(l, "web.target");
        for (size_t i = 0; i < 4; i++)
                add_unit(l, units[i], "2", true);
        add_unit(l, "web-new.service", "2", true);
        add_unit(l, "web-new.timer", "2", true);
        add_unlink(l, "/etc/portables/web_1.raw");
        add_symlink(l, "/etc/portables/web_2.raw", "/srv/web_2.raw");
        add_rmdir(l, "/etc/systemd/system.attached");
}

static void prepare_image(const struct sandbox *s)
{
        _cleanup_close_ int fd = -EBADF;

        sandbox_write(s, "/srv/web_1/usr/lib/os-release", "ID=web\n");
        sandbox_write(s, "/srv/web_1/usr/bin/web", "#!/bin/sh\n");
        must(linkat(s->fd, "srv/web_1/usr/bin/web", s->fd, "srv/web_1/usr/bin/alias", 0) == 0);
        must(symlinkat("usr/bin", s->fd, "srv/web_1/bin") == 0);
        must(mkfifoat(s->fd, "srv/web_1/fifo", 0600) == 0);
        fd = fd_open_in_root(s->fd, "/srv/web_1/hole", O_WRONLY | O_CREAT, 0640);
        must(fd >= 0);
        must(pwrite(fd, "end", 3, 1 << 20) == 3);
}

static void prepare_mixed(const struct sandbox *s)
{
        prepare_host(s);
        prepare_image(s);
}

static void plan_mixed_attach(struct change_list *l)
{
        add_mkdir(l, "/etc/systemd/system.attached");
        add_mkdir(l, "/run/portables");
        for (size_t i = 0; i < 2; i++)
                add_unit(l, units[i], "1", false);
        must(change_list_add(l, CHANGE_COPY, "/run/portables/web_1", "/srv/web_1"));
}

static void prepare_mixed_attached(const struct sandbox *s)
{
        prepare_mixed(s);
        sandbox_write(s, "/etc/portables/web_0/usr/lib/os-release", "ID=old\n");
        sandbox_write(s, "/etc/portables/web_0/usr/bin/old", "#!/bin/sh\n");
        sandbox_write(s, "/etc/portables/web_1/usr/lib/os-release", "ID=leftover\n");
}

static void plan_mixed_reattach(struct change_list *l)
{
        struct change *c = change_list_add(l, CHANGE_COPY, "/etc/portables/web_1", "/srv/web_1");

        must(c);
        c->replace = true;
        add_mkdir(l, "/etc/systemd/system.attached");
        for (size_t i = 0; i < 2; i++)
                add_unit(l, units[i], "1", false);
        add_remove_tree(l, "/etc/portables/web_0");
}

static void prepare_mixed_update(const struct sandbox *s)
{
        prepare_mixed(s);
        sandbox_write(s, "/etc/portables/web_0/usr/lib/os-release", "ID=old\n");
        sandbox_write(s, "/etc/portables/web_0/usr/bin/old", "#!/bin/sh\n");
}

static void plan_mixed_update(struct change_list *l)
{
        must(change_list_add(l, CHANGE_COPY, "/etc/portables/web_1", "/srv/web_1"));
        add_mkdir(l, "/etc/systemd/system.attached");
        add_unit(l, units[0], "1", false);
        add_remove_tree(l, "/etc/portables/web_0");
}

const struct scenario scenarios[] = {
        {"attach", prepare_host, plan_attach},
        {"attach-beside", prepare_neighbour, plan_attach},
        {"detach", prepare_attached, plan_detach},
        {"detach-beside", prepare_attached_and_edited, plan_detach},
        {"reattach", prepare_attached_and_edited, plan_reattach},
        {"attach-mixed", prepare_mixed, plan_mixed_attach, "/srv/web_1", "/run/portables/web_1"},
        {"update-mixed", prepare_mixed_update, plan_mixed_update, "/srv/web_1", "/etc/portables/web_1"},
        {"reattach-mixed", prepare_mixed_attached, plan_mixed_reattach, "/srv/web_1",
         "/etc/portables/web_1"},
        {"private-mixed", prepare_mixed_update, plan_mixed_update, "/srv/web_1", "/etc/portables/web_1",
         true},
};
const unsigned n_scenarios = ELEMENTSOF(scenarios);

static int stage_copy(const struct scenario *c, struct transaction *t, int root_fd, struct error *error)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, c->copy_source, O_PATH, 0);
        const struct transaction_copy copy = {
                .fd = fd, .source = c->copy_source, .target = c->copy_target, .private = c->copy_private};

        return fd < 0 ? error_set_errno(error, fd, "Cannot open '%s'", c->copy_source)
                      : transaction_stage_copy(t, &copy, NULL, error);
}

int scenario_run(const struct scenario *c, const struct change_list *l, int root_fd,
                 void (*reported)(void *userdata), void *userdata, struct error *error)
{
        _cleanup_transaction_ struct transaction *t = NULL;
        _cleanup_close_ int lock = -EBADF;
        int r;

        r = transaction_new(root_fd, &layout_system, false, &t, error);
        if (r >= 0 && c->copy_source)
                r = stage_copy(c, t, root_fd, error);
        if (r >= 0)
                r = transaction_lock(root_fd, &layout_system, NULL, &lock, error);
        if (r >= 0)
                r = transaction_recover(root_fd, &layout_system, NULL, error);
        if (r >= 0)
                r = transaction_commit(t, l, error);
        if (r >= 0 && reported)
                reported(userdata);
        return r;
}
