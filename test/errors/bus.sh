# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Cases of errors: calls that no client of ours makes. The command is "call METHOD SIGNATURE ARGUMENT...".

refuses call_unknown_flags put 'call AttachImageWithExtensions sasassst app 0 0 default "" 8' InvalidArgs \
        "Invalid 'flags' parameter '8'"
refuses call_flags_of_state put 'call GetImageStateWithExtensions sast app 0 1' InvalidArgs \
        "Invalid 'flags' parameter '1'"
refuses call_unnormalized_path put 'call AttachImage sassbs /var/lib/portables/../portables/app 0 default false ""' InvalidArgs \
        "Image path '$POOL/../portables/app' is not normalized"
refuses call_relative_path put 'call AttachImage sassbs portables/app 0 default false ""' InvalidArgs \
        "Image name 'portables/app' is neither a valid name nor an absolute path"
refuses call_empty_image put 'call AttachImage sassbs "" 0 default false ""' InvalidArgs \
        "Image name '' is neither a valid name nor an absolute path"
refuses call_image_with_newline put $'call AttachImage sassbs $\'app\\nExecStart=\' 0 default false ""' InvalidArgs \
        "Image name 'app\\x0aExecStart=' is neither a valid name nor an absolute path"
refuses call_extension_with_escape put $'call AttachImageWithExtensions sasassst app 1 $\'e\\033[2J\' 0 default "" 0' InvalidArgs \
        "Extension name 'e\\x1b[2J' is neither a valid name nor an absolute path"
refuses call_copy_mode put 'call AttachImage sassbs app 0 default false hardlink' InvalidArgs \
        "Unknown copy mode 'hardlink' (there are copy, symlink and mixed)"
refuses call_copy_mode_auto put 'call AttachImage sassbs app 0 default false auto' InvalidArgs \
        "Unknown copy mode 'auto' (there are copy, symlink and mixed)"
refuses call_profile_with_path put 'call AttachImage sassbs app 0 ../trusted false ""' InvalidArgs \
        "There is no profile '../trusted' (profiles here: default, nonetwork, strict, trusted)"
refuses call_profile_with_newline put $'call AttachImage sassbs app 0 $\'default\\nx\' false ""' InvalidArgs \
        "There is no profile 'default\\x0ax' (profiles here: default, nonetwork, strict, trusted)"
refuses call_get_image_by_path put 'call GetImage s /var/lib/portables/app' InvalidArgs \
        "Expected an image name, not the path '$POOL/app'"
refuses call_unlimited_pool : 'call SetPoolLimit t 1000000000' NotSupported \
        "Pool '$POOL' cannot have a limit: its file system is not btrfs"
refuses call_os_release_of_nothing : 'call GetImageOSRelease s nonesuch' NoSuchImage \
        "No image 'nonesuch' found."
refuses call_root_directory : 'call GetImageMetadata sas / 0' InvalidArgs \
        "'/' is neither a valid image name nor a normalized absolute path"
refuses call_detach_not_attached put 'call DetachImage sb app false' NoSuchUnit \
        "No units of image 'app' are attached to the host"
