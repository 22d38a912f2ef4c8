/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unitfile/rule.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "basic/text.h"

#define LIST(key) \
        { \
                NULL, key, RULE_LIST, NULL, NULL \
        }
#define GROUP(key, group) \
        { \
                NULL, key, RULE_LIST, group, NULL \
        }
#define SUM(section, key) \
        { \
                section, key, RULE_SUM, NULL, NULL \
        }
#define BOOLEAN(key) \
        { \
                NULL, key, RULE_VALUE, NULL, "@" \
        }
#define VALUE(key, ...) \
        { \
                NULL, key, RULE_VALUE, NULL, __VA_ARGS__ \
        }
#define FIRST(section, key) \
        { \
                section, key, RULE_FIRST, NULL, NULL \
        }

static const struct unit_rule rules[] = {
        /* What hangs units together: nothing takes it back. */
        SUM("Unit", "After"),
        SUM("Unit", "Before"),
        SUM("Unit", "BindsTo"),
        SUM("Unit", "Conflicts"),
        SUM("Unit", "JoinsNamespaceOf"),
        SUM("Unit", "OnFailure"),
        SUM("Unit", "OnSuccess"),
        SUM("Unit", "PartOf"),
        SUM("Unit", "PropagatesReloadTo"),
        SUM("Unit", "PropagatesStopTo"),
        SUM("Unit", "ReloadPropagatedFrom"),
        SUM("Unit", "Requires"),
        SUM("Unit", "RequiresMountsFor"),
        SUM("Unit", "Requisite"),
        SUM("Unit", "StopPropagatedFrom"),
        SUM("Unit", "Upholds"),
        SUM("Unit", "Wants"),
        SUM("Unit", "WantsMountsFor"),
        SUM("Service", "Sockets"),
        FIRST("Timer", "Unit"),
        FIRST("Path", "Unit"),

        GROUP("Condition*", "Condition"),
        GROUP("Assert*", "Assert"),
        LIST("Documentation"),
        LIST("Alias"),
        LIST("Also"),
        LIST("RequiredBy"),
        LIST("UpheldBy"),
        LIST("WantedBy"),

        GROUP("Listen*", "Listen"),
        LIST("Symlinks"),
        {"Timer", "On*", RULE_LIST, "On", NULL},
        {"Path", "Path*", RULE_LIST, "Path", NULL},
        {"Path", "DirectoryNotEmpty", RULE_LIST, "Path", NULL},

        LIST("Exec*"), /* and ExecPaths= */
        LIST("OpenFile"),
        LIST("RestartForceExitStatus"),
        LIST("RestartPreventExitStatus"),
        LIST("SuccessExitStatus"),

        GROUP("BindPaths", "Bind"),
        GROUP("BindReadOnlyPaths", "Bind"),
        LIST("ExtensionDirectories"),
        LIST("ExtensionImages"),
        LIST("MountImages"),
        LIST("RootImageOptions"),
        LIST("TemporaryFileSystem"),
        GROUP("InaccessiblePaths", "InaccessiblePaths"),
        GROUP("InaccessibleDirectories", "InaccessiblePaths"), /* as it was called once */
        LIST("NoExecPaths"),
        GROUP("ReadOnlyPaths", "ReadOnlyPaths"),
        GROUP("ReadOnlyDirectories", "ReadOnlyPaths"),
        GROUP("ReadWritePaths", "ReadWritePaths"),
        GROUP("ReadWriteDirectories", "ReadWritePaths"),
        LIST("CacheDirectory"),
        LIST("ConfigurationDirectory"),
        LIST("LogsDirectory"),
        LIST("RuntimeDirectory"),
        LIST("StateDirectory"),

        LIST("AmbientCapabilities"),
        LIST("CapabilityBoundingSet"),
        LIST("SecureBits"),
        LIST("SupplementaryGroups"),
        LIST("RestrictAddressFamilies"),
        LIST("RestrictFileSystems"),
        LIST("RestrictNamespaces"),
        LIST("RestrictNetworkInterfaces"),
        LIST("SystemCallArchitectures"),
        LIST("SystemCallFilter"),
        LIST("SystemCallLog"),

        LIST("Environment"),
        LIST("EnvironmentFile"),
        LIST("PassEnvironment"),
        LIST("UnsetEnvironment"),
        LIST("ImportCredential"),
        LIST("LoadCredential"),
        LIST("LoadCredentialEncrypted"),
        LIST("SetCredential"),
        LIST("SetCredentialEncrypted"),
        LIST("LogExtraFields"),
        LIST("LogFilterPatterns"),

        LIST("BPFProgram"),
        LIST("DeviceAllow"),
        LIST("IODevice*"),
        LIST("IORead*"),
        LIST("IOWrite*"),
        LIST("IPAddressAllow"),
        LIST("IPAddressDeny"),
        LIST("IPEgressFilterPath"),
        LIST("IPIngressFilterPath"),
        LIST("NFTSet"),
        LIST("SocketBindAllow"),
        LIST("SocketBindDeny"),

        VALUE("DevicePolicy", "auto closed strict"),
        VALUE("KeyringMode", "inherit private shared"),
        VALUE("MountFlags", "shared slave private"),
        VALUE("PrivateTmp", "@ disconnected"),
        VALUE("PrivateUsers", "@ self identity full managed"),
        VALUE("ProtectHome", "@ read-only tmpfs"),
        VALUE("ProtectProc", "noaccess invisible ptraceable default"),
        VALUE("ProtectSystem", "@ full strict"),
        VALUE("ProcSubset", "all pid"),
        BOOLEAN("Accept"),
        BOOLEAN("DynamicUser"),
        BOOLEAN("LockPersonality"),
        BOOLEAN("MakeDirectory"),
        BOOLEAN("MemoryDenyWriteExecute"),
        BOOLEAN("NoNewPrivileges"),
        BOOLEAN("PermissionsStartOnly"),
        BOOLEAN("PrivateDevices"),
        BOOLEAN("PrivateIPC"),
        BOOLEAN("PrivateMounts"),
        BOOLEAN("PrivateNetwork"),
        BOOLEAN("ProtectClock"),
        BOOLEAN("ProtectKernelLogs"),
        BOOLEAN("ProtectKernelModules"),
        BOOLEAN("ProtectKernelTunables"),
        BOOLEAN("RemoveIPC"),
        BOOLEAN("RestrictRealtime"),
        BOOLEAN("RestrictSUIDSGID"),
        BOOLEAN("RootDirectoryStartOnly"),
};

static bool key_fits(const char *pattern, const char *key)
{
        size_t n;

        if (*pattern != *key && *pattern != '*')
                return false;
        n = strlen(pattern);
        if (n > 0 && pattern[n - 1] == '*')
                return strncmp(pattern, key, n - 1) == 0;
        return strcmp(pattern, key) == 0;
}

const struct unit_rule *unit_rule_find(const char *section, const char *key)
{
        static const struct unit_rule plain = {.kind = RULE_LAST};

        for (size_t i = 0; i < ELEMENTSOF(rules); i++)
                if (key_fits(rules[i].key, key) &&
                    (!rules[i].section || strcmp(rules[i].section, section) == 0))
                        return rules + i;
        return &plain;
}

const char *unit_own_section(const char *unit)
{
        static const char *const sections[][2] = {
                {".service", "Service"}, {".socket", "Socket"}, {".timer", "Timer"}, {".path", "Path"}};

        for (size_t i = 0; i < ELEMENTSOF(sections); i++)
                if (string_ends_with(unit, sections[i][0]))
                        return sections[i][1];
        return "";
}

bool unit_rule_takes(const struct unit_rule *rule, const char *value)
{
        size_t length = strlen(value);

        for (const char *word = rule->values; *word;) {
                size_t n = strcspn(word, " ");

                if (*word == '@' ? text_to_boolean(value) >= 0 : n == length && strncmp(word, value, n) == 0)
                        return true;
                word += n + strspn(word + n, " ");
        }
        return false;
}
