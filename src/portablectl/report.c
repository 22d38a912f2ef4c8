/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/report.h"

#include <errno.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/show-json.h"
#include "portablectl/show.h"

int report_failure(const struct client *client, const struct error *error)
{
        terminal_error(&client->terminal, error_message(error));
        return error->errnum > 0 ? -error->errnum : -EIO;
}

void report_note(const struct client *client, const char *text)
{
        _cleanup_free_ char *escaped = text_escape(text);

        if (escaped)
                terminal_note("%s", escaped);
}

int report_changes(const struct client *client, const struct request *request,
                   const struct operation_result *changes, struct error *error)
{
        if (client->options->json != JSON_OFF)
                return show_json_changes(client, request, changes, error);
        if (!client->options->quiet) {
                show_changes(&client->terminal, &changes->removed);
                show_changes(&client->terminal, &changes->updated);
        }
        for (char *const *w = changes->warnings; w && *w; w++)
                report_note(client, *w);
        return 0;
}
