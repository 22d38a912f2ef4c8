/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dissect/mount.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "partition/filesystem.h"

#define MESSAGE_MAX 512

/* What the kernel wrote about the failure, errors only, joined; "" if nothing. The context hands out one
 * message a read, with a letter for its kind in front. */
static void context_messages(int context_fd, char ret[static MESSAGE_MAX])
{
        char buffer[MESSAGE_MAX];
        size_t used = 0;
        ssize_t n;

        *ret = '\0';
        while ((n = read(context_fd, buffer, sizeof(buffer) - 1)) > 0) {
                buffer[n] = '\0';
                buffer[strcspn(buffer, "\n")] = '\0';
                if (buffer[0] != 'e' || buffer[1] != ' ')
                        continue;
                used += (size_t)snprintf(ret + used, MESSAGE_MAX - used, "%s%s", used ? "; " : "",
                                         buffer + 2);
                if (used >= MESSAGE_MAX)
                        return;
        }
}

/* In words that help, where the errno alone misleads. */
static const char *reason(int errnum, const char *driver)
{
        switch (errnum) {
        case EINVAL:
        case EUCLEAN:
        case EBADMSG:
                return "it is damaged or uses features this kernel does not know";
        case EIO:
        case ENXIO:
                return "it cannot be read: damaged or truncated";
        case EOPNOTSUPP:
                return "it uses features this kernel does not know";
        case EPERM:
        case EACCES:
                return "no permission to mount here";
        case EBUSY:
                return "it is mounted already in a way that excludes this";
        case EEXIST:
                return "one with the same UUID is mounted already, which Linux before 6.7 cannot do twice "
                       "(is a "
                       "service running from the image?)";
        default:
                return strerror(errnum);
        }
}

static int mount_failed(int context_fd, int errnum, const struct filesystem *fs, const char *image,
                        const char *what, struct error *error)
{
        _cleanup_free_ char *escaped = NULL;
        char messages[MESSAGE_MAX] = "";

        if (context_fd >= 0)
                context_messages(context_fd, messages);
        escaped = text_escape(messages);
        if (escaped && *escaped)
                return error_set(error, ERROR_SYSTEM, errnum,
                                 "Image '%s': the kernel cannot mount %s as %s: %s (it says: %s)", image,
                                 what, fs->name, reason(errnum, fs->driver), escaped);
        return error_set(error, ERROR_SYSTEM, errnum,
                         "Image '%s': the kernel cannot mount %s as %s: %s; its log may say more (dmesg)",
                         image, what, fs->name, reason(errnum, fs->driver));
}

static int context_configure(int context_fd, const struct filesystem *fs, int device_fd)
{
        char source[sizeof("/proc/self/fd/") + 11];

        snprintf(source, sizeof(source), "/proc/self/fd/%i", device_fd);
        if (fsconfig(context_fd, FSCONFIG_SET_STRING, "source", source, 0) < 0 ||
            fsconfig(context_fd, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0)
                return -errno;
        for (const char *const *o = fs->options; *o; o += 2) {
                unsigned command = o[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

                if (fsconfig(context_fd, command, o[0], o[1], 0) < 0)
                        return -errno;
        }
        return fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -errno : 0;
}

int mount_from_context(int context_fd, unsigned attributes)
{
        unsigned safe = attributes | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
        int fd = fsmount(context_fd, FSMOUNT_CLOEXEC, safe | MOUNT_ATTR_NOSYMFOLLOW);

        /* Linux before 5.14 does not know it. */
        if (fd < 0 && errno == EINVAL)
                fd = fsmount(context_fd, FSMOUNT_CLOEXEC, safe);
        return fd < 0 ? -errno : fd;
}

int mount_device(const struct filesystem *fs, int device_fd, const char *image, const char *what,
                 int *ret_fd, struct error *error)
{
        _cleanup_close_ int context = fsopen(fs->driver, FSOPEN_CLOEXEC);
        int r;

        if (context < 0 && errno == ENODEV)
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "Image '%s': %s is %s, which this kernel has no driver for", image, what,
                                 fs->name);
        if (context < 0)
                return mount_failed(-EBADF, errno, fs, image, what, error);
        r = context_configure(context, fs, device_fd);
        /* Of a device that somebody failed to mount btrfs remembers what was on it. If the same device now
         * has a copy of what is mounted elsewhere, the first attempt (Linux 6.18) meets that, and forgets
         * it. */
        if (r == -EINVAL && strcmp(fs->driver, "btrfs") == 0) {
                fd_close(context);
                context = fsopen(fs->driver, FSOPEN_CLOEXEC);
                r = context < 0 ? -errno : context_configure(context, fs, device_fd);
        }
        if (r < 0)
                return mount_failed(context, -r, fs, image, what, error);
        r = mount_from_context(context, MOUNT_ATTR_RDONLY);
        if (r < 0)
                return mount_failed(context, -r, fs, image, what, error);
        *ret_fd = r;
        return 0;
}
