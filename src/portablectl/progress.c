/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "portablectl/client.h"
#include "portablectl/show.h"

/* A copy that is done sooner needs no line. */
#define PATIENCE_MS 1000

static int64_t now_ms(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, const struct client *client, const char *copy_mode)
{
        *p = (struct progress){
                .wait = &client->wait,
                .wanted = copy_mode && strcmp(copy_mode, "mixed") == 0 && !client->options->quiet &&
                          isatty(STDERR_FILENO),
        };
}

void progress_tell_wait(const char *image, void *userdata)
{
        struct progress *p = userdata;
        _cleanup_free_ char *what = NULL;

        if (!p->wait->tell)
                return;
        if (asprintf(&what, *image ? "another operation on '%s'" : "another operation%s", image) < 0) {
                what = NULL;
                return;
        }
        progress_end(p);
        p->wait->tell(what, p->wait->userdata);
}

void progress_format(const char *path, uint64_t done, uint64_t total, size_t columns, char *buf, size_t size)
{
        _cleanup_free_ char *escaped = text_escape(path);
        const char *const names[] = {escaped ?: "", escaped ? path_base(escaped) : "", "image"};
        char how_far[96], a[32], b[32];

        format_bytes(done, a, sizeof(a));
        format_bytes(total, b, sizeof(b));
        if (total == 0)
                snprintf(how_far, sizeof(how_far), "%s", a);
        else
                snprintf(how_far, sizeof(how_far), "%s of %s (%u%%)", a, b,
                         (unsigned)((double)(done < total ? done : total) * 100 / (double)total));
        /* Bytes are counted for columns: never too few. */
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (*names[i] && strlen(names[i]) + strlen(how_far) + strlen("Copying : ") <= columns) {
                        snprintf(buf, size, "Copying %s: %s", names[i], how_far);
                        return;
                }
        snprintf(buf, size < columns + 1 ? size : columns + 1, "%s", how_far);
}

/* One less than there are, as some terminals go to the next line after the last. */
static size_t terminal_columns(void)
{
        struct winsize w;

        return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) >= 0 && w.ws_col > 1 ? w.ws_col - 1U : 79;
}

static void draw(struct progress *p, const char *line)
{
        size_t n = strlen(line);

        fprintf(stderr, "\r%s%*s", line, n < p->shown ? (int)(p->shown - n) : 0, "");
        if (n < p->shown)
                fprintf(stderr, "\r%s", line);
        fflush(stderr);
        p->shown = n;
}

void progress_show(const char *path, uint64_t done, uint64_t total, void *userdata)
{
        struct progress *p = userdata;
        int64_t now = now_ms();
        char line[512];

        if (!p->wanted)
                return;
        if (p->first == 0)
                p->first = now;
        if (now - p->first < PATIENCE_MS)
                return;
        progress_format(path, done, total, terminal_columns(), line, sizeof(line));
        draw(p, line);
}

void progress_end(struct progress *p)
{
        if (p->shown == 0)
                return;
        draw(p, "");
        p->shown = 0;
}
