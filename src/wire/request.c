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
        return r->items ? r->n_items : r->images ? r->n_images : 1;
}

enum operation_verb operation_request_verb(const struct operation_request *one, enum operation_verb verb)
{
        return one->definition ? (enum operation_verb)verb_from_string(one->change) : verb;
}

static struct operation_request request_of_item(const struct operation_request *r, size_t i)
{
        const struct request_item *item = r->items + i;
        struct operation_request one = *r;

        one.items = NULL;
        one.n_items = 0;
        one.change = item->change;
        one.definition = item->definition;
        one.image = item->image;
        one.extensions = item->extensions;
        one.matches = item->matches;
        one.profile = item->profile;
        one.copy_mode = item->copy_mode;
        one.units = item->units;
        one.policy = item->policy;
        one.flags |= item->flags;
        return one;
}

struct operation_request operation_request_of_image(const struct operation_request *r, size_t i)
{
        struct operation_request one = *r;

        if (r->items)
                return request_of_item(r, i);
        if (!r->images)
                return one;
        one.image = r->images[i].image;
        one.matches = r->images[i].matches;
        one.images = NULL;
        one.n_images = 0;
        return one;
}
