# SPDX-License-Identifier: LGPL-2.1-or-later
"""The differences that are meant: a rule for each, which names the entry of portabled-differences(7) that tells of it. A
rule whose entry is not there is an error, so that none outlives its reason."""

import os
import re

MANUAL = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../man/portabled-differences.7.scd")


class Step:
    """A call with what there was before (with ours), and what both made of it."""

    def __init__(self, call, before, ours, peer, version):
        self.call, self.before, self.ours, self.peer, self.version = call, before, ours, peer, version

    def same(self):
        return (self.ours[0] == 0) == (self.peer[0] == 0) and not self.differing()

    def only_ours(self):
        return self.only(self.ours_uncounted(), self.peer[2])

    def only_peer(self):
        return self.only(self.peer[2], self.ours_uncounted())

    def ours_uncounted(self):
        """What there is with ours, if links that enable did not count where they do not with the peer (its manager counts
        them from some version on, below /run or everywhere)."""
        if not any(ENABLES.match(line) for line in self.ours[2]):
            return self.ours[2]
        peer = set(self.peer[2])
        return [line.replace('"enabled', '"attached') if line.startswith("state ") and line not in peer else line
                for line in self.ours[2]]

    def only(self, these, those):
        """These lines without those; states tell nothing where the peer mistakes them (STATES), nor does what undoes the
        image that a unit of a directory names itself (UNIT_IMAGE). The links that enable (ENABLING) do not count in its
        states."""
        those = set(those)
        mistaken = 252 < self.version < 262
        return [line for line in these if line not in those and not (mistaken and line.startswith("state "))
                and not self.undoes_image(line)]

    def undoes_image(self, line):
        drop_in = line.removesuffix(" RootImage=")
        return drop_in != line and any(other.startswith(drop_in + " RootDirectory=/") for other in self.ours[2])

    def differing(self):
        return self.only_ours() + self.only_peer()

    def ours_failed(self):
        return self.ours[0] != 0

    def peer_failed(self):
        return self.peer[0] != 0

    def unchanged(self):
        """But for what was stopped before the failure."""
        return files_of(self.ours[2]) == files_of(self.before)

    def portable(self):
        return self.call.words[0] == "portablectl"


def files_of(lines):
    return [line for line in lines if not line.startswith(("unit ", "state "))]


def failing_leaves_things(step):
    return step.portable() and step.ours_failed() and step.peer_failed() and step.unchanged()


def attached_before(step, path):
    return any(line.endswith(f"# Drop-in created for image '{path}', do not edit.") or f"image '{path}:" in line
               for line in step.before)


def path_of(image):
    return image if image.startswith("/") else {"app_1": "/var/lib/portables/app_1", "app_2": "/var/lib/portables/app_2.raw",
            "web": "/var/lib/portables/web.raw"}.get(image)


def reattach_of_the_same(step):
    """By name: the peer detaches it, then finds nothing to attach."""
    path = step.portable() and step.call.verb() == "reattach" and path_of(step.call.image())
    return bool(path) and "/" not in step.call.image() and step.version < 262 and not step.ours_failed() and step.peer_failed() and (
        attached_before(step, path) or attached_before(step, "/etc/portables/" + os.path.basename(path)) or
        attached_by_link(step, os.path.basename(path)))


def attached_by_link(step, base):
    """Of another place, to which a link in the first directory of the search path leads."""
    link = f"file l /etc/portables/{base} "
    return any(line.startswith(link) and attached_before(step, line.removeprefix(link)) for line in step.before)


def stops_instances(step):
    """The peer names the template to the manager, and so cannot detach."""
    return (step.portable() and step.call.has("--now") and step.call.verb() in ("detach", "reattach") and
            not step.ours_failed() and step.peer_failed() and
            any("is missing the instance name" in line for line in step.peer[1]))


def running_instances(step):
    return stops_instances(step) or (step.version < 257 and step.portable() and step.call.verb() in ("detach", "reattach") and step.ours_failed()
            and not step.peer_failed() and any("app-many@x.service is active" in line for line in step.ours[1]))


def other_version_attached(step):
    """The image is there, but another one of its base name is attached."""
    path = step.portable() and path_of(step.call.image())
    return bool(path) and step.call.verb() == "detach" and not step.ours_failed() and not attached_before(step, path)


def versions_attached(lines):
    return {name for line in lines for name in re.findall(r"created for image '(?:[^':]*/)?(app_\d|web)", line)}


def the_other_goes_too(step):
    """Both are attached: the peer detaches both."""
    return (step.portable() and step.call.verb() in ("detach", "reattach") and not step.ours_failed() and
            not step.peer_failed() and len(versions_attached(step.before)) > 1 and
            versions_attached(step.peer[2]) < versions_attached(step.ours[2]))


def detaches_another(step):
    """What is attached, whatever is named; if that runs, it fails."""
    if (252 < step.version < 262 and step.portable() and step.call.verb() == "detach" and not step.ours_failed() and
            step.peer_failed() and len(versions_attached(step.before)) > 1 and
            any("is active, can't detach" in line for line in step.peer[1])):
        return True
    return (252 < step.version < 262 and step.portable() and step.call.verb() == "detach" and step.ours_failed() and
            not step.peer_failed() and step.unchanged() and
            any("No units of image" in line or "is attached without these extensions" in line for line in step.ours[1]))


def units_of_another(step):
    """Units of that name are attached from another image, or until the next boot."""
    return (252 < step.version < 262 and step.portable() and step.call.verb() == "reattach" and step.ours_failed() and
            not step.peer_failed() and step.unchanged() and
            any(re.search(r"exists on the host already, as '/(etc|run)/systemd/system\.attached/", line) for line in step.ours[1]))


def fails_to_stop(step):
    return (other_version_attached(step) and step.call.has("--now") and step.peer_failed() and
            any("is active, can't detach" in line for line in step.peer[1]))


def stops_too_little(step, line):
    """With --force: a unit that goes on at the peer's, and not here."""
    return (other_version_attached(step) and step.call.has("--now") and line.startswith("unit ") and
            any(active(one) and inactive(other) and unit_of(one) == unit_of(other) == unit_of(line)
                for one in step.only_peer() for other in step.only_ours()))


def unit_of(line):
    return line.startswith("unit ") and line.split()[1]


def active(line):
    return " ActiveState=active " in line + " "


def inactive(line):
    return " ActiveState=inactive " in line + " "


def enabling_link_stays(step, line):
    return (step.portable() and step.call.verb() in ("detach", "reattach") and line in step.only_peer() and
            bool(ENABLES.match(line)))


def found_link_stays(step, line):
    return (step.portable() and step.call.verb() == "detach" and line in step.only_ours() and line in step.before and
            line.startswith(("file l /etc/portables/", "file l /run/portables/")))


def follow_link(step, line):
    """The line with where the link in a search path leads, in place of its own path."""
    for link in step.peer[2]:
        kind, _, paths = link.partition(" l ")
        path, _, target = paths.partition(" ")
        if kind == "file" and target and path.startswith(("/etc/portables/", "/run/portables/")):
            line = re.sub(re.escape(path) + r"(?=['\":]|$)", lambda _, to=target: to, line)
    return line


def names_the_link(step, line):
    """A drop-in of the peer's, or the link it makes, which is as ours but for the path of the image."""
    followed = {follow_link(step, other) for other in step.only_peer()} & set(step.only_ours())
    return step.version < 262 and line.startswith(("says ", "file l ")) and follow_link(step, line) in followed


def without_directory(line):
    """The line with the names of images in place of their paths."""
    return re.sub(r"(?<=[='])/[^ ']*/", "", line)


def names_the_copy(step, line):
    """The drop-in of the one names the copy, that of the other what it was made of."""
    others = step.only_peer() if line in step.only_ours() else step.only_ours()
    return (step.portable() and line.startswith("says ") and any(re.match(r"file [df] /(etc|run)/portables/", other)
            for other in step.ours[2]) and without_directory(line) in map(without_directory, others))


def follows_from_the_link(step, line):
    """What such a drop-in names cannot be a service's root."""
    return (line.startswith(("state ", "unit ")) and step.call.verb() in ("attach", "reattach") and
            any(names_the_link(step, other) for other in step.differing()) and
            any(" ActiveState=failed " in other + " " for other in step.only_peer()))


def link_of_what_was_replaced(step, line):
    return (step.portable() and step.call.verb() == "attach" and step.call.has("--force") and not step.ours_failed() and
            not step.peer_failed() and bool(re.match(r"file [ldf] /(etc|run)/portables/[^/ ]+( |$)", line)) and
            (line in step.before or line in step.only_ours()))


def drop_ins_with_extensions(step, line):
    return step.version < 262 and bool(step.call.extensions()) and line.startswith("says ")


def keeps_units_and_profile(step, line):
    """Without a prefix ours takes the units that were attached, the peer those of the image's name; without --profile=
    ours stays with the profile, the peer takes the default."""
    if not step.portable() or step.call.verb() != "reattach" or step.ours_failed() or step.peer_failed():
        return False
    if line.startswith("state "):
        return any(keeps_units_and_profile(step, other) for other in step.differing() if other.startswith("file "))
    if copied_before(step) and "/10-profile.conf " in line and on_both_sides(step, line):
        return True
    if kept_of(line) and on_both_sides(step, line):
        return line in step.only_peer() if kept_of(line) in TAKEN else kept_of(line) in map(kept_of, step.before)
    unit = unit_in(line)
    return (len(step.call.words) == 3 and bool(unit) and not any(unit_in(other) == unit for other in step.before
            if other.startswith("file ")) and (line in step.only_peer() or " LoadState=not-found " in line))


def copied_before(step):
    """Profiles were copied, so that nothing here tells which it was."""
    return any(line.startswith("file f ") and line.endswith("/10-profile.conf") for line in step.before)


def kept_of(line):
    """What a line of a unit file or a profile's link says of how all the units are attached."""
    found = re.match(r"file ([fl]) /(?:etc|run)/systemd/system\.attached/(?:[^/ ]+\.d/(10-profile\.conf)|[^/ ]+)(?: (.*))?$", line)
    return found and (found.group(1), found.group(2), found.group(2) and found.group(3))


def on_both_sides(step, line):
    path = line.split(" ", 3)[2]
    return all(any(other.startswith("file ") and other.split(" ", 3)[2] == path for other in side[2])
               for side in (step.ours, step.peer))


def no_unit_of_a_kept_prefix(step):
    return (step.portable() and step.call.verb() == "reattach" and len(step.call.words) == 3 and step.ours_failed() and
            not step.peer_failed() and any("matches prefix" in line for line in step.ours[1]) and step.unchanged())


def unit_in(line):
    """The unit that a line of a file in an attach directory, of a drop-in or of a unit is about."""
    found = re.search(r"/system\.attached/([^/ ]+?)(?:\.d)?(?:[/: ]|$)", line) or re.match(r"unit Id=(\S+)", line)
    return found and found.group(1)


def beside_another(step, line):
    """Two of one base name are attached, or one twice, of which the peer tells the state of one for both."""
    if line.startswith("state ") and all(any(other.startswith(f"says {place}/systemd/system.attached/") for other in
            step.ours[2]) for place in ("/etc", "/run")):
        return True
    found = {name for other in step.ours[2] for name in re.findall(r"created for image '(?:[^':]*/)?([^/':]+)", other)}
    return (bool(re.match(r"state \S*app_", line)) and
            len({name.removesuffix(".raw") for name in found if name.startswith("app_")}) > 1)


TAKEN = {("f", None, None), ("l", "10-profile.conf", "/usr/lib/systemd/portable/profile/default/service.conf")}
ENABLES = re.compile(r"file [dl] /(etc|run)/systemd/system\.attached/[^/ ]+\.(wants|requires)(/| |$)")
KEPT = "reattach without --profile="
STATES = "The state of an image while another one is attached"
REPLACED = "The link of what attach --force replaces"
UNIT_IMAGE = "RootImage= in a unit of a directory image"
ENABLING = "Links made by attach --enable"
OTHER_VERSION = "detach --now app_2 while only app_1 is attached"

# Of a step as a whole, also when it failed on one side only.
RULES = (
    ("A failing or killed attach, detach, reattach", failing_leaves_things),
    ("Reattach of the version that is attached, by name", reattach_of_the_same),
    ("Running instances of a template at detach", running_instances),
    (OTHER_VERSION, fails_to_stop),
    ("detach app_2 while only app_1 is attached", the_other_goes_too),
    ("detach of an image that is not attached, while another one is", detaches_another),
    ("reattach of units that are attached from another image, or until the next boot", units_of_another),
    (KEPT, no_unit_of_a_kept_prefix),
)
# Of single lines, of which all that differ must be known.
LINE_RULES = (
    (STATES, beside_another),
    (ENABLING, enabling_link_stays),
    (OTHER_VERSION, stops_too_little),
    ("A link in /etc/portables that attach found there", found_link_stays),
    ("A link in the search path", names_the_link),
    ("A link in the search path", follows_from_the_link),
    (REPLACED, link_of_what_was_replaced),
    ("--copy=mixed", names_the_copy),
    ("Drop-ins with extensions", drop_ins_with_extensions),
    (KEPT, keeps_units_and_profile),
)


def check_rows():
    with open(MANUAL, encoding="utf-8") as file:
        text = file.read().replace("\\", "")
    for row in (STATES, UNIT_IMAGE, *(row for row, _ in RULES + LINE_RULES)):
        if f"\n*{row}*++\n" not in text:
            raise SystemExit(f"Bail out: portabled-differences(7) has no entry '{row}', but a rule here leans on it")


def known_difference(step):
    """The row that explains it, or None."""
    row = next((row for row, rule in RULES if rule(step)), None)
    if row or step.ours_failed() != step.peer_failed():
        return row
    rows = [next((row for row, rule in LINE_RULES if rule(step, line)), None) for line in step.differing()]
    return rows[0] if all(rows) else None


check_rows()
