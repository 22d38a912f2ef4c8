# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Cases of errors: trees whose os-release or units are missing, misleading, of the wrong kind or too large.

# tree COMMAND...: a directory image of a tree in which the commands (with . the root) were run.
tree() {
        new_tree
        (cd "$TREE" && eval "$*")
        image_put directory "$TREE" app
}

refuses no_os_release 'tree rm etc/os-release usr/lib/os-release' 'inspect app' InvalidArgs \
        "Image '$POOL/app': no os-release file, neither /etc/os-release nor /usr/lib/os-release: every image needs one, with ID= in it"
refuses no_os_release_squashfs 'squash rm etc/os-release usr/lib/os-release' 'attach app' InvalidArgs \
        "Image '$POOL/app.raw': no os-release file, neither /etc/os-release nor /usr/lib/os-release: every image needs one, with ID= in it"
squash() {
        new_tree
        (cd "$TREE" && eval "$*")
        image_put squashfs "$TREE" app
}
refuses empty_image 'tree "rm -rf *"' 'inspect app' InvalidArgs \
        "Image '$POOL/app': no os-release file, neither /etc/os-release nor /usr/lib/os-release: every image needs one, with ID= in it"
refuses dangling_os_release 'tree rm usr/lib/os-release' 'inspect app' InvalidArgs \
        "Image '$POOL/app': '/etc/os-release' is a symlink to '../usr/lib/os-release', which does not exist inside the image"
refuses escaping_os_release 'tree "rm etc/os-release usr/lib/os-release; ln -s ../../../../../etc/hostname etc/os-release"' 'inspect app' InvalidArgs \
        "Image '$POOL/app': '/etc/os-release' is a symlink to '../../../../../etc/hostname', which does not exist inside the image"
refuses absolute_os_release 'tree "rm etc/os-release usr/lib/os-release; ln -s /etc/hostname etc/os-release"' 'inspect app' InvalidArgs \
        "Image '$POOL/app': '/etc/os-release' is a symlink to '/etc/hostname', which does not exist inside the image"
refuses os_release_loop 'tree "rm etc/os-release; ln -s os-release etc/os-release"' 'inspect app' InvalidArgs \
        "Image '$POOL/app': cannot open '/etc/os-release': more than 40 symlinks, or a loop of them"
refuses fifo_as_os_release 'tree "rm usr/lib/os-release; mkfifo usr/lib/os-release"' 'inspect app' InvalidArgs \
        "Image '$POOL/app': '/usr/lib/os-release' is a FIFO, not a regular file"
refuses device_as_os_release 'tree "rm usr/lib/os-release; mknod usr/lib/os-release c 1 5"' 'inspect app' InvalidArgs \
        "Image '$POOL/app': '/usr/lib/os-release' is a device node, not a regular file"
refuses directory_as_os_release 'tree "rm usr/lib/os-release; mkdir usr/lib/os-release"' 'inspect app' InvalidArgs \
        "Image '$POOL/app': '/usr/lib/os-release' is a directory, not a regular file"
refuses socket_as_os_release 'tree "rm usr/lib/os-release; bind_socket usr/lib/os-release"' 'inspect app' InvalidArgs \
        "Image '$POOL/app': '/usr/lib/os-release' is a socket, not a regular file"
bind_socket() {
        /usr/bin/python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1"
}
refuses large_os_release 'tree "head -c 70000 /dev/zero | tr \"\\0\" A >>usr/lib/os-release"' 'inspect app' InvalidArgs \
        "Image '$POOL/app': '/usr/lib/os-release' is 70020 bytes large, more than the 65536 allowed"
refuses no_id 'tree "echo NAME=x >usr/lib/os-release"' 'attach app' InvalidArgs \
        "Image '$POOL/app' has no ID= in its '/usr/lib/os-release', refusing"
refuses empty_id 'tree "echo ID= >usr/lib/os-release"' 'attach app' InvalidArgs \
        "Image '$POOL/app' has no ID= in its '/usr/lib/os-release', refusing"
refuses wrong_scope 'tree "echo PORTABLE_SCOPE=user >>usr/lib/os-release"' 'attach app' InvalidArgs \
        "Image '$POOL/app' is not for system services: PORTABLE_SCOPE=user in its '/usr/lib/os-release', it would have to be system or any"
refuses unknown_scope 'tree "echo PORTABLE_SCOPE=\\\"us\\\\\\\\ner\\\" >>usr/lib/os-release"' 'attach app' InvalidArgs \
        "Image '$POOL/app' is not for system services: PORTABLE_SCOPE=us\\ner in its '/usr/lib/os-release', it would have to be system or any"

refuses no_matching_unit put 'attach app other' NoMatchingUnitFiles \
        "No unit file in image '$POOL/app' matches prefix 'other' (there are: app.service; prefix that would match: app)"
refuses no_matching_units_many_prefixes put 'attach app ap web' NoMatchingUnitFiles \
        "No unit file in image '$POOL/app' matches prefixes 'ap', 'web' (there are: app.service; prefix that would match: app)"
refuses no_unit_at_all 'tree "rm usr/lib/systemd/system/*"' 'attach app' NoMatchingUnitFiles \
        "Image '$POOL/app' has no unit files at all"
refuses name_matches_no_unit 'put other_1' 'attach other_1' NoMatchingUnitFiles \
        "No unit file in image '$POOL/other_1' matches prefix 'other' (there are: app.service; prefix that would match: app)"
many_units() {
        local i

        new_tree
        for i in {1..40}; do
                image_unit "$TREE" "web-$i.service"
        done
        image_put directory "$TREE" app
}
refuses no_matching_unit_of_many many_units 'attach app db' NoMatchingUnitFiles \
        "No unit file in image '$POOL/app' matches prefix 'db' (there are: app.service, web-1.service, web-10.service, web-11.service, web-12.service, web-13.service, web-14.service, web-15.service, web-16.service, web-17.service, web-18.service, web-19.service and 29 more; prefixes that would match: app, web)"
refuses fifo_as_unit 'tree "rm usr/lib/systemd/system/app.service; mkfifo usr/lib/systemd/system/app.service"' 'attach app' NoMatchingUnitFiles \
        "Image '$POOL/app' has no usable unit files: 'app.service' is a FIFO"
refuses unit_is_a_directory 'tree "rm usr/lib/systemd/system/app.service; mkdir usr/lib/systemd/system/app.service"' 'attach app' NoMatchingUnitFiles \
        "Image '$POOL/app' has no usable unit files: 'app.service' is a directory"
refuses unit_leads_out_of_the_image 'tree "ln -sf /etc/hostname usr/lib/systemd/system/app.service"' 'attach app' NoMatchingUnitFiles \
        "Image '$POOL/app' has no usable unit files: 'app.service' is a symlink to something that does not exist inside the image"
refuses unit_is_masked 'tree "mkdir -p etc/systemd/system; ln -s /dev/null etc/systemd/system/app.service"' 'attach app' NoMatchingUnitFiles \
        "Image '$POOL/app' has no usable unit files: 'app.service' is masked"
refuses unit_is_empty 'tree ": >usr/lib/systemd/system/app.service"' 'attach app' NoMatchingUnitFiles \
        "Image '$POOL/app' has no usable unit files: 'app.service' is empty"
refuses fifo_as_unit_directory 'tree "rm -r usr/lib/systemd/system; mkfifo usr/lib/systemd/system"' 'attach app' NoMatchingUnitFiles \
        "Image '$POOL/app' has no unit files at all"
refuses large_unit 'tree "head -c 1100000 /dev/zero | tr \"\\0\" \"#\" >>usr/lib/systemd/system/app.service"' 'attach app' InvalidArgs \
        "Image '$POOL/app': unit 'app.service' is 1100129 bytes large, more than the 1048576 allowed"
refuses too_many_units 'tree "for i in {1..1100}; do echo [Unit] >usr/lib/systemd/system/app-\$i.service; done"' 'attach app' InvalidArgs \
        "Image '$POOL/app': more than the 1024 unit files allowed match"
refuses too_large_in_all 'tree "for i in {1..17}; do truncate -s 1M usr/lib/systemd/system/app-\$i.service; done"' 'attach app' InvalidArgs \
        "Image '$POOL/app': the unit files are together larger than the 16777216 bytes allowed"
many_files() {
        put
        (cd "$(pool_file app)/usr/lib/systemd/system" && seq 66000 | xargs touch)
}
refuses too_many_files many_files 'attach app' InvalidArgs \
        "Image '$POOL/app': more than 65536 entries in the directories to read (the last is '/usr/lib/systemd/system')"
refuses too_many_symlinks 'tree deep_links' 'inspect app' InvalidArgs \
        "Image '$POOL/app': cannot open '/etc/os-release': more than 40 symlinks, or a loop of them"
deep_links() {
        local i

        mv usr/lib/os-release usr/lib/1
        for i in {1..50}; do
                ln -s "$i" "usr/lib/$((i + 1))"
        done
        ln -sf ../usr/lib/51 etc/os-release
}
