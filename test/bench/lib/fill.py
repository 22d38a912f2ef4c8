#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes as many images as wanted in a host, attached or not, faster than attaching them one by one.

usage: fill.py ROOT N attached|detached

One image, img00000, must have been put into the pool and attached by portablectl: all its files (in the pool,
the attach directory and the links directory) are copied under the other names. So the form is that of a real
attach, whatever that may be. Images beyond N that an earlier call made are removed."""

import os
import shutil
import sys

POOL = "var/lib/portables"
PLACES = (POOL, "etc/systemd/system.attached", "etc/portables")
FIRST = "img00000"


def copy(source, target, name):
    """A file, link or directory under another name, the image's name replaced in its text, too."""
    if os.path.islink(source):
        os.symlink(os.readlink(source).replace(FIRST, name), target)
    elif os.path.isdir(source):
        os.mkdir(target, os.stat(source).st_mode & 0o7777)
        for entry in os.listdir(source):
            copy(os.path.join(source, entry), os.path.join(target, entry.replace(FIRST, name)), name)
    else:
        with open(source, "rb") as file:
            data = file.read()
        with open(target, "wb") as file:
            file.write(data.replace(FIRST.encode(), name.encode()))
        os.chmod(target, os.stat(source).st_mode & 0o7777)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def fill(root, place, count):
    """Brings the number of images that have files in a place to count; the first one stays."""
    directory = os.path.join(root, place)
    entries = os.listdir(directory)
    templates = [e for e in entries if e.startswith(FIRST)]
    if not templates:
        sys.exit(f"fill.py: {FIRST} has nothing in /{place}: it must be attached first")
    have = {e[len("img") :][:5] for e in entries if e.startswith("img")}
    want = {f"{i:05}" for i in range(count)} | {"00000"}
    for entry in entries:
        if entry.startswith("img") and entry[len("img") :][:5] not in want:
            remove(os.path.join(directory, entry))
    for number in sorted(want - have):
        name = "img" + number
        for entry in templates:
            copy(os.path.join(directory, entry), os.path.join(directory, entry.replace(FIRST, name)), name)


def main():
    root, count, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    for place in PLACES:
        fill(root, place, count if place == POOL or how == "attached" else 1)


main()
