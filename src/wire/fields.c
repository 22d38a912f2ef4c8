/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>

#include "basic/cleanup.h"
#include "basic/pack.h"
#include "wire/codec.h"
#include "wire/methods.h"
#include "wire/request.h"
#include "wire/result.h"

/* Where the arguments and results of methods are in the structs, and what they are on the bus. */

#define REQUEST(signature, name, member) \
        { \
                signature, name, offsetof(struct operation_request, member) \
        }
#define RESULT(signature, name, member) \
        { \
                signature, name, offsetof(struct result, member) \
        }
#define RECORD(type, list) \
        { \
                sizeof(type), list, ELEMENTSOF(list) \
        }

static const struct codec_field image_arguments[] = {
        {"s", "image", offsetof(struct request_image, image)},
        {"as", "matches", offsetof(struct request_image, matches)},
};

static const struct codec_record image_argument = RECORD(struct request_image, image_arguments);

static const struct codec_field item_arguments[] = {
        {"s", "verb", offsetof(struct request_item, change)},
        {"s", "definition", offsetof(struct request_item, definition)},
        {"s", "image", offsetof(struct request_item, image)},
        {"as", "extensions", offsetof(struct request_item, extensions)},
        {"as", "matches", offsetof(struct request_item, matches)},
        {"s", "profile", offsetof(struct request_item, profile)},
        {"s", "copy_mode", offsetof(struct request_item, copy_mode)},
        {"as", "units", offsetof(struct request_item, units)},
        {"s", "policy", offsetof(struct request_item, policy)},
        {"t", "flags", offsetof(struct request_item, flags)},
};

static const struct codec_record item_argument = RECORD(struct request_item, item_arguments);

static const struct codec_field arguments[ARGUMENT_MAX] = {
        [ARGUMENT_IMAGE] = REQUEST("s", "image", image),
        [ARGUMENT_IMAGES] = {"a(sas)", "images", offsetof(struct operation_request, images),
                             offsetof(struct operation_request, n_images), &image_argument},
        [ARGUMENT_ITEMS] = {"a(sssasasssasst)", "items", offsetof(struct operation_request, items),
                            offsetof(struct operation_request, n_items), &item_argument},
        [ARGUMENT_VERB] = REQUEST("s", "verb", change),
        [ARGUMENT_EXTENSIONS] = REQUEST("as", "extensions", extensions),
        [ARGUMENT_MATCHES] = REQUEST("as", "matches", matches),
        [ARGUMENT_PROFILE] = REQUEST("s", "profile", profile),
        [ARGUMENT_RUNTIME] = REQUEST("b", "runtime", runtime),
        [ARGUMENT_COPY_MODE] = REQUEST("s", "copy_mode", copy_mode),
        [ARGUMENT_UNITS] = REQUEST("as", "units", units),
        [ARGUMENT_FLAGS] = REQUEST("t", "flags", flags),
        [ARGUMENT_READ_ONLY] = REQUEST("b", "read_only", read_only),
        [ARGUMENT_LIMIT] = REQUEST("t", "limit", limit),
};

/* Twice the name: as it is, and as the path of its object. */
static const struct codec_field row_fields[] = {
        {"s", NULL, offsetof(struct image_row, name)},      {"s", NULL, offsetof(struct image_row, type)},
        {"b", NULL, offsetof(struct image_row, read_only)}, {"t", NULL, offsetof(struct image_row, crtime)},
        {"t", NULL, offsetof(struct image_row, mtime)},     {"t", NULL, offsetof(struct image_row, usage)},
        {"s", NULL, offsetof(struct image_row, state)},     {"o", NULL, offsetof(struct image_row, name)},
};

static const struct codec_field description_fields[] = {
        {"s", NULL, offsetof(struct image_row, name)},
        {"s", NULL, offsetof(struct image_row, path)},
        {"s", NULL, offsetof(struct image_row, type)},
        {"b", NULL, offsetof(struct image_row, read_only)},
        {"t", NULL, offsetof(struct image_row, crtime)},
        {"t", NULL, offsetof(struct image_row, mtime)},
        {"t", NULL, offsetof(struct image_row, usage)},
        {"t", NULL, offsetof(struct image_row, usage_exclusive)},
        {"t", NULL, offsetof(struct image_row, limit)},
        {"t", NULL, offsetof(struct image_row, limit_exclusive)},
};

static const struct codec_field file_fields[] = {
        {"s", NULL, offsetof(struct image_file, name)},
        {"ay", NULL, offsetof(struct image_file, content), offsetof(struct image_file, size)},
};

static const struct codec_field partition_fields[] = {
        {"t", NULL, offsetof(struct image_partition, number)},
        {"s", NULL, offsetof(struct image_partition, designator)},
        {"s", NULL, offsetof(struct image_partition, architecture)},
        {"t", NULL, offsetof(struct image_partition, offset)},
        {"t", NULL, offsetof(struct image_partition, size)},
        {"s", NULL, offsetof(struct image_partition, file_system)},
        {"s", NULL, offsetof(struct image_partition, use)},
};

static const struct codec_record partition = RECORD(struct image_partition, partition_fields);

static const struct codec_field layer_fields[] = {
        {"s", NULL, offsetof(struct image_layer, path)},
        {"s", NULL, offsetof(struct image_layer, type)},
        {"t", NULL, offsetof(struct image_layer, size)},
        {"b", NULL, offsetof(struct image_layer, read_only)},
        {"s", NULL, offsetof(struct image_layer, version)},
        {"s", NULL, offsetof(struct image_layer, policy)},
        {"s", NULL, offsetof(struct image_layer, misfit)},
        {"a(tssttss)", NULL, offsetof(struct image_layer, partitions),
         offsetof(struct image_layer, n_partitions), &partition},
};

static const struct codec_field assignment_fields[] = {
        {"s", NULL, offsetof(struct image_field, key)},
        {"s", NULL, offsetof(struct image_field, value)},
};

static const struct codec_field outcome_fields[] = {
        {"s", NULL, offsetof(struct operation_result, image)},
        {"ss", NULL, offsetof(struct operation_result, error)},
        {"a(sss)", NULL, offsetof(struct operation_result, removed)},
        {"a(sss)", NULL, offsetof(struct operation_result, updated)},
        {"as", NULL, offsetof(struct operation_result, warnings)},
};

static const struct codec_field event_fields[] = {
        {"s", NULL, offsetof(struct image_event, verb)},
        {"s", NULL, offsetof(struct image_event, name)},
        {"s", NULL, offsetof(struct image_event, path)},
        {"b", NULL, offsetof(struct image_event, runtime)},
        {"as", NULL, offsetof(struct image_event, units)},
        {"s", NULL, offsetof(struct image_event, replaced)},
};

static const struct codec_record row = RECORD(struct image_row, row_fields);
static const struct codec_record description = RECORD(struct image_row, description_fields);
static const struct codec_record file = RECORD(struct image_file, file_fields);
static const struct codec_record layer = RECORD(struct image_layer, layer_fields);
static const struct codec_record assignment = RECORD(struct image_field, assignment_fields);
static const struct codec_record outcome = RECORD(struct operation_result, outcome_fields);
static const struct codec_record event = RECORD(struct image_event, event_fields);

static const struct codec_field results[RESULT_MAX] = {
        [RESULT_OBJECT] = RESULT("o", "object", object),
        [RESULT_IMAGES] = {"a(ssbtttso)", "images", offsetof(struct result, images.rows),
                           offsetof(struct result, images.n), &row},
        [RESULT_FIELDS] = {"a{ss}", "os_release", offsetof(struct result, fields.items),
                           offsetof(struct result, fields.n), &assignment},
        [RESULT_PATH] = RESULT("s", "image", metadata.path),
        [RESULT_RELEASE] = {"ay", "os_release", offsetof(struct result, metadata.release.content),
                            offsetof(struct result, metadata.release.size)},
        [RESULT_EXTENSIONS] = {"a{say}", "extensions", offsetof(struct result, metadata.extensions),
                               offsetof(struct result, metadata.n_extensions), &file},
        [RESULT_UNITS] = {"a{say}", "units", offsetof(struct result, metadata.units),
                          offsetof(struct result, metadata.n_units), &file},
        [RESULT_SANDBOX] = RESULT("as", "sandbox", metadata.sandbox),
        [RESULT_SANDBOX_MISSING] = RESULT("as", "sandbox_missing", metadata.sandbox_missing),
        [RESULT_LAYERS] = {"a(sstbsssa(tssttss))", "layers", offsetof(struct result, metadata.layers),
                           offsetof(struct result, metadata.n_layers), &layer},
        [RESULT_STATE] = RESULT("s", "state", state.state),
        [RESULT_VERSION] = RESULT("s", "version", state.version),
        [RESULT_VERSION_STATE] = RESULT("s", "version_state", state.nearest),
        [RESULT_NEAREST] = RESULT("s", "state", state.nearest),
        [RESULT_ADDED] = RESULT("a(sss)", "changes", updated),
        [RESULT_REMOVED] = RESULT("a(sss)", "changes", removed),
        [RESULT_CHANGES_REMOVED] = RESULT("a(sss)", "changes_removed", removed),
        [RESULT_CHANGES_UPDATED] = RESULT("a(sss)", "changes_updated", updated),
        [RESULT_OUTCOMES] = {"a(sssa(sss)a(sss)as)", "results", offsetof(struct result, outcomes.items),
                             offsetof(struct result, outcomes.n), &outcome},
        [RESULT_EVENTS] = {"a(sssbass)", NULL, offsetof(struct result, events.items),
                           offsetof(struct result, events.n), &event},
        [RESULT_DESCRIPTION] = {"a(sssbtttttt)", NULL, offsetof(struct result, images.rows),
                                offsetof(struct result, images.n), &description},
        [RESULT_NAMES] = RESULT("as", NULL, names),
        [RESULT_POOL_USAGE] = RESULT("t", NULL, pool_usage),
        [RESULT_POOL_LIMIT] = RESULT("t", NULL, pool_limit),
        [RESULT_OWN_STATE] = RESULT("s", NULL, state.own),
};

const struct codec_field *method_argument(const struct method *method, size_t i, bool image_object)
{
        enum method_argument a;

        i += image_object && method->arguments[0] == ARGUMENT_IMAGE;
        a = method->arguments[i];
        return a == ARGUMENT_NONE ? NULL : arguments + a;
}

const struct codec_field *method_result(const struct method *method, size_t i)
{
        enum method_result r = method->results[i];

        return r == RESULT_NONE ? NULL : results + r;
}

void operation_request_clear(struct operation_request *r)
{
        for (size_t i = ARGUMENT_NONE + 1; i < ARGUMENT_MAX; i++)
                codec_clear(arguments + i, r);
        *r = (struct operation_request){};
}

void operation_request_pack(struct pack *p, const struct method *method, const struct operation_request *r)
{
        pack_u32(p, (uint32_t)(method - methods));
        for (size_t i = ARGUMENT_NONE + 1; i < ARGUMENT_MAX; i++)
                codec_pack(p, arguments + i, r);
        pack_u32(p, r->of_object);
        pack_u32(p, r->caller_uid);
        pack_u32(p, r->viewer);
        pack_u32(p, r->debug);
}

void operation_request_unpack(struct unpack *u, const struct method **ret_method,
                              struct operation_request *ret)
{
        uint32_t method = unpack_u32(u), viewer;

        *ret = (struct operation_request){};
        for (size_t i = ARGUMENT_NONE + 1; i < ARGUMENT_MAX; i++)
                codec_unpack(u, arguments + i, ret);
        ret->of_object = unpack_u32(u) != 0;
        ret->caller_uid = unpack_u32(u);
        viewer = unpack_u32(u);
        ret->debug = unpack_u32(u) != 0;
        if (method >= n_methods || viewer >= OPERATION_VIEWER_MAX)
                u->failed = true;
        if (u->failed)
                return;
        ret->viewer = (enum operation_viewer)viewer;
        *ret_method = methods + method;
}
