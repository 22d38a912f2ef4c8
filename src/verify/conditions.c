/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "verify/checks.h"
#include "verify/findings.h"
#include "verify/host-look.h"
#include "verify/view.h"

/* Conditions are about the host, never about the image. Each returns 1, 0, or a negative errno where it
 * cannot be told beforehand. Source: systemd.unit(5). */

static int path_exists(int root_fd, const char *value)
{
        return host_look(root_fd, value, NULL);
}

static int path_is_directory(int root_fd, const char *value)
{
        struct stat st;
        int r = host_look(root_fd, value, &st);

        return r <= 0 ? r : S_ISDIR(st.st_mode);
}

static int path_is_link(int root_fd, const char *value)
{
        struct stat st;
        int r = host_look_link(root_fd, value, &st);

        return r <= 0 ? r : S_ISLNK(st.st_mode);
}

static int file_not_empty(int root_fd, const char *value)
{
        struct stat st;
        int r = host_look(root_fd, value, &st);

        return r <= 0 ? r : S_ISREG(st.st_mode) && st.st_size > 0;
}

static int file_is_executable(int root_fd, const char *value)
{
        struct stat st;
        int r = host_look(root_fd, value, &st);

        return r <= 0 ? r : S_ISREG(st.st_mode) && st.st_mode & 0111;
}

static int path_is_mount_point(int root_fd, const char *value)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, value, O_PATH, 0);
        struct statx sx;

        if (fd == -ENOENT || fd == -ENOTDIR)
                return 0;
        if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, 0, &sx) < 0 ||
            !(sx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
                return -EOPNOTSUPP;
        return (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

static int path_is_read_write(int root_fd, const char *value)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, value, O_PATH, 0);
        struct statvfs sfs;

        if (fd == -ENOENT || fd == -ENOTDIR)
                return 0;
        /* Read-only may be only what the daemon sees. */
        return fd >= 0 && fstatvfs(fd, &sfs) >= 0 && !(sfs.f_flag & ST_RDONLY) ? 1 : -EOPNOTSUPP;
}

static int host_name(int root_fd, const char *value)
{
        struct utsname u;

        /* A machine id or a boot id, too. */
        if (!host_is_this_system(root_fd) || uname(&u) < 0 ||
            (strlen(value) >= 32 && strspn(value, "0123456789abcdefABCDEF-") == strlen(value)))
                return -EOPNOTSUPP;
        return fnmatch(value, u.nodename, FNM_CASEFOLD) == 0;
}

static int architecture(int root_fd, const char *value)
{
        static const char *const names[][2] = {{"x86_64", "x86-64"},   {"aarch64", "arm64"},
                                               {"riscv64", "riscv64"}, {"ppc64le", "ppc64-le"},
                                               {"s390x", "s390x"},     {"loongarch64", "loongarch64"}};
        struct utsname u;

        if (!host_is_this_system(root_fd) || uname(&u) < 0)
                return -EOPNOTSUPP;
        if (strcmp(value, "native") == 0)
                return 1;
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strcmp(u.machine, names[i][0]) == 0)
                        return strcmp(value, names[i][1]) == 0;
        return -EOPNOTSUPP;
}

static const struct {
        const char *name; /* behind "Condition" and "Assert" */
        int (*test)(int root_fd, const char *value);
} tests[] = {
        {"PathExists", path_exists},
        {"PathExistsGlob", host_look_glob},
        {"PathIsDirectory", path_is_directory},
        {"PathIsSymbolicLink", path_is_link},
        {"PathIsMountPoint", path_is_mount_point},
        {"PathIsReadWrite", path_is_read_write},
        {"DirectoryNotEmpty", host_look_entries},
        {"FileNotEmpty", file_not_empty},
        {"FileIsExecutable", file_is_executable},
        {"Host", host_name},
        {"Architecture", architecture},
};

static int evaluate(const struct view *v, const char *name, const char *value)
{
        _cleanup_free_ char *expanded = view_expand(v, value);

        if (!expanded || !view_spend_path(v, expanded))
                return -EOPNOTSUPP;
        for (size_t i = 0; i < ELEMENTSOF(tests); i++)
                if (strcmp(tests[i].name, name) == 0)
                        return tests[i].test(v->o->root_fd, expanded);
        return -EOPNOTSUPP;
}

/* "|" in front: one of those will do; "!": it must not be so. */
static int evaluate_setting(const struct view *v, const struct unit_setting *s, const char *prefix,
                            bool *ret_any)
{
        const char *value = s->value;
        bool negated;
        int r;

        *ret_any = *value == '|';
        value += *ret_any;
        value += strspn(value, " \t");
        negated = *value == '!';
        value += negated;
        value += strspn(value, " \t");
        r = evaluate(v, s->key + strlen(prefix), value);
        return r < 0 ? r : negated ? !r : r > 0;
}

static int tell(const struct view *v, const struct unit_setting *s, enum finding_id id, struct findings *f)
{
        const struct finding_place place = {.file = v->file, .setting = s};

        return findings_add(f, id, &place, "%s=%s is not so on this host, %s", s->key, s->value,
                            id == FOUND_ASSERT ? "and the start fails" : "and the start is skipped");
}

static int check_family(const struct view *v, const char *prefix, enum finding_id id, struct findings *f)
{
        const struct unit_setting *last = NULL;
        bool any_true = false;

        for (size_t i = 0; i < v->unit->n; i++) {
                const struct unit_setting *s = v->unit->items + i;
                bool any;
                int r;

                if (!s->counts || strcmp(s->section, "Unit") != 0 || !string_starts_with(s->key, prefix))
                        continue;
                r = evaluate_setting(v, s, prefix, &any);
                if (any) {
                        last = s;
                        any_true = any_true || r != 0;
                } else if (r == 0 && tell(v, s, id, f) < 0) {
                        return -ENOMEM;
                }
        }
        return last && !any_true ? tell(v, last, id, f) : 0;
}

int check_view_conditions(const struct view *v, struct findings *f)
{
        int r = check_family(v, "Condition", FOUND_CONDITION, f);

        return r < 0 ? r : check_family(v, "Assert", FOUND_ASSERT, f);
}
