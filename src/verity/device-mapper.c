/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verity/device-mapper.h"

#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <linux/dm-ioctl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/node.h"

/* How often to look for a mapping that comes and goes under our hands. */
#define SHARE_ATTEMPTS 16
/* DM_NAME_LEN, with the NUL. */
#define NAME_SIZE 128

static void cleanup_cryptp(struct crypt_device **c)
{
        crypt_free(*c);
}

#define _cleanup_crypt_ __attribute__((cleanup(cleanup_cryptp)))

/* The library writes to standard error otherwise. */
static void log_nothing(int level, const char *message, void *data)
{
}

/* The number of the mapped device of that name. */
static int device_number(const char *name, dev_t *ret)
{
        _cleanup_close_ int control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
        struct dm_ioctl command = {
                .version = {DM_VERSION_MAJOR, 0, 0},
                .data_size = sizeof(command),
        };

        if (control < 0)
                return -errno;
        snprintf(command.name, sizeof(command.name), "%s", name);
        if (ioctl(control, DM_DEV_STATUS, &command) < 0)
                return errno == ENXIO ? -ENODEV : -errno;
        *ret = (dev_t)command.dev;
        return 0;
}

/* By number: without udev the library takes the node away as soon as the removal is asked for. */
static int device_open(const char *name)
{
        _cleanup_close_ int dir = -EBADF;
        char node[32];
        dev_t device = 0;
        int r, fd;

        r = device_number(name, &device);
        if (r < 0)
                return r;
        dir = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
        snprintf(node, sizeof(node), "dm-%u", minor(device));
        fd = dir < 0 ? -errno : node_open(dir, node, device);
        return fd < 0 ? node_open_private(device) : fd;
}

static int crypt_new(const struct verity_mapping *m, struct crypt_device **ret)
{
        _cleanup_crypt_ struct crypt_device *c = NULL;
        char data[sizeof("/proc/self/fd/") + 11], hash[sizeof("/proc/self/fd/") + 11];
        int r;

        snprintf(data, sizeof(data), "/proc/self/fd/%i", m->data_fd);
        snprintf(hash, sizeof(hash), "/proc/self/fd/%i", m->hash_fd);
        crypt_set_log_callback(NULL, log_nothing, NULL);
        r = crypt_init_data_device(&c, hash, data);
        if (r < 0)
                return r;
        crypt_set_log_callback(c, log_nothing, NULL);
        r = crypt_load(c, CRYPT_VERITY, NULL);
        if (r < 0)
                return r == -ENOMEM ? r : -EBADMSG;
        if ((size_t)crypt_get_volume_key_size(c) != m->hash.size)
                return -EBADMSG;
        *ret = steal_pointer(c);
        return 0;
}

/* A first read of what was mapped: only that compares the root hash with the data. */
static int mapping_check(int fd)
{
        char block[4096];
        ssize_t n = pread(fd, block, sizeof(block), 0);

        if (n < 0)
                return errno == EIO || errno == EILSEQ ? -EBADMSG : -errno;
        return n == 0 ? -EBADMSG : 0;
}

/* The mapping of that name, if it is one with the same root hash. */
static int mapping_share(const struct verity_mapping *m, const char *name)
{
        _cleanup_crypt_ struct crypt_device *c = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct crypt_params_verity info = {};
        uint8_t key[VERITY_HASH_MAX];
        size_t size = sizeof(key);
        int r;

        crypt_set_log_callback(NULL, log_nothing, NULL);
        r = crypt_init_by_name(&c, name);
        if (r < 0)
                return r;
        crypt_set_log_callback(c, log_nothing, NULL);
        if (!crypt_get_type(c) || strcmp(crypt_get_type(c), CRYPT_VERITY) != 0)
                return -EEXIST;
        r = crypt_volume_key_get(c, CRYPT_ANY_SLOT, (char *)key, &size, NULL, 0);
        if (r < 0 || size != m->hash.size || memcmp(key, m->hash.bytes, size) != 0)
                return -EEXIST;
        /* A signature that the kernel shall check must be one that it has checked. */
        if (m->signature &&
            (crypt_get_verity_info(c, &info) < 0 || !(info.flags & CRYPT_VERITY_ROOT_HASH_SIGNATURE)))
                return -EEXIST;
        fd = device_open(name);
        if (fd < 0)
                return fd;
        r = mapping_check(fd);
        return r < 0 ? r : steal_fd(&fd);
}

/* Makes the mapping and opens it; it is removed when the last descriptor or mount of it goes. */
static int mapping_make(const struct verity_mapping *m, struct crypt_device *c, const char *name)
{
        _cleanup_close_ int fd = -EBADF;
        const char *key = (const char *)m->hash.bytes;
        int r;

        if (m->signature)
                r = crypt_activate_by_signed_key(c, name, key, m->hash.size, m->signature, m->signature_size,
                                                 CRYPT_ACTIVATE_READONLY);
        else
                r = crypt_activate_by_volume_key(c, name, key, m->hash.size, CRYPT_ACTIVATE_READONLY);
        if (r < 0)
                return r;
        fd = device_open(name);
        r = crypt_deactivate_by_name(c, name, CRYPT_DEACTIVATE_DEFERRED);
        if (fd < 0)
                return fd;
        if (r < 0 && r != -ENODEV)
                return r;
        r = mapping_check(fd);
        return r < 0 ? r : steal_fd(&fd);
}

static int mapping_open(const struct verity_mapping *m, struct crypt_device *c)
{
        char hex[VERITY_HEX_SIZE], name[NAME_SIZE];
        uint64_t random = 0;
        int r = -EEXIST;

        verity_hash_to_hex(&m->hash, hex);
        snprintf(name, sizeof(name), "%.*s-verity", (int)(NAME_SIZE - sizeof("-verity")), hex);
        for (unsigned i = 0; i < SHARE_ATTEMPTS; i++) {
                r = mapping_make(m, c, name);
                if (r != -EEXIST && r != -EBUSY)
                        return r;
                /* What is there was not checked by the kernel, perhaps; a signature asks for a mapping of
                 * its own. */
                if (m->signature)
                        break;
                r = mapping_share(m, name);
                if (r >= 0 || r == -EEXIST || r == -EBADMSG)
                        break;
                nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        }
        if (r >= 0)
                return r;
        /* Of that name there is something else, or something broken: do without sharing. */
        if (getrandom(&random, sizeof(random), 0) < 0)
                return -errno;
        snprintf(name, sizeof(name), "portable-%016llx-verity", (unsigned long long)random);
        return mapping_make(m, c, name);
}

static int mapping_failed(int r, const struct verity_mapping *m, const char *image, const char *what,
                          struct error *error)
{
        switch (r) {
        case -ENOMEM:
                return error_set_oom(error);
        case -EBADMSG:
        case -EINVAL:
                return error_set(
                        error, ERROR_FAILED, EBADMSG,
                        "Image '%s': the verity data of %s is damaged or does not belong to its root hash",
                        image, what);
        case -ENOKEY:
        case -EKEYREJECTED:
        case -EKEYEXPIRED:
        case -EKEYREVOKED:
                return error_set(
                        error, ERROR_FAILED, EKEYREJECTED,
                        "Image '%s': the kernel does not accept the signature of the root hash of %s", image,
                        what);
        case -ENOTSUP:
                if (m->signature)
                        return error_set(
                                error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                "Image '%s': the kernel cannot check the signature of the root hash of %s",
                                image, what);
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "Image '%s': %s is protected by verity, which this kernel does not support "
                                 "(dm-verity)",
                                 image, what);
        default:
                return error_set_errno(error, r, "Image '%s': cannot set up verity for %s", image, what);
        }
}

int verity_mapping_open(const struct verity_mapping *m, const char *image, const char *what, int *ret_fd,
                        struct error *error)
{
        _cleanup_crypt_ struct crypt_device *c = NULL;
        int r;

        r = crypt_new(m, &c);
        if (r >= 0)
                r = mapping_open(m, c);
        if (r < 0)
                return mapping_failed(r, m, image, what, error);
        *ret_fd = r;
        return 0;
}
