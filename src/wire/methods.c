/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/methods.h"

#include <string.h>

#include "wire/names.h"

#define ACTION_ATTACH "org.freedesktop.portable1.attach-images"
#define ACTION_MANAGE "org.freedesktop.portable1.manage-images"

#define MANAGER PORTABLE_MANAGER_INTERFACE

/* Source: org.freedesktop.portable1(5), which has them in the same order. Introspection keeps it, too. */
const struct method methods[] = {
        {MANAGER, "GetImage", NULL, OPERATION_GET_IMAGE, {ARGUMENT_IMAGE}, {RESULT_OBJECT}},
        {MANAGER, "ListImages", NULL, OPERATION_LIST, {}, {RESULT_IMAGES}},
        {MANAGER,
         "GetImageOSRelease",
         "GetOSRelease",
         OPERATION_RELEASE,
         {ARGUMENT_IMAGE},
         {RESULT_FIELDS},
         PORTABLE_FLAGS_ALL,
         ACTION_INSPECT},
        {MANAGER,
         "GetImageMetadata",
         "GetMetadata",
         OPERATION_METADATA,
         {ARGUMENT_IMAGE, ARGUMENT_MATCHES},
         {RESULT_PATH, RESULT_RELEASE, RESULT_UNITS},
         PORTABLE_FLAGS_ALL,
         ACTION_INSPECT},
        {MANAGER,
         "GetImageMetadataWithExtensions",
         "GetMetadataWithExtensions",
         OPERATION_METADATA,
         {ARGUMENT_IMAGE, ARGUMENT_EXTENSIONS, ARGUMENT_MATCHES, ARGUMENT_FLAGS},
         {RESULT_PATH, RESULT_RELEASE, RESULT_EXTENSIONS, RESULT_UNITS},
         PORTABLE_FLAGS_ALL,
         ACTION_INSPECT},
        {MANAGER, "GetImageState", "GetState", OPERATION_STATE, {ARGUMENT_IMAGE}, {RESULT_NEAREST}},
        {MANAGER,
         "GetImageStateWithExtensions",
         "GetStateWithExtensions",
         OPERATION_STATE,
         {ARGUMENT_IMAGE, ARGUMENT_EXTENSIONS, ARGUMENT_FLAGS},
         {RESULT_NEAREST}},
        {MANAGER,
         "AttachImage",
         "Attach",
         OPERATION_ATTACH,
         {ARGUMENT_IMAGE, ARGUMENT_MATCHES, ARGUMENT_PROFILE, ARGUMENT_RUNTIME, ARGUMENT_COPY_MODE},
         {RESULT_ADDED, RESULT_EVENTS},
         PORTABLE_FLAGS_ALL,
         ACTION_ATTACH},
        {MANAGER,
         "AttachImageWithExtensions",
         "AttachWithExtensions",
         OPERATION_ATTACH,
         {ARGUMENT_IMAGE, ARGUMENT_EXTENSIONS, ARGUMENT_MATCHES, ARGUMENT_PROFILE, ARGUMENT_COPY_MODE,
          ARGUMENT_FLAGS},
         {RESULT_ADDED, RESULT_EVENTS},
         PORTABLE_FLAGS_ALL,
         ACTION_ATTACH},
        {MANAGER,
         "DetachImage",
         "Detach",
         OPERATION_DETACH,
         {ARGUMENT_IMAGE, ARGUMENT_RUNTIME},
         {RESULT_REMOVED, RESULT_EVENTS},
         PORTABLE_FLAGS_ALL,
         ACTION_ATTACH},
        {MANAGER,
         "DetachImageWithExtensions",
         "DetachWithExtensions",
         OPERATION_DETACH,
         {ARGUMENT_IMAGE, ARGUMENT_EXTENSIONS, ARGUMENT_FLAGS},
         {RESULT_REMOVED, RESULT_EVENTS},
         PORTABLE_FLAGS_ALL,
         ACTION_ATTACH},
        {MANAGER,
         "ReattachImage",
         "Reattach",
         OPERATION_REATTACH,
         {ARGUMENT_IMAGE, ARGUMENT_MATCHES, ARGUMENT_PROFILE, ARGUMENT_RUNTIME, ARGUMENT_COPY_MODE},
         {RESULT_CHANGES_REMOVED, RESULT_CHANGES_UPDATED, RESULT_EVENTS},
         PORTABLE_FLAGS_ALL,
         ACTION_ATTACH},
        {MANAGER,
         "ReattachImageWithExtensions",
         "ReattachWithExtensions",
         OPERATION_REATTACH,
         {ARGUMENT_IMAGE, ARGUMENT_EXTENSIONS, ARGUMENT_MATCHES, ARGUMENT_PROFILE, ARGUMENT_COPY_MODE,
          ARGUMENT_FLAGS},
         {RESULT_CHANGES_REMOVED, RESULT_CHANGES_UPDATED, RESULT_EVENTS},
         PORTABLE_FLAGS_ALL,
         ACTION_ATTACH},
        /* The name systemd 252 spelt wrong and keeps for those who call it. */
        {MANAGER,
         NULL,
         "ReattacheWithExtensions",
         OPERATION_REATTACH,
         {ARGUMENT_IMAGE, ARGUMENT_EXTENSIONS, ARGUMENT_MATCHES, ARGUMENT_PROFILE, ARGUMENT_COPY_MODE,
          ARGUMENT_FLAGS},
         {RESULT_CHANGES_REMOVED, RESULT_CHANGES_UPDATED, RESULT_EVENTS},
         PORTABLE_FLAGS_ALL,
         ACTION_ATTACH,
         .hidden = true},
        {MANAGER,
         "RemoveImage",
         "Remove",
         OPERATION_REMOVE,
         {ARGUMENT_IMAGE},
         .action = ACTION_MANAGE,
         .signal = "ImageRemoved"},
        {MANAGER,
         "MarkImageReadOnly",
         "MarkReadOnly",
         OPERATION_MARK_READ_ONLY,
         {ARGUMENT_IMAGE, ARGUMENT_READ_ONLY},
         .action = ACTION_MANAGE,
         .signal = "ImageChanged"},
        {MANAGER,
         "SetImageLimit",
         "SetLimit",
         OPERATION_SET_LIMIT,
         {ARGUMENT_IMAGE, ARGUMENT_LIMIT},
         .action = ACTION_MANAGE,
         .signal = "ImageChanged"},
        {MANAGER, "SetPoolLimit", NULL, OPERATION_SET_POOL_LIMIT, {ARGUMENT_LIMIT}, .action = ACTION_MANAGE},

        {PORTABLED_INTERFACE, "Cancel", NULL, OPERATION_CANCEL, {}, {}},
        {PORTABLED_INTERFACE,
         "Change",
         NULL,
         OPERATION_CHANGE,
         {ARGUMENT_VERB, ARGUMENT_IMAGES, ARGUMENT_EXTENSIONS, ARGUMENT_PROFILE, ARGUMENT_COPY_MODE,
          ARGUMENT_FLAGS},
         {RESULT_OUTCOMES, RESULT_EVENTS},
         PORTABLE_FLAGS_ALL | PORTABLED_DRY_RUN | PORTABLED_ATOMIC | PORTABLED_STRICT | PORTABLED_CONFINE,
         ACTION_ATTACH},
        {PORTABLED_INTERFACE,
         "ChangeWithUnits",
         NULL,
         OPERATION_CHANGE,
         {ARGUMENT_VERB, ARGUMENT_IMAGES, ARGUMENT_EXTENSIONS, ARGUMENT_PROFILE, ARGUMENT_COPY_MODE,
          ARGUMENT_UNITS, ARGUMENT_FLAGS},
         {RESULT_OUTCOMES, RESULT_EVENTS},
         PORTABLE_FLAGS_ALL | PORTABLED_DRY_RUN | PORTABLED_ATOMIC | PORTABLED_STRICT | PORTABLED_CONFINE,
         ACTION_ATTACH},
        {PORTABLED_INTERFACE,
         "Apply",
         NULL,
         OPERATION_APPLY,
         {ARGUMENT_ITEMS, ARGUMENT_FLAGS},
         {RESULT_OUTCOMES, RESULT_EVENTS},
         PORTABLED_DRY_RUN | PORTABLED_ATOMIC,
         ACTION_ATTACH},
        {PORTABLED_INTERFACE,
         "InspectImage",
         NULL,
         OPERATION_INSPECT,
         {ARGUMENT_IMAGE, ARGUMENT_EXTENSIONS, ARGUMENT_MATCHES, ARGUMENT_FLAGS},
         {RESULT_PATH, RESULT_RELEASE, RESULT_EXTENSIONS, RESULT_UNITS, RESULT_SANDBOX,
          RESULT_SANDBOX_MISSING, RESULT_LAYERS},
         PORTABLE_FLAGS_ALL,
         ACTION_INSPECT},
        {PORTABLED_INTERFACE,
         "GetState",
         NULL,
         OPERATION_STATE,
         {ARGUMENT_IMAGE, ARGUMENT_EXTENSIONS},
         {RESULT_STATE, RESULT_VERSION, RESULT_VERSION_STATE}},

        /* Properties and nodes that take a look at the file system or a question to the service manager. */
        {NULL, "image", NULL, OPERATION_GET_IMAGE, {}, {RESULT_DESCRIPTION}},
        {NULL, "names", NULL, OPERATION_NAMES, {}, {RESULT_NAMES}},
        {NULL, "pool", NULL, OPERATION_POOL, {}, {RESULT_POOL_USAGE, RESULT_POOL_LIMIT}},
        {NULL, "state", NULL, OPERATION_STATE, {}, {RESULT_OWN_STATE}},
        {NULL, "recover", NULL, OPERATION_RECOVER, {}, {}},
};

const size_t n_methods = sizeof(methods) / sizeof(*methods);

const char *method_member(const struct method *method, const char *interface)
{
        if (strcmp(interface, PORTABLE_IMAGE_INTERFACE) == 0)
                return method->image_member;
        return method->interface && strcmp(method->interface, interface) == 0 ? method->member : NULL;
}

const struct method *method_find(const char *interface, const char *member)
{
        for (size_t i = 0; i < n_methods; i++) {
                const char *name = interface              ? method_member(methods + i, interface)
                                   : methods[i].interface ? NULL
                                                          : methods[i].member;

                if (name && strcmp(name, member) == 0)
                        return methods + i;
        }
        return NULL;
}
