/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/confine-config.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "dissect/policy-config.h"
#include "unitfile/reach.h"

void confine_config_clear(struct confine_config *c)
{
        strv_free(c->allow);
        *c = (struct confine_config){};
}

static int error_invalid(const char *key, const char *where, struct error *error)
{
        return error_set(error, ERROR_FAILED, EBADMSG,
                         "%s tells no valid %s=, and nothing is attached until that is put right", where,
                         key);
}

static int mode_from_string(const char *s)
{
        static const char *const names[] = {
                [CONFINE_WARN] = "warn", [CONFINE_ENFORCE] = "enforce", [CONFINE_NO] = "no"};

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strcmp(names[i], s) == 0)
                        return (int)i;
        return -EINVAL;
}

/* "MODE [PROFILE [IMAGE]]": the last that fits counts. */
static int take_mode(const char *value, const char *where, const char *profile, const char *image,
                     enum confine_mode *mode, struct error *error)
{
        _cleanup_strv_ char **words = NULL;
        size_t n;
        int r;

        if (strv_split(value, " \t", &words) < 0)
                return error_set_oom(error);
        n = strv_length(words);
        r = n >= 1 && n <= 3 ? mode_from_string(words[0]) : -EINVAL;
        if (r < 0)
                return error_invalid("Confine", where, error);
        if ((n < 2 || fnmatch(words[1], profile, 0) == 0) && (n < 3 || fnmatch(words[2], image, 0) == 0))
                *mode = (enum confine_mode)r;
        return 0;
}

/* "IMAGE WORD…" */
static int take_allow(const char *value, const char *where, const char *image, char ***allow,
                      struct error *error)
{
        _cleanup_strv_ char **words = NULL;

        if (strv_split(value, " \t", &words) < 0)
                return error_set_oom(error);
        if (strv_length(words) < 2)
                return error_invalid("Allow", where, error);
        for (char **word = words + 1; *word; word++) {
                if (!unit_allow_is_valid(*word))
                        return error_invalid("Allow", where, error);
                if (fnmatch(words[0], image, 0) == 0 && strv_append(allow, *word) < 0)
                        return error_set_oom(error);
        }
        return 0;
}

int confine_config_read(int root_fd, const struct layout *layout, const char *profile, const char *image,
                        struct confine_config *ret, struct error *error)
{
        _cleanup_confine_config_ struct confine_config c = {};
        _cleanup_policy_setting_ struct policy_setting s = {};
        int r = policy_setting_read(root_fd, layout, &s, NULL, error);

        for (char **l = s.confine; r >= 0 && l && l[0] && l[1]; l += 2)
                r = take_mode(l[0], l[1], profile, image, &c.mode, error);
        for (char **l = s.allow; r >= 0 && l && l[0] && l[1]; l += 2)
                r = take_allow(l[0], l[1], image, &c.allow, error);
        if (r < 0)
                return r;
        *ret = c;
        c = (struct confine_config){};
        return 0;
}
