/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dissect/dissect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "dissect/raw-advice.h"
#include "dissect/raw.h"
#include "dissect/stack.h"
#include "policy/policy.h"
#include "policy/protection.h"

struct dissected {
        bool is_directory; /* or layers: then raw has but the tree */
        struct stack_notes notes;
        struct raw raw;
};

struct dissected *dissect_close(struct dissected *d)
{
        if (!d)
                return NULL;
        raw_clear(&d->raw);
        stack_notes_clear(&d->notes);
        free(d);
        return NULL;
}

void cleanup_dissectedp(struct dissected **d)
{
        *d = dissect_close(*d);
}

int dissected_tree_fd(const struct dissected *d)
{
        return d->raw.tree_fd;
}

static int open_directory(const struct dissect_options *options, const char *image, int *ret_fd,
                          struct error *error)
{
        int fd = openat(options->image_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return error_set_errno(error, errno, "Image '%s': cannot open the directory", image);
        *ret_fd = fd;
        return 0;
}

int dissect_open(const struct dissect_options *options, struct dissected **ret, struct error *error)
{
        _cleanup_free_ char *image = text_escape(options->path);
        _cleanup_dissected_ struct dissected *d = calloc(1, sizeof(*d));
        struct stat st;
        int r;

        if (!image || !d)
                return error_set_oom(error);
        d->raw = RAW_NONE;
        if (fstat(options->image_fd, &st) < 0)
                return error_set_errno(error, errno, "Image '%s': cannot look at it", image);

        d->is_directory = S_ISDIR(st.st_mode);
        if (d->is_directory && options->stack)
                r = stack_open(options, image, &d->raw.tree_fd, &d->notes, error);
        else if (d->is_directory)
                r = open_directory(options, image, &d->raw.tree_fd, error);
        else if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
                r = raw_open(options, image, &d->raw, error);
        else
                r = error_set(error, ERROR_BAD_IMAGE_TYPE, EMEDIUMTYPE,
                              "Image '%s' is neither a directory, nor a regular file, nor a block device",
                              image);
        if (r < 0)
                return r;
        *ret = steal_pointer(d);
        return 0;
}

const struct partition_table *dissected_table(const struct dissected *d)
{
        return d->is_directory ? NULL : &d->raw.table;
}

const char *dissected_use(const struct dissected *d, size_t i)
{
        for (int k = 0; k < DESIGNATOR_POLICY_MAX; k++) {
                uint32_t use = d->raw.protection.use[k];

                if (d->raw.selection.by[k] != d->raw.table.items + i || use & POLICY_IGNORE)
                        continue;
                return use & POLICY_SIGNED ? "signed" : use & POLICY_VERITY ? "verity" : "unprotected";
        }
        return "unused";
}

bool dissected_is_read_only(const struct dissected *d)
{
        const struct protection *p = &d->raw.protection;

        return !d->is_directory && (p->attributes[DESIGNATOR_ROOT] & POLICY_READ_ONLY_ON ||
                                    p->use[DESIGNATOR_ROOT] & (POLICY_VERITY | POLICY_SIGNED));
}

bool dissected_has_verity(const struct dissected *d)
{
        const uint32_t *use = d->raw.protection.use;

        return !d->is_directory &&
               ((use[DESIGNATOR_ROOT] | use[DESIGNATOR_USR]) & (POLICY_VERITY | POLICY_SIGNED));
}

int dissected_pin(const struct dissected *d, unsigned manager_version, char **ret, struct error *error)
{
        char *pin = NULL;

        if (!d->is_directory) {
                pin = protection_pin(&d->raw.protection, manager_version);
                if (!pin)
                        return error_set_oom(error);
        }
        *ret = pin;
        return 0;
}

int dissected_pins_merge(const char *const *pins, size_t n, char **ret, struct error *error)
{
        struct image_policy merged = {}, pin;
        bool first = true;
        char *text = NULL;

        for (size_t i = 0; i < n; i++) {
                int r;

                if (!pins[i])
                        continue;
                r = image_policy_parse(pins[i], &pin, error);
                if (r < 0)
                        return r;
                if (first)
                        merged = pin;
                else
                        image_policy_union(&merged, &pin, &merged);
                first = false;
        }
        if (!first) {
                text = image_policy_to_string(&merged);
                if (!text)
                        return error_set_oom(error);
        }
        *ret = text;
        return 0;
}

int dissected_root_hash(const struct dissected *d, unsigned manager_version, char **ret_hash,
                        char **ret_data, struct error *error)
{
        return raw_root_hash(&d->raw, manager_version, ret_hash, ret_data) < 0 ? error_set_oom(error) : 0;
}

const struct stack_notes *dissected_notes(const struct dissected *d)
{
        return &d->notes;
}

int dissected_warn(const struct dissected *d, unsigned manager_version, bool extension, char ***refused,
                   char ***weak, struct error *error)
{
        if (d->is_directory)
                return 0;
        return raw_warn(&d->raw, manager_version, extension, refused, weak) < 0 ? error_set_oom(error) : 0;
}
