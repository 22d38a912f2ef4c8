/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/layout-service.h"

#include <stddef.h>

const struct layout_switch layout_switches[] = {
        {"MountAPIVFS", "/proc", false},   {"MountAPIVFS", "/sys", false},
        {"MountAPIVFS", "/dev", false},    {"MountAPIVFS", "/run", true},
        {"PrivateDevices", "/dev", false}, {"PrivateTmp", "/tmp", true},
        {"PrivateTmp", "/var/tmp", true},  {},
};

const struct layout_directory layout_directories[] = {
        {"StateDirectory", LAYOUT_BASE_STATE},     {"CacheDirectory", LAYOUT_BASE_CACHE},
        {"LogsDirectory", LAYOUT_BASE_LOGS},       {"ConfigurationDirectory", LAYOUT_BASE_CONFIGURATION},
        {"RuntimeDirectory", LAYOUT_BASE_RUNTIME}, {},
};

const struct layout_specifier layout_specifiers[] = {
        {'S', NULL, LAYOUT_BASE_STATE},
        {'C', NULL, LAYOUT_BASE_CACHE},
        {'L', NULL, LAYOUT_BASE_LOGS},
        {'E', NULL, LAYOUT_BASE_CONFIGURATION},
        {'t', NULL, LAYOUT_BASE_RUNTIME},
        {'T', "/tmp"},
        {'V', "/var/tmp"},
        {},
};

const char *const layout_homes[] = {"/home", "/root", "/run/user", NULL};

const char *const layout_extended[] = {"/usr", "/opt", NULL};

const char *const layout_programs[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin",
                                       "/sbin",           "/bin",           NULL};

const char *const layout_bus_policies[] = {"/etc/dbus-1/system.d", "/run/dbus-1/system.d",
                                           "/usr/local/share/dbus-1/system.d", "/usr/share/dbus-1/system.d",
                                           NULL};
const char *const layout_bus_configurations[] = {"/usr/share/dbus-1/system.conf", "/etc/dbus-1/system.conf",
                                                 "/etc/dbus-1/system-local.conf", NULL};
const char layout_bus_socket[] = "/run/dbus/system_bus_socket";

const char layout_incoming[] = "/run/systemd/incoming";

const char layout_users[] = "/etc/passwd";
const char layout_groups[] = "/etc/group";
const char layout_machine_id[] = "/etc/machine-id";

const struct layout_carried layout_carried[] = {
        {LAYOUT_CARRIED_PRESET, "/usr/lib/systemd/system-preset", ".preset"},
        {LAYOUT_CARRIED_PRESET, "/etc/systemd/system-preset", ".preset"},
        {LAYOUT_CARRIED_TMPFILES, "/usr/lib/tmpfiles.d", ".conf"},
        {LAYOUT_CARRIED_TMPFILES, "/etc/tmpfiles.d", ".conf"},
        {LAYOUT_CARRIED_SYSUSERS, "/usr/lib/sysusers.d", ".conf"},
        {LAYOUT_CARRIED_SYSUSERS, "/etc/sysusers.d", ".conf"},
        {LAYOUT_CARRIED_BUS_SERVICE, "/usr/share/dbus-1/system-services", ".service"},
        {LAYOUT_CARRIED_BUS_POLICY, "/usr/share/dbus-1/system.d", ".conf"},
        {LAYOUT_CARRIED_BUS_POLICY, "/etc/dbus-1/system.d", ".conf"},
        {LAYOUT_CARRIED_POLKIT, "/usr/share/polkit-1/actions", ".policy"},
        {LAYOUT_CARRIED_UDEV, "/usr/lib/udev/rules.d", ".rules"},
        {LAYOUT_CARRIED_UDEV, "/etc/udev/rules.d", ".rules"},
        {},
};
