/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/profile-arg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "portablectl/client.h"
#include "portablectl/request.h"

bool profile_arg_is_path(const char *profile)
{
        return strchr(profile, '/');
}

bool profile_arg_is_valid(const char *profile)
{
        return profile_arg_is_path(profile) ? string_ends_with(profile, ".conf")
                                            : filename_is_valid(profile);
}

int profile_arg_resolve(const struct client *client, const char *profile, char **ret, struct error *error)
{
        _cleanup_error_ struct error e = {};
        int r;

        if (!profile_arg_is_valid(profile))
                return error_set(
                        error, ERROR_INVALID_ARGS, EINVAL,
                        "Profile name '%s' is not valid: profiles have a name without a slash, or are "
                        "the path of a file *.conf",
                        profile);
        if (!profile_arg_is_path(profile)) {
                *ret = strdup(profile);
                return *ret ? 0 : error_set_oom(error);
        }
        r = request_resolve(client, profile, 0, ret, &e);
        if (r < 0 && e.kind == ERROR_NO_SUCH_IMAGE)
                return error_set(error, ERROR_INVALID_ARGS, r, "There is no profile file '%s'", profile);
        if (r < 0)
                error_move(error, &e);
        return r;
}
