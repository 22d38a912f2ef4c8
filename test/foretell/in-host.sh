#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs in a test host: what verify says of each image, and what becomes of its service under the real manager.
#
# usage: in-host.sh KIND PROFILE CASE...
#
# The images are in the pool, called CASE_KIND; their services CASE.service. A line each: case, errors (ids with
# commas, "-": none), the other findings likewise, "started", "failed" or "refused", and how.

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

units=
for case; do
        portablectl verify -j --profile="$profile" "${case}_$kind" >"$work/$case" 2>"$work/$case.error"
        [ -s "$work/$case" ] || cat "$work/$case.error" >&2
        units="$units $case.service"
done
# One call for all; who is refused has no unit afterwards.
portablectl attach -q --no-reload --runtime --profile="$profile" "*_$kind" >"$work/attach" 2>&1
# What stopped by itself is not forgotten as long as another unit names it.
printf '[Unit]\nWants=%s\n' "$units" >/run/systemd/system/foretell-hold.target
systemctl daemon-reload
systemctl start --job-mode=ignore-dependencies foretell-hold.target
# Its exit status is that of all of them together.
systemctl start $units >"$work/start" 2>&1
systemctl show -p Id,LoadState,ActiveState,Result,ExecMainStatus,ConditionResult,AssertResult $units >"$work/show"
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
                        value("Id") == id {
                                state = value("ActiveState")
                                how = value("Result") " " value("ExecMainStatus")
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
systemctl stop foretell-hold.target $units >/dev/null 2>&1
rm /run/systemd/system/foretell-hold.target
systemctl reset-failed >/dev/null 2>&1
portablectl detach -q --no-reload --runtime --force --all >/dev/null 2>&1
systemctl daemon-reload
