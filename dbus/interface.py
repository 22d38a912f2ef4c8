#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Prints one interface of an object as a D-Bus interface file, from what the daemon says of itself.
#
# usage: interface.py DAEMON OBJECT INTERFACE

import subprocess
import sys
import xml.etree.ElementTree as tree

daemon, path, name = sys.argv[1:]
root = tree.fromstring(subprocess.run([daemon, f'--bus-introspect={path}'], check=True, stdout=subprocess.PIPE).stdout)
for interface in root.findall('interface'):
    if interface.get('name') != name:
        root.remove(interface)
for node in root.findall('node'):
    root.remove(node)
if len(root) != 1:
    sys.exit(f'{path} has no {name}')
tree.indent(root, ' ')
print('<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
      '"https://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">')
print(tree.tostring(root, encoding='unicode'))
