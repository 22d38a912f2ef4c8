/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_LAYOUT_SERVICE_H
#define BASIC_LAYOUT_SERVICE_H

/* Paths that are part of what a setting of a system service means, or that a system looks at for its
 * services and does not in an image. Tables end with a row of NULL or 0. */

#include <stdbool.h>

#include "basic/layout.h"

/* What is mounted where a setting is true. Source: systemd.exec(5). */
struct layout_switch {
        const char *setting, *path;
        bool empty; /* a new file system of the service's own; else one with files in it */
};

extern const struct layout_switch layout_switches[];

/* Below what the directories that a setting names lie. Source: systemd.exec(5). */
struct layout_directory {
        const char *setting;
        enum layout_base base;
};

extern const struct layout_directory layout_directories[];

/* Specifiers that stand for a directory. Source: systemd.unit(5). */
struct layout_specifier {
        char letter;
        const char *directory; /* NULL: base */
        enum layout_base base;
};

extern const struct layout_specifier layout_specifiers[];

/* What ProtectHome= hides. Source: systemd.exec(5). */
extern const char *const layout_homes[];

/* What extensions are laid over. Source: systemd.exec(5), ExtensionImages=. */
extern const char *const layout_extended[];

/* Where programs without a slash are looked for. Source: systemd.exec(5), ExecSearchPath=. */
extern const char *const layout_programs[];

/* Where the system bus reads policies, and is to be reached. Source: dbus-daemon(1). */
extern const char *const layout_bus_policies[];
/* Files that have such policy, too. */
extern const char *const layout_bus_configurations[];
extern const char layout_bus_socket[];

/* The service manager mounts into a service by it. Seen in what 252 and 257 log. */
extern const char layout_incoming[];

/* Accounts of the host. */
extern const char layout_users[];
extern const char layout_groups[];
extern const char layout_machine_id[];

/* What a system reads in its own tree, and portable services do nothing with. */
enum layout_carried_kind {
        LAYOUT_CARRIED_PRESET,
        LAYOUT_CARRIED_TMPFILES,
        LAYOUT_CARRIED_SYSUSERS,
        LAYOUT_CARRIED_BUS_SERVICE,
        LAYOUT_CARRIED_BUS_POLICY,
        LAYOUT_CARRIED_POLKIT,
        LAYOUT_CARRIED_UDEV,
        LAYOUT_CARRIED_MAX,
};

struct layout_carried {
        enum layout_carried_kind kind;
        const char *directory, *suffix;
};

extern const struct layout_carried layout_carried[];

#endif
