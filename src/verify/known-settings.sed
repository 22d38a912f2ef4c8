# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes a string of C of known-settings.txt.
1i\
static const char known_settings[] =
$a\
;
/^#/d
s/.*/"&\\n"/
