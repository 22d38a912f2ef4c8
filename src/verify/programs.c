/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/layout-service.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "unitfile/command.h"
#include "verify/binary.h"
#include "verify/checks.h"
#include "verify/findings.h"
#include "verify/view.h"

/* Looked at of one setting; more are as wrong as these. */
#define COMMANDS_MAX 64U
/* A script's interpreter may be one, too, and needs a loader. */
#define INTERPRETERS_MAX 3U

/* What each command's failure means. Source: systemd.service(5). */
static const struct moment {
        const char *key;
        enum finding_id id;
        const char *when; /* it is started, in words; NULL: with the service */
} moments[] = {
        {"ExecCondition", FOUND_PROGRAM, NULL},
        {"ExecStartPre", FOUND_PROGRAM, NULL},
        {"ExecStart", FOUND_PROGRAM, NULL},
        {"ExecStartPost", FOUND_PROGRAM, NULL},
        {"ExecReload", FOUND_PROGRAM_LATER, ", when it is reloaded"},
        {"ExecReloadPost", FOUND_PROGRAM_LATER, ", when it was reloaded"},
        {"ExecStop", FOUND_PROGRAM_LATER, ", when it is stopped"},
        {"ExecStopPost", FOUND_PROGRAM_LATER, ", when it has ended"},
};

/* One command and where it stands. */
struct exec_command {
        const struct view *v;
        const struct moment *moment;
        struct finding_place place;
        struct findings *f;
        uint16_t machine; /* of the system that the image is for; EM_NONE: not known */
        uint8_t *head;    /* to read programs to; NULL: only look whether they are there */
};

/* The head of a regular file; the size read, or a negative errno. */
static ssize_t read_head(int fd, uint8_t *head)
{
        _cleanup_close_ int readable = fd_reopen(fd, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        ssize_t n = readable < 0 ? readable : pread(readable, head, BINARY_HEAD_SIZE, 0);

        return readable >= 0 && n < 0 ? -errno : n;
}

/* By a program that every system has; of another one's tree that is not our own machine. */
static uint16_t machine_of(int root_fd, uint8_t *head)
{
        struct binary b;

        for (const char *const *program = layout_native_programs; head && *program; program++) {
                _cleanup_close_ int fd = fd_open_in_root(root_fd, *program, O_PATH, 0);
                struct stat st;
                ssize_t n = fd >= 0 && fstat(fd, &st) >= 0 && S_ISREG(st.st_mode) ? read_head(fd, head) : 0;

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

static int __attribute__((format(printf, 3, 4)))
tell(const struct exec_command *c, const char *program, const char *format, ...)
{
        _cleanup_free_ char *what = NULL;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&what, format, ap);
        va_end(ap);
        if (r < 0) {
                what = NULL;
                return -ENOMEM;
        }
        return findings_add(c->f, c->moment->id, &c->place, "It starts '%s'%s, which %s", program,
                            c->moment->when ?: "", what);
}

static int check_interpreter(const struct exec_command *c, const char *path, unsigned depth);

/* What its first bytes say. */
static int check_head(const struct exec_command *c, const char *path, int fd, unsigned depth)
{
        ssize_t n = c->head ? read_head(fd, c->head) : -ENODATA;
        struct finding_place place = c->place;
        struct binary b;

        if (n < 0)
                return 0;
        binary_parse(c->head, (size_t)n, &b);
        if (b.kind == BINARY_UNKNOWN)
                return findings_add(c->f, FOUND_PROGRAM_UNSURE, &place,
                                    "It starts '%s', which is neither an ELF program nor a script with an "
                                    "interpreter",
                                    path);
        if (b.kind == BINARY_ELF && !machine_runs(c->machine, b.machine))
                return tell(c, path, "is for %s, this system is %s", binary_machine_to_string(b.machine),
                            binary_machine_to_string(c->machine));
        if (!*b.interpreter || !text_is_printable(b.interpreter))
                return 0;
        return check_interpreter(c, b.interpreter, depth + 1);
}

static int check_interpreter(const struct exec_command *c, const char *path, unsigned depth)
{
        _cleanup_looked_ struct looked l = {.fd = -EBADF};
        struct finding_place place = c->place;

        place.object = path;
        view_look(c->v, path, &l);
        if (l.look == LOOK_THERE && S_ISREG(l.st.st_mode) && depth < INTERPRETERS_MAX)
                return check_head(c, path, l.fd, depth);
        if (view_has(c->v, path))
                return 0;
        return findings_add(c->f, c->moment->id == FOUND_PROGRAM ? FOUND_INTERPRETER : FOUND_PROGRAM_LATER,
                            &place, "It starts a program that needs '%s'%s, which is not in the image", path,
                            c->moment->when ?: "");
}

static int check_there(const struct exec_command *c, const char *path, const struct looked *l)
{
        if (!S_ISREG(l->st.st_mode))
                return tell(c, path, "is not a regular file");
        if (!(l->st.st_mode & 0111))
                return tell(c, path, "is not executable");
        if (!(l->st.st_mode & S_IXOTH) && l->st.st_uid == 0 && l->st.st_gid == 0 && !view_runs_as_root(c->v))
                return tell(c, path, "only root may execute (mode %04o), and the service is not root",
                            (unsigned)(l->st.st_mode & 07777));
        return check_head(c, path, l->fd, 0);
}

static int check_absolute(const struct exec_command *c, const char *path)
{
        _cleanup_looked_ struct looked l = {.fd = -EBADF};

        view_look(c->v, path, &l);
        if (l.look == LOOK_THERE)
                return check_there(c, path, &l);
        if (view_has(c->v, path))
                return 0;
        if (l.look == LOOK_MISSING)
                return tell(c, path, "is not in the image");
        if (l.cover->kind == COVER_HOST)
                return tell(c, path, "is not on the host");
        return findings_add(c->f, FOUND_PROGRAM_UNSURE, &c->place,
                            "It starts '%s'%s, which is not there before something makes it", path,
                            c->moment->when ?: "");
}

/* A name without a slash is looked for in the manager's own search path, within the image. */
static int check_name(const struct exec_command *c, const char *name)
{
        for (const char *const *directory = layout_programs; *directory; directory++) {
                _cleanup_free_ char *path = path_join(*directory, name);

                if (!path)
                        return -ENOMEM;
                if (view_has(c->v, path))
                        return check_absolute(c, path);
        }
        return tell(c, name, "is not in a directory for programs of the image");
}

static bool is_below_bind(const struct view *v, const char *path)
{
        for (size_t i = 0; i < v->n_covers; i++)
                if (v->covers[i].kind == COVER_HOST && v->covers[i].directory &&
                    strcmp(v->covers[i].path, path) != 0 && path_is_below(path, v->covers[i].path))
                        return true;
        return false;
}

/* What the manager itself mounts for a command with "+" under ProtectSystem=strict, into the bare image.
 * Tried on 252, 257 and 262: up to the one the directory by which mounts get into a running service; from
 * the other on the file that tells of memory pressure, for which a disk image has no place. */
#define INCOMING_LAST_VERSION  257
#define PRESSURE_FIRST_VERSION 254

static bool needs_incoming(const struct view *v)
{
        return v->image_read_only && view_is_strict(v) && v->o->manager_version != 0 &&
               v->o->manager_version <= INCOMING_LAST_VERSION;
}

static bool watches_pressure(const struct view *v)
{
        const struct unit_setting *s = unit_merged_get(v->unit, "Service", "MemoryPressureWatch");
        static const char *const no[] = {"off", "no", "0", "false", "skip"};

        for (size_t i = 0; s && i < ELEMENTSOF(no); i++)
                if (strcmp(s->value, no[i]) == 0)
                        return false;
        return view_is_strict(v) && !layer_is_tree(v->p->layers.items) &&
               v->o->manager_version >= PRESSURE_FIRST_VERSION;
}

/* With "+" only root directory and binds of a unit count, nothing that would hide /run or /tmp of the image:
 * what is bound there needs mount points of its own. */
static int check_privileged(const struct exec_command *c, const char *program)
{
        struct view bare = *c->v;
        struct exec_command with = *c;

        bare.n_covers = 0;
        with.v = &bare;
        for (size_t i = 0; bare.image_read_only && i < c->v->n_covers; i++) {
                const struct cover *cover = c->v->covers + i;
                _cleanup_looked_ struct looked l = {.fd = -EBADF};

                if (cover->kind != COVER_HOST || is_below_bind(c->v, cover->path))
                        continue;
                view_look(&bare, cover->path, &l);
                if (l.look == LOOK_MISSING)
                        return tell(c, program,
                                    "has '+' in front, for which the image has no %s to mount over",
                                    cover->path);
        }
        if (needs_incoming(&bare) && !view_has(&bare, layout_incoming))
                return tell(c, program, "has '+' in front, for which the image has no %s to mount over",
                            layout_incoming);
        if (watches_pressure(&bare))
                return tell(c, program,
                            "has '+' in front, for which this manager cannot mount the memory.pressure file "
                            "(MemoryPressureWatch=off does without)");
        return *program == '/' ? check_absolute(&with, program) : check_name(&with, program);
}

static int check_command(const struct exec_command *c, const struct unit_command *command)
{
        _cleanup_free_ char *program = NULL;

        if (command->flags & COMMAND_BAD)
                return command->flags & COMMAND_MAY_FAIL
                               ? 0
                               : findings_add(c->f, FOUND_BAD_COMMAND, &c->place,
                                              "The service manager does not take the command '%s'",
                                              c->place.setting->value);
        if (command->flags & (COMMAND_MAY_FAIL | COMMAND_SHELL) || strchr(command->program, '$'))
                return 0;
        program = view_expand(c->v, command->program);
        if (!program || !*program)
                return 0;
        if (command->flags & COMMAND_PRIVILEGED)
                return check_privileged(c, program);
        return *program == '/' ? check_absolute(c, program) : check_name(c, program);
}

static int check_setting(const struct view *v, const struct moment *moment, const struct unit_setting *s,
                         uint16_t machine, uint8_t *head, struct findings *f)
{
        _cleanup_unit_commands_ struct unit_commands commands = {};
        const struct exec_command c = {.v = v,
                                       .moment = moment,
                                       .place = {.file = v->file, .setting = s},
                                       .f = f,
                                       .machine = machine,
                                       .head = head};

        if (unit_commands_read(s->value, COMMANDS_MAX, &commands) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < commands.n; i++)
                if (check_command(&c, commands.items + i) < 0)
                        return -ENOMEM;
        return 0;
}

int check_view_programs(const struct view *v, bool read, struct findings *f)
{
        bool start_only = unit_merged_is_true(v->unit, "Service", "RootDirectoryStartOnly", false);
        _cleanup_free_ uint8_t *head = read ? malloc(BINARY_HEAD_SIZE) : NULL;
        uint16_t machine = machine_of(v->o->root_fd, head);

        if (read && !head)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(moments); i++) {
                if (start_only && strcmp(moments[i].key, "ExecStart") != 0)
                        continue;
                for (const struct unit_setting *s = NULL;
                     (s = unit_merged_next(v->unit, "Service", moments[i].key, s));)
                        if (check_setting(v, moments + i, s, machine, head, f) < 0)
                                return -ENOMEM;
        }
        return 0;
}
