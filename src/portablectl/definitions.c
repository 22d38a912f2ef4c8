/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portablectl/agent.h"
#include "portablectl/apply-state.h"
#include "portablectl/client.h"
#include "portablectl/pager.h"
#include "portablectl/report.h"
#include "portablectl/show-definitions.h"
#include "portablectl/verbs.h"

/* Something that apply would change, or cannot. */
static bool is_different(const struct apply_item *i)
{
        return i->state == DEFINITION_DIFFERS || i->state == DEFINITION_DETACHED ||
               definition_state_is_failure(i->state);
}

int verb_definitions(struct client *client, char **args, struct error *error)
{
        _cleanup_apply_ struct apply a = {};
        int r;

        agent_open(client);
        r = apply_read(client, &a, error);
        if (r >= 0)
                r = apply_units_plan(client, &a, false, error);
        if (r < 0) {
                error_prefix(error, "Cannot look at the definitions: ");
                return r;
        }
        for (size_t i = 0; client->options->quiet && i < a.n; i++)
                if (is_different(a.items + i))
                        return EXIT_FAILURE;
        if (client->options->quiet && client->options->json == JSON_OFF)
                return EXIT_SUCCESS;
        show_warnings_of(client, &a);
        pager_open(client);
        return show_definitions(client, &a, error);
}
