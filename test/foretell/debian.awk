# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares what verify said of Debian's services with what came of them. Fields: kind, profile, service, errors, other
# findings, outcome, how, last line in the log. Prints the table; fails if there is a miss, a false alarm or a wrong
# reason. What the service manager does before the program runs can be foretold; what the program does itself cannot.
# Source of the numbers: systemd.exec(5), "Process Exit Codes".

BEGIN {
        FS = "\t"
        points = "mount-point directory-point bind-point bind-source tmpfs-point path-missing"
        reasons["exit-code 226"] = points
        reasons["exit-code 200"] = "working-directory root-closed"
        reasons["exit-code 203"] = "program interpreter root-closed"
        reasons["exit-code 216"] = "group"
        reasons["exit-code 217"] = "user"
        reasons["exit-code 233"] = reasons["exit-code 238"] = reasons["exit-code 239"] = points
        reasons["exit-code 240"] = reasons["exit-code 241"] = points
        reasons["exit-code 243"] = "credential " points
        reasons["resources"] = "environment-file user group"
        reasons["condition"] = "condition"
        reasons["assert"] = "assert"
}

function has_one(found, wanted,   i, n, words) {
        n = split(wanted, words, " ")
        for (i = 1; i <= n; i++)
                if (index("," found ",", "," words[i] ","))
                        return 1
        return 0
}

{
        foretold = $4 != "-" || has_one($5, "condition")
        how = $7 ~ /^resources/ ? "resources" : $7
        ours = how in reasons || how ~ /^exit-code 2[0-9][0-9]$/ || $6 == "refused"
        cause = ""
        if ($6 == "started")
                verdict = foretold ? "FALSE ALARM" : "clean, starts"
        else if (!ours && !foretold) {
                verdict = "by itself"
                cause = ": " $8
        } else if (!foretold)
                verdict = "MISS"
        else if ($6 != "refused" && !has_one($4 "," $5, reasons[how]))
                verdict = "WRONG REASON"
        else
                verdict = "as foretold"
        count[verdict]++
        if (verdict ~ /^[A-Z]/)
                bad++
        printf "%-24s %-10s %-9s %-38s %-8s %-14s %s%s\n", $3, $1, $2, $4, $6, $7, verdict, cause
}

END {
        for (verdict in count)
                printf "%d %s\n", count[verdict], verdict
        exit bad > 0 || NR == 0
}
