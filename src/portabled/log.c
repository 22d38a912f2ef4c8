/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "basic/cleanup.h"

static const char *const level_names[] = {"emerg",   "alert",  "crit", "err",
                                          "warning", "notice", "info", "debug"};

enum log_sink {
        SINK_JOURNAL,
        SINK_CONSOLE,
        SINK_NULL,
};

static const struct {
        const char *name;
        enum log_sink sink;
} targets[] = {
        {"auto", SINK_JOURNAL},    {"journal", SINK_JOURNAL},          {"journal-or-kmsg", SINK_JOURNAL},
        {"syslog", SINK_JOURNAL},  {"syslog-or-kmsg", SINK_JOURNAL},   {"kmsg", SINK_JOURNAL},
        {"console", SINK_CONSOLE}, {"console-prefixed", SINK_CONSOLE}, {"null", SINK_NULL},
};

static int log_level = LOG_INFO;
static size_t log_target;

const char *log_get_level(void)
{
        return level_names[log_level];
}

int log_set_level(const char *level)
{
        for (size_t i = 0; i < ELEMENTSOF(level_names); i++)
                if (strcmp(level_names[i], level) == 0 ||
                    (level[0] == (char)('0' + i) && level[1] == '\0')) {
                        log_level = (int)i;
                        return 0;
                }
        return -EINVAL;
}

const char *log_get_target(void)
{
        return targets[log_target].name;
}

int log_set_target(const char *target)
{
        for (size_t i = 0; i < ELEMENTSOF(targets); i++)
                if (strcmp(targets[i].name, target) == 0) {
                        log_target = i;
                        return 0;
                }
        return -EINVAL;
}

void log_open(void)
{
        const char *level = getenv("SYSTEMD_LOG_LEVEL"), *target = getenv("SYSTEMD_LOG_TARGET");

        log_set_target(getenv("JOURNAL_STREAM") ? "auto" : "console");
        if (level)
                log_set_level(level);
        if (target)
                log_set_target(target);
}

static void log_line(int priority, const char *line)
{
        if (priority > log_level || targets[log_target].sink == SINK_NULL)
                return;
        if (targets[log_target].sink == SINK_CONSOLE)
                fprintf(stderr, "%s\n", line);
        else
                sd_journal_print(priority, "%s", line);
}

bool log_is_debug(void)
{
        return log_level == LOG_DEBUG && targets[log_target].sink == SINK_JOURNAL;
}

void log_message(int priority, const char *format, ...)
{
        _cleanup_free_ char *line = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&line, format, ap) < 0)
                line = NULL;
        va_end(ap);
        if (line)
                log_line(priority, line);
}

int log_errno(int errnum, const char *format, ...)
{
        _cleanup_free_ char *what = NULL;
        va_list ap;

        if (errnum < 0)
                errnum = -errnum;
        va_start(ap, format);
        if (vasprintf(&what, format, ap) < 0)
                what = NULL;
        va_end(ap);
        log_message(LOG_ERR, "%s: %s", what ?: "Error", strerror(errnum));
        return -errnum;
}
