# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Cases of errors: units that are there or running already, prefixes, profiles, extensions that do not fit.

# attached OPTION...: app is attached.
attached() {
        put
        ctl -q attach "$@" app
}
undo_attached() {
        ctl -q detach --now app
}

refuses attached_already attached 'attach app' UnitExists \
        "Unit file 'app.service' exists on the host already, as '/etc/systemd/system.attached/app.service', refusing (it is of the attached image '$POOL/app': detach that, or use reattach)"
refuses unit_of_another_image 'attached && put app_2' 'attach app_2' UnitExists \
        "Unit file 'app.service' exists on the host already, as '/etc/systemd/system.attached/app.service', refusing (it is of the attached image '$POOL/app': detach that, or use reattach)"
host_unit() {
        put
        host_run sh -c 'printf "[Service]\nExecStart=true\n" >/etc/systemd/system/app.service'
}
undo_host_unit() {
        host_run rm /etc/systemd/system/app.service
}
refuses unit_of_the_host host_unit 'attach app' UnitExists \
        "Unit file 'app.service' exists on the host already, as '/etc/systemd/system/app.service', refusing"
running_unit() {
        put
        host_run systemd-run -q --unit=app.service sleep infinity
}
undo_running_unit() {
        host_run systemctl stop app.service
}
# A transient unit is a file in the unit path, too.
refuses unit_runs_on_the_host running_unit 'attach app' UnitExists \
        "Unit file 'app.service' exists on the host already, as '/run/systemd/transient/app.service', refusing"
vanished_unit() {
        put
        host_run systemd-run -q --unit=app.service sleep infinity
        host_run rm /run/systemd/transient/app.service
}
undo_vanished_unit() {
        host_run systemctl stop app.service
}
refuses unit_runs_without_file vanished_unit 'attach app' UnitExists \
        "Unit 'app.service' is active already, refusing (stop it with: systemctl stop 'app.service')"
refuses running 'attached --now' 'detach app' UnitExists \
        "Unit 'app.service' is active, not detaching (stop it with: systemctl stop 'app.service', or use portablectl detach --now)"
refuses detach_not_attached put 'detach app' NoSuchUnit \
        "No units of image 'app' are attached to the host"
refuses detach_of_nothing : 'detach nonesuch' NoSuchUnit \
        "No units of image 'nonesuch' are attached to the host"
refuses detach_runtime_of_persistent attached 'detach --runtime app' NoSuchUnit \
        "No units of image 'app' are attached until the next boot, but there are some for good: leave out --runtime"
refuses reattach_not_attached put 'reattach app' NoSuchUnit \
        "No units of image 'app' are attached to the host"
refuses remove_attached attached 'remove app' EBUSY \
        "Image '$POOL/app' is not detached (unit 'app.service' uses it), refusing"

refuses unknown_profile put 'attach --profile=nonesuch app' InvalidArgs \
        "There is no profile 'nonesuch' (profiles here: default, nonetwork, strict, trusted)"
refuses profile_path put 'attach --profile=/etc/hostname app' InvalidArgs \
        "Profile name '/etc/hostname' is not valid: profiles have a name without a slash, or are the path of a file *.conf" \
        "Profile '/etc/hostname' is not the normalized path of a file '*.conf'"
refuses profile_file_missing put 'attach --profile=/etc/nonesuch.conf app' InvalidArgs \
        "There is no profile file '/etc/nonesuch.conf'" \
        "There is no profile file '/etc/nonesuch.conf'"
prefixes() {
        new_tree
        echo 'PORTABLE_PREFIXES="app web"' >>"$TREE/usr/lib/os-release"
        image_put directory "$TREE" app
}
refuses prefix_not_allowed prefixes 'attach app db' InvalidArgs \
        "Prefix 'db' is not one that image '$POOL/app' allows, refusing (PORTABLE_PREFIXES= in it: app, web)"
refuses prefix_with_controls put $'attach app $\'db\\033[31m\\nx\'' NoMatchingUnitFiles \
        "No unit file in image '$POOL/app' matches prefix 'db\\x1b[31m\\x0ax' (there are: app.service; prefix that would match: app)"

# extension NAME ID [LINE...]: app, and an extension that is made for the ID.
extension() {
        put
        image_extension "$SUITE_TMP/$1" "$1" "${@:2}"
        image_put directory "$SUITE_TMP/$1" "$1"
        rm -r "${SUITE_TMP:?}/$1"
}
refuses extension_of_another_system 'extension ext other' 'attach --extension=ext app' InvalidArgs \
        "Extension '$POOL/ext' does not fit image '$POOL/app': it is for ID=other, the image has ID=app VERSION_ID=1"
refuses extension_of_another_version 'extension ext app VERSION_ID=2' 'attach --extension=ext app' InvalidArgs \
        "Extension '$POOL/ext' does not fit image '$POOL/app': it is for ID=app VERSION_ID=2, the image has ID=app VERSION_ID=1"
refuses extension_without_version 'extension ext app' 'attach --extension=ext app' InvalidArgs \
        "Extension '$POOL/ext' does not fit image '$POOL/app': it is for ID=app, the image has ID=app VERSION_ID=1"
refuses extension_of_another_scope 'extension ext app VERSION_ID=1 SYSEXT_SCOPE=initrd' 'attach --extension=ext app' InvalidArgs \
        "Extension '$POOL/ext' does not fit image '$POOL/app': it has SYSEXT_SCOPE=initrd, but portable services need 'portable' in it"
refuses extension_of_another_architecture 'extension ext app VERSION_ID=1 ARCHITECTURE=s390x' 'attach --extension=ext app' InvalidArgs \
        "Extension '$POOL/ext' does not fit image '$POOL/app': it has ARCHITECTURE=s390x, but this machine is x86-64"
refuses extension_without_id 'extension ext ""' 'attach --extension=ext app' InvalidArgs \
        "Extension '$POOL/ext' has no ID= in its '/usr/lib/extension-release.d/extension-release.ext', refusing"
misnamed() {
        put
        image_extension "$SUITE_TMP/ext" another app 'VERSION_ID=1'
        image_put directory "$SUITE_TMP/ext" ext
        rm -r "$SUITE_TMP/ext"
}
refuses extension_misnamed misnamed 'attach --extension=ext app' InvalidArgs \
        "Image '$POOL/ext': no file extension-release.ext in /usr/lib/extension-release.d or /etc/extension-release.d (there is 'extension-release.another'; --force takes that)"
refuses extension_is_none 'put && put ext' 'attach --extension=ext app' InvalidArgs \
        "Image '$POOL/ext': no file extension-release.ext in /usr/lib/extension-release.d or /etc/extension-release.d"
refuses extension_missing put 'attach --extension=nonesuch app' NoSuchImage \
        "No image 'nonesuch' found."
refuses extension_is_the_image put 'attach --extension=app app' InvalidArgs \
        "Image '$POOL/app': no file extension-release.app in /usr/lib/extension-release.d or /etc/extension-release.d"
