/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/request.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"

static const char *const verbs[] = {
        [OPERATION_ATTACH] = "attach",
        [OPERATION_DETACH] = "detach",
        [OPERATION_REATTACH] = "reattach",
};

const char *verb_to_string(enum operation_verb verb)
{
        return (size_t)verb < ELEMENTSOF(verbs) ? verbs[verb] : NULL;
}

int verb_from_string(const char *s)
{
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (strcmp(verbs[i], s) == 0)
                        return (int)i;
        return -EINVAL;
}

size_t operation_request_count(const struct operation_request *r)
{
        return r->images ? r->n_images : 1;
}

struct operation_request operation_request_of_image(const struct operation_request *r, size_t i)
{
        struct operation_request one = *r;

        if (!r->images)
                return one;
        one.image = r->images[i].image;
        one.matches = r->images[i].matches;
        one.images = NULL;
        one.n_images = 0;
        return one;
}
