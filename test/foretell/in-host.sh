#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs in a test host: what verify says of each image, and what becomes of its service under the real manager.
#
# usage: in-host.sh [--watch SECONDS] KIND PROFILE CASE...
#   --watch SECONDS  what has started and ends or fails within that time has failed; nothing is restarted
#
# The images are in the pool, called CASE_KIND; their services CASE.service. A line each: case, errors (ids with
# commas, "-": none), the other findings likewise, "started", "failed" or "refused", and how.

watch=
if [ "$1" = --watch ]; then
        watch=$2
        shift 2
fi
kind=$1 profile=$2
shift 2
work=/run/foretell
rm -rf "$work"
mkdir "$work"

# ids DOCUMENT SEVERITY: of the findings, each once.
ids() {
        ids=$(grep -oE "\"severity\":\"($2)\",\"id\":\"[^\"]*\"" "$1" | sed 's/.*:"//; s/"//' | sort -u | paste -sd,)
        printf '%s' "${ids:--}"
}

for case; do
        portablectl verify -j --profile="$profile" "${case}_$kind" >"$work/$case" 2>"$work/$case.error"
        [ -s "$work/$case" ] || cat "$work/$case.error" >&2
done
# One call for all; who is refused has no unit afterwards.
portablectl attach -q --no-reload --runtime --profile="$profile" "*_$kind" >"$work/attach" 2>&1
units=
for case; do
        [ ! -e "/run/systemd/system.attached/$case.service" ] || units="$units $case.service"
done
# What stopped by itself is not forgotten as long as another unit names it.
printf '[Unit]\nWants=%s\n' "$units" >/run/systemd/system/foretell-hold.target
systemctl daemon-reload
if [ -n "$watch" ]; then
        for case; do
                dropin=/run/systemd/system/$case.service.d
                mkdir -p "$dropin"
                printf '[Service]\nRestart=no\n' >"$dropin/50-watch.conf"
                # The next best that tells whether the program could be run.
                [ "$(systemctl show -P Type "$case.service")" != simple ] || echo Type=exec >>"$dropin/50-watch.conf"
        done
        systemctl daemon-reload
fi
systemctl start --job-mode=ignore-dependencies foretell-hold.target
# One that cannot be loaded would keep 262 from starting, and from stopping, any.
loaded=$(systemctl show -p Id,LoadState $units | awk -v RS= '/(^|\n)LoadState=loaded(\n|$)/ && match($0, /(^|\n)Id=[^\n]*/) {
        id = substr($0, RSTART, RLENGTH)
        sub(/^\n?Id=/, "", id)
        print id
}')
# Each by itself: for 262 one call with several is all or nothing.
printf '%s\n' $loaded | xargs -P 8 -n 1 systemctl start >"$work/start" 2>&1
[ -z "$watch" ] || sleep "$watch"
systemctl show -p Id,LoadState,ActiveState,Result,ExecMainStatus,ConditionResult,AssertResult,ExecCondition,ExecStartPre,ExecStart \
        $units >"$work/show"
for case; do
        errors=$(ids "$work/$case" error) others=$(ids "$work/$case" 'warning|note')
        if [ ! -e "/run/systemd/system.attached/$case.service" ]; then
                outcome='refused	-'
        else
                outcome=$(awk -v RS= -v id="$case.service" '
                        function value(name,   i, n, lines) {
                                n = split($0, lines, "\n")
                                for (i = 1; i <= n; i++)
                                        if (index(lines[i], name "=") == 1)
                                                return substr(lines[i], length(name) + 2)
                        }
                        # Of a command that is not the main one: the status of the first that failed.
                        function control_status(   i, n, lines) {
                                n = split($0, lines, "\n")
                                for (i = 1; i <= n; i++)
                                        if (lines[i] ~ /^Exec(Condition|StartPre|Start)=/ &&
                                            match(lines[i], /code=exited ; status=[1-9][0-9]*/))
                                                return substr(lines[i], RSTART + 21, RLENGTH - 21)
                                return 0
                        }
                        value("Id") == id {
                                state = value("ActiveState")
                                how = value("Result") " " (value("ExecMainStatus") != "0" ? value("ExecMainStatus") : control_status())
                                started = state == "active" || state == "reloading"
                                if (value("LoadState") != "loaded")
                                        how = value("LoadState")
                                else if (value("ConditionResult") == "no")
                                        how = "condition"
                                else if (value("AssertResult") == "no")
                                        how = "assert"
                                else if (state == "inactive" && value("Result") == "success")
                                        started = 1
                                print (started ? "started" : "failed") "\t" how
                        }' "$work/show")
        fi
        printf '%s\t%s\t%s\t%s\n' "$case" "$errors" "$others" "${outcome:-failed	not loaded}"
done
systemctl stop foretell-hold.target $loaded >/dev/null 2>&1
rm /run/systemd/system/foretell-hold.target
for case; do
        [ -z "$watch" ] || rm -r "/run/systemd/system/$case.service.d"
done
systemctl reset-failed >/dev/null 2>&1
portablectl detach -q --no-reload --runtime --force --all >/dev/null 2>&1
systemctl daemon-reload
