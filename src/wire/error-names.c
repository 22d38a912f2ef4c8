/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/error-names.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"

/* Names of the contract: org.freedesktop.portable1(5). The errno is what a caller that only sees the name
 * gets.
 */
static const struct {
        enum error_kind kind;
        const char *name;
        int errnum;
} error_names[] = {
        {ERROR_FAILED, "org.freedesktop.DBus.Error.Failed", EIO},
        {ERROR_NO_SUCH_IMAGE, "org.freedesktop.portable1.NoSuchImage", ENOENT},
        {ERROR_BAD_IMAGE_TYPE, "org.freedesktop.portable1.BadImageType", EMEDIUMTYPE},
        {ERROR_NO_MATCHING_UNIT_FILES, "org.freedesktop.portable1.NoMatchingUnitFiles", ENOENT},
        {ERROR_UNIT_EXISTS, "org.freedesktop.systemd1.UnitExists", EEXIST},
        {ERROR_NO_SUCH_UNIT, "org.freedesktop.systemd1.NoSuchUnit", ENOENT},
        {ERROR_INVALID_ARGS, SD_BUS_ERROR_INVALID_ARGS, EINVAL},
        {ERROR_LIMITS_EXCEEDED, SD_BUS_ERROR_LIMITS_EXCEEDED, ENOBUFS},
        {ERROR_NOT_SUPPORTED, SD_BUS_ERROR_NOT_SUPPORTED, EOPNOTSUPP},
        {ERROR_ACCESS_DENIED, SD_BUS_ERROR_ACCESS_DENIED, EACCES},
        {ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, EACCES},
        {ERROR_NO_MEMORY, SD_BUS_ERROR_NO_MEMORY, ENOMEM},
        {ERROR_TIMEOUT, SD_BUS_ERROR_TIMEOUT, ETIMEDOUT},
        /* Said by the bus or by sd-bus itself, on the way in only. */
        {ERROR_TIMEOUT, SD_BUS_ERROR_NO_REPLY, ETIMEDOUT},
        {ERROR_TIMEOUT, "org.freedesktop.DBus.Error.TimedOut", ETIMEDOUT},
        {ERROR_NOT_SUPPORTED, SD_BUS_ERROR_UNKNOWN_METHOD, EOPNOTSUPP},
        /* Said by the service manager, on the way in only. */
        {ERROR_FAILED, "org.freedesktop.systemd1.NothingToClean", ENODATA},
};

#define SYSTEM_NAME(e) \
        { \
                e, "System.Error." #e \
        }

/* Errno values that file systems, block devices and mounts return and that D-Bus has no name for. Source:
 * sd_bus_error_set_errno(3), which forms the same names. */
static const struct {
        int errnum;
        const char *name;
} system_names[] = {
        {EPERM, SD_BUS_ERROR_ACCESS_DENIED},
        {EACCES, SD_BUS_ERROR_ACCESS_DENIED},
        {EINVAL, SD_BUS_ERROR_INVALID_ARGS},
        {ENOMEM, SD_BUS_ERROR_NO_MEMORY},
        {ENOENT, SD_BUS_ERROR_FILE_NOT_FOUND},
        {EEXIST, SD_BUS_ERROR_FILE_EXISTS},
        {ETIMEDOUT, SD_BUS_ERROR_TIMEOUT},
        {ETIME, SD_BUS_ERROR_TIMEOUT},
        {EIO, SD_BUS_ERROR_IO_ERROR},
        {ENETRESET, SD_BUS_ERROR_DISCONNECTED},
        {ECONNABORTED, SD_BUS_ERROR_DISCONNECTED},
        {ECONNRESET, SD_BUS_ERROR_DISCONNECTED},
        {EOPNOTSUPP, SD_BUS_ERROR_NOT_SUPPORTED},
        {EADDRNOTAVAIL, SD_BUS_ERROR_BAD_ADDRESS},
        {ENOBUFS, SD_BUS_ERROR_LIMITS_EXCEEDED},
        {EADDRINUSE, SD_BUS_ERROR_ADDRESS_IN_USE},
        {EBADMSG, SD_BUS_ERROR_INCONSISTENT_MESSAGE},
        SYSTEM_NAME(E2BIG),
        SYSTEM_NAME(EAGAIN),
        SYSTEM_NAME(EBADF),
        SYSTEM_NAME(EBADFD),
        SYSTEM_NAME(EBUSY),
        SYSTEM_NAME(ECANCELED),
        SYSTEM_NAME(ECHILD),
        SYSTEM_NAME(ECONNREFUSED),
        SYSTEM_NAME(EDEADLK),
        SYSTEM_NAME(EDQUOT),
        SYSTEM_NAME(EFAULT),
        SYSTEM_NAME(EFBIG),
        SYSTEM_NAME(EHOSTDOWN),
        SYSTEM_NAME(EILSEQ),
        SYSTEM_NAME(EINPROGRESS),
        SYSTEM_NAME(EINTR),
        SYSTEM_NAME(EISDIR),
        SYSTEM_NAME(EKEYREJECTED),
        SYSTEM_NAME(ELOOP),
        SYSTEM_NAME(EMEDIUMTYPE),
        SYSTEM_NAME(EMFILE),
        SYSTEM_NAME(EMLINK),
        SYSTEM_NAME(ENAMETOOLONG),
        SYSTEM_NAME(ENFILE),
        SYSTEM_NAME(ENODATA),
        SYSTEM_NAME(ENODEV),
        SYSTEM_NAME(ENOEXEC),
        SYSTEM_NAME(ENOKEY),
        SYSTEM_NAME(ENOLCK),
        SYSTEM_NAME(ENOMEDIUM),
        SYSTEM_NAME(ENOPKG),
        SYSTEM_NAME(ENOSPC),
        SYSTEM_NAME(ENOSYS),
        SYSTEM_NAME(ENOTBLK),
        SYSTEM_NAME(ENOTCONN),
        SYSTEM_NAME(ENOTDIR),
        SYSTEM_NAME(ENOTEMPTY),
        SYSTEM_NAME(ENOTTY),
        SYSTEM_NAME(ENOTUNIQ),
        SYSTEM_NAME(ENXIO),
        SYSTEM_NAME(EOVERFLOW),
        SYSTEM_NAME(EPIPE),
        SYSTEM_NAME(EPROTO),
        SYSTEM_NAME(EPROTONOSUPPORT),
        SYSTEM_NAME(EPROTOTYPE),
        SYSTEM_NAME(ERANGE),
        SYSTEM_NAME(EREMOTE),
        SYSTEM_NAME(EREMOTEIO),
        SYSTEM_NAME(ERFKILL),
        SYSTEM_NAME(EROFS),
        SYSTEM_NAME(ESPIPE),
        SYSTEM_NAME(ESTALE),
        SYSTEM_NAME(ETXTBSY),
        SYSTEM_NAME(EUCLEAN),
        SYSTEM_NAME(EUNATCH),
        SYSTEM_NAME(EXDEV),
};

static const char *system_bus_name(int errnum)
{
        for (size_t i = 0; i < ELEMENTSOF(system_names); i++)
                if (system_names[i].errnum == errnum)
                        return system_names[i].name;
        return SD_BUS_ERROR_FAILED;
}

const char *error_bus_name(const struct error *e)
{
        if (e->kind == ERROR_SYSTEM)
                return system_bus_name(e->errnum);
        for (size_t i = 0; i < ELEMENTSOF(error_names); i++)
                if (error_names[i].kind == e->kind)
                        return error_names[i].name;
        return SD_BUS_ERROR_FAILED;
}

int error_to_bus(const struct error *e, sd_bus_error *ret)
{
        sd_bus_error_set(ret, error_bus_name(e), error_message(e));
        return -(e->errnum > 0 ? e->errnum : EIO);
}

int error_from_bus(struct error *e, const sd_bus_error *bus_error, int r)
{
        const char *text;
        int errnum = r < 0 ? -r : EIO;

        if (!bus_error || !sd_bus_error_is_set(bus_error))
                return error_set_errno(e, errnum, "The call failed");
        text = bus_error->message && *bus_error->message ? bus_error->message : bus_error->name;
        for (size_t i = 0; i < ELEMENTSOF(error_names); i++)
                if (strcmp(error_names[i].name, bus_error->name) == 0)
                        return error_set(e, error_names[i].kind, error_names[i].errnum, "%s", text);
        for (size_t i = 0; i < ELEMENTSOF(system_names); i++)
                if (strcmp(system_names[i].name, bus_error->name) == 0)
                        return error_set(e, ERROR_SYSTEM, system_names[i].errnum, "%s", text);
        return error_set(e, ERROR_FAILED, errnum, "%s", text);
}
