// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The program inside the portable images of the tests: linked statically, so that an image needs no library
 * and no shell. It prints what it sees of the world, so that a test can tell from the journal which image it
 * runs from and with which settings, then stays until it is stopped.
 *
 *     service            print, tell systemd READY, wait
 *     service once       print, exit
 *     service read PATH  print each file given, or why it cannot be read, tell READY, wait
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

static void print_file(const char *path)
{
        char line[512];
        FILE *file = fopen(path, "re");

        if (!file) {
                printf("%s: %s\n", path, strerror(errno));
                return;
        }
        while (fgets(line, sizeof(line), file))
                printf("%s: %s%s", path, line, strchr(line, '\n') ? "" : "\n");
        if (ferror(file))
                printf("%s: %s\n", path, strerror(errno));
        fclose(file);
}

static void notify(const char *message)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        const char *path = getenv("NOTIFY_SOCKET");
        socklen_t length;
        int fd;

        if (!path || !*path || strlen(path) >= sizeof(address.sun_path))
                return;
        strcpy(address.sun_path, path);
        length = offsetof(struct sockaddr_un, sun_path) + strlen(path);
        if (*path == '@')
                address.sun_path[0] = 0;

        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return;
        if (sendto(fd, message, strlen(message), 0, (struct sockaddr *)&address, length) < 0)
                fprintf(stderr, "notify: %s\n", strerror(errno));
        close(fd);
}

int main(int argc, char **argv)
{
        sigset_t signals;
        int received;

        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        sigprocmask(SIG_BLOCK, &signals, NULL);

        printf("portable service runs\n");
        for (char **variable = environ; *variable; variable++)
                printf("env: %s\n", *variable);
        print_file("/etc/os-release");
        for (int i = 2; i < argc; i++)
                print_file(argv[i]);
        fflush(stdout);
        if (argc > 1 && strcmp(argv[1], "once") == 0)
                return 0;

        notify("READY=1");
        sigwait(&signals, &received);
        printf("portable service ends\n");
        return 0;
}
