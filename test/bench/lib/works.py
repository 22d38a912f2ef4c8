# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the benchmark measures: names as in cases.sh, titles, and what is aimed at."""

# What a work is compared with besides the peer: how far above a fresh process's D-Bus ping it may be.
PING = "ping-busctl"


class Work:
    """One row. ratio: at least so many times faster than the peer; below: at most so many ms; above_ping: at most
    so many ms above the ping; times: how many pings are in it (a sequence of commands has several)."""

    def __init__(self, name, title, ratio=None, below=None, above_ping=None, pings=1):
        self.name, self.title = name, title
        self.ratio, self.below, self.above_ping, self.pings = ratio, below, above_ping, pings


FLOORS = [
    Work("ping-busctl", "D-Bus ping, a fresh busctl"),
    Work("ping-call", "D-Bus ping, a fresh minimal C program"),
    Work("mount-squashfs", "loop, mount, read, undo by direct calls: squashfs"),
    Work("mount-erofs", "the same: erofs"),
    Work("mount-ext4", "the same: ext4 within a GPT"),
]

LISTS = [
    Work("list-10", "list, 10 images attached"),
    Work("list-100", "list, 100 images attached"),
    Work("list-300", "list, 300 images attached", ratio=100),
    Work("list-1000", "list, 1,000 images attached", below=300),
    Work("list-10000", "list, 10,000 images attached", below=3000),
    Work("list-10000-detached", "list, 10,000 images, one attached", below=3000),
]

IMAGES = [
    Work("inspect-dir", "inspect, directory"),
    Work("inspect-squash", "inspect, squashfs of 20 MB", ratio=5, above_ping=10),
    Work("inspect-gpt", "inspect, GPT with ext4", ratio=5, above_ping=10),
    Work("attach-dir", "attach, directory"),
    Work("attach-squash", "attach, squashfs", ratio=5, above_ping=10),
    Work("attach-gpt", "attach, GPT with ext4", ratio=5, above_ping=10),
    Work("detach-dir", "detach, directory"),
    Work("detach-squash", "detach, squashfs"),
    Work("detach-gpt", "detach, GPT with ext4"),
    Work("cycle-dir", "attach and detach, directory", ratio=2, pings=2),
    Work("cycle-squash", "attach and detach, squashfs", pings=2),
    Work("cycle-gpt", "attach and detach, GPT with ext4", pings=2),
    Work("whole-dir", "attach and detach with their reloads, directory", ratio=10, pings=2),
    Work("whole-squash", "attach and detach with their reloads, squashfs", pings=2),
    Work("now-dir", "attach --now and detach --now with their reloads, directory", ratio=5, pings=2),
    Work("enable-dir", "attach --enable and detach --enable with their reloads, directory", pings=2),
    Work("state", "is-attached"),
    Work("state-call", "GetImageState from a minimal C program"),
    Work("cold", "cold start: bus activation to first reply", ratio=1),
    Work("parallel", "64 clients inspect 64 squashfs images at once", ratio=3),
    Work("batch", "attach 64 squashfs images and reload (ours: one call)"),
    Work("reload", "for comparison: systemctl daemon-reload"),
]

LARGE = [
    Work("inspect-system", "inspect, squashfs of a system of 480 MB", ratio=1),
    Work("cycle-system", "attach and detach, the same", ratio=1, pings=2),
    Work("inspect-tree", "inspect, its tree as a directory", ratio=1),
    Work("cycle-tree", "attach and detach, the same", ratio=1, pings=2),
    Work("inspect-units", "inspect, 1,000 units, all of them", ratio=1),
    Work("cycle-units", "attach and detach, the same", ratio=1, pings=2),
    Work("cycle-one-unit", "attach and detach one of the 1,000", ratio=1, pings=2),
    Work("cycle-extensions", "attach and detach, 10 extensions", ratio=1, pings=2),
]

# Numbers that are not times: name, title, unit.
VALUES = [
    ("rss-start", "daemon, resident memory after start", "KiB"),
    ("rss-end", "daemon, resident memory after the operations", "KiB"),
    ("anon-start", "daemon, anonymous memory after start", "KiB"),
    ("anon-end", "daemon, anonymous memory after the operations", "KiB"),
    ("pss-start", "all processes of its unit, proportional memory after start", "KiB"),
    ("pss-end", "all processes of its unit, proportional memory after the operations", "KiB"),
    ("fds-start", "daemon, descriptors after start", ""),
    ("fds-end", "daemon, descriptors after the operations", ""),
    ("operations", "operations in between", ""),
    ("parallel-loops", "loop devices left after 64 clients", ""),
    ("whole-reloads", "reloads for the attach and detach of a directory and a squashfs, all runs", ""),
    ("batch-reloads", "reloads for 64 images attached", ""),
    ("load-answers", "64 clients ask and attach, 64 hang up: answers a second", ""),
    ("load-attaches", "of them, images attached and detached", ""),
    ("load-failed", "calls that failed", ""),
    ("load-slowest", "slowest answer", "ms"),
    ("load-zombies", "zombies left", ""),
    ("list-client", "client, most memory for the list of most images", "KiB"),
    ("list-daemon", "daemon, most memory after it", "KiB"),
]
