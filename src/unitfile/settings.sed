# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes rows of a table of C of settings.tsv.
/^#/d
s/	/", "/g
s/.*/{"&"},/
s/"-"/NULL/g
s/^(\{"[^"]*", "[^"]*"), "([A-Z]+)"/\1, REACH_\2/
