# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares what verify said with what came of it. First file: case, expected finding. Second: kind, profile, case,
# errors, other findings, outcome, how. Prints misses, false alarms and wrong reasons, and the four numbers; fails if
# there are any of the former.

function has(list, id) {
        return index("," list ",", "," id ",") > 0
}

# ids: with | between those of which one must be there.
function has_one(list, ids,   i, n, id) {
        n = split(ids, id, "|")
        for (i = 1; i <= n; i++)
                if (has(list, id[i]))
                        return 1
        return 0
}

function tell(what) {
        printf "%-12s %s, %s, profile %s: %s (%s); errors: %s; others: %s\n", what, $3, $1, $2, $6, $7, $4, $5
        bad++
}

FNR == NR { expected[$1] = $2; next }

{
        foretold = $4 != "-" || has($5, "condition")
        failed = $6 != "started"
        count[foretold + 0, failed + 0]++
        id = expected[$3]
        if (failed && !foretold)
                tell("miss")
        else if (!failed && foretold)
                tell("false alarm")
        else if (failed && id !~ /^~/ && !has_one($4 "," $5, id))
                tell("wrong reason")
        else if (id ~ /^~/ && !has($5, substr(id, 2)))
                tell("not told")
        seen++
}

END {
        printf "%d runs: foretold and failed %d, foretold and started (false alarm) %d, silent and failed (miss) %d, " \
                "silent and started %d\n", seen, count[1, 1], count[1, 0], count[0, 1], count[0, 0]
        exit bad > 0 || seen == 0
}
