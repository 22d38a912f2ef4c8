/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/accounts.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/layout-service.h"
#include "image/guard.h"
#include "verify/host-look.h"

#define FILE_SIZE_MAX (16U * 1024U * 1024U)
/* What needs more space than one account takes is not looked at further. */
#define ACCOUNT_SIZE_MAX (1024U * 1024U)

struct question {
        const char *name;
        enum account_kind kind;
        bool *unknown; /* the answer, in memory shared with who asks */
};

static bool is_number(const char *name)
{
        return name[strspn(name, "0123456789")] == '\0';
}

static bool lacks_user(const char *name, char *space)
{
        struct passwd entry, *found = NULL;
        int r = is_number(name)
                        ? getpwuid_r((uid_t)strtoul(name, NULL, 10), &entry, space, ACCOUNT_SIZE_MAX, &found)
                        : getpwnam_r(name, &entry, space, ACCOUNT_SIZE_MAX, &found);

        return r != ERANGE && !found;
}

static bool lacks_group(const char *name, char *space)
{
        struct group entry, *found = NULL;
        int r = is_number(name)
                        ? getgrgid_r((gid_t)strtoul(name, NULL, 10), &entry, space, ACCOUNT_SIZE_MAX, &found)
                        : getgrnam_r(name, &entry, space, ACCOUNT_SIZE_MAX, &found);

        return r != ERANGE && !found;
}

/* In the other process. */
static void ask(int root_fd, size_t i, void *userdata)
{
        const struct question *q = userdata;
        _cleanup_free_ char *space = malloc(ACCOUNT_SIZE_MAX);

        if (space)
                *q->unknown =
                        q->kind == ACCOUNT_USER ? lacks_user(q->name, space) : lacks_group(q->name, space);
}

/* It may ask a server in the network, which may not answer: so another process asks. */
static int name_service_has(int root_fd, enum account_kind kind, const char *name)
{
        bool *unknown =
                mmap(NULL, sizeof(*unknown), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        struct question q = {name, kind, unknown};
        bool answers = false;
        int r;

        if (unknown == MAP_FAILED)
                return 1;
        r = guard_run(root_fd, 1, ask, &q, &answers);
        if (r >= 0)
                r = answers ? !*unknown : -ETIMEDOUT;
        munmap(unknown, sizeof(*unknown));
        return r < 0 && r != -ETIMEDOUT ? 1 : r;
}

/* "NAME:x:NUMBER:" */
static bool has_number(const char *line, const char *number)
{
        size_t n = strlen(number);

        for (size_t colons = 0; *line && *line != '\n'; line++)
                if (*line == ':' && ++colons == 2)
                        return strncmp(line + 1, number, n) == 0 && line[1 + n] == ':';
        return false;
}

static bool file_has(int root_fd, const char *file, const char *name)
{
        _cleanup_free_ char *text = NULL;
        size_t size, n = strlen(name);
        bool number = is_number(name);

        if (fd_read_file_in_root(root_fd, file, FILE_SIZE_MAX, &text, &size) < 0)
                return false;
        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (strncmp(line, name, n) == 0 && line[n] == ':')
                        return true;
                if (number && has_number(line, name))
                        return true;
        }
        return false;
}

int account_exists(int root_fd, enum account_kind kind, const char *name)
{
        if (file_has(root_fd, kind == ACCOUNT_USER ? layout_users : layout_groups, name))
                return 1;
        if (!host_is_this_system(root_fd))
                return 0;
        return name_service_has(root_fd, kind, name);
}
