# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Cases of errors: names and paths that lead to no image, arguments that make no sense.

refuses no_such_image : 'attach nonesuch' NoSuchImage \
        "No image 'nonesuch' found."
refuses no_such_image_inspect : 'inspect nonesuch' NoSuchImage \
        "No image 'nonesuch' found."
refuses no_such_image_remove : 'remove nonesuch' NoSuchImage \
        "No image 'nonesuch' found."
refuses no_such_path : 'attach /srv/nonesuch.raw' - \
        "There is no image at '/srv/nonesuch.raw'"
outside() {
        cp "$SUITE_TMP/app.squashfs" "$HOST_ROOT/srv/$1"
}
undo_outside() {
        host_run find /srv -mindepth 1 -delete
}
refuses missing_raw_suffix 'outside app.img' 'attach /srv/app.img' BadImageType \
        "'/srv/app.img' is not an image: images are directories, btrfs subvolumes, block devices and regular files named '*.raw'"
refuses missing_raw_suffix_in_pool 'cp "$SUITE_TMP/app.squashfs" "$(pool_file app)"' 'attach app' NoSuchImage \
        "No image 'app' found: '$POOL/app' is a file whose name does not end in '.raw'"
refuses not_an_image : 'attach /etc/hostname' BadImageType \
        "'/etc/hostname' is not an image: images are directories, btrfs subvolumes, block devices and regular files named '*.raw'"
refuses character_device : 'inspect /dev/null' BadImageType \
        "'/dev/null' is not an image: images are directories, btrfs subvolumes, block devices and regular files named '*.raw'"
dangling() {
        ln -s /srv/gone.raw "$(pool_file)"
}
refuses dangling_image_link dangling 'attach app' NoSuchImage \
        "No image 'app' found: '$POOL/app.raw' is a symlink that leads nowhere"
refuses image_name_invalid : 'attach .#x' - \
        "'.#x' is not a valid image name"
refuses image_name_with_escape : $'attach $\'a\\033]0;x\\007b\'' - \
        "'a\\x1b]0;x\\x07b' is not a valid image name"
refuses no_prefix_from_name 'put Ünits' 'attach Ünits' - \
        "No prefix of unit files follows from the image name 'Ünits': give one after it"
refuses all_units : 'attach app -' - \
        "Refusing to attach all unit files of image 'app': name their prefixes"
refuses unknown_copy_mode : 'attach --copy=nonsense app' - \
        "Unknown copy mode 'nonsense': --copy= takes auto, copy, symlink or mixed"
refuses set_limit_of_a_directory put 'set-limit app 1000000' NotSupported \
        "Image '$POOL/app' cannot have a limit: it is not a btrfs subvolume"
refuses set_limit_of_nonsense put 'set-limit app many' - \
        "'many' is not a size: give bytes, as in 500M or 1.5G, or - for no limit"
refuses read_only_nonsense put 'read-only app perhaps' - \
        "'perhaps' is not a boolean: read-only takes yes or no after the image"
vendor() {
        mkdir -p "$HOST_ROOT/usr/lib/portables"
        cp -a "$SUITE_TMP/app" "$HOST_ROOT/usr/lib/portables/vendor"
}
undo_vendor() {
        rm -r "$HOST_ROOT/usr/lib/portables"
}
refuses read_only_of_the_vendor vendor 'read-only vendor false' EROFS \
        "Image '/usr/lib/portables/vendor' comes from the vendor (is below /usr), its read-only mark cannot be changed"
refuses remove_of_the_vendor vendor 'remove vendor' EROFS \
        "'/usr/lib/portables/vendor' comes from the vendor (is below /usr) and is read-only, so it cannot be removed"
refuses remove_a_plain_directory 'mkdir -p "$HOST_ROOT/srv/data"' 'remove /srv/data' BadImageType \
        "Directory '/srv/data' has no os-release or extension-release file, so it is not an image, refusing to remove it"
refuses mark_a_plain_directory 'mkdir -p "$HOST_ROOT/srv/data"' 'read-only /srv/data true' BadImageType \
        "Directory '/srv/data' has no os-release or extension-release file, so it is not an image, refusing to mark it"
refuses mark_what_a_link_leads_to 'mkdir -p "$HOST_ROOT/srv/data" && ln -sfn data "$HOST_ROOT/srv/web"' 'read-only /srv/web true' BadImageType \
        "Directory '/srv/data' has no os-release or extension-release file, so it is not an image, refusing to mark it"
refuses limit_a_plain_directory 'mkdir -p "$HOST_ROOT/srv/data"' 'set-limit /srv/data 1000000' BadImageType \
        "Directory '/srv/data' has no os-release or extension-release file, so it is not an image, refusing to limit it"
refuses unknown_command : 'atach app' - \
        "Unknown command 'atach' (did you mean 'attach'?); see portablectl --help"
refuses too_few_arguments : 'attach' - \
        "Too few arguments: portablectl attach IMAGE [PREFIX...]"
refuses too_many_arguments : 'is-attached a b' - \
        "Too many arguments: portablectl is-attached IMAGE"
refuses unknown_option : 'attach --nonsense app' - \
        "portablectl: unrecognized option '--nonsense'"
