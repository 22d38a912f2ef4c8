/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/update-log.h"

#include <syslog.h>
#include <systemd/sd-journal.h>

#include "basic/cleanup.h"
#include "basic/strv.h"

void update_log(const struct update_record *r, enum update_outcome outcome)
{
        static const struct {
                int priority;
                const char *text;
        } rows[] = {
                [UPDATE_NOTHING] = {LOG_INFO, "on trial"},
                [UPDATE_GOOD] = {LOG_INFO, "runs well"},
                [UPDATE_BACK] = {LOG_WARNING, "went back"},
                [UPDATE_DEGRADED] = {LOG_ERR, "does not run well"},
        };
        _cleanup_free_ char *from = strv_join(r->from, " "), *to = strv_join(r->to, " ");
        const char *reason = r->reason && outcome != UPDATE_NOTHING ? r->reason : "";

        if (from && to)
                (void)sd_journal_send("MESSAGE=Update of '%s' from %s to %s: %s%s%s", r->name, from, to,
                                      rows[outcome].text, *reason ? ": " : "", reason, "PRIORITY=%i",
                                      rows[outcome].priority, "PORTABLE_DEFINITION=%s", r->name,
                                      "PORTABLE_FROM=%s", from, "PORTABLE_TO=%s", to, "PORTABLE_REASON=%s",
                                      reason, NULL);
}
