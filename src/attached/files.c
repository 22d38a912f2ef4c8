/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attached/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "plan/marker.h"

bool attached_error_is_foreign(int errnum)
{
        switch (errnum) {
        case ENOENT:
        case ENOTDIR:
        case ELOOP:
        case ENXIO:
        case ENODEV:
                return true;
        case EACCES:
        case EPERM:
                return geteuid() != 0;
        default:
                return false;
        }
}

void attached_files_clear(struct attached_files *f)
{
        strv_free(f->kept);
        strv_free(f->copied);
        strv_free(f->prefixes);
        strv_free(f->given);
        strv_free(f->confined);
        strv_free(f->sources);
        *f = (struct attached_files){};
}

static int read_notes(int dropin_fd, struct attached_files *files)
{
        _cleanup_free_ char *data = NULL;
        size_t size;
        int r;

        r = fd_read_file_in_root(dropin_fd, "20-portable.conf", MARKER_FILE_SIZE_MAX, &data, &size);
        if (r < 0)
                return r == -EBADFD || r == -EFBIG || attached_error_is_foreign(-r) ? 0 : r;
        r = marker_note_parse(MARKER_NOTE_KEPT, data, size, &files->kept);
        if (r >= 0)
                r = marker_note_parse(MARKER_NOTE_COPIED, data, size, &files->copied);
        if (r >= 0)
                r = marker_note_parse(MARKER_NOTE_SOURCE, data, size, &files->sources);
        if (r >= 0)
                r = marker_note_parse(MARKER_NOTE_UNITS, data, size, &files->given);
        if (r >= 0)
                r = marker_note_parse(MARKER_NOTE_CONFINED, data, size, &files->confined);
        return r < 0 ? r : marker_note_parse(MARKER_NOTE_PREFIXES, data, size, &files->prefixes);
}

int attached_unit_read_files(int root_fd, const struct attached_unit *unit, struct attached_files *ret,
                             struct error *error)
{
        _cleanup_free_ char *directory = path_join(unit->directory, unit->name), *path = NULL;
        _cleanup_attached_files_ struct attached_files files = {};
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;
        int r;

        if (!directory || !(path = malloc(strlen(directory) + 3)))
                return error_set_oom(error);
        strcpy(stpcpy(path, directory), ".d");
        r = directory_take(fd_open_in_root(root_fd, path, O_RDONLY | O_DIRECTORY, 0), &d);
        if (r < 0)
                return error_set_errno(error, r, "Cannot open drop-in directory '%s'", path);
        while ((r = directory_next(d, &de)) > 0) {
                if (strcmp(de->d_name, "10-profile.conf") == 0)
                        files.profile = true;
                else if (strcmp(de->d_name, "20-portable.conf") != 0)
                        files.foreign = true;
        }
        if (r < 0)
                return error_set_errno(error, r, "Cannot read drop-in directory '%s'", path);
        r = read_notes(dirfd(d), &files);
        if (r < 0)
                return error_set_errno(error, r, "Cannot read '%s/20-portable.conf'", path);
        *ret = files;
        files = (struct attached_files){};
        return 0;
}
