/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/feature.h"

static const struct {
        const char *name;
        unsigned since;
} features[FEATURE_MAX] = {
        [FEATURE_EXTENSION_IMAGES] = {"ExtensionImages=", 248},
        [FEATURE_EXTENSION_RELAX] = {"x-systemd.relax-extension-release-check", 250},
        [FEATURE_EXTENSION_DIRECTORIES] = {"ExtensionDirectories=", 251},
        [FEATURE_CONFEXT] = {"configuration extensions", 254},
        /* Not in 252 and in 257, as tried; harmless to think too late of. */
        [FEATURE_VERSIONLESS_RELEASE] = {"release files named without a version", 257},
        [FEATURE_IMAGE_POLICY] = {"RootImagePolicy=", 254},
        [FEATURE_IMAGE_POLICY_FSTYPE] = {"file system types in RootImagePolicy=", 260},
        [FEATURE_ROOT_MSTACK] = {"RootMStack=", 260},
        [FEATURE_HOST_OS_RELEASE] = {"/run/host/os-release", 255},
};

bool feature_is_available(enum feature feature, unsigned manager_version)
{
        return manager_version == 0 || feature == FEATURE_MAX || manager_version >= features[feature].since;
}

const char *feature_name(enum feature feature)
{
        return features[feature].name;
}

unsigned feature_since(enum feature feature)
{
        return features[feature].since;
}
