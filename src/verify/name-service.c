/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/name-service.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "basic/cleanup.h"
#include "image/guard.h"

/* What needs more space than one account takes is not looked at further. */
#define ACCOUNT_SIZE_MAX (1024U * 1024U)

struct question {
        const char *name;
        bool group;
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

        return getgrnam_r(name, &entry, space, ACCOUNT_SIZE_MAX, &found) != ERANGE && !found;
}

/* In the other process. */
static void ask(int root_fd, size_t i, void *userdata)
{
        const struct question *q = userdata;
        _cleanup_free_ char *space = malloc(ACCOUNT_SIZE_MAX);

        if (space)
                *q->unknown = q->group ? lacks_group(q->name, space) : lacks_user(q->name, space);
}

static bool has(int root_fd, const char *name, bool group)
{
        bool *unknown =
                mmap(NULL, sizeof(*unknown), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        struct question q = {name, group, unknown};
        bool answers = false, known = true;

        if (unknown == MAP_FAILED)
                return true;
        if (guard_run(root_fd, 1, ask, &q, &answers) >= 0 && answers)
                known = !*unknown;
        munmap(unknown, sizeof(*unknown));
        return known;
}

bool name_service_has_user(int root_fd, const char *name)
{
        return has(root_fd, name, false);
}

bool name_service_has_group(int root_fd, const char *name)
{
        return has(root_fd, name, true);
}
