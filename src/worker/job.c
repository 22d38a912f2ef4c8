/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/strv.h"
#include "extract/sandbox.h"
#include "image/image.h"
#include "image/manage.h"
#include "operation/layers.h"
#include "operation/operation.h"
#include "operation/view.h"
#include "transaction/transaction.h"
#include "wire/names.h"
#include "worker/job-spare.h"
#include "worker/record.h"
#include "worker/worker.h"

static void tell_progress(const char *path, uint64_t done, uint64_t total, void *userdata)
{
        worker_tell_progress(path, done, total);
}

int job_begin(const struct job *j, struct operation *o, int *root_fd, bool online, struct error *error)
{
        int network_fd = fcntl(WORKER_KEPT_FD, F_GETFD) >= 0 ? WORKER_KEPT_FD : 0, r;

        *root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (*root_fd < 0)
                return error_set_errno(error, errno, "Cannot open '/'");
        r = operation_begin(*root_fd, online, o, error);
        if (r < 0)
                return r;
        o->network_fd = network_fd;
        o->debug = j->debug;
        o->viewer = j->viewer;
        o->progress = tell_progress;
        o->commit = worker_commit;
        if (j->prepared) {
                o->bus = sd_bus_ref(j->prepared->bus);
                o->bus_is_shared = o->bus;
        }
        return 0;
}

struct operation_request job_request(const struct job *j, const char *image, char **matches)
{
        return (struct operation_request){
                .image = image,
                .extensions = j->extensions,
                .matches = matches,
                .profile = j->profile,
                .copy_mode = j->copy_mode,
                .flags = j->flags & PORTABLE_FLAGS_ALL,
        };
}

/* The methods of portable1 take no flags but these; "allowed" narrows them further. */
int job_check_flags(const struct job *j, uint64_t allowed, struct error *error)
{
        if (!(j->flags & ~allowed))
                return 0;
        return error_set(error, ERROR_INVALID_ARGS, EINVAL, "Invalid 'flags' parameter '%llu'",
                         (unsigned long long)j->flags);
}

int job_check_object(struct operation *o, const struct job *j, struct error *error)
{
        _cleanup_image_ struct image *image = NULL;

        return j->of_object ? operation_get_image(o, j->image, &image, error) : 0;
}

/* In the order of struct image, without what is of no use outside. */
int job_describe(const void *argument, struct pack *reply, struct error *error)
{
        _cleanup_operation_ struct operation o = {};
        _cleanup_image_ struct image *image = NULL;
        _cleanup_close_ int root_fd = -EBADF;
        const struct job *j = argument;
        int r;

        r = job_begin(j, &o, &root_fd, false, error);
        if (r >= 0)
                r = operation_get_image(&o, j->image, &image, error);
        if (r < 0)
                return r;
        pack_string(reply, image->name);
        pack_string(reply, image->path);
        pack_u32(reply, image->type);
        pack_u32(reply, image->read_only);
        pack_u64(reply, image->crtime);
        pack_u64(reply, image->mtime);
        pack_u64(reply, image->usage);
        pack_u64(reply, image->usage_exclusive);
        pack_u64(reply, image->limit);
        pack_u64(reply, image->limit_exclusive);
        return 0;
}

int job_names(const void *argument, struct pack *reply, struct error *error)
{
        _cleanup_operation_ struct operation o = {};
        _cleanup_image_list_ struct image_list images = {};
        _cleanup_strv_ char **names = NULL;
        _cleanup_close_ int root_fd = -EBADF;
        int r = job_begin(argument, &o, &root_fd, false, error);

        if (r >= 0)
                r = image_list_read(root_fd, &images, error);
        for (size_t i = 0; i < images.n && r >= 0; i++) {
                r = view_show_image(&o, images.items[i], error);
                if (r > 0 && strv_append(&names, images.items[i]->name) < 0)
                        r = error_set_oom(error);
        }
        if (r < 0)
                return r;
        pack_strv(reply, names);
        return 0;
}

/* What can't be told is UINT64_MAX. */
int job_pool(const void *argument, struct pack *reply, struct error *error)
{
        _cleanup_close_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        uint64_t usage = UINT64_MAX, limit = UINT64_MAX;

        if (root_fd < 0)
                return error_set_errno(error, errno, "Cannot open '/'");
        (void)image_pool_get_usage(root_fd, &usage, &limit);
        pack_u64(reply, usage);
        pack_u64(reply, limit);
        return 0;
}

int job_get_image(const void *argument, struct pack *reply, struct error *error)
{
        _cleanup_operation_ struct operation o = {};
        _cleanup_image_ struct image *image = NULL;
        _cleanup_close_ int root_fd = -EBADF;
        const struct job *j = argument;
        int r;

        if (j->image[0] == '/')
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Expected an image name, not the path '%s'", j->image);
        r = job_begin(j, &o, &root_fd, false, error);
        if (r >= 0)
                r = operation_get_image(&o, j->image, &image, error);
        if (r < 0)
                return r;
        pack_string(reply, image->name);
        return 0;
}

int job_list(const void *argument, struct pack *reply, struct error *error)
{
        _cleanup_(operation_list_clear) struct operation_list list = {};
        _cleanup_operation_ struct operation o = {};
        _cleanup_close_ int root_fd = -EBADF;
        const struct job *j = argument;
        int r;

        r = job_begin(j, &o, &root_fd, true, error);
        if (r >= 0)
                r = operation_list(&o, &list, error);
        record_lines(j, &o);
        if (r < 0)
                return r;
        pack_u32(reply, (uint32_t)list.n);
        for (size_t i = 0; i < list.n; i++) {
                const struct image *image = list.items[i].image;

                pack_string(reply, image->name);
                pack_u32(reply, image->type);
                pack_u32(reply, image->read_only);
                pack_u64(reply, image->crtime);
                pack_u64(reply, image->mtime);
                pack_u64(reply, image->usage);
                pack_u32(reply, list.items[i].state);
        }
        return 0;
}

static int read_metadata(const struct job *j, bool require_units, struct layers *ret, struct error *error)
{
        struct operation_request request = job_request(j, j->image, j->matches);
        _cleanup_operation_ struct operation o = {};
        _cleanup_close_ int root_fd = -EBADF;
        int r;

        r = job_check_flags(j, PORTABLE_FLAGS_ALL, error);
        if (r >= 0)
                r = job_begin(j, &o, &root_fd, false, error);
        if (r < 0)
                return r;
        r = operation_metadata(&o, &request, require_units, ret, error);
        record_lines(j, &o);
        return r;
}

int job_os_release(const void *argument, struct pack *reply, struct error *error)
{
        _cleanup_layers_ struct layers l = {};
        int r = read_metadata(argument, false, &l, error);

        if (r < 0)
                return r;
        pack_u32(reply, (uint32_t)l.items[0].metadata->n_fields);
        for (size_t i = 0; i < l.items[0].metadata->n_fields; i++) {
                pack_string(reply, l.items[0].metadata->fields[i].key);
                pack_string(reply, l.items[0].metadata->fields[i].value);
        }
        return 0;
}

static int pack_layers(const struct job *j, const struct layers *l, struct pack *reply, struct error *error)
{
        _cleanup_free_ struct layer_unit *units = NULL;
        size_t n;

        if (layers_collect_units(l, j->matches, &units, &n) < 0)
                return error_set_oom(error);
        pack_string(reply, l->items[0].image->path);
        pack_bytes(reply, l->items[0].metadata->release, l->items[0].metadata->release_size);
        pack_u32(reply, (uint32_t)(l->n - 1));
        for (size_t i = 1; i < l->n; i++) {
                pack_string(reply, l->items[i].image->path);
                pack_bytes(reply, l->items[i].metadata->release, l->items[i].metadata->release_size);
        }
        pack_u32(reply, (uint32_t)n);
        for (size_t i = 0; i < n; i++) {
                pack_string(reply, units[i].file->name);
                pack_bytes(reply, units[i].file->content, units[i].file->size);
        }
        return 0;
}

int job_metadata(const void *argument, struct pack *reply, struct error *error)
{
        _cleanup_layers_ struct layers l = {};
        int r = read_metadata(argument, true, &l, error);

        return r < 0 ? r : pack_layers(argument, &l, reply, error);
}

static void pack_confinement(struct pack *p, uint32_t layers)
{
        uint32_t n = 0;

        for (unsigned i = 0; i < SANDBOX_LAYER_MAX; i++)
                n += (layers & SANDBOX_BIT(i)) != 0;
        pack_u32(p, n);
        for (unsigned i = 0; i < SANDBOX_LAYER_MAX; i++)
                if (layers & SANDBOX_BIT(i))
                        pack_string(p, sandbox_layer_to_string(i));
}

int job_inspect(const void *argument, struct pack *reply, struct error *error)
{
        _cleanup_layers_ struct layers l = {};
        int r = read_metadata(argument, true, &l, error);

        if (r >= 0)
                r = pack_layers(argument, &l, reply, error);
        if (r < 0)
                return r;
        pack_confinement(reply, layers_confinement(&l));
        pack_confinement(reply, sandbox_missing(layers_confinement(&l)));
        return 0;
}

static int read_state(const struct job *j, struct image_state *ret, struct error *error)
{
        struct operation_request request = job_request(j, j->image, NULL);
        _cleanup_operation_ struct operation o = {};
        _cleanup_close_ int root_fd = -EBADF;
        int r;

        r = job_check_flags(j, 0, error);
        if (r >= 0)
                r = job_begin(j, &o, &root_fd, true, error);
        if (r >= 0)
                r = job_check_object(&o, j, error);
        return r < 0 ? r : operation_state(&o, &request, ret, error);
}

int job_state(const void *argument, struct pack *reply, struct error *error)
{
        _cleanup_image_state_ struct image_state state = {};
        int r = read_state(argument, &state, error);

        if (r >= 0)
                pack_string(reply, portable_state_to_string(state.nearest));
        return r;
}

int job_own_state(const void *argument, struct pack *reply, struct error *error)
{
        _cleanup_image_state_ struct image_state state = {};
        int r = read_state(argument, &state, error);

        if (r >= 0)
                pack_string(reply, portable_state_to_string(state.own));
        return r;
}

int job_version_state(const void *argument, struct pack *reply, struct error *error)
{
        _cleanup_image_state_ struct image_state state = {};
        int r = read_state(argument, &state, error);

        if (r < 0)
                return r;
        pack_string(reply, portable_state_to_string(state.state));
        pack_string(reply, state.version ? state.version : "");
        pack_string(reply, portable_state_to_string(state.nearest));
        return 0;
}

static int run_manage(const struct job *j,
                      int (*run)(struct operation *o, const struct job *j, struct error *error),
                      struct error *error)
{
        _cleanup_operation_ struct operation o = {};
        _cleanup_close_ int root_fd = -EBADF;
        int r = job_begin(j, &o, &root_fd, false, error);

        return r < 0 ? r : run(&o, j, error);
}

static int run_remove(struct operation *o, const struct job *j, struct error *error)
{
        return operation_remove(o, j->image, error);
}

static int run_mark_read_only(struct operation *o, const struct job *j, struct error *error)
{
        return operation_mark_read_only(o, j->image, j->read_only, error);
}

static int run_set_limit(struct operation *o, const struct job *j, struct error *error)
{
        return operation_set_limit(o, j->image, j->limit, error);
}

static int run_set_pool_limit(struct operation *o, const struct job *j, struct error *error)
{
        return operation_set_pool_limit(o, j->limit, error);
}

int job_remove(const void *argument, struct pack *reply, struct error *error)
{
        return run_manage(argument, run_remove, error);
}

int job_mark_read_only(const void *argument, struct pack *reply, struct error *error)
{
        return run_manage(argument, run_mark_read_only, error);
}

int job_set_limit(const void *argument, struct pack *reply, struct error *error)
{
        return run_manage(argument, run_set_limit, error);
}

int job_set_pool_limit(const void *argument, struct pack *reply, struct error *error)
{
        return run_manage(argument, run_set_pool_limit, error);
}

int job_recover(const void *argument, struct pack *reply, struct error *error)
{
        _cleanup_close_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), lock = -EBADF;
        _cleanup_strv_ char **messages = NULL;
        int r;

        if (root_fd < 0)
                return error_set_errno(error, errno, "Cannot open '/'");
        r = transaction_lock(root_fd, &lock, error);
        if (r >= 0)
                r = transaction_recover(root_fd, &messages, error);
        record_messages(argument, messages);
        return r;
}
