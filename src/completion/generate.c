/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Makes a completion of a shell: reads what is written by hand from standard input, and puts what follows
 * from the tables of portablectl in the place of the line "@TABLES@". Built for the machine that compiles.
 *
 * usage: generate bash|zsh|fish <TEMPLATE >COMPLETION
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "portablectl/command-line.h"

static const uint32_t every = (UINT32_C(1) << COMMAND_MAX) - 1;

/* In single quotes for a shell, with a backslash before each of the characters escaped. */
static void print_quoted(const char *text, const char *escaped)
{
        for (; *text; text++) {
                if (*text == '\'')
                        fputs("'\\''", stdout);
                else if (strchr(escaped, *text))
                        printf("\\%c", *text);
                else
                        putchar(*text);
        }
}

static const char *word_name(enum word_kind kind)
{
        static const char *const names[WORD_KIND_MAX] = {
                [WORD_NONE] = "none",           [WORD_ANY] = "any",
                [WORD_IMAGE] = "image",         [WORD_ATTACHED] = "attached",
                [WORD_DETACHED] = "detached",   [WORD_PREFIX] = "prefix",
                [WORD_PROFILE] = "profile",     [WORD_BOOLEAN] = "boolean",
                [WORD_COMMAND] = "command",     [WORD_CHOICE] = "choice",
                [WORD_DIRECTORY] = "directory", [WORD_HOST] = "host",
                [WORD_MACHINE] = "machine",     [WORD_UNIT_FILE] = "unit-file",
        };

        return names[kind];
}

static void bash_option_names(const struct option_info *o)
{
        if (o->letter)
                printf(" -%c", o->letter);
        if (o->name)
                printf(" --%s%s", o->name, o->value ? "=" : "");
}

/* "'-p' | '--profile'", what a case is for. */
static void bash_option_case(const struct option_info *o)
{
        if (o->letter)
                printf("-%c%s", o->letter, o->name ? " | " : "");
        if (o->name)
                printf("--%s", o->name);
}

/* commands 0: the options of all commands together. */
static void bash_options(uint32_t commands_wanted)
{
        for (int i = 0; i < OPTION_ID_MAX; i++)
                if (option_table[i].text &&
                    (!commands_wanted || (option_table[i].commands & commands_wanted)))
                        bash_option_names(option_table + i);
}

static void bash_tables(void)
{
        printf("_portablectl_commands='");
        for (int i = 0; i < COMMAND_MAX; i++)
                printf("%s%s", i ? " " : "", commands[i].name);
        printf("'\n\n# Sets options, first and further for command $1: its options, and what its arguments "
               "are.\n"
               "_portablectl_command() {\n        case $1 in\n");
        for (int i = 0; i < COMMAND_MAX; i++) {
                printf("        %s)\n                options='", commands[i].name);
                bash_options(UINT32_C(1) << i);
                printf("'\n                first=%s further=%s\n                ;;\n",
                       word_name(commands[i].first), word_name(commands[i].further));
        }
        printf("        *)\n                options='");
        bash_options(0);
        printf("'\n                first=none further=none\n                ;;\n        esac\n}\n\n"
               "# Sets kind and choices for the value of option $1; fails if it takes none.\n"
               "_portablectl_option() {\n        choices=''\n        case $1 in\n");
        for (int i = 0; i < OPTION_ID_MAX; i++) {
                const struct option_info *o = option_table + i;

                if (!o->value)
                        continue;
                printf("        ");
                bash_option_case(o);
                printf(") kind=%s choices='%s' ;;\n", word_name(o->kind), o->choices ? o->choices : "");
        }
        printf("        *) return 1 ;;\n        esac\n}\n");
}

static void zsh_names(const struct option_info *o)
{
        if (o->letter)
                printf("-%c%s", o->letter, o->name ? " " : "");
        if (o->name)
                printf("--%s", o->name);
}

/* "(-q --quiet -x)": with what it is not offered again. */
static void zsh_excludes(const struct option_info *o)
{
        if (o->alone) {
                printf("(- *)");
                return;
        }
        if (!o->excludes && !(o->letter && o->name))
                return;
        putchar('(');
        if (o->letter && o->name)
                zsh_names(o);
        for (int i = 0, n = o->letter && o->name; i < OPTION_ID_MAX; i++)
                if (o->excludes & (UINT64_C(1) << i)) {
                        printf("%s", n++ ? " " : "");
                        zsh_names(option_table + i);
                }
        putchar(')');
}

/* The action for the value of an option, or an argument. */
static void zsh_action(const char *message, enum word_kind kind, const char *choices)
{
        static const char *const actions[WORD_KIND_MAX] = {
                [WORD_IMAGE] = "_portablectl_image any",
                [WORD_ATTACHED] = "_portablectl_image attached",
                [WORD_DETACHED] = "_portablectl_image detached",
                [WORD_PROFILE] = "_portablectl_profile",
                [WORD_BOOLEAN] = "(yes no)",
                [WORD_COMMAND] = "_portablectl_command",
                [WORD_DIRECTORY] = "_files -/",
                [WORD_HOST] = "_hosts",
                [WORD_MACHINE] = "_portablectl_machine",
                [WORD_UNIT_FILE] = "_portablectl_unit_file",
        };

        printf(":");
        print_quoted(message, ":");
        if (kind == WORD_CHOICE)
                printf(":(%s)", choices);
        else
                printf(":%s%s", *(actions[kind] ? actions[kind] : "") == '_' ? " " : "",
                       actions[kind] ? actions[kind] : " ");
}

/* A specification for _arguments. */
static void zsh_option(const struct option_info *o)
{
        bool both = o->letter && o->name;

        printf("  '");
        zsh_excludes(o);
        if (o->repeated)
                putchar('*');
        if (both)
                printf("'{-%c%s,--%s%s}'", o->letter, o->value ? "+" : "", o->name, o->value ? "=" : "");
        else if (o->name)
                printf("--%s%s", o->name, o->value ? "=" : "");
        else
                printf("-%c", o->letter);
        putchar('[');
        print_quoted(o->text, "[]");
        putchar(']');
        if (o->value)
                zsh_action(o->value, o->kind, o->choices);
        printf("'\n");
}

static const char *zsh_message(enum word_kind kind)
{
        switch ((int)kind) {
        case WORD_ANY:
                return "word";
        case WORD_PREFIX:
                return "prefix of unit names";
        case WORD_ATTACHED:
        case WORD_DETACHED:
                return "image";
        default:
                return word_name(kind);
        }
}

/* _arguments with the options of one command and its arguments. */
static void zsh_command(int command)
{
        const struct command_info *c = commands + command;

        printf("    %s)\n", c->name);
        for (int i = 0, n = 0; i <= OPTION_ID_MAX; i++) {
                const struct option_info *o = option_table + i;

                if (i == OPTION_ID_MAX) {
                        printf("%s", n ? "      )\n" : "");
                } else if (o->text && o->commands != every && (o->commands & (UINT32_C(1) << command))) {
                        printf("%s      ", n++ ? "" : "      options+=(\n");
                        zsh_option(o);
                }
        }
        printf("      _arguments -s -S $options");
        if (c->first != WORD_NONE && !(c->max > 2 && c->first == c->further)) {
                printf(" '1");
                zsh_action(zsh_message(c->first), c->first, NULL);
                printf("'");
        }
        if (c->further != WORD_NONE) {
                printf(" '%s", c->max == 2 ? "2" : "*");
                zsh_action(zsh_message(c->further), c->further, NULL);
                printf("'");
        }
        printf("\n      ;;\n");
}

static void zsh_tables(void)
{
        printf("(( $+functions[_portablectl_command] )) || _portablectl_command() {\n"
               "  local -a commands\n  commands=(\n");
        for (int i = 0; i < COMMAND_MAX; i++) {
                printf("    '%s:", commands[i].name);
                print_quoted(commands[i].summary, "");
                printf("'\n");
        }
        printf("  )\n  _describe -t commands 'command' commands\n}\n\n"
               "# The arguments of the command $words[1], and its options among them.\n"
               "(( $+functions[_portablectl_argument] )) || _portablectl_argument() {\n"
               "  case $words[1] in\n");
        for (int i = 0; i < COMMAND_MAX; i++)
                zsh_command(i);
        printf("  esac\n}\n\n# Options of all commands, and those that only some have.\n"
               "local -a options some\noptions=(\n");
        for (int i = 0; i < OPTION_ID_MAX; i++)
                if (option_table[i].text && option_table[i].commands == every)
                        zsh_option(option_table + i);
        printf(")\nsome=(\n");
        for (int i = 0; i < OPTION_ID_MAX; i++)
                if (option_table[i].text && option_table[i].commands != every)
                        zsh_option(option_table + i);
        printf(")\n");
}

/* What fish runs or takes for a word of that kind; NULL: nothing is offered. */
static const char *fish_words(enum word_kind kind, const char *choices)
{
        static const char *const words[WORD_KIND_MAX] = {
                [WORD_IMAGE] = "(__portablectl_images any)",
                [WORD_ATTACHED] = "(__portablectl_images attached)",
                [WORD_DETACHED] = "(__portablectl_images detached)",
                [WORD_PROFILE] = "(__portablectl_profiles)",
                [WORD_BOOLEAN] = "yes no",
                [WORD_COMMAND] = "$__portablectl_commands",
                [WORD_DIRECTORY] = "(__fish_complete_directories (__portablectl_typed))",
                [WORD_UNIT_FILE] = "(__portablectl_unit_files)",
                [WORD_HOST] = "(__fish_print_hostnames)",
                [WORD_MACHINE] = "(__portablectl_machines)",
        };

        return kind == WORD_CHOICE ? choices : words[kind];
}

static void fish_dashed(const struct option_info *o)
{
        if (o->letter)
                printf(" -%c", o->letter);
        if (o->name)
                printf(" --%s", o->name);
}

static void fish_option(const struct option_info *o)
{
        const char *words = o->value ? fish_words(o->kind, o->choices) : NULL;

        printf("complete -c portablectl");
        if (o->commands != every) {
                printf(" -n '__portablectl_goes_with");
                for (int i = 0; i < COMMAND_MAX; i++)
                        if (o->commands & (UINT32_C(1) << i))
                                printf(" %s", commands[i].name);
                printf("'");
        }
        if (o->letter)
                printf(" -s %c", o->letter);
        if (o->name)
                printf(" -l %s", o->name);
        if (o->value)
                printf(" -x");
        if (words)
                printf(" -a '%s'", words);
        printf(" -d '");
        print_quoted(o->text, "\\");
        printf("'\n");
}

static void fish_argument(const char *command, const char *which, enum word_kind kind)
{
        const char *words = fish_words(kind, NULL);

        if (words)
                printf("complete -c portablectl -n '__portablectl_argument %s %s' -a '%s'\n", command, which,
                       words);
}

static void fish_tables(void)
{
        printf("set -g __portablectl_commands");
        for (int i = 0; i < COMMAND_MAX; i++)
                printf(" %s", commands[i].name);
        printf("\n# Options that take the word behind them for their value.\nset -g __portablectl_valued");
        for (int i = 0; i < OPTION_ID_MAX; i++)
                if (option_table[i].value)
                        fish_dashed(option_table + i);
        printf("\n\ncomplete -c portablectl -f\n");
        for (int i = 0; i < COMMAND_MAX; i++) {
                printf("complete -c portablectl -n __portablectl_no_command -a %s -d '", commands[i].name);
                print_quoted(commands[i].summary, "\\");
                printf("'\n");
                fish_argument(commands[i].name, "first", commands[i].first);
                fish_argument(commands[i].name, "further", commands[i].further);
        }
        for (int i = 0; i < OPTION_ID_MAX; i++)
                if (option_table[i].text)
                        fish_option(option_table + i);
}

int main(int argc, char **argv)
{
        void (*tables)(void) = NULL;
        char *line = NULL;
        size_t size = 0;

        if (argc == 2 && strcmp(argv[1], "bash") == 0)
                tables = bash_tables;
        if (argc == 2 && strcmp(argv[1], "zsh") == 0)
                tables = zsh_tables;
        if (argc == 2 && strcmp(argv[1], "fish") == 0)
                tables = fish_tables;
        if (!tables)
                return EXIT_FAILURE;
        while (getline(&line, &size, stdin) >= 0) {
                if (strcmp(line, "@TABLES@\n") == 0)
                        tables();
                else
                        fputs(line, stdout);
        }
        free(line);
        return ferror(stdin) || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
