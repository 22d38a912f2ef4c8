/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/help.h"

#include <stdio.h>
#include <string.h>

#include "basic/cleanup.h"
#include "portablectl/terminal.h"

static const struct {
        const char *option, *text;
        const char *verbs; /* those it matters to, between blanks; NULL: all */
} option_help[] = {
        {"-q --quiet", "Print nothing but what was asked for and errors", NULL},
        {"-p --profile=PROFILE", "Confine the services by this profile, or file (help: list them)",
         " attach reattach verify exec shell "},
        {"   --copy=MODE", "Copy or symlink files: auto, copy, symlink, mixed", " attach reattach "},
        {"   --runtime", "Only until the next boot", " attach detach reattach "},
        {"   --extension=IMAGE", "Lay this image over the other; may be repeated",
         " attach detach reattach inspect is-attached status verify exec shell "},
        {"   --force",
         "Attach or detach even if units exist or run; any release file\n"
         "                           of an extension will do",
         " attach detach reattach inspect verify "},
        {"   --strict", "Take warnings for errors: exit with 1", " verify "},
        {"   --enable", "Enable the units after attach, disable them before detach",
         " attach detach reattach "},
        {"   --now",
         "Start the units after attach, stop them before detach,\n"
         "                           restart them after reattach",
         " attach detach reattach "},
        {"   --no-block", "Do not wait until units are started", " attach reattach "},
        {"   --dry-run", "Check and print what would be changed, change nothing",
         " attach detach reattach "},
        {"   --all",
         "All images that are not attached yet, or all that are; those that\n"
         "                           match if IMAGE is given; none is no error",
         " attach detach reattach "},
        {"   --atomic", "Of several images all or none", " attach detach reattach "},
        {"   --clean", "Also remove state, cache, logs and configuration of services", " detach "},
        {"   --no-reload", "Do not reload the service manager", " attach detach reattach "},
        {"   --json=MODE", "Print as JSON: short, pretty, off",
         " list attach detach reattach inspect is-attached profiles status verify "},
        {"-j", "The same, pretty on a terminal and else short",
         " list attach detach reattach inspect is-attached profiles status verify "},
        {"   --cat", "Show the release and unit files themselves", " inspect "},
        {"   --root=DIR", "Work on the operating system's tree in DIR, not on a running system", NULL},
        {"-H --host=[USER@]HOST", "Work on another host, by ssh", NULL},
        {"-M --machine=MACHINE", "Work in a local container", NULL},
        {"   --no-ask-password", "Never ask for a password", NULL},
        {"   --no-pager", "Print directly, not through a pager",
         " list inspect profiles cat-profile status verify "},
        {"   --no-legend", "No header and footer", " list profiles verify "},
        {"   --system", "Talk to the system's service manager (the default)", NULL},
        {"-h --help", "This text; after a command, what that command does", NULL},
        {"   --version", "Version and features", NULL},
};

static void heading(const struct terminal *t, const char *text)
{
        printf("\n%s%s%s\n", t->colours ? "\033[1m" : "", text, t->colours ? "\033[0m" : "");
}

static void show_option(size_t i)
{
        printf("  %-23s  %s\n", option_help[i].option, option_help[i].text);
}

void help_show(const struct terminal *t, const struct verb_help *verbs, size_t n)
{
        printf("portablectl [OPTION...] COMMAND [ARGUMENT...]\n\n"
               "Attach portable services to this system, detach them, and look at their images.\n");
        heading(t, "Commands:");
        for (size_t i = 0; i < n; i++) {
                char usage[64];

                snprintf(usage, sizeof(usage), "%s %s", verbs[i].name, verbs[i].arguments);
                printf("  %-28s %s\n", usage, verbs[i].summary);
        }
        heading(t, "Options:");
        for (size_t i = 0; i < ELEMENTSOF(option_help); i++)
                show_option(i);
        printf("\nIMAGE is the name of an image in the search path, or a path (with a slash).\n"
               "See portablectl(1) for more.\n");
}

static bool option_concerns(const char *verbs, const char *verb)
{
        char word[32];

        snprintf(word, sizeof(word), " %s ", verb);
        return verbs && strstr(verbs, word);
}

void help_show_verb(const struct terminal *t, const struct verb_help *verb)
{
        bool any = false;

        printf("portablectl [OPTION...] %s %s\n\n%s.\n", verb->name, verb->arguments, verb->summary);
        for (size_t i = 0; i < ELEMENTSOF(option_help); i++) {
                if (!option_concerns(option_help[i].verbs, verb->name))
                        continue;
                if (!any)
                        heading(t, "Options:");
                any = true;
                show_option(i);
        }
        printf("\nportablectl --help lists the options that all commands have. See portablectl(1) for "
               "more.\n");
}

void version_show(void)
{
        printf("portablectl %s\n"
               "+BLKID +CRYPTSETUP +JSON +SECCOMP +SMARTCOLS\n",
               PROJECT_VERSION);
}
