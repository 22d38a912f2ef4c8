# SPDX-License-Identifier: LGPL-2.1-or-later
"""The differences that are meant: a rule for each, which names the row of the table in README.md that tells of it. A rule
whose row is not there is an error, so that none outlives its reason."""

import os

README = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../README.md")


class Step:
    """A call with what there was before (with ours), and what both made of it."""

    def __init__(self, call, before, ours, peer, version):
        self.call, self.before, self.ours, self.peer, self.version = call, before, ours, peer, version

    def same(self):
        return (self.ours[0] == 0) == (self.peer[0] == 0) and not self.differing()

    def only_ours(self):
        return self.only(self.ours[2], self.peer[2])

    def only_peer(self):
        return self.only(self.peer[2], self.ours[2])

    def only(self, these, those):
        """These lines without those; states tell nothing where the peer mistakes them (STATES)."""
        those = set(those)
        mistaken = 252 < self.version < 262
        return [line for line in these if line not in those and not (mistaken and line.startswith("state "))]

    def differing(self):
        return self.only_ours() + self.only_peer()

    def ours_failed(self):
        return self.ours[0] != 0

    def peer_failed(self):
        return self.peer[0] != 0

    def unchanged(self):
        return self.ours[2] == self.before

    def portable(self):
        return self.call.words[0] == "portablectl"


def failing_leaves_things(step):
    return step.portable() and step.ours_failed() and step.peer_failed() and step.unchanged()


def attached_before(step, path):
    return any(line.endswith(f"# Drop-in created for image '{path}', do not edit.") or f"image '{path}:" in line
               for line in step.before)


def path_of(image):
    return {"app_1": "/var/lib/portables/app_1", "app_2": "/var/lib/portables/app_2.raw",
            "web": "/var/lib/portables/web.raw"}.get(image)


def reattach_of_the_same(step):
    """By name: the peer detaches it, then finds nothing to attach."""
    path = step.portable() and step.call.verb() == "reattach" and path_of(step.call.image())
    return bool(path) and step.version < 262 and not step.ours_failed() and step.peer_failed() and (
        attached_before(step, path) or attached_before(step, "/etc/portables/" + os.path.basename(path)))


def running_instances(step):
    return (step.version < 257 and step.portable() and step.call.verb() in ("detach", "reattach") and step.ours_failed()
            and not step.peer_failed() and any("app-many@x.service is active" in line for line in step.ours[1]))


def found_link_stays(step):
    """Only that link differs, and what it is that makes the peer think the image is there."""
    return (step.portable() and step.call.verb() == "detach" and not step.only_peer() and
            all(line.startswith(("file l /etc/portables/", "file l /run/portables/")) and line in step.before
                for line in step.only_ours()))


def drop_ins_with_extensions(step):
    lines = step.differing()
    return step.version < 262 and bool(step.call.extensions()) and all(line.startswith("says ") for line in lines)


STATES = "the state of an image while another one is attached"

RULES = (
    ("a failing or killed attach, detach, reattach", failing_leaves_things),
    ("reattach of the version that is attached, by name", reattach_of_the_same),
    ("running instances of a template at detach", running_instances),
    ("a link in `/etc/portables` that attach found there", found_link_stays),
    ("drop-ins with extensions", drop_ins_with_extensions),
)


def check_rows():
    with open(README, encoding="utf-8") as file:
        text = file.read()
    for row in (STATES, *(row for row, _ in RULES)):
        if f"| {row} |" not in text:
            raise SystemExit(f"Bail out: README.md has no row '{row}', but a rule here leans on it")


def known_difference(step):
    """The row that explains it, or None."""
    return next((row for row, rule in RULES if rule(step)), None)


check_rows()
