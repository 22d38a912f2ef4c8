/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The service of test/race: says from which tree, by which unit file and drop-in, and as whom it runs, to
 * who listens on an abstract socket. Every root has it, so that a service that starts in the wrong one says
 * so.
 */

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME "portabled-race"

static void read_release(const char *field, char *value, int size)
{
        FILE *f = fopen("/etc/os-release", "re");
        char line[256];

        snprintf(value, size, "none");
        while (f && fgets(line, sizeof(line), f))
                if (strncmp(line, field, strlen(field)) == 0 && line[strlen(field)] == '=') {
                        line[strcspn(line, "\n")] = '\0';
                        snprintf(value, size, "%s", line + strlen(field) + 1);
                }
        if (f)
                fclose(f);
}

int main(int argc, char **argv)
{
        struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "\0" NAME};
        const char *portable = getenv("PORTABLE"), *version = getenv("UNIT_VERSION");
        char id[64], tree[64], text[512];
        int fd, n;

        /* Who was started by hand has a socket, too, and nobody there. */
        if (getenv("LISTEN_FDS") && fcntl(3, F_SETFL, O_NONBLOCK) == 0)
                close(accept(3, NULL, NULL));
        read_release("ID", id, sizeof(id));
        read_release("VERSION_ID", tree, sizeof(tree));
        n = snprintf(text, sizeof(text), "%s %s %s %s %s %d", argc > 1 ? argv[1] : "none", id, tree,
                     version ? version : "none", portable ? portable : "none", (int)getuid());
        fd = socket(AF_UNIX, SOCK_DGRAM, 0);
        if (fd < 0)
                return 1;
        return sendto(fd, text, n, 0, (void *)&to,
                      offsetof(struct sockaddr_un, sun_path) + 1 + strlen(NAME)) != n;
}
