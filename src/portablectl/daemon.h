/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_DAEMON_H
#define PORTABLECTL_DAEMON_H

/*
 * The methods of org.freedesktop.portable1.Manager as functions: arguments in, plain data out, nothing
 * printed. Where no extensions and no force are asked for the older methods without "WithExtensions" are
 * called, which every daemon has. Errors are those that the daemon answered, see wire/error-names.h. Called
 * by the verbs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "plan/change.h"
#include "wire/result.h"

struct error;

/* ListImages, sorted by name. */
int daemon_list_images(sd_bus *bus, struct image_table *ret, struct error *error);

/* GetImageMetadata*: extensions may be NULL, matches empty for every unit. */
int daemon_get_metadata(sd_bus *bus, const char *image, char *const *extensions, char *const *matches,
                        uint64_t flags, struct image_metadata *ret, struct error *error);
/* InspectImage of our own interface: the same, and the sandbox. ERROR_NOT_SUPPORTED if the daemon has no
 * such interface. */
int daemon_inspect(sd_bus *bus, const char *image, char *const *extensions, char *const *matches,
                   uint64_t flags, struct image_metadata *ret, struct error *error);

/* GetImageOSRelease: the value of one field, NULL if it is not there. */
int daemon_get_release_field(sd_bus *bus, const char *image, const char *key, char **ret,
                             struct error *error);

/* GetState of our own interface, or of another daemon GetImageState*, which does not tell versions apart. */
int daemon_get_state(sd_bus *bus, const char *image, char *const *extensions, struct named_state *ret,
                     struct error *error);

struct attach_request {
        const char *image;
        char *const *extensions; /* NULL: none */
        char *const *matches;
        const char *profile;
        const char *copy_mode;
        uint64_t flags; /* PORTABLE_... of wire/names.h */
        uint64_t usec; /* how long the answer is waited for, in µs; 0 and UINT64_MAX: as long as it takes */
};

int daemon_attach(sd_bus *bus, const struct attach_request *request, struct change_list *ret,
                  struct error *error);
int daemon_reattach(sd_bus *bus, const struct attach_request *request, struct change_list *ret_removed,
                    struct change_list *ret_updated, struct error *error);
int daemon_detach(sd_bus *bus, const struct attach_request *request, struct change_list *ret,
                  struct error *error);

struct image_outcome;
struct progress;

/* Change of our own interface, org.portabled.Manager1: several images in one call. verb: "attach", "detach",
 * "reattach". extensions, profile, copy mode, flags and usec are those of the first request; flags:
 * PORTABLED_... of wire/names.h. progress may be NULL. ERROR_NOT_SUPPORTED if the daemon has no such
 * interface. */
int daemon_change_many(sd_bus *bus, const char *verb, const struct attach_request *requests, size_t n,
                       uint64_t flags, struct progress *progress, struct image_outcome *outcomes,
                       struct error *error);

/* usec: as in struct attach_request. */
int daemon_set_read_only(sd_bus *bus, uint64_t usec, const char *image, bool read_only, struct error *error);
int daemon_remove(sd_bus *bus, uint64_t usec, const char *image, struct error *error);
/* limit in bytes, UINT64_MAX for none. image NULL: the pool. */
int daemon_set_limit(sd_bus *bus, uint64_t usec, const char *image, uint64_t limit, struct error *error);

/* The property Profiles. The list is owned by the caller. */
int daemon_get_profiles(sd_bus *bus, char ***ret, struct error *error);

#endif
