# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Runs test files, some at a time, each for no longer than its limit, and adds up what they say. Sourced by test/run,
# whose variables passed and failed it counts in, and whose directory tmp it uses.

# shellcheck disable=SC2034,SC2154

FILES_PATTERN=     # only these tests of each file
FILES_CHILDREN=()  # process groups of the files that are running
FILES_TOOK=()      # lines: seconds, file

# Adds up the last `# NAME: N passed, N failed` line of a test program's output; one without is a failure.
files_count() {
        local name=$1 output=$2 line

        line=$(grep -E '^# .*: [0-9]+ passed, [0-9]+ failed$' "$output" | tail -n 1 || true)
        if [[ $line =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
                passed=$((passed + BASH_REMATCH[1]))
                failed=$((failed + BASH_REMATCH[2]))
        else
                printf 'not ok %s: ended without a result\n' "$name"
                failed=$((failed + 1))
        fi
}

# Seconds that a test file may take: what it says in its head (`# limit: N seconds`), else 20 minutes; 0, without end,
# where somebody looks around in its host.
files_limit() {
        local limit

        [ "${PORTABLED_TEST_KEEP:-no}" = no ] || { echo 0; return; }
        limit=$(sed -n 's/^# limit: \([0-9]*\) seconds$/\1/p;20q' "$1")
        printf '%s\n' "${limit:-1200}"
}

# Becomes the test file; for a child process. One that takes too long is ended, with all of its process group, and with
# it the hosts that it has: it gets a minute to tidy up.
files_become() {
        local file=$1 tree=$2 output=$3

        exec timeout --kill-after=60 "$(files_limit "$file")" \
                env PORTABLED_TEST_TREE="$tree" "$file" "$FILES_PATTERN" >"$output" 2>&1 </dev/null
}

# files_ended NAME FILE OUTPUT STATUS SECONDS: tells what came of a test file, and adds it up.
files_ended() {
        local limit

        limit=$(files_limit "$2")
        grep -v '^# .*: 0 passed, 0 failed$' "$3" || true
        if [ "$limit" -gt 0 ] && [ "$5" -ge "$limit" ] && { [ "$4" -eq 124 ] || [ "$4" -eq 137 ]; }; then
                printf 'not ok %s: did not end within %d seconds, so it was ended\n' "$1" "$limit"
                passed=$((passed + $(grep -c '^ok ' "$3" || true)))
                failed=$((failed + 1))
        else
                files_count "$1" "$3"
        fi
        FILES_TOOK+=("$5 $1")
}

# files_run JOBS LINE...: runs all files, JOBS at a time; shows each one's output when it is at its end. A line is a file,
# a tab and the root tree to boot its hosts from, if any.
files_run() {
        local jobs=$1 file tree output pid status
        local -A outputs=() names=() files=() starts=()
        local -a queue=("${@:2}")

        while [ ${#queue[@]} -gt 0 ] || [ ${#outputs[@]} -gt 0 ]; do
                while [ ${#queue[@]} -gt 0 ] && [ ${#outputs[@]} -lt "$jobs" ]; do
                        IFS=$'\t' read -r file tree <<<"${queue[0]}"
                        queue=("${queue[@]:1}")
                        output=$(mktemp "$tmp/file.XXXXXX")
                        set -m # a process group of its own
                        files_become "$file" "$tree" "$output" &
                        set +m
                        outputs[$!]=$output
                        names[$!]=$file${tree:+ on $tree}
                        files[$!]=$file
                        starts[$!]=$SECONDS
                        FILES_CHILDREN=("${!outputs[@]}")
                done
                status=0
                wait -n -p pid "${!outputs[@]}" || status=$?
                files_ended "${names[$pid]}" "${files[$pid]}" "${outputs[$pid]}" "$status" $((SECONDS - starts[$pid]))
                unset "outputs[$pid]"
                FILES_CHILDREN=("${!outputs[@]}")
        done
}

# Ends those that are running, and waits for that.
files_end() {
        local pid

        # A shell that waits for a command sees no signal before that has ended, so the command gets it, too.
        for pid in "${FILES_CHILDREN[@]}"; do
                kill -- "-$pid" 2>/dev/null || true
        done
        wait
}
