/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout-service.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "dissect/dissect.h"
#include "extract/extract.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "verify/checks.h"
#include "verify/findings.h"

/* Entries looked at in one directory. */
#define ENTRIES_MAX 4096

static const char *const uses[LAYOUT_CARRIED_MAX] = {
        [LAYOUT_CARRIED_PRESET] = "a preset: it enables nothing, attach --enable does",
        [LAYOUT_CARRIED_TMPFILES] =
                "for systemd-tmpfiles, which does not run for it: use StateDirectory= and the like",
        [LAYOUT_CARRIED_SYSUSERS] = "for systemd-sysusers, which does not run for it: use DynamicUser=",
        [LAYOUT_CARRIED_BUS_SERVICE] = "a D-Bus service, which the host's bus does not see",
        [LAYOUT_CARRIED_BUS_POLICY] = "a D-Bus policy, which the host's bus does not see",
        [LAYOUT_CARRIED_POLKIT] = "polkit actions, which the host's polkit does not see",
        [LAYOUT_CARRIED_UDEV] = "udev rules, which the host's udev does not see",
};

static DIR *open_in(int tree_fd, const char *path)
{
        DIR *d = NULL;

        (void)directory_open_in_root(tree_fd, path, &d);
        return d;
}

static int tell(struct findings *f, const char *directory, const char *name, const char *what)
{
        return findings_add(f, FOUND_IGNORED, NULL, "%s/%s is not used: it is %s", directory, name, what);
}

static int check_place(int tree_fd, const struct layout_carried *place, struct findings *f)
{
        _cleanup_closedir_ DIR *d = open_in(tree_fd, place->directory);
        struct dirent *de;

        for (size_t i = 0; d && i < ENTRIES_MAX && directory_next(d, &de) > 0; i++)
                if (de->d_name[0] != '.' && string_ends_with(de->d_name, place->suffix) &&
                    tell(f, place->directory, de->d_name, uses[place->kind]) < 0)
                        return -ENOMEM;
        return 0;
}

/* The unit whose NAME.d, NAME.wants or NAME.requires this is; NULL: none that is attached. */
static bool is_of_unit(const struct prepared *p, const char *name)
{
        size_t n = (size_t)(strrchr(name, '.') - name);

        for (size_t i = 0; i < p->n_units; i++)
                if (strncmp(p->units[i].file->name, name, n) == 0 && p->units[i].file->name[n] == '\0')
                        return true;
        return strcmp(name, "service.d") == 0 || strcmp(name, "socket.d") == 0 ||
               strcmp(name, "timer.d") == 0;
}

static bool has_unit(const struct prepared *p, const char *name)
{
        for (size_t i = 0; i < p->n_units; i++)
                if (strcmp(p->units[i].file->name, name) == 0)
                        return true;
        return false;
}

/* Drop-ins of its units, and links that would start them. */
static int check_inside(const struct prepared *p, int tree_fd, const char *directory, const char *name,
                        struct findings *f)
{
        _cleanup_free_ char *path = path_join(directory, name);
        bool dropins = string_ends_with(name, ".d");
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;

        if (!path)
                return -ENOMEM;
        if (dropins && !is_of_unit(p, name))
                return 0;
        d = open_in(tree_fd, path);
        for (size_t i = 0; d && i < ENTRIES_MAX && directory_next(d, &de) > 0; i++) {
                if (dropins ? !string_ends_with(de->d_name, ".conf") : !has_unit(p, de->d_name))
                        continue;
                if (tell(f, path, de->d_name,
                         dropins ? "a drop-in, and attach takes unit files only: put it into the unit file"
                                 : "a link that enables a unit, which attach --enable does") < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int check_unit_directory(const struct prepared *p, int tree_fd, const char *directory,
                                struct findings *f)
{
        _cleanup_closedir_ DIR *d = open_in(tree_fd, directory);
        struct dirent *de;

        for (size_t i = 0; d && i < ENTRIES_MAX && directory_next(d, &de) > 0; i++)
                if ((string_ends_with(de->d_name, ".d") || string_ends_with(de->d_name, ".wants") ||
                     string_ends_with(de->d_name, ".requires")) &&
                    check_inside(p, tree_fd, directory, de->d_name, f) < 0)
                        return -ENOMEM;
        return 0;
}

int check_carried(const struct operation *o, const struct prepared *p, struct findings *f,
                  struct error *error)
{
        for (size_t l = 0; l < p->layers.n; l++) {
                int fd = dissected_tree_fd(p->layers.items[l].dissected);

                for (const struct layout_carried *place = layout_carried; place->directory; place++)
                        if (check_place(fd, place, f) < 0)
                                return error_set_oom(error);
                for (const char *const *directory = o->layout->image_units; *directory; directory++)
                        if (check_unit_directory(p, fd, *directory, f) < 0)
                                return error_set_oom(error);
        }
        return 0;
}
