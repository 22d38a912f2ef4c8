// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Many clients of the daemon at once, and what becomes of it.
 *
 *     soak [--attach PREFIX] SECONDS POLLERS LEAVERS IMAGE USER...
 *
 * POLLERS clients ask for the state of the image (GetImageState), each waiting for its answer, again and
 * again; LEAVERS clients connect, ask the same and hang up without waiting. Of the pollers every other one
 * is root, the rest and all who hang up are the users, in turn. With --attach every eighth poller attaches
 * and detaches an image of its own instead: PREFIX0, PREFIX1 and so on.
 *
 * Prints NAME=VALUE lines: calls answered and failed, the slowest answer, how many hung up; of the daemon
 * its zombies and descriptors, the most there were and those some time after the end, and the most tasks and
 * memory of all processes of its unit (tasks; KiB, Pss).
 * Fails if a call failed, or anything is left behind.
 */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define PORTABLE_NAME      "org.freedesktop.portable1"
#define PORTABLE_PATH      "/org/freedesktop/portable1"
#define PORTABLE_INTERFACE "org.freedesktop.portable1.Manager"
#define CGROUP             "/sys/fs/cgroup/system.slice/systemd-portabled.service/cgroup.procs"
#define SETTLE_SECONDS     10

/* Shared by all processes. */
struct tally {
        unsigned long answered, failed, left, refused_connections, attached;
        uint64_t slowest; /* µs */
        char error[256];
};

/* Of the daemon. */
struct held {
        unsigned zombies, descriptors, tasks;
        unsigned long pss; /* KiB */
};

static uint64_t now(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void note_failure(struct tally *t, const char *what)
{
        if (__atomic_fetch_add(&t->failed, 1, __ATOMIC_RELAXED) == 0)
                snprintf(t->error, sizeof(t->error), "%s", what);
}

static void note_time(struct tally *t, uint64_t usec)
{
        uint64_t slowest = __atomic_load_n(&t->slowest, __ATOMIC_RELAXED);

        while (usec > slowest && !__atomic_compare_exchange_n(&t->slowest, &slowest, usec, false,
                                                              __ATOMIC_RELAXED, __ATOMIC_RELAXED))
                ;
}

static void become(const char *user)
{
        const struct passwd *pw = getpwnam(user);

        if (!pw || setgroups(0, NULL) < 0 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) < 0 ||
            setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) < 0) {
                fprintf(stderr, "soak: cannot become %s\n", user);
                _exit(EXIT_FAILURE);
        }
}

static void note_answer(struct tally *t, int r, const sd_bus_error *error, uint64_t begun)
{
        if (r < 0)
                note_failure(t, error->message ? error->message : strerror(-r));
        else
                __atomic_fetch_add(&t->answered, 1, __ATOMIC_RELAXED);
        note_time(t, now() - begun);
}

static void attach_and_detach(struct tally *t, const char *prefix, unsigned number, uint64_t end)
{
        char image[64];
        sd_bus *bus;

        snprintf(image, sizeof(image), "%s%u", prefix, number);
        if (sd_bus_open_system(&bus) < 0) {
                note_failure(t, "cannot connect to the bus");
                return;
        }
        /* What was begun is ended, too. */
        while (now() < end) {
                sd_bus_error attach = SD_BUS_ERROR_NULL, detach = SD_BUS_ERROR_NULL;
                uint64_t begun = now();
                int r = sd_bus_call_method(bus, PORTABLE_NAME, PORTABLE_PATH, PORTABLE_INTERFACE,
                                           "AttachImage", &attach, NULL, "sassbs", image, 0, "", true, "");

                note_answer(t, r, &attach, begun);
                begun = now();
                r = sd_bus_call_method(bus, PORTABLE_NAME, PORTABLE_PATH, PORTABLE_INTERFACE, "DetachImage",
                                       &detach, NULL, "sb", image, true);
                note_answer(t, r, &detach, begun);
                __atomic_fetch_add(&t->attached, 1, __ATOMIC_RELAXED);
                sd_bus_error_free(&attach);
                sd_bus_error_free(&detach);
        }
        sd_bus_flush_close_unref(bus);
}

static void poll_state(struct tally *t, const char *image, uint64_t end)
{
        sd_bus *bus;
        int r = sd_bus_open_system(&bus);

        if (r < 0) {
                note_failure(t, "cannot connect to the bus");
                return;
        }
        while (now() < end) {
                sd_bus_error error = SD_BUS_ERROR_NULL;
                uint64_t begun = now();

                r = sd_bus_call_method(bus, PORTABLE_NAME, PORTABLE_PATH, PORTABLE_INTERFACE,
                                       "GetImageState", &error, NULL, "s", image);
                note_answer(t, r, &error, begun);
                sd_bus_error_free(&error);
        }
        sd_bus_flush_close_unref(bus);
}

/* Every other time they say that they want no reply. */
static void hang_up(struct tally *t, const char *image, uint64_t end)
{
        for (bool wants_reply = true; now() < end; wants_reply = !wants_reply) {
                uint64_t cookie;
                sd_bus_message *m = NULL;
                sd_bus *bus = NULL;
                const char *name;

                /* A connection that has a name can send. */
                if (sd_bus_open_system(&bus) < 0 || sd_bus_get_unique_name(bus, &name) < 0) {
                        __atomic_fetch_add(&t->refused_connections, 1, __ATOMIC_RELAXED);
                        sd_bus_close_unref(bus);
                        continue;
                }
                if (sd_bus_message_new_method_call(bus, &m, PORTABLE_NAME, PORTABLE_PATH, PORTABLE_INTERFACE,
                                                   "GetImageState") >= 0 &&
                    sd_bus_message_append(m, "s", image) >= 0 &&
                    sd_bus_send(bus, m, wants_reply ? &cookie : NULL) >= 0)
                        __atomic_fetch_add(&t->left, 1, __ATOMIC_RELAXED);
                sd_bus_message_unref(m);
                sd_bus_flush_close_unref(bus);
        }
}

static pid_t find_daemon(void)
{
        sd_bus_creds *creds = NULL;
        sd_bus *bus = NULL;
        pid_t pid = 0;

        if (sd_bus_open_system(&bus) >= 0 &&
            sd_bus_get_name_creds(bus, PORTABLE_NAME, SD_BUS_CREDS_PID, &creds) >= 0)
                (void)sd_bus_creds_get_pid(creds, &pid);
        sd_bus_creds_unref(creds);
        sd_bus_flush_close_unref(bus);
        return pid;
}

static unsigned count_entries(const char *path)
{
        DIR *d = opendir(path);
        unsigned n = 0;

        if (!d)
                return 0;
        for (const struct dirent *e; (e = readdir(d));)
                n += e->d_name[0] != '.';
        closedir(d);
        return n;
}

/* The number in the line that begins with the key. */
static unsigned long read_number(const char *path, const char *key)
{
        unsigned long value = 0;
        FILE *f = fopen(path, "re");
        char line[256];

        while (f && fgets(line, sizeof(line), f))
                if (strncmp(line, key, strlen(key)) == 0)
                        value = strtoul(line + strlen(key), NULL, 10);
        if (f)
                fclose(f);
        return value;
}

static unsigned count_zombies(pid_t daemon)
{
        char path[64], line[4096], *token, *rest = line;
        unsigned n = 0;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)daemon, (int)daemon);
        f = fopen(path, "re");
        if (!f || !fgets(line, sizeof(line), f))
                line[0] = '\0';
        if (f)
                fclose(f);
        while ((token = strtok_r(rest, " ", &rest))) {
                char status[64], state[128] = "";
                FILE *s;

                snprintf(status, sizeof(status), "/proc/%s/stat", token);
                s = fopen(status, "re");
                if (s && fgets(state, sizeof(state), s) && strstr(state, ") Z "))
                        n++;
                if (s)
                        fclose(s);
        }
        return n;
}

static struct held look(pid_t daemon)
{
        struct held h = {.zombies = count_zombies(daemon)};
        FILE *f = fopen(CGROUP, "re");
        char path[64], line[32];

        snprintf(path, sizeof(path), "/proc/%d/fd", (int)daemon);
        h.descriptors = count_entries(path);
        while (f && fgets(line, sizeof(line), f)) {
                snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", atoi(line));
                h.pss += read_number(path, "Pss:");
                snprintf(path, sizeof(path), "/proc/%d/task", atoi(line));
                h.tasks += count_entries(path);
        }
        if (f)
                fclose(f);
        return h;
}

#define KEEP_MOST(most, h, field) \
        do \
                if ((h).field > (most)->field) \
                        (most)->field = (h).field; \
        while (0)

static void keep_most(struct held *most, pid_t daemon)
{
        struct held h = look(daemon);

        KEEP_MOST(most, h, zombies);
        KEEP_MOST(most, h, descriptors);
        KEEP_MOST(most, h, tasks);
        KEEP_MOST(most, h, pss);
}

static void watch(pid_t daemon, unsigned n, struct held *most)
{
        static const struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};

        while (n > 0) {
                while (n > 0 && waitpid(-1, NULL, WNOHANG) > 0)
                        n--;
                keep_most(most, daemon);
                nanosleep(&pause, NULL);
        }
}

/* When nobody asks any more all must soon be as it was. */
static struct held settle(pid_t daemon, struct held before)
{
        static const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
        uint64_t end = now() + SETTLE_SECONDS * UINT64_C(1000000);
        struct held h;

        do {
                nanosleep(&pause, NULL);
                h = look(daemon);
        } while (now() < end && (h.zombies > 0 || h.descriptors > before.descriptors));
        return h;
}

static int report(const struct tally *t, struct held before, struct held most, struct held after)
{
        printf("attached=%lu\nanswered=%lu\nfailed=%lu\nslowest_ms=%.1f\nhung_up=%lu\nno_connection=%lu\n",
               t->attached, t->answered, t->failed, (double)t->slowest / 1000, t->left,
               t->refused_connections);
        printf("zombies_most=%u\nzombies_after=%u\n", most.zombies, after.zombies);
        printf("descriptors_before=%u\ndescriptors_most=%u\ndescriptors_after=%u\n", before.descriptors,
               most.descriptors, after.descriptors);
        printf("tasks_most=%u\npss_most_kib=%lu\n", most.tasks, most.pss);
        if (t->failed)
                printf("first_error=%s\n", t->error);
        return t->failed || after.zombies || after.descriptors > before.descriptors ? EXIT_FAILURE
                                                                                    : EXIT_SUCCESS;
}

static void begin(struct tally *t, char **argv, const char *prefix, unsigned number, unsigned pollers,
                  unsigned users)
{
        bool polls = number < pollers, root = polls && number % 2 == 0;
        uint64_t end = now() + strtoul(argv[1], NULL, 10) * UINT64_C(1000000);

        if (fork() != 0)
                return;
        signal(SIGPIPE, SIG_IGN);
        if (!root)
                become(argv[5 + number % users]);
        if (polls && prefix && number % 8 == 0)
                attach_and_detach(t, prefix, number / 8, end);
        else if (polls)
                poll_state(t, argv[4], end);
        else
                hang_up(t, argv[4], end);
        _exit(EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
        struct tally *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        struct held before, most = {};
        const char *prefix = NULL;
        unsigned pollers, leavers;
        pid_t daemon;

        if (argc > 2 && strcmp(argv[1], "--attach") == 0) {
                prefix = argv[2];
                argv += 2;
                argc -= 2;
        }

        if (argc < 6 || t == MAP_FAILED) {
                fputs("usage: soak [--attach PREFIX] SECONDS POLLERS LEAVERS IMAGE USER...\n", stderr);
                return 2;
        }
        pollers = (unsigned)strtoul(argv[2], NULL, 10);
        leavers = (unsigned)strtoul(argv[3], NULL, 10);
        poll_state(t, argv[4], now() + 1000 * 1000); /* the daemon runs, with a spare */
        memset(t, 0, sizeof(*t));
        daemon = find_daemon();
        if (daemon <= 0) {
                fputs("soak: the daemon does not run\n", stderr);
                return EXIT_FAILURE;
        }
        sleep(1);
        before = look(daemon);
        for (unsigned i = 0; i < pollers + leavers; i++)
                begin(t, argv, prefix, i, pollers, (unsigned)argc - 5);
        watch(daemon, pollers + leavers, &most);
        return report(t, before, most, settle(daemon, before));
}
