/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/report.h"

#include <errno.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "portablectl/client.h"

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

void report_warnings(const struct client *client, char *const *warnings)
{
        for (; warnings && *warnings; warnings++)
                report_note(client, *warnings);
}
