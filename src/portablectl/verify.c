/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "operation/operation.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/exit-status.h"
#include "portablectl/image-arg.h"
#include "portablectl/offline.h"
#include "portablectl/pager.h"
#include "portablectl/program.h"
#include "portablectl/request.h"
#include "portablectl/show-verify.h"
#include "portablectl/verbs.h"
#include "verify/settings.h"

/* What the service manager's own program prints. That of another tree is not run; the one that runs is not
 * asked. NULL: nothing. */
static char *ask_program(const struct client *client, const char *option)
{
        for (const char *const *program = layout_managers; !client->options->root && *program; program++) {
                char *text = NULL, *argv[] = {(char *)*program, (char *)option, NULL};

                if (program_collect(argv, PROGRAM_STDOUT, &text, NULL) == 0)
                        return text;
                free(text);
        }
        return NULL;
}

/* What it knows; without that less is checked. */
static struct settings *read_known(const struct client *client)
{
        _cleanup_free_ char *dump = NULL;

        if (client->options->manager)
                return settings_of_version(client->options->manager);
        dump = ask_program(client, "--dump-configuration-items");
        return dump ? settings_parse(dump) : NULL;
}

/* 0: not known. */
static unsigned read_version(const struct client *client)
{
        _cleanup_free_ char *text = NULL;
        unsigned version = 0;

        if (client->options->manager)
                return client->options->manager;
        text = ask_program(client, "--version");
        if (text && sscanf(text, "systemd %u", &version) != 1)
                return 0;
        return version;
}

static int run(struct client *client, struct request *request, struct verification *ret, struct error *error)
{
        _cleanup_settings_ struct settings *known = read_known(client);
        struct operation_request r = request_to_read(client, request);
        const struct verify_options options = {
                .request = &r,
                .default_prefix = request->default_prefix,
                .here = !client->options->root,
                .known = known,
        };
        _cleanup_operation_ struct operation operation = {};
        int q = offline_begin(client->offline, &operation, error);

        r.profile = request->profile;
        r.copy_mode = client->options->copy_mode;
        if (q < 0)
                return q;
        operation.manager_version = read_version(client);
        return verify_image(&operation, &options, ret, error);
}

int verb_verify(struct client *client, char **args, struct error *error)
{
        _cleanup_verification_ struct verification v = {};
        _cleanup_request_ struct request request = {};
        int r;

        if (options_is_remote(client->options))
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "verify reads the image itself, and cannot do so on another system");
        r = request_image(client, args[0], IMAGE_ARG_MAY_MISS, &request, error);
        if (r >= 0)
                r = request_prefixes(client, args + 1, &request, error);
        if (r >= 0)
                r = request_profile(client, &request, error);
        if (r >= 0)
                r = offline_open(client->options->root ? client->options->root : "/", client->layout,
                                 &client->offline, error);
        if (r >= 0)
                r = run(client, &request, &v, error);
        if (r < 0) {
                error_prefix(error, "Cannot verify image '%s': ", args[0]);
                return r;
        }
        pager_open(client);
        r = show_verification(client, &request, &v, error);
        if (r < 0)
                return r;
        if (findings_count(&v.findings, FINDING_ERROR) > 0)
                return STATUS_BROKEN;
        return client->options->strict && findings_count(&v.findings, FINDING_WARNING) > 0 ? STATUS_REFUSED
                                                                                           : EXIT_SUCCESS;
}
