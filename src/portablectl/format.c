/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "portablectl/show.h"

const char *format_bytes(uint64_t bytes, char *buf, size_t size)
{
        static const char units[] = "BKMGTPE";
        uint64_t factor = 1;
        size_t u = 0;

        if (bytes == UINT64_MAX)
                return "";
        while (u + 1 < sizeof(units) - 1 && bytes / factor >= 1024) {
                factor *= 1024;
                u++;
        }
        if (u == 0)
                snprintf(buf, size, "%uB", (unsigned)bytes);
        else
                snprintf(buf, size, "%u.%u%c", (unsigned)(bytes / factor),
                         (unsigned)(bytes % factor / (factor / 1024) * 10 / 1024), units[u]);
        return buf;
}

const char *format_time(uint64_t usec, char *buf, size_t size)
{
        static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        time_t t = (time_t)(usec / 1000000);
        struct tm tm;
        size_t n;

        if (usec == 0 || usec == UINT64_MAX || !localtime_r(&t, &tm))
                return "-";
        n = (size_t)snprintf(buf, size, "%s ",
                             days[tm.tm_wday]); /* not translated, as in all systemd tools */
        if (n >= size || strftime(buf + n, size - n, "%Y-%m-%d %H:%M:%S %Z", &tm) == 0)
                return "-";
        return buf;
}
