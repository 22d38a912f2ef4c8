/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/layers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "dissect/dissect.h"
#include "dissect/policy-config.h"
#include "extract/sandbox.h"
#include "image/mstack.h"
#include "operation/fit.h"
#include "operation/given-units.h"
#include "operation/operation.h"
#include "operation/view.h"
#include "wire/names.h"

static void layer_clear(struct layer *l)
{
        extract_end(l->reader);
        l->reader = 0;
        l->metadata = metadata_free(l->metadata);
        l->dissected = dissect_close(l->dissected);
        l->image = image_free(l->image);
        l->fd = fd_close(l->fd);
}

void layers_clear(struct layers *l)
{
        for (size_t i = 0; i < l->n; i++)
                layer_clear(l->items + i);
        free(l->items);
        *l = (struct layers){};
}

bool layer_is_tree(const struct layer *l)
{
        return image_kind(l->image->type)->tree;
}

/* What fails here is tried again when it is needed, and told then. */
static void ask_meanwhile(void *userdata)
{
        _cleanup_error_ struct error error = {};

        (void)operation_ask_all(userdata, &error);
}

/* On the bus an argument that is not a disk image is a bad argument; what happens to a good one is not. */
static int dissect_failed(int r, struct error *error)
{
        bool unreadable = r == -EUCLEAN || r == -ENODATA || r == -EMEDIUMTYPE;

        if (error && error->kind == ERROR_FAILED && unreadable)
                error->kind = ERROR_INVALID_ARGS;
        return r;
}

/* A tree can't be laid over itself. */
static int check_repeated(const struct layers *l, size_t i, struct error *error)
{
        for (size_t k = 0; k < i; k++)
                if (strcmp(l->items[k].image->path, l->items[i].image->path) == 0)
                        return error_set(error, ERROR_SYSTEM, EEXIST, "Image '%s' is named twice",
                                         l->items[i].image->path);
        return 0;
}

/* What the administrator allows. What is odd about how that is written is for the log, once. */
static int read_policy(struct operation *o, const struct operation_request *request, const char *image,
                       struct image_policy *ret, struct error *error)
{
        _cleanup_strv_ char **complaints = NULL;
        struct image_policy own;
        int r = policy_config_read(o->root_fd, o->layout, ret, &complaints, error);

        if (r >= 0 && request->policy && *request->policy) {
                r = image_policy_parse(request->policy, &own, error);
                if (r >= 0)
                        r = image_policy_intersect(ret, &own, ret, error);
        }
        if (r < 0)
                error_prefix(error, "Image '%s' is refused: ", image);
        for (char **line = complaints; line && *line; line++)
                if (!strv_contains(o->messages, *line) && strv_append(&o->messages, *line) < 0)
                        return error_set_oom(error);
        return r;
}

/* A layer of the cage that is missing is not missing without a word. */
static int note_confinement(struct operation *o, const struct layer *l, struct error *error)
{
        _cleanup_free_ char *layers = NULL;
        char *line;

        if (!o->debug)
                return 0;
        layers = sandbox_layers_describe(l->metadata->layers);
        if (!layers ||
            asprintf(&line, "Image '%s' was read in a sandbox of: %s", l->image->path, layers) < 0)
                return error_set_oom(error);
        return strv_consume(&o->details, line) < 0 ? error_set_oom(error) : 0;
}

uint32_t layers_confinement(const struct layers *l)
{
        uint32_t held = SANDBOX_ALL;

        for (size_t i = 0; i < l->n; i++)
                held &= l->items[i].metadata->layers;
        return held;
}

/* Of an image in layers these, and others than root may have no more say in them than in the image. */
static int read_stack(struct operation *o, const char *asked, const struct layer *l, struct stack *ret,
                      struct error *error)
{
        int r = mstack_read(o->root_fd, l->fd, l->image->path, ret, error);

        return r < 0 ? r : view_check_stack(o, asked, ret, error);
}

/* Trees that importctl(1) makes for users, to be mapped when they are mounted. Source: the document "Users,
 * Groups, UIDs and GIDs on systemd Systems", foreign UID range. */
#define FOREIGN_UID_FIRST UINT32_C(0x7FFE0000)
#define FOREIGN_UID_LAST  UINT32_C(0x7FFEFFFF)

static int check_owner(const struct layer *l, struct error *error)
{
        struct stat st;

        if (fstat(l->fd, &st) < 0)
                return error_set_errno(error, errno, "Cannot look at image '%s'", l->image->path);
        if (st.st_uid < FOREIGN_UID_FIRST || st.st_uid > FOREIGN_UID_LAST)
                return 0;
        return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                         "Image '%s' belongs to the foreign UID range, as importctl makes images: unpack it "
                         "as the user whose services are to run from it",
                         l->image->path);
}

/* Neither this process nor the service manager of a user may mount anything. */
static int check_mountable(const struct operation *o, const struct layer *l, struct error *error)
{
        const struct image *image = l->image;

        if (o->layout->scope != LAYOUT_USER)
                return 0;
        if (layer_is_tree(l) && !image_kind(image->type)->stack)
                return check_owner(l, error);
        return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                         "Image '%s' is of type '%s', which only root can mount: unpack it into a directory",
                         image->path, image_type_to_string(image->type));
}

static int open_tree_of(struct operation *o, const struct operation_request *request, const char *asked,
                        bool extension, struct layer *l, struct error *error)
{
        struct dissect_options dissect = {.root_fd = o->root_fd, .image_fd = l->fd, .path = l->image->path};
        _cleanup_stack_ struct stack stack = {};
        struct image_policy policy;
        int r = check_mountable(o, l, error);

        if (r < 0)
                return r;
        if (image_kind(l->image->type)->stack) {
                if (extension)
                        return error_set(error, ERROR_BAD_IMAGE_TYPE, EMEDIUMTYPE,
                                         "Image '%s' is in layers (mstack), and cannot be an extension",
                                         l->image->path);
                r = read_stack(o, asked, l, &stack, error);
                if (r < 0)
                        return r;
                dissect.stack = &stack;
        }
        if (!layer_is_tree(l)) {
                r = read_policy(o, request, l->image->path, &policy, error);
                if (r < 0)
                        return r;
                dissect.policy = &policy;
        }
        r = dissect_open(&dissect, &l->dissected, error);
        return r < 0 ? dissect_failed(r, error) : 0;
}

static int open_layer(struct operation *o, const struct operation_request *request, const char *image,
                      bool extension, struct layer *l, struct error *error)
{
        struct extract_options extract = {
                .network_fd = o->network_fd,
                .kind = extension ? EXTRACT_EXTENSION : EXTRACT_PORTABLE,
                .matches = request->matches,
                .unit_directories = o->layout->image_units,
                .optional_id = true, /* looking is allowed; layers_check() wants it before an attach */
                .relax_name = (request->flags & PORTABLE_FORCE_EXTENSION) != 0,
        };
        _cleanup_free_ char *name = NULL;
        int r;

        r = image_find(o->root_fd, o->layout, image, &l->image, &l->fd, error);
        if (r < 0)
                return view_hide_reason(o, image, r, error);
        r = view_check_image(o, image, l->image, error);
        if (r < 0)
                return r;
        if (!extension && operation_set_image_path(o, l->image->path) < 0)
                return error_set_oom(error);

        r = open_tree_of(o, request, image, extension, l, error);
        if (r < 0)
                return r;

        /* A picked version has another name than what it was asked for by; the service manager sees but the
         * file. */
        name = layer_is_tree(l) ? strdup(path_base(l->image->path)) : image_name_from_path(l->image->path);
        if (!name)
                return error_set_oom(error);
        extract.tree_fd = dissected_tree_fd(l->dissected);
        extract.name = name;
        extract.path = l->image->path;
        if (o->will_ask) {
                extract.meanwhile = ask_meanwhile;
                extract.userdata = o;
        }
        r = extract_metadata(&extract, &l->reader, &l->metadata, error);
        l->given = !extension && strv_length(request->units) > 0;
        if (r >= 0 && l->given)
                r = given_units_read(o, request->units, l->metadata, error);
        return r < 0 ? r : note_confinement(o, l, error);
}

int layer_open(struct operation *o, const struct operation_request *request, const char *image,
               bool extension, struct layer *ret, struct error *error)
{
        struct layer l = {.fd = -EBADF};
        int r = open_layer(o, request, image, extension, &l, error);

        if (r < 0)
                layer_clear(&l);
        else
                *ret = l;
        return r;
}

int layers_open(struct operation *o, const struct operation_request *request, struct layers *ret,
                struct error *error)
{
        size_t n = 1 + strv_length(request->extensions);
        _cleanup_layers_ struct layers l = {};

        l.items = calloc(n, sizeof(*l.items));
        if (!l.items)
                return error_set_oom(error);
        for (size_t i = 0; i < n; i++)
                l.items[i].fd = -EBADF;
        l.n = n;
        for (size_t i = 0; i < n; i++) {
                int r = open_layer(o, request, i ? request->extensions[i - 1] : request->image, i > 0,
                                   l.items + i, error);

                if (r >= 0)
                        r = check_repeated(&l, i, error);
                if (r < 0)
                        return r;
        }
        *ret = l;
        l = (struct layers){};
        return 0;
}

/* Without the field an image is one for the system; units that do not come from it are for whom they are
 * given.
 */
static int check_scope(const struct operation *o, const struct layer *base, struct error *error)
{
        bool user = o->layout->scope == LAYOUT_USER;
        const char *scope = metadata_field(base->metadata, "PORTABLE_SCOPE"),
                   *own = user ? "user" : "system";
        _cleanup_free_ char *shown = NULL;

        if ((!scope || !*scope) && base->given)
                return 0;
        if (!scope || !*scope)
                scope = "system";
        if (strcmp(scope, own) == 0 || strcmp(scope, "any") == 0)
                return 0;
        shown = text_escape(scope);
        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "Image '%s' is not for %s services: PORTABLE_SCOPE=%s in its '%s', it "
                         "would have to be %s or any",
                         base->image->path, own, shown ?: "?", base->metadata->release_path, own);
}

/* The service manager of a user can confine nothing without a user namespace; what has read the image was
 * refused one, too. */
static int check_user_namespaces(const struct operation *o, const struct layers *l, struct error *error)
{
        if (o->layout->scope != LAYOUT_USER || (layers_confinement(l) & SANDBOX_BIT(SANDBOX_USER)))
                return 0;
        return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                         "Image '%s' cannot run here: users may make no user namespaces on this system (see "
                         "the sysctls kernel.unprivileged_userns_clone and user.max_user_namespaces)",
                         l->items[0].image->path);
}

int layers_check(const struct operation *o, const struct layers *l, struct error *error)
{
        const struct layer *base = l->items;
        const char *id = metadata_field(base->metadata, "ID");
        int r;

        if (!id || id[0] == '\0')
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Image '%s' has no ID= in its '%s', refusing", base->image->path,
                                 base->metadata->release_path);
        r = check_scope(o, base, error);
        if (r >= 0)
                r = check_user_namespaces(o, l, error);
        for (size_t i = 1; i < l->n && r >= 0; i++)
                r = extension_check_fit(base, l->items + i, error);
        return r;
}

static int collect_allowed_prefixes(const struct layers *l, char ***ret)
{
        _cleanup_strv_ char **allowed = NULL;

        for (size_t i = 0; i < l->n; i++) {
                const char *value = metadata_field(l->items[i].metadata, "PORTABLE_PREFIXES");
                _cleanup_strv_ char **part = NULL;

                if (value && strv_split(value, " \t\n", &part) < 0)
                        return -ENOMEM;
                for (char **p = part; p && *p; p++)
                        if (!strv_contains(allowed, *p) && strv_append(&allowed, *p) < 0)
                                return -ENOMEM;
        }
        *ret = steal_pointer(allowed);
        return 0;
}

int layers_get_prefixes(const struct layers *l, char *const *asked, char ***ret, struct error *error)
{
        _cleanup_strv_ char **allowed = NULL;

        /* What the image says of its own units is not of these. */
        if (!l->items->given && collect_allowed_prefixes(l, &allowed) < 0)
                return error_set_oom(error);
        for (char *const *p = asked; allowed && p && *p; p++)
                if (!strv_contains(allowed, *p)) {
                        _cleanup_free_ char *list = strv_join(allowed, ", "),
                                            *shown = list ? text_escape(list) : NULL,
                                            *prefix = text_escape(*p);

                        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                         "Prefix '%s' is not one that image '%s' allows, refusing "
                                         "(PORTABLE_PREFIXES= "
                                         "in it: %s)",
                                         prefix ?: "?", l->items[0].image->path, shown ?: "?");
                }
        if (strv_copy(strv_length(asked) > 0 ? asked : allowed, ret) < 0)
                return error_set_oom(error);
        return 0;
}

/* The first of the fields that is there, under the layer's prefixes. */
static const char *first_field(const struct layer *l, const char *const *names, size_t n)
{
        const struct metadata *m = l->metadata;
        const char *const prefixes[] = {
                m->sysext ? "SYSEXT_" : NULL,
                m->confext ? "CONFEXT_" : NULL,
                m->sysext || m->confext ? NULL : "",
        };

        for (size_t i = 0; i < ELEMENTSOF(prefixes); i++)
                for (size_t k = 0; prefixes[i] && k < n; k++) {
                        const char *value;
                        char key[64];

                        snprintf(key, sizeof(key), "%s%s", prefixes[i], names[k]);
                        value = metadata_field(m, key);
                        if (value)
                                return value;
                }
        return NULL;
}

int layer_get_name_and_version(const struct layer *l, char **ret)
{
        static const char *const ids[] = {"IMAGE_ID", "ID"}, *const versions[] = {"IMAGE_VERSION",
                                                                                  "VERSION_ID", "BUILD_ID"};
        const char *id = first_field(l, ids, ELEMENTSOF(ids)),
                   *version = first_field(l, versions, ELEMENTSOF(versions));
        char *s;

        if (!id || !text_is_printable(id) || (version && !text_is_printable(version))) {
                *ret = NULL;
                return 0;
        }
        if (asprintf(&s, "%s%s%s", id, version ? "_" : "", version ?: "") < 0)
                return -ENOMEM;
        *ret = s;
        return 0;
}
