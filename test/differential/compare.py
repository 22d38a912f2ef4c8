#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the same random calls of ours and of the distribution's own portabled, each in a host of its own, and compares
after each call what there is: exit status, states, files, units. Started by run-tests; see test/README.md.

usage: compare.py SEED FIRST SEQUENCES | compare.py FILE     FILE: calls, a line each, in place of random ones"""

import os
import random
import shlex
import subprocess
import sys
import time

from calls import Call, Maker
from known import Step, known_difference

HERE = os.path.dirname(os.path.realpath(__file__))
TRIES = int(os.environ.get("DIFFERENTIAL_TRIES", "40"))  # to make a failure smaller
SECONDS = 300  # after which it is small enough
LINES = 8  # of each side's, that are shown


class Side:
    """A host, with ours or the peer's in it."""

    def __init__(self, name):
        self.name = name
        self.process = subprocess.Popen((os.path.join(HERE, "side.sh"), name), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self):
        """(status, what was said, what there is)."""
        status, said, seen = 0, [], []
        for line in self.process.stdout:
            kind, _, rest = line.rstrip("\n").partition(" ")
            if kind == "=":
                return status, said, seen
            if kind == "status":
                status = int(rest)
            elif kind == "said":
                said.append(rest)
            else:
                seen.append(line.rstrip("\n"))
        sys.exit(f"Bail out: the host of {self.name} has ended")

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Pair:
    def __init__(self):
        self.ours, self.peer = Side("ours"), Side("peer")
        self.version = 0
        self.modes = ()

    def do(self, line):
        """Both at the same time."""
        self.ours.send(line)
        self.peer.send(line)
        return self.ours.answer(), self.peer.answer()

    def ask_peer(self):
        """What it is: the number of its version, and the copy modes that it knows."""
        self.peer.send("sh -c 'portablectl --version >&2; portablectl --help >&2'")
        text = "\n".join(self.peer.answer()[1])
        self.version = int(text.split()[1])
        modes = next(line for line in text.splitlines() if "--copy=" in line).split("--copy=")[1].split()[0]
        self.modes = ("auto", "copy", "symlink", "mixed") if modes == "MODE" else modes.split("|")

    def run(self, calls, counts):
        """Makes these calls. Returns None, or the number of the call after which something differs, and the step. After
        a known difference both begin anew with what is left."""
        before = self.do("reset")[0][2]
        for number, call in enumerate(calls):
            ours, peer = self.do(str(call))
            counts["calls"] += 1
            counts["done"] += peer[0] == 0
            step = Step(call, before, ours, peer, self.version)
            before = ours[2]
            if step.same():
                continue
            row = known_difference(step)
            if not row:
                return number, step
            counts[row] = counts.get(row, 0) + 1
            before = self.do("reset")[0][2]
        return None

    def shrink(self, calls, number):
        """The smallest sequence found that still fails."""
        calls = calls[:number + 1]
        tries, end = 0, time.monotonic() + SECONDS
        while tries < TRIES and time.monotonic() < end:
            for smaller in candidates(calls):
                tries += 1
                found = self.run(smaller, {"calls": 0, "done": 0})
                if found:
                    calls = smaller[:found[0] + 1]
                    break
                if tries >= TRIES or time.monotonic() >= end:
                    break
            else:
                break
        return calls, self.run(calls, {"calls": 0, "done": 0})


def candidates(calls):
    """The sequence with one call or one option less."""
    for i in range(len(calls)):
        if len(calls) > 1:
            yield calls[:i] + calls[i + 1:]
    for i, call in enumerate(calls):
        for smaller in call.smaller():
            yield calls[:i] + [smaller] + calls[i + 1:]


def read_calls(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = shlex.split(line)
            if words:
                yield Call([w for w in words if not w.startswith("--")], [w for w in words if w.startswith("--")])


def unlike_progress(line):
    """What matters of what a client says, when that is not how it gets on."""
    return not line.startswith(("Created ", "Written ", "Removed ", "Copied ", "Queued ", "(Matching "))


def tell(calls, found):
    for call in calls:
        print(f"    | {call}")
    if not found:
        print("    | (this time nothing differed)")
        return
    step = found[1]
    for side, (status, said, _) in (("ours", step.ours), ("peer", step.peer)):
        print(f"    | {side}: status {status}, says: {' / '.join(line for line in said if unlike_progress(line))}")
    for sign, lines in (("only ours", step.only_ours()), ("only the peer's", step.only_peer())):
        for line in lines[:LINES]:
            print(f"    | {sign}: {line}")
        if len(lines) > LINES:
            print(f"    | {sign}: ... {len(lines) - LINES} more")


def main():
    pair = Pair()
    pair.ask_peer()
    counts = {"calls": 0, "done": 0}
    failed = 0
    if len(sys.argv) == 2:
        sequences = [(os.path.basename(sys.argv[1]), list(read_calls(sys.argv[1])))]
    else:
        seed, first, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        sequences = [(f"{seed} {i}", Maker(random.Random(f"{seed} {i}"), pair.modes).sequence())
                     for i in range(first, first + number)]
    for name, calls in sequences:
        found = pair.run(calls, counts)
        if found and not TRIES:
            calls = calls[:found[0] + 1]
        if not found:
            print(f"ok differential: sequence {name}", flush=True)
            continue
        failed += 1
        print(f"not ok differential: sequence {name}, smallest that differs:")
        tell(*(pair.shrink(calls, found[0]) if TRIES else (calls, found)))
        sys.stdout.flush()
    print(f"# peer {pair.version}: {counts.pop('calls')} calls, of which the peer did {counts.pop('done')}")
    for row, count in sorted(counts.items()):
        print(f"# {count} times: {row}")
    pair.ours.end()
    pair.peer.end()
    print(f"# differential: {len(sequences) - failed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
