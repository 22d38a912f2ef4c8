/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "dissect/dissect.h"
#include "operation/check.h"
#include "operation/confine.h"
#include "operation/fit.h"
#include "operation/links.h"
#include "operation/operation.h"
#include "plan/devices.h"
#include "plan/feature.h"
#include "plan/kind.h"
#include "unitfile/merged.h"
#include "wire/names.h"

void prepared_clear(struct prepared *p)
{
        layers_clear(&p->layers);
        strv_free(p->prefixes);
        free(p->units);
        profile_clear(&p->profile);
        strv_free(p->resets);
        strv_free(p->owned);
        free(p->plan_layers);
        free(p->plan_units);
        links_clear(&p->links);
        staged_copies_clear(&p->staged);
        free(p->existing);
        *p = (struct prepared){};
}

static bool prefixes_equal(char *const *a, char *const *b)
{
        if (strv_length(a) != strv_length(b))
                return false;
        for (; a && *a; a++)
                if (!strv_contains(b, *a))
                        return false;
        return true;
}

int prefixes_are_default(const struct operation_request *request)
{
        _cleanup_free_ char *name = image_name_from_path(request->image), *prefix = NULL;
        char *usual[2] = {};

        if (strv_length(request->matches) == 0)
                return 1;
        if (!name || prefix_from_image_name(name, &prefix) == -ENOMEM)
                return -ENOMEM;
        usual[0] = prefix;
        return prefix && prefixes_equal(request->matches, usual);
}

/* Whether a later reattach has to be told by a note which units are meant. */
static int judge_prefixes(const struct operation_request *request, struct prepared *p, struct error *error)
{
        _cleanup_strv_ char **allowed = NULL;
        int r;

        if (strv_length(request->matches) == 0)
                return 0;
        /* Without a note all of them are meant, whatever the name of the image. */
        if (p->layers.items->given) {
                p->unusual_prefixes = true;
                return 0;
        }
        r = prefixes_are_default(request);
        if (r != 0)
                return r < 0 ? error_set_oom(error) : 0;
        r = layers_get_prefixes(&p->layers, NULL, &allowed, error);
        if (r < 0)
                return r;
        p->unusual_prefixes = !prefixes_equal(request->matches, allowed);
        return 0;
}

int prepare_layers(struct operation *o, const struct operation_request *request, struct transaction *t,
                   struct prepared *p, struct error *error)
{
        const struct links_staging staging = {&p->layers, request->flags & PORTABLE_RUNTIME, p->anew};
        int r;

        r = layers_open(o, request, &p->layers, error);
        if (r < 0)
                return r;
        r = layers_check(o, &p->layers, error);
        if (r < 0)
                return r;
        r = layers_get_prefixes(&p->layers, request->matches, &p->prefixes, error);
        if (r < 0)
                return r;
        if (layers_collect_units(&p->layers, p->prefixes, &p->units, &p->n_units) < 0)
                return error_set_oom(error);
        if (p->n_units == 0)
                return layers_error_no_match(&p->layers, p->prefixes, error);
        r = judge_prefixes(request, p, error);
        if (r < 0)
                return r;
        r = profile_read(o->root_fd, o->layout, request->profile, &p->profile, error);
        if (r >= 0)
                r = confine_prepared(o, request, p, error);
        if (r < 0 || !request->copy_mode || strcmp(request->copy_mode, "mixed") != 0)
                return r;
        return links_stage_copies(o, &staging, t, &p->staged, error);
}

/* Hands a string to p->owned and returns it; NULL if out of memory. */
static const char *own(struct prepared *p, char *s)
{
        return strv_consume(&p->owned, s) < 0 ? NULL : s;
}

static int fill_layer(struct operation *o, struct prepared *p, const struct layer *l,
                      struct plan_layer *plan, struct error *error)
{
        char *name_and_version, *pin = NULL, *hash = NULL, *data = NULL;
        int r;

        if (layer_get_name_and_version(l, &name_and_version) < 0)
                return error_set_oom(error);
        if (name_and_version && !own(p, name_and_version))
                return error_set_oom(error);
        if (feature_is_available(FEATURE_IMAGE_POLICY, o->manager_version)) {
                r = dissected_pin(l->dissected, o->manager_version, &pin, error);
                if (r < 0)
                        return r;
                if (pin && !own(p, pin))
                        return error_set_oom(error);
        }
        r = dissected_root_hash(l->dissected, o->manager_version, &hash, &data, error);
        if (r < 0)
                return r;
        if ((hash && !own(p, hash)) || (data && !own(p, data)))
                return error_set_oom(error);
        *plan = (struct plan_layer){
                .path = p->links.used[l - p->layers.items],
                .type = l->image->type,
                .verity = dissected_has_verity(l->dissected),
                /* systemd 252 does not write these fields; they are harmless there and wanted from the
                   start. */
                .name_and_version = name_and_version,
                .pin = pin,
                .root_hash = hash,
                .root_verity = data,
                .confext = l->metadata->confext && !l->metadata->sysext,
                .like = l != p->layers.items && extension_fits_by_likeness(p->layers.items, l),
                .versionless = l->metadata->release_name == RELEASE_NAME_VERSIONLESS,
        };
        return 0;
}

static int fill_layers(struct operation *o, struct prepared *p, const char **ret_extension_pin,
                       struct error *error)
{
        _cleanup_free_ const char **pins = calloc(p->layers.n, sizeof(char *));
        char *pin;
        int r;

        p->plan_layers = calloc(p->layers.n, sizeof(*p->plan_layers));
        if (!p->plan_layers || !pins)
                return error_set_oom(error);
        for (size_t i = 0; i < p->layers.n; i++) {
                r = fill_layer(o, p, p->layers.items + i, p->plan_layers + i, error);
                if (r < 0)
                        return r;
                pins[i] = i > 0 ? p->plan_layers[i].pin : NULL;
        }
        r = dissected_pins_merge(pins, p->layers.n, &pin, error);
        if (r < 0)
                return r;
        if (pin && !own(p, pin))
                return error_set_oom(error);
        *ret_extension_pin = pin;
        return 0;
}

int prepared_merge_unit(const struct prepared *p, const struct unit_file *file, struct unit_merged *ret)
{
        const char *suffix = strrchr(file->name, '.');
        struct unit_source sources[2] = {{file->content, file->size}};
        size_t n = 1;

        for (size_t i = 0; i < p->profile.n && n == 1; i++)
                if (strcmp(p->profile.parts[i].suffix, suffix + 1) == 0)
                        sources[n++] =
                                (struct unit_source){p->profile.parts[i].content, p->profile.parts[i].size};
        return unit_merged_read(sources, n, ret);
}

static int fill_units(const struct operation_request *request, struct prepared *p, struct error *error)
{
        bool symlinks = request->copy_mode && strcmp(request->copy_mode, "symlink") == 0;

        p->plan_units = calloc(p->n_units, sizeof(*p->plan_units));
        if (!p->plan_units)
                return error_set_oom(error);
        for (size_t i = 0; i < p->n_units; i++) {
                const struct unit_file *file = p->units[i].file;
                const struct layer *l = p->layers.items + p->units[i].layer;
                _cleanup_unit_merged_ struct unit_merged merged = {};
                const char *source = NULL;

                if (prepared_merge_unit(p, file, &merged) < 0)
                        return error_set_oom(error);
                if (l->given) {
                        source = file->path;
                } else if (layer_is_tree(l)) {
                        source = own(p, path_join(l->image->path, file->path));
                        if (!source)
                                return error_set_oom(error);
                }
                p->plan_units[i] = (struct plan_unit){
                        .name = file->name,
                        .content = file->content,
                        .size = file->size,
                        .layer = p->units[i].layer,
                        .source = source,
                        .link_target = symlinks ? source : NULL,
                        .devices_restricted = devices_are_restricted(&merged),
                        .resets = p->resets ? p->resets[i] : NULL,
                        .own_root = (symlinks && source) || unit_sets_root(&merged),
                };
        }
        return 0;
}

static bool is_there(int root_fd, const char *directory, const char *name)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, directory, O_PATH | O_DIRECTORY, 0);

        return fd >= 0 && faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) >= 0;
}

/* Of what is there of a unit anything may be replaced. What comes into being after this look may not. */
static int look_at_existing(struct operation *o, const char *directory, const char *name,
                            struct plan_existing_unit *ret, struct error *error)
{
        _cleanup_free_ char *dropins = NULL;
        _cleanup_close_ int fd = -EBADF;

        if (asprintf(&dropins, "%s/%s.d", directory, name) < 0) {
                dropins = NULL;
                return error_set_oom(error);
        }
        fd = fd_open_in_root(o->root_fd, dropins, O_PATH | O_DIRECTORY, 0);
        *ret = (struct plan_existing_unit){
                .name = name,
                .unit = is_there(o->root_fd, directory, name),
                .profile = is_there(o->root_fd, dropins, "10-profile.conf"),
                .dropin_directory = fd >= 0,
        };
        return 0;
}

/* What is there in the directory the units go to and makes room for them: units of ours that are replaced,
 * and when forced whatever has the name of a file of theirs. */
static int fill_existing(struct operation *o, const struct unit_selection *replaced, bool forced,
                         struct prepared *p, struct error *error)
{
        p->existing = calloc(p->n_units + 1, sizeof(*p->existing));
        if (!p->existing)
                return error_set_oom(error);
        for (size_t i = 0; i < p->n_units; i++) {
                const char *name = p->units[i].file->name;
                int r;

                if (!forced && !unit_selection_has_name(replaced, p->directory, name))
                        continue;
                r = look_at_existing(o, p->directory, name, p->existing + p->n_existing, error);
                if (r < 0)
                        return r;
                p->n_existing++;
        }
        return 0;
}

static bool directory_exists(const struct attached_index *index, const char *directory)
{
        for (size_t i = 0; i < LAYOUT_ATTACH_MAX; i++)
                if (strcmp(index->layout->attach[i].path, directory) == 0)
                        return index->exists[i];
        return false;
}

int prepare_plan(struct operation *o, const struct operation_request *request,
                 const struct unit_selection *replaced, struct prepared *p, struct change_list *ret,
                 struct error *error)
{
        bool runtime = request->flags & PORTABLE_RUNTIME;
        struct plan_attach input = {
                .copy_profile = request->copy_mode && strcmp(request->copy_mode, "copy") == 0,
                .relax_extension_check = (request->flags & PORTABLE_FORCE_EXTENSION) != 0,
                .manager_version = o->manager_version,
                .user = o->layout->scope == LAYOUT_USER,
        };
        const struct links_input links = {&p->layers, runtime, p->staged.entries, replaced};
        int r;

        p->directory = input.attach_directory = operation_attach_directory(o, runtime);
        r = links_plan(o, &links, &p->links, error);
        if (r >= 0)
                r = fill_layers(o, p, &input.extension_pin, error);
        if (r >= 0)
                r = fill_units(request, p, error);
        if (r >= 0)
                r = fill_existing(o, replaced, request->flags & PORTABLE_FORCE_ATTACH, p, error);
        if (r < 0)
                return r;

        input.attach_directory_exists = directory_exists(replaced->index, input.attach_directory);
        input.layers = p->plan_layers;
        input.n_layers = p->layers.n;
        input.units = p->plan_units;
        input.n_units = p->n_units;
        input.profile = p->profile.parts;
        input.n_profile = p->profile.n;
        input.links = p->links.items;
        input.n_links = p->links.n;
        input.kept = p->links.kept;
        input.copied = p->links.copied;
        input.sources = p->links.sources;
        input.prefixes = p->unusual_prefixes ? request->matches : NULL;
        input.given = request->units;
        input.definition = request->definition && *request->definition ? request->definition : NULL;
        input.confined = request->flags & PORTABLED_CONFINE;
        input.existing = p->existing;
        input.n_existing = p->n_existing;
        return plan_attach(&input, ret, error);
}
