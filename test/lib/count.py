#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts unit tests: reads meson's testlog.json, prints `ok NAME`/`not ok NAME` a case and a closing count line.

A cmocka program that prints TAP counts case by case, any other test as one. Used by test/run."""

import json
import re
import sys


def cases(test):
    """The (name, passed) pairs of one meson test."""
    found = [
        (f"{test['name']}: {match[2]}", match[1] == "ok")
        for match in re.finditer(r"^(ok|not ok) \d+ - (\S+)", test.get("stdout", ""), re.M)
    ]
    failed = test["result"] not in ("OK", "EXPECTEDFAIL")
    if not found or (failed and all(passed for _, passed in found)):
        found.append((f"{test['name']} ({test['result']})", not failed))
    return found, failed


def main(path, label):
    passed = failed = 0
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            found, bad = cases(test)
            for name, good in found:
                passed += good
                failed += not good
                print(f"{'ok' if good else 'not ok'} {label}: {name}")
            if bad:
                for text in (test.get("stdout", "") + test.get("stderr", "")).splitlines():
                    print("    | " + text)
    print(f"# {label}: {passed} passed, {failed} failed")


main(sys.argv[1], sys.argv[2])
