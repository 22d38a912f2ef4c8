/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "operation/operation.h"
#include "operation/status-parts.h"
#include "operation/status.h"
#include "plan/marker.h"
#include "unitfile/merged.h"

#define DROPIN_SIZE_MAX (256U * 1024U)

char *profile_name_from_path(const struct layout *layout, const char *path)
{
        _cleanup_free_ char *directory = path_directory(path),
                            *parent = directory ? path_directory(directory) : NULL;

        if (!parent)
                return NULL;
        return strdup(layout_has_profiles(layout, parent) ? path_base(directory) : path);
}

static int read_profile(const struct layout *layout, int dropins_fd, struct attachment *a)
{
        _cleanup_free_ char *target = NULL;
        int r = fd_readlink(dropins_fd, "10-profile.conf", &target);

        if (r == -ENOMEM)
                return r;
        if (r >= 0)
                a->profile = profile_name_from_path(layout, target);
        else if (faccessat(dropins_fd, "10-profile.conf", F_OK, AT_SYMLINK_NOFOLLOW) >= 0)
                a->profile = strdup("copy");
        else
                return 0;
        return a->profile ? 0 : -ENOMEM;
}

static int read_policy(int dropins_fd, struct attachment *a)
{
        _cleanup_unit_merged_ struct unit_merged unit = {};
        const struct unit_setting *policy;
        _cleanup_free_ char *text = NULL;
        size_t size;

        if (fd_read_file_in_root(dropins_fd, "20-portable.conf", DROPIN_SIZE_MAX, &text, &size) < 0)
                return 0;
        if (unit_merged_read(&(struct unit_source){text, size}, 1, &unit) < 0)
                return -ENOMEM;
        policy = unit_merged_get(&unit, "Service", "RootImagePolicy");
        if (!policy)
                return 0;
        a->policy = strdup(policy->value);
        return a->policy ? 0 : -ENOMEM;
}

/* Any of its units has the note, also where there is no service. */
static int read_given(struct operation *o, struct attachment *a)
{
        _cleanup_free_ char *path = NULL, *text = NULL;
        size_t size;

        if (a->n_units == 0)
                return 0;
        if (asprintf(&path, "%s/%s.d/20-portable.conf", a->directory, a->units[0].name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (fd_read_file_in_root(o->root_fd, path, DROPIN_SIZE_MAX, &text, &size) < 0)
                return 0;
        return marker_note_parse(MARKER_NOTE_UNITS, text, size, &a->given);
}

int status_read_dropins(struct operation *o, struct attachment *a)
{
        if (read_given(o, a) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < a->n_units; i++) {
                _cleanup_close_ int fd = -EBADF;
                _cleanup_free_ char *path = NULL;
                int r;

                if (!string_ends_with(a->units[i].name, ".service"))
                        continue;
                if (asprintf(&path, "%s/%s.d", a->directory, a->units[i].name) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                fd = fd_open_in_root(o->root_fd, path, O_RDONLY | O_DIRECTORY, 0);
                if (fd < 0)
                        continue;
                r = read_profile(o->layout, fd, a);
                return r < 0 ? r : read_policy(fd, a);
        }
        return 0;
}
