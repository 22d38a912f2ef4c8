#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints what an introspection (XML, standard input) shows, a sorted line each: interfaces, methods and signals
with their arguments in order (direction, type, name), properties with type and access, and all annotations."""

import sys
import xml.etree.ElementTree as tree


def annotations(prefix, element):
    for a in element.findall("annotation"):
        yield f"{prefix} annotation {a.get('name')}={a.get('value')}"


def members(root):
    for interface in root.findall("interface"):
        name = interface.get("name")
        yield f"{name} interface"
        yield from annotations(f"{name} interface", interface)
        for member in interface:
            if member.tag == "annotation":
                continue
            label = f"{name} {member.tag} {member.get('name')}"
            if member.tag == "property":
                yield f"{label} {member.get('type')} {member.get('access')}"
            else:
                arguments = [
                    f"{a.get('direction', 'out' if member.tag == 'signal' else 'in')}:{a.get('type')}:{a.get('name')}"
                    for a in member.findall("arg")
                ]
                yield " ".join([label, *arguments])
            yield from annotations(label, member)
    for node in root.findall("node"):
        yield f"node {node.get('name')}"


print("\n".join(sorted(members(tree.parse(sys.stdin).getroot()))))
