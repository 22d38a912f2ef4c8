/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/layout.h"

#include <string.h>

#include "basic/layout-service.h"
#include "basic/path.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Sources: systemd.unit(5), "Unit File Load Path"; org.freedesktop.portable1(5). The shared attach
 * directories are those of systemd 239. */
const struct layout layout_system = {
        .scope = LAYOUT_SYSTEM,
        .images = LIST("/etc/portables", "/run/portables", "/var/lib/portables", "/usr/local/lib/portables",
                       "/usr/lib/portables"),
        .pool = "/var/lib/portables",
        .links = "/etc/portables",
        .links_runtime = "/run/portables",
        .attach =
                {
                        {"/etc/systemd/system.attached", false, false},
                        {"/run/systemd/system.attached", true, false},
                        {"/etc/systemd/system", false, true},
                        {"/run/systemd/system", true, true},
                },
        .profiles = LIST("/etc/systemd/portable/profile", "/run/systemd/portable/profile",
                         "/usr/local/lib/systemd/portable/profile", "/usr/lib/systemd/portable/profile"),
        .profiles_end = "/systemd/portable/profile",
        .definitions = LIST("/etc/systemd/portable", "/run/systemd/portable",
                            "/usr/local/lib/systemd/portable", "/usr/lib/systemd/portable"),
        .config = LIST("/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"),
        .units = LIST("/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
                      "/run/systemd/generator.early", "/etc/systemd/system", "/etc/systemd/system.attached",
                      "/run/systemd/system", "/run/systemd/system.attached", "/run/systemd/generator",
                      "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
                      "/run/systemd/generator.late"),
        .enabled = LIST("/etc/systemd/system.control", "/etc/systemd/system", "/etc/systemd/system.attached",
                        "/run/systemd/system", "/run/systemd/system.attached"),
        .updates = "/var/lib/portabled/update",
        .failures = "/var/lib/portabled/failed",
        .image_units =
                LIST("/etc/systemd/system.control", "/run/systemd/system.control", "/etc/systemd/system",
                     "/etc/systemd/system.attached", "/run/systemd/system", "/run/systemd/system.attached",
                     "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"),
        .bases = {"/var/lib", "/var/cache", "/var/log", "/etc", "/run"},
        .bases_old = {"/var/lib", "/var/cache", "/var/log", "/etc", "/run"},
        .bus = layout_bus_socket,
        .work = LIST("/etc/systemd", "/etc", "/"),
        .work_runtime = LIST("/run/systemd", "/run", "/"),
        .work_written = LIST("/etc/systemd/system.attached", "/etc/systemd/system", "/etc/portables"),
        .work_all = LIST("/etc/systemd", "/run/systemd", "/etc", "/run", "/", "/etc/systemd/system.attached",
                         "/etc/systemd/system", "/etc/portables"),
        .lock = "/run/systemd/portabled.lock",
        .lock_directories = LIST("/run", "/run/systemd"),
        .lock_read_only = "/etc/systemd/portabled.lock",
};

const char *const layout_certificates[] = {
        "/etc/verity.d", "/run/verity.d", "/usr/local/lib/verity.d", "/usr/lib/verity.d", NULL,
};

const char *const layout_managers[] = {"/usr/lib/systemd/systemd", "/lib/systemd/systemd", NULL};
const char *const layout_native_programs[] = {
        "/usr/lib/systemd/systemd", "/lib/systemd/systemd", "/usr/bin/env", "/bin/sh", NULL,
};
const char *const layout_manager_libraries[] = {
        "/usr/lib/systemd",
        "/usr/lib64/systemd",
        "/lib/systemd",
        NULL,
};
const char layout_libraries[] = "/usr/lib";
const char layout_polkit_agent[] = "/usr/bin/pkttyagent";

const char *layout_option(const struct layout *l)
{
        return l->scope == LAYOUT_USER ? " --user" : "";
}

const char *layout_base_directory(const struct layout *l, enum layout_base base, unsigned manager_version)
{
        bool old = manager_version != 0 && manager_version < LAYOUT_STATE_SINCE;

        return old ? l->bases_old[base] : l->bases[base];
}

const char *layout_links(const struct layout *l, bool runtime)
{
        return runtime ? l->links_runtime : l->links;
}

const char *layout_attach_directory(const struct layout *l, bool runtime, bool shared)
{
        for (size_t i = 0; i < LAYOUT_ATTACH_MAX; i++)
                if (l->attach[i].runtime == runtime && l->attach[i].shared == shared)
                        return l->attach[i].path;
        return NULL;
}

size_t layout_attach_find(const struct layout *l, const char *path)
{
        size_t i = 0;

        while (i < LAYOUT_ATTACH_MAX && !path_is_below(path, l->attach[i].path))
                i++;
        return i;
}

bool layout_has_image(const struct layout *l, const char *path)
{
        const char *slash = strrchr(path, '/');

        if (!slash || !slash[1])
                return false;
        for (const char *const *directory = l->images; *directory; directory++) {
                size_t n = strlen(*directory);

                if ((size_t)(slash - path) == n && strncmp(path, *directory, n) == 0)
                        return true;
        }
        return false;
}

bool layout_has_profiles(const struct layout *l, const char *directory)
{
        return string_ends_with(directory, l->profiles_end);
}

bool layout_is_vendor(const char *path)
{
        return path_is_below(path, "/usr");
}
