/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Makes the bus policy: copies standard input to standard output, with a rule for each method of an
 * interface in the place of a line "@INTERFACE@". Runs when the programs are built, on the machine that
 * builds them.
 */

#include <stdio.h>
#include <string.h>

#include "wire/methods.h"
#include "wire/names.h"

/* False if it has no methods. */
static bool print_rules(const char *interface)
{
        bool found = false;

        for (size_t i = 0; i < n_methods; i++) {
                const char *member = method_member(methods + i, interface);

                if (!member)
                        continue;
                found = true;
                printf("                <allow send_destination=\"%s\" send_interface=\"%s\"\n"
                       "                       send_member=\"%s\"/>\n",
                       PORTABLE_BUS_NAME, interface, member);
        }
        return found;
}

int main(void)
{
        char line[512], interface[256];

        while (fgets(line, sizeof(line), stdin)) {
                if (sscanf(line, " @%255[A-Za-z0-9.]@", interface) != 1) {
                        fputs(line, stdout);
                        continue;
                }
                if (!print_rules(interface)) {
                        fprintf(stderr, "No interface '%s' has methods\n", interface);
                        return 1;
                }
        }
        return ferror(stdin) || fflush(stdout) != 0;
}
