/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/job-spare.h"

#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/strv.h"
#include "image/mount-table.h"
#include "worker/job.h"
#include "worker/worker.h"

/* Both sides are the same program, so its order is all that they have to agree on. */
static const worker_function functions[] = {
        job_describe,   job_names,          job_pool,      job_get_image,     job_list,
        job_os_release, job_metadata,       job_state,     job_remove,        job_mark_read_only,
        job_set_limit,  job_set_pool_limit, job_attach,    job_detach,        job_reattach,
        job_change,     job_inspect,        job_own_state, job_version_state,
};

void job_pack(struct pack *p, const struct job *j)
{
        pack_string(p, j->verb);
        pack_u32(p, (uint32_t)j->n_images);
        for (size_t i = 0; i < j->n_images; i++) {
                pack_string(p, j->images[i].image);
                pack_strv(p, j->images[i].matches);
        }
        pack_string(p, j->image);
        pack_strv(p, j->extensions);
        pack_strv(p, j->matches);
        pack_string(p, j->profile);
        pack_string(p, j->copy_mode);
        pack_u64(p, j->flags);
        pack_u32(p, j->read_only);
        pack_u64(p, j->limit);
        pack_u32(p, j->caller_uid);
        pack_u32(p, j->of_object);
        pack_u32(p, j->debug);
        pack_u32(p, j->viewer);
}

void job_unpack(struct unpack *u, struct job *ret)
{
        struct job j = {.verb = unpack_string(u)};

        j.n_images = unpack_count(u, 2 * sizeof(uint32_t));
        j.images = calloc(j.n_images + 1, sizeof(*j.images));
        if (!j.images)
                u->failed = true;
        for (size_t i = 0; i < j.n_images && j.images; i++) {
                j.images[i].image = unpack_string(u);
                j.images[i].matches = unpack_strv(u);
        }
        j.image = unpack_string(u);
        j.extensions = unpack_strv(u);
        j.matches = unpack_strv(u);
        j.profile = unpack_string(u);
        j.copy_mode = unpack_string(u);
        j.flags = unpack_u64(u);
        j.read_only = unpack_u32(u);
        j.limit = unpack_u64(u);
        j.caller_uid = unpack_u32(u);
        j.of_object = unpack_u32(u);
        j.debug = unpack_u32(u);
        j.viewer = unpack_u32(u);
        if (j.viewer >= OPERATION_VIEWER_MAX)
                u->failed = true;
        *ret = j;
}

void job_clear(struct job *j)
{
        for (size_t i = 0; j->images && i < j->n_images; i++) {
                free((char *)j->images[i].image);
                strv_free(j->images[i].matches);
        }
        free(j->images);
        free((char *)j->verb);
        free((char *)j->image);
        strv_free(j->extensions);
        strv_free(j->matches);
        free((char *)j->profile);
        free((char *)j->copy_mode);
        *j = (struct job){};
}

/* With a connection to the bus that has been introduced (the bus has answered Hello), and what takes long to
 * load. */
static void *spare_prepare(void)
{
        struct job_prepared *p = calloc(1, sizeof(*p));
        const char *name;

        if (p && sd_bus_open_system(&p->bus) >= 0 && sd_bus_get_unique_name(p->bus, &name) < 0)
                p->bus = sd_bus_close_unref(p->bus);
        mount_table_prepare();
        return p;
}

static bool spare_pack(worker_function function, const void *argument, struct pack *job)
{
        for (uint32_t i = 0; i < ELEMENTSOF(functions); i++)
                if (functions[i] == function) {
                        pack_u32(job, i);
                        job_pack(job, argument);
                        return true;
                }
        return false;
}

/* Takes in what has come meanwhile. A connection that the bus has closed is none. */
static void check_bus(struct job_prepared *p)
{
        int r;

        do
                r = p->bus ? sd_bus_process(p->bus, NULL) : 0;
        while (r > 0);
        if (r < 0)
                p->bus = sd_bus_close_unref(p->bus);
}

static int spare_run(void *prepared, struct unpack *job, struct pack *reply, struct error *error)
{
        uint32_t function = unpack_u32(job);
        __attribute__((cleanup(job_clear))) struct job j = {};

        job_unpack(job, &j);
        if (unpack_finish(job) < 0 || function >= ELEMENTSOF(functions))
                return error_set(error, ERROR_FAILED, EBADMSG, "The process of this operation got no job");
        j.prepared = prepared;
        if (j.prepared)
                check_bus(j.prepared);
        return functions[function](&j, reply, error);
}

static void spare_finish(void *prepared)
{
        struct job_prepared *p = prepared;

        if (p)
                record_queue_flush(&p->records);
}

const struct worker_spare job_spare = {
        .prepare = spare_prepare,
        .pack = spare_pack,
        .run = spare_run,
        .finish = spare_finish,
};
