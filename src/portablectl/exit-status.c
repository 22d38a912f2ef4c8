/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/exit-status.h"

#include <errno.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/request.h"
#include "wire/names.h"

const char *exit_status_text(enum exit_status status)
{
        static const char *const texts[STATUS_MAX] = {
                [STATUS_SUCCESS] = "Success",
                [STATUS_REFUSED] = "Refused, or failed for another reason than those below",
                [STATUS_BROKEN] = "The image is broken, or cannot be read as one here",
                [STATUS_NOT_ATTACHED] = "The image is not attached",
                [STATUS_UNITS_FAILED] = "Done, but a unit failed to start, stop, be enabled or the like",
                [STATUS_DENIED] = "Not authorized",
                [STATUS_TIMEOUT] = "It took longer than --timeout=, or somebody did not answer",
                [STATUS_DIFFERENT] = "diff: something differs",
                [STATUS_WENT_BACK] = "update: a new version did not run well, and the old one runs again",
        };

        return texts[status];
}

enum exit_status exit_status_from_error(const struct error *error)
{
        if (error->kind == ERROR_TIMEOUT || error->errnum == ETIMEDOUT || error->errnum == ETIME)
                return STATUS_TIMEOUT;
        if (error->kind == ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED)
                return STATUS_DENIED;
        /* Nobody refuses root: what that gets is of a file that cannot be changed. */
        if (geteuid() != 0 &&
            (error->kind == ERROR_ACCESS_DENIED ||
             (error->kind == ERROR_SYSTEM && (error->errnum == EACCES || error->errnum == EPERM))))
                return STATUS_DENIED;
        return error->kind == ERROR_NO_SUCH_UNIT ? STATUS_NOT_ATTACHED : STATUS_REFUSED;
}

/* Whether it may be that the image could not be read. */
static bool is_about_content(const struct error *error)
{
        /* The daemon ended: to ask again would start the next one. */
        if (error->errnum == EPIPE || error->errnum == ENOTCONN || error->errnum == ECONNRESET)
                return false;
        switch (error->kind) {
        case ERROR_FAILED:
        case ERROR_SYSTEM:
        case ERROR_BAD_IMAGE_TYPE:
        case ERROR_INVALID_ARGS:
        case ERROR_NOT_SUPPORTED:
                return true;
        case ERROR_NONE:
        case ERROR_NO_SUCH_IMAGE:
        case ERROR_NO_MATCHING_UNIT_FILES:
        case ERROR_UNIT_EXISTS:
        case ERROR_NO_SUCH_UNIT:
        case ERROR_LIMITS_EXCEEDED:
        case ERROR_ACCESS_DENIED:
        case ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED:
        case ERROR_NO_MEMORY:
        case ERROR_TIMEOUT:
        case ERROR_KIND_MAX:
        default:
                return false;
        }
}

static bool can_be_read(struct client *client, const struct request *request)
{
        const struct operation_request call = {
                .image = request->image,
                .extensions = request->extensions,
                .flags = PORTABLE_FORCE_EXTENSION,
        };
        _cleanup_error_ struct error error = {};
        _cleanup_result_ struct result result = {};

        if (client->bus && sd_bus_set_allow_interactive_authorization(client->bus, false) < 0)
                return true;
        return backend_run(client, OPERATION_METADATA, &call, &result, &error) >= 0 ||
               !is_about_content(&error);
}

enum exit_status exit_status_of_image(struct client *client, const struct request *request,
                                      const struct error *error)
{
        enum exit_status status = exit_status_from_error(error);
        bool here = client->bus || client->offline;

        if (status != STATUS_REFUSED || !here || !is_about_content(error) || !request->image)
                return status;
        return can_be_read(client, request) ? STATUS_REFUSED : STATUS_BROKEN;
}
