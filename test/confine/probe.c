/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program of the images: tells on its standard output, one thing a line, what it is and can do beyond a
 * process with a dynamic user and no network; then, as the main process, says that it is ready. It tries
 * what harms a host, so it must never run outside of a throw-away one. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static void tell_identity(const char *who)
{
        gid_t groups[64];
        uid_t uid = getuid();

        if (uid < 61184 || uid > 65519)
                printf("PROBE %s uid %u\n", who, uid);
        if (getgid() < 61184 || getgid() > 65519)
                printf("PROBE %s gid %u\n", who, getgid());
        for (int i = 0, n = getgroups(64, groups); i < n; i++)
                if (groups[i] < 61184 || groups[i] > 65519)
                        printf("PROBE %s group %u\n", who, groups[i]);
        errno = 0;
        if (getpriority(PRIO_PROCESS, 0) < 0)
                printf("PROBE %s nice %d\n", who, getpriority(PRIO_PROCESS, 0));
}

static void tell_calls(const char *who)
{
        static const int families[] = {AF_INET, AF_NETLINK, AF_VSOCK, AF_PACKET};
        union bpf_attr attr = {};

        /* What the filter lets through fails for another reason than EPERM: the command or the flags are
         * wrong. */
        if (syscall(SYS_bpf, 9999, &attr, sizeof(attr)) < 0 && errno != EPERM)
                printf("PROBE %s bpf\n", who);
        if (syscall(SYS_swapoff, NULL) < 0 && errno != EPERM)
                printf("PROBE %s swapoff\n", who);
        for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
                int fd = socket(families[i], SOCK_DGRAM, 0);

                if (fd >= 0 || errno != EAFNOSUPPORT)
                        printf("PROBE %s family %d\n", who, families[i]);
                if (fd >= 0)
                        close(fd);
        }
}

static void tell_files(const char *who)
{
        static const char *const canaries[] = {
                "/x/canary",         "/x/etc/canary",          "/etc/canary",
                "/usr/share/canary", "/var/lib/victim/canary", "/var/lib/private/victim/canary"};
        static const char *const writable[] = {"/x/planted", "/var/lib/victim/planted"};
        struct stat st;
        char line[64];

        for (size_t i = 0; i < sizeof(canaries) / sizeof(*canaries); i++) {
                FILE *f = fopen(canaries[i], "re");

                if (f && fgets(line, sizeof(line), f))
                        printf("PROBE %s reads %s %s\n", who, canaries[i], strtok(line, "\n"));
                if (f)
                        fclose(f);
        }
        for (size_t i = 0; i < sizeof(writable) / sizeof(*writable); i++) {
                int fd = open(writable[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

                if (fd >= 0)
                        printf("PROBE %s writes %s\n", who, writable[i]);
                if (fd >= 0)
                        close(fd);
        }
        if (stat("/x/etc/passwd", &st) == 0)
                printf("PROBE %s sees the root of the host\n", who);
        if (fstat(3, &st) == 0 && S_ISSOCK(st.st_mode) && getenv("LISTEN_FDS"))
                printf("PROBE %s is given a socket\n", who);
        if (getenv("CANARY"))
                printf("PROBE %s environment %s\n", who, getenv("CANARY"));
}

static void tell_network(const char *who)
{
        char line[256];
        FILE *f = fopen("/proc/net/unix", "re");

        /* A socket of a name that only the network namespace of the host has. */
        while (f && fgets(line, sizeof(line), f))
                if (strstr(line, "@canary-of-the-host"))
                        printf("PROBE %s network of the host\n", who);
        if (f)
                fclose(f);
}

static void notify_ready(void)
{
        const char *path = getenv("NOTIFY_SOCKET");
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (!path || fd < 0 || strlen(path) >= sizeof(address.sun_path))
                return;
        strcpy(address.sun_path, path);
        (void)sendto(fd, "READY=1", strlen("READY=1"), 0, (struct sockaddr *)&address, sizeof(address));
        close(fd);
}

/* Outside of images: what the first one to connect to a socket sets off. */
static int connect_to(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
                return 1;
        strcpy(address.sun_path, path);
        return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0;
}

int main(int argc, char **argv)
{
        const char *who = argc > 1 ? argv[1] : "main";

        if (argc > 2)
                return connect_to(argv[2]);
        tell_identity(who);
        tell_calls(who);
        tell_files(who);
        tell_network(who);
        printf("PROBE %s was here\n", who);
        fflush(stdout);
        if (strcmp(who, "main") != 0)
                return strcmp(who, "fail") == 0;
        notify_ready();
        pause();
        return 0;
}
