/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_FEATURE_H
#define PLAN_FEATURE_H

/*
 * Which setting a service manager understands, by its version: the one place that knows. A drop-in holds
 * only settings that the running manager takes without a warning. Sources: the "Added in version" notes of
 * systemd.exec(5) and NEWS facts, and for the last row the drop-ins of portabled itself.
 */

#include <stdbool.h>

enum feature {
        FEATURE_EXTENSION_IMAGES,      /* ExtensionImages= */
        FEATURE_EXTENSION_RELAX,       /* its option x-systemd.relax-extension-release-check */
        FEATURE_EXTENSION_DIRECTORIES, /* ExtensionDirectories= */
        FEATURE_CONFEXT,               /* configuration extensions in both */
        FEATURE_VERSIONLESS_RELEASE,   /* extension-release.NAME for the extension NAME_1 */
        FEATURE_IMAGE_POLICY,          /* RootImagePolicy=, ExtensionImagePolicy= */
        FEATURE_IMAGE_POLICY_FSTYPE,   /* file system types in them */
        FEATURE_HOST_OS_RELEASE, /* the manager itself shows the host's os-release at /run/host/os-release */
        FEATURE_ROOT_MSTACK,     /* RootMStack= */
        FEATURE_MAX,
};

/* version 0 stands for "not known": the newest. FEATURE_MAX is what each service manager has. */
bool feature_is_available(enum feature feature, unsigned manager_version);

/* The setting's name and the first version that has it, for messages. */
const char *feature_name(enum feature feature);
unsigned feature_since(enum feature feature);

#endif
