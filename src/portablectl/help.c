/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/help.h"

#include <stdio.h>
#include <string.h>

#include "portablectl/exit-status.h"
#include "portablectl/terminal.h"

enum { WIDTH = 80, COLUMN_COMMAND = 31, COLUMN_OPTION = 27 };

static void heading(const struct terminal *t, const char *text)
{
        printf("\n%s%s%s\n", t->colours ? "\033[1m" : "", text, t->colours ? "\033[0m" : "");
}

/* "  name   text", the text from a column on and broken between words. */
static void show_entry(const char *name, const char *text, int column)
{
        int at = printf("  %s ", name);

        while (*text) {
                int n = (int)strcspn(text, " ");

                if (at < column)
                        at += printf("%*s", column - at, "");
                else if (at > column && at + 1 + n > WIDTH)
                        at = printf("\n%*s", column, "") - 1;
                else if (at > column)
                        at += printf(" ");
                at += printf("%.*s", n, text);
                text += n;
                text += strspn(text, " ");
        }
        putchar('\n');
}

static void show_option(const struct option_info *o)
{
        char name[64], letter[4] = "  ";

        if (o->letter)
                snprintf(letter, sizeof(letter), "-%c", o->letter);
        if (o->name)
                snprintf(name, sizeof(name), "%s --%s%s%s", letter, o->name, o->value ? "=" : "",
                         o->value ? o->value : "");
        else
                snprintf(name, sizeof(name), "%s", letter);
        show_entry(name, o->text, COLUMN_OPTION);
}

void help_show(const struct terminal *t)
{
        printf("portablectl [OPTION...] COMMAND [ARGUMENT...]\n\n"
               "Attach portable services to this system, detach them, and look at their images.\n");
        heading(t, "Commands:");
        for (int i = 0; i < COMMAND_MAX; i++) {
                char usage[64];

                snprintf(usage, sizeof(usage), "%s %s", commands[i].name, commands[i].arguments);
                show_entry(usage, commands[i].summary, COLUMN_COMMAND);
        }
        heading(t, "Options:");
        for (int i = 0; i < OPTION_ID_MAX; i++)
                if (option_table[i].text)
                        show_option(option_table + i);
        heading(t, "Exit status:");
        for (int i = 0; i < STATUS_MAX; i++)
                printf("  %d  %s\n", i, exit_status_text((enum exit_status)i));
        printf("\nIMAGE is the name of an image in the search path, or a path (with a slash).\n"
               "See portablectl(1) for more.\n");
}

void help_show_command(const struct terminal *t, enum command command)
{
        const struct command_info *info = commands + command;
        const uint32_t bit = UINT32_C(1) << command, every = (UINT32_C(1) << COMMAND_MAX) - 1;
        bool any = false;

        printf("portablectl [OPTION...] %s %s\n\n%s.\n", info->name, info->arguments, info->summary);
        for (int i = 0; i < OPTION_ID_MAX; i++) {
                const struct option_info *o = option_table + i;

                if (!o->text || !(o->commands & bit) || o->commands == every)
                        continue;
                if (!any)
                        heading(t, "Options:");
                any = true;
                show_option(o);
        }
        printf("\nportablectl --help lists the options that all commands have. See portablectl(1)\n"
               "for more.\n");
}

void version_show(void)
{
        printf("portablectl %s\n"
               "+BLKID +CRYPTSETUP +JSON +SECCOMP +SMARTCOLS\n",
               PROJECT_VERSION);
}
