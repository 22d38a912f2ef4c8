#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints one table of the results of several runs of test/bench/run, each beside another peer.

usage: managers.py JSON..."""

import json
import sys


def show(number):
    if number is None:
        return "-"
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 1000 else f"{number:,.0f}"


def peer_name(run):
    """252 of 'systemd-container 252.39-1~deb12u2'."""
    return run["info"]["peer"].split(" ")[1].split(".")[0].split("-")[0]


def main():
    runs = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            runs.append(json.load(file))
    head, titles, cells = ["work"], {}, {}
    for number, run in enumerate(runs):
        name = peer_name(run)
        head += [f"ours beside {name}", f"peer {name}", f"{name}/ours"]
        for row in run["works"]:
            titles.setdefault(row["work"], row["title"])
            cells[row["work"], number] = [show(row["ours_ms"]), show(row["peer_ms"]), f"{row['ratio']:.1f}" if row["ratio"] else "-"]
    lines = [head]
    for work, title in titles.items():
        lines.append([title] + [c for number in range(len(runs)) for c in cells.get((work, number), ["-"] * 3)])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for number, line in enumerate(lines):
        print("| " + " | ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(line, widths))) + " |")
        if number == 0:
            print("|" + "|".join("-" * (w + 1) + (":" if i else "-") for i, w in enumerate(widths)) + "|")


main()
