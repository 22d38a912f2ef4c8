/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/chase.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout-image.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "dissect/dissect.h"
#include "extract/missing.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "plan/kind.h"
#include "unitfile/command.h"
#include "unitfile/merged.h"
#include "verify/binary.h"
#include "verify/checks.h"
#include "verify/findings.h"

struct context {
        const struct prepared *p;
        struct findings *f;
        int *fds;            /* of the layers' trees */
        uint16_t machine;    /* of the system that the image is for */
        char **interpreters; /* "UNIT\tPATH" that still have to be looked for */
        bool *uncertain;     /* of each unit: what it sees is more than the image has */
};

static void context_clear(struct context *c)
{
        free(c->fds);
        free(c->uncertain);
        strv_free(c->interpreters);
}

/* The head of a regular file; the size read, or a negative errno. Opens nothing else, whatever lies there.
 */
static ssize_t read_head(int tree_fd, const char *path, uint8_t *head, mode_t *ret_mode)
{
        _cleanup_close_ int fd = -EBADF, readable = -EBADF;
        _cleanup_free_ char *canonical = NULL;
        struct stat st;
        ssize_t n;
        int r = chase_in_root(tree_fd, path, &canonical, NULL);

        if (r < 0)
                return r;
        fd = fd_open_in_root(tree_fd, canonical, O_PATH | O_NOFOLLOW, 0);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        *ret_mode = st.st_mode;
        if (!S_ISREG(st.st_mode))
                return 0;
        readable = fd_reopen(fd, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (readable < 0)
                return readable;
        n = pread(readable, head, BINARY_HEAD_SIZE, 0);
        return n < 0 ? -errno : n;
}

/* By a program that every system has; of another one's tree that is not our own machine. */
static uint16_t machine_of(int root_fd, uint8_t *head)
{
        struct binary b;
        mode_t mode;

        for (const char *const *program = layout_native_programs; *program; program++) {
                ssize_t n = read_head(root_fd, *program, head, &mode);

                binary_parse(head, n > 0 ? (size_t)n : 0, &b);
                if (b.kind == BINARY_ELF)
                        return b.machine;
        }
        return EM_NONE;
}

/* What a machine's kernel runs besides its own. */
static bool machine_runs(uint16_t machine, uint16_t program)
{
        return machine == EM_NONE || machine == program || (machine == EM_X86_64 && program == EM_386) ||
               (machine == EM_AARCH64 && program == EM_ARM);
}

static int check_head(struct context *c, const char *unit, const char *path, const uint8_t *head,
                      size_t size, mode_t mode)
{
        struct binary b;
        char *line;

        if (!S_ISREG(mode))
                return findings_add(c->f, FINDING_ERROR, unit, "It starts '%s', which is no regular file",
                                    path);
        if (!(mode & 0111))
                return findings_add(c->f, FINDING_ERROR, unit, "It starts '%s', which is not executable",
                                    path);
        binary_parse(head, size, &b);
        if (b.kind == BINARY_UNKNOWN)
                return findings_add(c->f, FINDING_WARNING, unit,
                                    "It starts '%s', which is neither an ELF program nor a script with an "
                                    "interpreter",
                                    path);
        if (b.kind == BINARY_ELF && !machine_runs(c->machine, b.machine))
                return findings_add(
                        c->f, FINDING_ERROR, unit, "It starts '%s', which is for %s, this system is %s",
                        path, binary_machine_to_string(b.machine), binary_machine_to_string(c->machine));
        if (!*b.interpreter || !text_is_printable(b.interpreter))
                return 0;
        if (asprintf(&line, "%s\t%s", unit, b.interpreter) < 0)
                line = NULL;
        return strv_consume(&c->interpreters, line);
}

/* The uppermost layer that has it counts. */
static int check_program(struct context *c, const char *unit, const char *path, uint8_t *head)
{
        for (size_t i = c->p->layers.n; i-- > 0;) {
                mode_t mode = 0;
                ssize_t n = read_head(c->fds[i], path, head, &mode);

                if (n >= 0)
                        return check_head(c, unit, path, head, (size_t)n, mode);
        }
        return 0;
}

/* Whatever else may bring a program into the service's view: then its absence is no certain failure. */
static bool is_uncertain(const struct unit_merged *u)
{
        static const char *const keys[] = {"BindPaths", "BindReadOnlyPaths", "MountImages"};

        for (size_t i = 0; i < u->n; i++) {
                const struct unit_setting *s = u->items + i;

                if (s->counts && strcmp(s->section, "Unit") == 0 && string_starts_with(s->key, "Condition"))
                        return true;
        }
        for (size_t k = 0; k < ELEMENTSOF(keys); k++)
                if (unit_merged_get(u, "Service", keys[k]))
                        return true;
        for (size_t k = 0; k < ROOT_SETTING_MAX; k++)
                if (unit_merged_get(u, "Service", root_settings[k].name))
                        return true;
        for (enum image_type type = 0; type < IMAGE_TYPE_MAX; type++) {
                const char *extension = image_kind(type)->extension;

                if (extension && unit_merged_get(u, "Service", extension))
                        return true;
        }
        return false;
}

/* The index of a unit among those that are attached; p->n_units if it is not. */
static size_t find_unit(const struct prepared *p, const char *unit)
{
        size_t i = 0;

        while (i < p->n_units && strcmp(p->units[i].file->name, unit) != 0)
                i++;
        return i;
}

/* lines: "UNIT\tPATH", cut up. */
static int report_missing(const struct context *c, char **lines, const char *how, struct error *error)
{
        for (char **l = lines; *l; l++) {
                char *tab = strchr(*l, '\t');
                bool certain;
                size_t unit;

                if (!tab)
                        continue;
                *tab++ = '\0';
                unit = find_unit(c->p, *l);
                if (unit == c->p->n_units)
                        continue;
                certain = !c->uncertain[unit] && !layout_is_volatile(tab);
                if (findings_add(c->f, certain ? FINDING_ERROR : FINDING_WARNING, *l,
                                 "It %s '%s', which is not in the image", how, tab) < 0)
                        return error_set_oom(error);
        }
        return 0;
}

static int check_missing(const struct context *c, struct error *error)
{
        struct metadata interpreters = {.missing_binaries = c->interpreters}, nothing = {};
        _cleanup_strv_ char **programs = NULL, **needed = NULL;
        _cleanup_free_ const struct metadata **metadata = calloc(c->p->layers.n, sizeof(*metadata));
        int r;

        if (!metadata)
                return error_set_oom(error);
        for (size_t i = 0; i < c->p->layers.n; i++)
                metadata[i] = c->p->layers.items[i].metadata;
        if (missing_in_layers(metadata, c->fds, c->p->layers.n, &programs) < 0)
                return error_set_oom(error);
        for (size_t i = 0; i < c->p->layers.n; i++)
                metadata[i] = i ? &nothing : &interpreters;
        if (missing_in_layers(metadata, c->fds, c->p->layers.n, &needed) < 0)
                return error_set_oom(error);
        r = report_missing(c, programs, "starts", error);
        return r < 0 ? r : report_missing(c, needed, "starts a program that needs", error);
}

static int check_unit(struct context *c, size_t unit, uint8_t *head)
{
        const struct unit_file *file = c->p->units[unit].file;
        const struct unit_source source = {file->content, file->size};
        _cleanup_unit_merged_ struct unit_merged u = {};
        _cleanup_strv_ char **paths = NULL;

        if (unit_merged_read(&source, 1, &u) < 0)
                return -ENOMEM;
        c->uncertain[unit] = is_uncertain(&u);
        if (!string_ends_with(file->name, ".service"))
                return 0;
        if (unit_programs(&u, EXTRACT_BINARIES_MAX, &paths) < 0)
                return -ENOMEM;
        for (char **path = paths; *path; path++)
                if (check_program(c, file->name, *path, head) < 0)
                        return -ENOMEM;
        return 0;
}

int check_programs(struct operation *o, const struct prepared *p, struct findings *f, struct error *error)
{
        _cleanup_(context_clear) struct context c = {.p = p,
                                                     .f = f,
                                                     .fds = calloc(p->layers.n, sizeof(int)),
                                                     .uncertain = calloc(p->n_units + 1, sizeof(bool))};
        _cleanup_free_ uint8_t *head = malloc(BINARY_HEAD_SIZE);

        if (!c.fds || !c.uncertain || !head)
                return error_set_oom(error);
        for (size_t i = 0; i < p->layers.n; i++)
                c.fds[i] = dissected_tree_fd(p->layers.items[i].dissected);
        c.machine = machine_of(o->root_fd, head);
        for (size_t i = 0; i < p->n_units; i++)
                if (check_unit(&c, i, head) < 0)
                        return error_set_oom(error);
        return check_missing(&c, error);
}
