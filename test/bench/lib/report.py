#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turns the raw results of test/bench/run into a table, a JSON file and the data of the plot.

usage: report.py DIR COMMAND JSON PLOTDATA
DIR has the files that lib/host.sh writes. COMMAND is what made them, for the head of the table."""

import json
import os
import platform
import statistics
import sys

from works import FLOORS, IMAGES, LARGE, LISTS, PING, VALUES


def read_lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [line.split() for line in file]


class Results:
    def __init__(self, directory):
        self.times, self.failed, self.values = {}, {}, {}
        for work, subject, nanoseconds, failed in read_lines(os.path.join(directory, "times")):
            key = (work, subject)
            self.times.setdefault(key, []).append(int(nanoseconds) / 1e6)
            self.failed[key] = self.failed.get(key, 0) + (int(failed) > 0)
        for what, subject, number in read_lines(os.path.join(directory, "values")):
            self.values.setdefault((what, subject), []).append(int(number))
        self.errors = {(e[0], e[1]): " ".join(e[2:]) for e in read_lines(os.path.join(directory, "failures"))}
        self.info = dict(e.split("=", 1) for e in open(os.path.join(directory, "info"), encoding="utf-8").read().splitlines())

    def median(self, work, subject):
        """In ms; None if not measured or if any run failed."""
        runs = self.times.get((work, subject))
        return statistics.median(runs) if runs and not self.failed[work, subject] else None

    def value(self, what, subject):
        """The worst of what was seen."""
        return max(self.values[what, subject]) if (what, subject) in self.values else None


def show(ms):
    if ms is None:
        return "-"
    return f"{ms:.2f}" if ms < 10 else f"{ms:.1f}" if ms < 1000 else f"{ms:,.0f}"


def verdict(work, ours, ratio, above):
    """What was aimed at, and whether it was reached."""
    aims = []
    if work.below is not None:
        aims.append((f"< {work.below} ms", ours is not None and ours < work.below))
    if work.ratio is not None:
        aims.append((f">= {work.ratio} x", ratio is not None and ratio >= work.ratio))
    if work.above_ping is not None:
        aims.append((f"ping + {work.above_ping} ms", above is not None and above <= work.above_ping))
    return [{"aim": aim, "met": met} for aim, met in aims]


def judge(results, work):
    ours, peer = results.median(work.name, "ours"), results.median(work.name, "peer")
    ping = results.median(PING, "floor")
    ratio = peer / ours if ours and peer else None
    above = ours - ping * work.pings if ours and ping else None
    row = {"work": work.name, "title": work.title, "ours_ms": ours, "peer_ms": peer, "ratio": ratio}
    row["above_ping_ms"] = above
    row["aims"] = verdict(work, ours, ratio, above)
    for subject in ("ours", "peer"):
        key = (work.name, subject)
        runs = results.times.get(key, [])
        row[subject] = {"runs": len(runs), "failed": results.failed.get(key, 0), "error": results.errors.get(key)}
        if runs:
            row[subject].update(min_ms=min(runs), max_ms=max(runs))
    return row


def peer_text(row):
    if row["peer"]["failed"]:
        # How long it took to fail tells that it was the time-out of a D-Bus call.
        return "fails" if row["peer"]["max_ms"] < 20000 else "times out"
    return show(row["peer_ms"])


def table(rows):
    head = ["work", "ours ms", "peer ms", "peer/ours", "above ping", "aim", "met", "runs"]
    lines = [head]
    for row in rows:
        ratio = f"{row['ratio']:.1f}" if row["ratio"] else "-"
        above = f"{row['above_ping_ms']:+.1f}" if row["above_ping_ms"] is not None else "-"
        aim = ", ".join(a["aim"] for a in row["aims"]) or ""
        met = ("yes" if all(a["met"] for a in row["aims"]) else "NO") if row["aims"] else ""
        runs = f"{row['ours']['runs']}/{row['peer']['runs']}"
        ours = f"FAILS {row['ours']['failed']}" if row["ours"]["failed"] else show(row["ours_ms"])
        lines.append([row["title"], ours, peer_text(row), ratio, above, aim, met, runs])
    return lines


def print_table(lines, left=(0,)):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for number, line in enumerate(lines):
        cells = [c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))]
        print("| " + " | ".join(cells) + " |")
        if number == 0:
            print("|" + "|".join("-" * (w + 1) + ("-" if i in left else ":") for i, w in enumerate(widths)) + "|")
    print()


def copy_rows(results):
    """Throughput of a copy: the file's size by the time that copying adds to an attach."""
    mixed, none, cp = (results.median(f"copy-{x}", s) for x, s in (("mixed", "ours"), ("none", "ours"), ("cp", "floor")))
    if not mixed or not none or not cp or mixed <= none:
        return None
    megabytes = int(results.info["copied_bytes"]) / 1e6
    ours, theirs = megabytes / ((mixed - none) / 1e3), megabytes / (cp / 1e3)
    return {"megabytes": megabytes, "ours_mb_s": ours, "cp_mb_s": theirs, "share": ours / theirs, "met": ours >= 0.9 * theirs}


def print_values(results):
    lines = [["daemon", "ours", "peer", "unit"]]
    for what, title, unit in VALUES:
        numbers = [results.value(what, subject) for subject in ("ours", "peer")]
        if any(n is not None for n in numbers):
            lines.append([title] + ["-" if n is None else f"{n:,}" for n in numbers] + [unit])
    if len(lines) > 1:
        print_table(lines)


def print_report(results, rows, copy, command):
    info = results.info
    print(f"Made by: {command}")
    print(f"{platform.machine()}, {os.cpu_count()} processors, Linux {platform.release()}; peer: {info['peer']}; "
          f"scheduled as {info['scheduling']}, load average before {info['load_before']}, after {info['load_after']}.")
    print("Medians in milliseconds of whole commands, processes included; runs: ours/peer.\n")
    floors = [[f.title, show(results.median(f.name, "floor")), str(len(results.times[f.name, "floor"]))]
              for f in FLOORS if (f.name, "floor") in results.times]
    for lines in ([["floor", "ms", "runs"]] + floors, table(rows)):
        if len(lines) > 1:
            print_table(lines)
    print_values(results)
    if copy:
        print(f"Copy of {copy['megabytes']:.0f} MB of data and as large a hole (attach --copy=mixed): {copy['ours_mb_s']:.0f} MB/s, "
              f"cp --sparse=auto: {copy['cp_mb_s']:.0f} MB/s, {copy['share']:.0%} (aim: 90%).\n")
    for (work, subject), text in results.errors.items():
        print(f"{subject} failed in {work}: {text}")


def write_json(path, results, rows, copy, command):
    data = {
        "command": command,
        "info": results.info,
        "floors_ms": {f.name: results.median(f.name, "floor") for f in FLOORS},
        "works": rows,
        "daemon": {what: {s: results.value(what, s) for s in ("ours", "peer")} for what, _, _ in VALUES},
        "copy": copy,
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)
        file.write("\n")


def write_plot_data(path, results):
    """Two blocks for gnuplot: number of attached images, seconds; ours, then the peer's."""
    with open(path, "w", encoding="utf-8") as file:
        for subject in ("ours", "peer"):
            for work in LISTS:
                count, ms = work.name[len("list-") :], results.median(work.name, subject)
                if count.isdigit() and ms is not None:
                    file.write(f"{count} {ms / 1e3}\n")
            file.write("\n\n")


def main():
    directory, command, json_path, plot_path = sys.argv[1:5]
    results = Results(directory)
    rows = [judge(results, work) for work in LISTS + IMAGES + LARGE if results.times.get((work.name, "ours"))]
    copy = copy_rows(results)
    print_report(results, rows, copy, command)
    if json_path:
        write_json(json_path, results, rows, copy, command)
    write_plot_data(plot_path, results)


main()
