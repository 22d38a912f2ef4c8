# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random sequences of calls: what images there are to be called with, which options, and in which proportion."""

import shlex

POOL = ("app_1", "app_2", "web")
PLACES = ("/opt/one/app_1", "/opt/two/app_1", "/var/lib/portables/app_2.raw")
EXTENSIONS = ("/srv/layer", "/srv/raw.raw")
PROFILES = ("default", "nonetwork", "trusted", "strict")
UNITS = ("app.service", "app-of-1.service", "app-of-2.service", "app-many@x.service", "web.service")
LENGTH = 8


class Call:
    """One command: its words, each of those in `optional` may be left out when a failure is made smaller."""

    def __init__(self, words, optional=()):
        self.words = list(words)
        self.optional = list(optional)

    def __str__(self):
        return shlex.join(self.words[:2] + self.optional + self.words[2:])

    def smaller(self):
        """The same call with one option less, for each option."""
        for i in range(len(self.optional)):
            yield Call(self.words, self.optional[:i] + self.optional[i + 1:])

    def verb(self):
        return self.words[1]

    def image(self):
        return self.words[2] if self.words[0] == "portablectl" else None

    def has(self, option):
        return any(word == option or word.startswith(option + "=") for word in self.optional)

    def extensions(self):
        return [word for word in self.optional if word.startswith("--extension=")]


class Maker:
    """Makes sequences from a random generator, with copy modes that the peer knows."""

    def __init__(self, rng, modes):
        self.rng = rng
        self.modes = modes
        self.layers = {}

    def often(self, percent):
        return self.rng.randrange(100) < percent

    def sequence(self):
        self.layers = {}
        return [self.call() for _ in range(LENGTH)]

    def call(self):
        kind = self.rng.choices(("attach", "detach", "reattach", "unit"), (38, 30, 20, 12))[0]
        if kind == "unit":
            return Call(("systemctl", self.rng.choice(("start", "stop")), self.rng.choice(UNITS)))
        image = self.rng.choice(POOL if self.often(65) else PLACES)
        optional = list(self.extensions(kind, image))
        optional += [option for option, percent in (("--runtime", 20), ("--force", 15), ("--enable", 25), ("--now", 30))
                     if self.often(percent)]
        if kind != "detach":
            if self.often(30):
                optional.append("--profile=" + self.rng.choice(PROFILES))
            if self.often(40):
                optional.append("--copy=" + self.rng.choice(self.modes))
        call = Call(("portablectl", kind, image), optional)
        if self.often(20):
            call.words.append("web" if image == "web" else self.rng.choice(("app", "app-of-1", "app-many", "web")))
        return call

    def extensions(self, kind, image):
        """Mostly those that it was attached with last: others are mostly refused."""
        if image == "web":
            return ()
        if kind == "attach" or self.often(20):
            chosen = [path for path in EXTENSIONS if self.often(15)]
            if kind == "attach":
                self.layers[image] = chosen
        else:
            chosen = self.layers.get(image, [])
        return ["--extension=" + path for path in chosen]
